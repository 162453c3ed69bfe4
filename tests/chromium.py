"""A browser is headless Chromium driven through two pipes: it opens a page and says what became of it.

It speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/), JSON ended by a zero byte, so
nothing but Chromium itself is needed. No name is resolved in it: what a page asks for outside of its folder fails, and
is seen.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from select import select
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "DEDUP_BROWSER_TESTS"
"""Set in the environment: tests that find no browser fail, where they would be skipped."""

SECONDS = 60.0  # on a busy machine
QUIET = 0.3  # seconds without a message, after which a page that has loaded is done
READ, WRITE = 3, 4  # file descriptors that Chromium listens and answers on
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *(
        "--hide-scrollbars",
        "--disable-background-networking",
        "--disable-component-update",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ),
)
LAUNCH = f"""import os, sys
theirs, ours = map(int, sys.argv[1:3])
os.dup2(theirs, {READ}), os.dup2(ours, {WRITE})
os.execv(sys.argv[3], sys.argv[3:])"""


def find() -> str | None:
    """The command of a Chromium on PATH; None: there is none."""
    return next((command for name in NAMES if (command := shutil.which(name))), None)


@dataclass
class Seen:
    """What happened on a page: what it asked for, what went wrong, and the dialogs that it opened."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


class Browser:
    """One tab. `seen` begins anew with each page."""

    def __init__(self, pipe: tuple[int, int]) -> None:
        self._in, self._out = pipe
        self._numbers, self._rest, self._events = count(1), b"", list[dict[str, Any]]()
        self._session: str | None = None
        self.seen = Seen()
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def open(self, url: str, width: int = 1440, height: int = 900, dark: bool = False) -> Seen:
        """Loads a page and waits until it is quiet."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url="about:blank")
        self.settle("Page.loadEventFired")
        self.seen = Seen()
        self.call("Page.navigate", url=url)
        self.settle("Page.loadEventFired")
        return self.seen

    def run(self, script: str) -> Any:
        """The value of an expression on the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """A key, pressed and let go of, where the focus is."""
        printed = {"text": key} if len(key) == 1 else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **printed)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def write(self, text: str) -> None:
        """A text, put in where the focus is."""
        self.call("Input.insertText", text=text)

    def picture(self, file: Path, whole: bool = True) -> None:
        """The page as PNG."""
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))

    def settle(self, event: str = "") -> None:
        """Waits for the event, then until nothing happens."""
        deadline = time.monotonic() + SECONDS
        while event and not any(found["method"] == event for found in self._events):
            self._take(deadline)
        while select([self._in], [], [], QUIET)[0]:
            self._take(deadline)
        self._events.clear()  # who waits next waits for what is yet to come

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Asks Chromium something, and gives its answer."""
        number = next(self._numbers)
        session = {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps({"id": number, "method": method, "params": params} | session).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while True:
            message = self._take(deadline)
            if message.get("id") == number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return dict(message["result"])

    def _take(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            if not select([self._in], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"Chromium is silent for {SECONDS:.0f} s")
            self._rest += os.read(self._in, 1 << 20)
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._events.append(message)
            self._note(message["method"], message["params"])
        return message

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.seen.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.seen.errors.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.seen.errors.append(str(params["args"]))
        elif method == "Log.entryAdded":
            self.seen.errors.append(params["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.seen.dialogs.append(params["message"])


@contextmanager
def opened(command: str) -> Iterator[Browser]:
    """A browser of its own, with nothing remembered."""
    from_us, to_it = os.pipe()
    from_it, to_us = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        arguments = [command, *FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        starting = [sys.executable, "-c", LAUNCH, str(from_us), str(to_us), *arguments]
        process = subprocess.Popen(starting, pass_fds=(from_us, to_us), stderr=subprocess.DEVNULL)
        os.close(from_us)
        os.close(to_us)
        try:
            yield Browser((from_it, to_it))
        finally:
            process.kill()
            process.wait()
            os.close(to_it)
            os.close(from_it)
