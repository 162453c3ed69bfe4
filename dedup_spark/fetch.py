"""A fetched image is its bytes, or the `BadImage` that says why there are none: many at a time, in the order asked for.

One event loop in a thread of its own keeps the requests in flight, so that the caller may decode and hash meanwhile.
obstore's asynchronous calls take 0.3 s of CPU for 1,000 objects of 28 kB, its blocking ones in threads 0.2 s (and
s3fs 4 s); a tenth of a millisecond an image buys deadlines that hold and requests that end when nobody wants them.
"""

import asyncio
import hashlib
import os
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeVar

import obstore
from obstore import exceptions
from obstore.store import S3Store

from dedup_spark import clients, disk, failures, filesystems, locations
from dedup_spark.errors import BadImage, DedupError
from dedup_spark.failures import Failure
from dedup_spark.locations import Location
from dedup_spark.settings import S3, Fingerprints

DOUBTS = 3
"""So many objects of a bucket may differ from their ETag before it counts as one whose ETags are no MD5."""

TRUST = 10
"""An ETag that differs speaks against the bytes while this many times as many others of the bucket have agreed."""

_MD5 = re.compile(r'"?([0-9a-f]{32})"?')

T = TypeVar("T")
Clients = Callable[[str, str], S3Store]  # of a bucket and the head of a key


