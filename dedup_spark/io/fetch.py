"""A fetched image is its bytes, or the `BadImage` that says why there are none: many at a time, in the order asked for.

One event loop in a thread of its own keeps the requests in flight, so that the caller may decode and hash meanwhile.
obstore's asynchronous calls take 0.3 s of CPU for 1,000 objects of 28 kB, its blocking ones in threads 0.2 s (and
s3fs 4 s); a tenth of a millisecond an image buys deadlines that hold and requests that end when nobody wants them.
"""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count, islice
from typing import NamedTuple

import obstore
from obstore import exceptions
from obstore.store import S3Store

from dedup_spark.errors import BadImage, DedupError
from dedup_spark.io import checksums, clients, disk, failures, filesystems, locations
from dedup_spark.io.failures import Failure
from dedup_spark.io.locations import Location
from dedup_spark.io.pace import Pace
from dedup_spark.io.room import Room
from dedup_spark.settings import S3, Fingerprints

Clients = Callable[[str, str], S3Store]  # of a bucket and the head of a key


class Fetched(NamedTuple):
    """An image that was asked for.

    etag: what the storage says of these bytes (the ETag of an object, size and time of a file); None: nothing.
    """

    path: str
    found: bytes | BadImage
    etag: str | None


class _Again(Exception):
    """An attempt that failed, and may succeed when repeated; the status that the image has when none is left."""

    def __init__(self, status: str, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class _Terms:
    """What holds for every image of one call: the settings, the allowed places, and real folders of the local ones.

    look: nothing but the ETag is asked for.
    """

    limits: Fingerprints
    s3: S3
    allowed: tuple[str, ...]
    folders: tuple[str, ...]
    silence: float
    clients: Clients
    room: Room
    look: bool = False
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True)
class _Asked:
    """An image in flight: its number in the order asked for, what each failed attempt died of, when its time is up."""

    path: str
    number: int
    terms: _Terms
    clock: asyncio.Timeout
    tried: list[str] = field(default_factory=list)

    async def enter(self, size: int) -> None:
        """Waits until there is room for so many bytes, which does not count as time that the storage took."""
        if self.terms.room.claim(self.number, size):
            return
        loop, until = asyncio.get_running_loop(), self.clock.when()
        assert until is not None
        left = until - loop.time()
        self.clock.reschedule(None)
        await self.terms.room.enter(self.number, size)
        self.clock.reschedule(loop.time() + left)

    def entrance(self) -> Callable[[int], None] | None:
        """`enter` for the thread that reads a file; None: nothing is read."""
        if self.terms.look:
            return None
        loop = asyncio.get_running_loop()

        def enter(size: int) -> None:
            if not self.terms.room.claim(self.number, size):
                asyncio.run_coroutine_threadsafe(self.enter(size), loop).result()

        return enter


def fetch(paths: Iterable[str], limits: Fingerprints, s3: S3, allowed: Sequence[str]) -> Generator[Fetched]:
    """Each canonical path with its bytes, or with the `BadImage` that it is; `limits.in_flight` at a time.

    Nothing outside `allowed` is touched. An image has `limits.attempts` within `limits.deadline` seconds, and an
    attempt ends after a fair share of them in silence; what may pass (5xx, time-outs, broken connections) is tried
    again, what will not (404, 403) is not. A store that says 503 gets no request at all for a moment. The announced
    length is checked against `limits.max_bytes` before the body is read, the body against the length, and against the
    ETag where that is an MD5. Bodies are read while `limits.bytes_in_flight` are not exceeded by what the caller has
    not taken yet; the image whose turn it is may exceed them. Closing the iterator ends what is in flight.

    Raises `StorageFailed` when the credentials are refused: no image is to blame; `BadInput` when a package is missing.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from dedup_spark.settings import load
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "1.jpg").write_bytes(b"bytes")
    ...     found = fetch([f"{folder}/1.jpg", f"{folder}/2.jpg"], load().fingerprints, S3(), [folder])
    ...     [image.found for image in found]
    [b'bytes', BadImage('not_found: No such file or directory')]
    """
    return _each(paths, _terms(limits, s3, allowed))


def look(paths: Iterable[str], limits: Fingerprints, s3: S3, allowed: Sequence[str]) -> Generator[Fetched]:
    """The same without the bytes: each path with its ETag, by a HEAD each (or a `stat`).

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from dedup_spark.settings import load
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "1.jpg").write_bytes(b"bytes")
    ...     (image,) = look([f"{folder}/1.jpg"], load().fingerprints, S3(), [folder])
    ...     image.found, image.etag.partition("-")[0]
    (b'', '5')
    """
    return _each(paths, _terms(limits, s3, allowed, look=True))


def _terms(limits: Fingerprints, s3: S3, allowed: Sequence[str], look: bool = False) -> _Terms:
    silence = limits.deadline / limits.attempts
    return _Terms(
        limits,
        s3,
        tuple(allowed),
        tuple(os.path.realpath(place) for place in allowed if place.startswith("/")),
        silence,
        lru_cache(maxsize=64)(lambda bucket, head: clients.store(bucket, s3, silence, head)),
        Room(limits.bytes_in_flight),
        look,
    )


