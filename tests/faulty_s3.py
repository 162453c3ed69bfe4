"""A faulty server speaks just enough S3 to be wrong in every way that networks and stores are."""

import contextlib
import http.server
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from dedup_spark.settings import S3


@dataclass(frozen=True)
class Answer:
    """What one request gets. `length` is what is announced (None: the truth); `sent` is how much of the body comes.

    `delay` and `drip` are seconds before the answer and after each byte; `reset` breaks the connection instead.
    """

    body: bytes = b""
    status: int = 200
    etag: str | None = None
    length: int | None = None
    sent: int | None = None
    delay: float = 0.0
    drip: float = 0.0
    reset: bool = False


@dataclass
class Faulty:
    """A running server: `answers[path]` are given one after the other, the last one for ever."""

    port: int = 0
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # when each came
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    at_once: int = 0
    most_at_once: int = 0
    broken: int = 0  # answers that the client did not wait for
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> S3:
        return S3(endpoint=f"http://127.0.0.1:{self.port}", credentials="anonymous", path_style=True)

    def put(self, path: str, *answers: Answer | bytes) -> None:
        """Lets a path of a URL have these answers."""
        self.answers[path] = [Answer(given) if isinstance(given, bytes) else given for given in answers]


@contextlib.contextmanager
def faulty() -> Iterator[Faulty]:
    server = Faulty()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with server.lock:
                server.requests.append((self.command, self.path))
                server.times.append(time.monotonic())
                server.asked[self.path] += 1
                server.at_once += 1
                server.most_at_once = max(server.most_at_once, server.at_once)
                left = server.answers.get(self.path, [Answer(b"<Error><Code>NoSuchKey</Code></Error>", 404)])
                answer = left.pop(0) if len(left) > 1 else left[0]
            try:
                _give(self, answer)
            except OSError:
                server.broken += 1
                self.close_connection = True
            finally:
                with server.lock:
                    server.at_once -= 1

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_any  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.port = listener.server_port
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()


def _give(handler: http.server.BaseHTTPRequestHandler, answer: Answer) -> None:
    if answer.reset:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True
        return
    _wait(handler, answer.delay)
    length = len(answer.body) if answer.length is None else answer.length
    handler.send_response(answer.status)
    handler.send_header("Content-Length", str(length))
    handler.send_header("ETag", f'"{md5(answer.body).hexdigest()}"' if answer.etag is None else answer.etag)
    handler.end_headers()
    body = answer.body[: answer.sent] if handler.command != "HEAD" else b""
    for start in range(0, len(body), 1 if answer.drip else max(len(body), 1)):
        handler.wfile.write(body[start : start + 1] if answer.drip else body)
        _wait(handler, answer.drip)
    if len(body) < length and handler.command != "HEAD":
        handler.close_connection = True


def _wait(handler: http.server.BaseHTTPRequestHandler, seconds: float) -> None:
    """Sleeps, but notices a client that goes away."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        handler.connection.settimeout(max(min(0.02, until - time.monotonic()), 0.001))
        with contextlib.suppress(TimeoutError):
            if handler.connection.recv(1, socket.MSG_PEEK) == b"":
                raise ConnectionAbortedError
    handler.connection.settimeout(None)