class _Again(Exception):
    """An attempt that failed, and may succeed when repeated; the status that the image has when none is left."""

    def __init__(self, status: str, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class _Terms:
    """What holds for every image of one call: the settings, the allowed places, and real folders of the local ones."""

    limits: Fingerprints
    s3: S3
    allowed: tuple[str, ...]
    folders: tuple[str, ...]
    silence: float
    clients: Clients


def fetch(
    paths: Iterable[str], limits: Fingerprints, s3: S3, allowed: Sequence[str]
) -> Generator[tuple[str, bytes | BadImage]]:
    """Each canonical path with its bytes, or with the `BadImage` that it is; `limits.in_flight` at a time.

    Nothing outside `allowed` is touched. An image has `limits.attempts` within `limits.deadline` seconds, and an
    attempt ends after a fair share of them in silence; what may pass (5xx, time-outs, broken connections) is tried
    again, what will not (404, 403) is not. The announced length is checked against `limits.max_bytes` before the body
    is read, the body against the length, and against the ETag where that is an MD5. Closing the iterator ends what is
    in flight. No bytes are bytes: what is empty comes as such.

    Raises `StorageFailed` when it is the credentials that are refused: no image is to blame for that; `BadInput` when
    a scheme needs a package that is missing.

    >>> from tempfile import TemporaryDirectory
    >>> from pathlib import Path
    >>> from dedup_spark.settings import load
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "1.jpg").write_bytes(b"bytes")
    ...     found = fetch([f"{folder}/1.jpg", f"{folder}/2.jpg"], load().fingerprints, S3(), [folder])
    ...     [image for _, image in found]
    [b'bytes', BadImage('not_found: No such file or directory')]
    """
    silence = limits.deadline / limits.attempts
    terms = _Terms(
        limits,
        s3,
        tuple(allowed),
        tuple(os.path.realpath(place) for place in allowed if place.startswith("/")),
        silence,
        lru_cache(maxsize=64)(lambda bucket, head: clients.store(bucket, s3, silence, head)),
    )
    waiting: deque[tuple[str, Future[bytes | BadImage]]] = deque()
    loop, pool = asyncio.new_event_loop(), ThreadPoolExecutor(limits.in_flight, "fetch")
    thread = threading.Thread(target=loop.run_forever, name="fetch", daemon=True)
    loop.set_default_executor(pool)
    thread.start()
    try:
        for path in paths:
            waiting.append((path, asyncio.run_coroutine_threadsafe(_image(path, terms), loop)))
            if len(waiting) >= limits.in_flight:
                yield _next(waiting)
        while waiting:
            yield _next(waiting)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        asyncio.run_coroutine_threadsafe(_end_others(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _next(waiting: deque[tuple[str, Future[bytes | BadImage]]]) -> tuple[str, bytes | BadImage]:
    path, image = waiting[0]
    result = image.result()
    waiting.popleft()
    return path, result


async def _end_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _image(path: str, terms: _Terms) -> bytes | BadImage:
    tried: list[str] = []  # what each failed attempt died of
    try:
        async with asyncio.timeout(terms.limits.deadline):
            return await _attempts(path, terms, tried)
    except TimeoutError:
        why = f": {tried[-1]}" if tried else ""
        return BadImage("timeout", f"not read within {terms.limits.deadline:g} s{why}")
    except BadImage as bad:
        return bad


async def _attempts(path: str, terms: _Terms, tried: list[str]) -> bytes:
    if not locations.within(path, terms.allowed):
        raise BadImage("not_allowed", "outside of [fingerprints] allowed")
    try:
        location = locations.parse(path)
    except ValueError as error:
        raise BadImage("malformed_path", str(error)) from None
    locations.check_mirrored(location)
    if location.scheme == "file":
        return await _in_thread(partial(disk.read_within, path, terms.folders, terms.limits.max_bytes))
    read = _object if location.scheme == "s3" and terms.limits.client == "obstore" else _elsewhere
    for attempt in range(terms.limits.attempts):
        if attempt:
            await asyncio.sleep(failures.pause(attempt, path))
        try:
            data, etag = await read(location, terms)
            _check_sum(data, etag, _sums(location.bucket, terms.s3), attempt, terms.limits.attempts)
        except _Again as again:
            tried.append(str(again))
            status = again.status
        else:
            return data
    raise BadImage(status, f"{tried[-1]}, after {len(tried)} attempts")


async def _object(location: Location, terms: _Terms) -> tuple[bytes, str]:
    """The bytes and the ETag of an object on S3, by one GET."""
    head, key = clients.split(location.key)
    try:
        result = await obstore.get_async(terms.clients(location.bucket, head), key)
        meta = result.meta
        size = meta["size"]
        if size > terms.limits.max_bytes:
            raise BadImage("too_many_bytes", f"{size} bytes, at most {terms.limits.max_bytes}")
        data = bytes(await result.bytes_async())
    except (exceptions.BaseError, OSError, ValueError) as error:
        raise _meaning(failures.meaning(error), location, terms) from None
    if len(data) != size:
        raise _Again("unreadable", f"{len(data)} bytes came of {size}")
    return data, meta["e_tag"] or ""


async def _elsewhere(location: Location, terms: _Terms) -> tuple[bytes, str]:
    """The bytes and the ETag, if any, of an object that fsspec reads; its packages have no common error but OSError."""
    try:
        return await _in_thread(
            partial(filesystems.read, location, terms.s3, terms.silence, terms.limits.max_bytes),
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
            raise _meaning(Failure("credentials", name), location, terms) from None
        raise _Again("timeout", name) from None


async def _in_thread(read: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(None, read)


def _meaning(fault: Failure, location: Location, terms: _Terms) -> Exception:
    if fault.kind == "credentials":
        return clients.refused(f"cannot read from s3://{location.bucket}", fault, location.bucket, terms.s3)
    if fault.may_pass:
        return _Again("timeout" if fault.kind == "transient" else "unreadable", fault.words)
    statuses = {"not_found": "not_found", "no_bucket": "not_found", "access_denied": "access_denied"}
    return BadImage(statuses.get(fault.kind, "unreadable"), fault.words)


@lru_cache(maxsize=1024)
def _sums(bucket: str, s3: S3) -> Counter[str]:
    """How many objects of a bucket `agree` with their ETag and how many `differ`, in this process so far."""
    return Counter()


def _check_sum(data: bytes, etag: str, sums: Counter[str], attempt: int, attempts: int) -> None:
    """Compares the bytes with an ETag that looks like an MD5; raises `_Again`, in the end `BadImage`, when they differ.

    Objects encrypted with KMS or with a customer's key have such ETags, and they are no MD5. So a difference counts
    against the bytes only where most of the bucket agrees; a bucket that has shown nothing yet is given a second look.
    """
    plain = _MD5.fullmatch(etag)
    if plain is None:
        return
    if hashlib.md5(data, usedforsecurity=False).hexdigest() == plain[1]:
        sums["agree"] += 1
        return
    trusted = sums["agree"] > TRUST * sums["differ"]
    doubtful = attempt == 0 and sums["differ"] < DOUBTS
    if attempt + 1 < attempts and (trusted or doubtful):
        raise _Again("unreadable", "the MD5 of the bytes is not the ETag")
    sums["differ"] += 1
    if trusted:
        raise BadImage("unreadable", f"the MD5 of the bytes is not the ETag, after {attempt + 1} attempts")