def _each(paths: Iterable[str], terms: _Terms) -> Generator[Fetched]:
    loop, pool = asyncio.new_event_loop(), ThreadPoolExecutor(terms.limits.in_flight, "fetch")
    thread = threading.Thread(target=loop.run_forever, name="fetch", daemon=True)
    loop.set_default_executor(pool)
    thread.start()
    images = (_image(path, number, terms) for number, path in enumerate(paths))
    more = (asyncio.run_coroutine_threadsafe(image, loop) for image in images)
    waiting: deque[Future[Fetched]] = deque()
    try:
        for number in count():
            waiting.extend(islice(more, terms.limits.in_flight - len(waiting)))
            if not waiting:
                return
            yield waiting[0].result()
            waiting.popleft()
            terms.room.take(number)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        asyncio.run_coroutine_threadsafe(_end_others(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _image(path: str, number: int, terms: _Terms) -> Fetched:
    tried: list[str] = []
    try:
        async with asyncio.timeout(terms.limits.deadline) as clock:
            return Fetched(path, *await _attempts(_Asked(path, number, terms, clock, tried)))
    except TimeoutError:
        why = f": {tried[-1]}" if tried else ""
        bad = BadImage("timeout", f"not read within {terms.limits.deadline:g} s{why}")
    except BadImage as error:
        bad = error
    terms.room.drop(number)
    return Fetched(path, bad, bad.facts.get("etag"))


async def _attempts(image: _Asked) -> tuple[bytes, str | None]:
    """The bytes, and the ETag if there is one."""
    path, terms = image.path, image.terms
    if not locations.within(path, terms.allowed):
        raise BadImage("not_allowed", "outside of [fingerprints] allowed")
    try:
        location = locations.parse(path)
    except ValueError as error:
        raise BadImage("malformed_path", str(error)) from None
    locations.check_mirrored(location)
    if location.scheme == "file":
        return await asyncio.to_thread(disk.read_within, path, terms.folders, terms.limits.max_bytes, image.entrance())
    read = _object if location.scheme == "s3" and terms.limits.client == "obstore" else _elsewhere
    for attempt in range(terms.limits.attempts):
        if attempt:
            await asyncio.sleep(failures.pause(attempt, path))
        await terms.pace.wait(path)
        try:
            data, etag = await read(location, image)
            if not terms.look:
                _check_sum(data, etag, location.bucket, image)
        except _Again as again:
            image.tried.append(str(again))
            terms.room.drop(image.number)
            status = again.status
        else:
            return data, etag or None
    raise BadImage(status, f"{image.tried[-1]}, after {len(image.tried)} attempts")


async def _object(location: Location, image: _Asked) -> tuple[bytes, str]:
    """The bytes and the ETag of an object on S3, by one GET; without the bytes by one HEAD."""
    terms = image.terms
    head, key = clients.split(location.key)
    client = terms.clients(location.bucket, head)
    try:
        if terms.look:
            return b"", checksums.plain((await obstore.head_async(client, key))["e_tag"])
        result = await obstore.get_async(client, key)
        size, etag = result.meta["size"], checksums.plain(result.meta["e_tag"])
        if size > terms.limits.max_bytes:
            raise BadImage("too_many_bytes", f"{size} bytes, at most {terms.limits.max_bytes}", bytes=size, etag=etag)
        await image.enter(size)
        data = bytes(await result.bytes_async())
    except (exceptions.BaseError, OSError, ValueError) as error:
        raise _meaning(failures.meaning(error), location, image) from None
    _check_length(data, size)
    return data, etag


async def _elsewhere(location: Location, image: _Asked) -> tuple[bytes, str]:
    """The bytes and the ETag, if any, of an object that fsspec reads; its packages have no common error but OSError."""
    terms = image.terms
    try:
        data, size, etag = await asyncio.to_thread(
            filesystems.read, location, terms.s3, terms.silence, terms.limits.max_bytes, image.entrance()
        )
    except DedupError:
        raise
    except FileNotFoundError:
        raise BadImage("not_found", "no object") from None
    except PermissionError:
        raise BadImage("access_denied", "access is refused") from None
    except Exception as error:
        name = type(error).__name__
        if "Credential" in name or "Profile" in name:
            raise _meaning(Failure("credentials", name), location, image) from None
        raise _Again("timeout", name) from None
    _check_length(data, size)
    return data, etag


def _check_length(data: bytes, size: int) -> None:
    if len(data) != size:
        raise _Again("unreadable", f"{len(data)} bytes came of {size}")


def _check_sum(data: bytes, etag: str, bucket: str, image: _Asked) -> None:
    """Raises `_Again`, in the end `BadImage`, when the bytes are not what their ETag says they are."""
    limits, shown = image.terms.limits, checksums.shown(bucket, image.terms.s3)
    if checksums.agrees(data, etag, shown):
        return
    attempt = len(image.tried)
    if attempt + 1 < limits.attempts and checksums.look_again(shown, attempt):
        raise _Again("unreadable", "the MD5 of the bytes is not the ETag")
    if checksums.condemns(shown, bucket):
        raise BadImage("unreadable", f"the MD5 of the bytes is not the ETag, after {attempt + 1} attempts")


def _meaning(fault: Failure, location: Location, image: _Asked) -> Exception:
    if fault.kind == "credentials":
        return clients.refused(f"cannot read from s3://{location.bucket}", fault, location.bucket, image.terms.s3)
    if fault.kind == "slow_down":
        image.terms.pace.slow_down(len(image.tried) + 1)
    if fault.may_pass:
        return _Again("unreadable" if fault.kind == "broke_off" else "timeout", fault.words)
    statuses = {"not_found": "not_found", "no_bucket": "not_found", "access_denied": "access_denied"}
    return BadImage(statuses.get(fault.kind, "unreadable"), fault.words)
