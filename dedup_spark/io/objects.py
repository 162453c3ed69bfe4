"""An object is named bytes, on S3 or as a local file, that the driver reads, lists, deletes, or writes in one piece.

Writing is atomic, and conditional where asked: two writers who both expect one version cannot both succeed, which is
all that leases and the CURRENT pointer rest on. Every failure is a `StorageFailed` within seconds, in our words.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore import exceptions
from obstore.store import S3Store

from dedup_spark.errors import BadInput, Fault
from dedup_spark.io import clients, disk, failures
from dedup_spark.io.disk import ANY, Conflict, Entry, Found
from dedup_spark.io.fetch import fetch
from dedup_spark.io.locations import Location, parse
from dedup_spark.settings import S3

__all__ = [
    "ANY",
    "Conflict",
    "Entry",
    "Found",
    "delete",
    "delete_folder",
    "fetch",
    "folder",
    "listing",
    "peek",
    "read",
    "stat",
    "write",
]

ATTEMPTS = 4  # of a request that may pass
PATIENCE_SECONDS = 15.0  # after which no further attempt begins
SILENCE_SECONDS = 30.0  # without a byte; a part of an upload must be through in it
PAGE = 1000  # entries of a listing, as many as S3 gives at once

if TYPE_CHECKING:
    from obstore import ObjectMeta, PutMode

T = TypeVar("T")


def read(path: str, s3: S3) -> Found | None:
    """The object at the path with its version, None where there is none."""
    location = _located(path)
    if location.scheme == "file":
        return disk.read(location.key)
    head, key = clients.split(location.key)

    def get(client: S3Store) -> Found:
        result = obstore.get(client, key)
        return Found(bytes(result.bytes()), result.meta["e_tag"] or "")

    return _asked(f"cannot read {path}", location.bucket, head, s3, get)


def stat(path: str, s3: S3) -> Entry | None:
    """Size and version of the object at the path, None where there is none (or a folder)."""
    location = _located(path)
    if location.scheme == "file":
        return disk.stat(location.key)
    head, key = clients.split(location.key)

    def ask(client: S3Store) -> Entry:
        meta = obstore.get(client, key).meta  # HEAD would not say that it is the bucket that is missing
        return Entry(str(location), meta["size"], meta["e_tag"] or "")

    return _asked(f"cannot read {path}", location.bucket, head, s3, ask) if location.key else None


def write(path: str, data: bytes, s3: S3, *, expected: str | None = ANY, kind: str = "") -> str:
    """Puts the object there in one piece and gives its version.

    kind: its content type, for what a browser is to open; a disk goes by the ending of the name.

    `expected` is `ANY`, None (nothing may lie there), or the version that may be replaced, as `read` or `write` gave
    it; raises `Conflict` when something else lies there. When the answer to a write got lost and the second attempt
    finds its own bytes, it has succeeded: what is swapped should be bytes that nobody else would write.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     version = write(f"{folder}/CURRENT", b"run-1", S3(), expected=None)
    ...     _ = write(f"{folder}/CURRENT", b"run-2", S3(), expected=version)
    ...     write(f"{folder}/CURRENT", b"run-3", S3(), expected=version)
    Traceback (most recent call last):
    dedup_spark.io.disk.Conflict: cannot write ...CURRENT: it is not as expected: another writer was faster
    """
    location = _located(path)
    if location.scheme == "file":
        return disk.write(location.key, data, expected)
    head, key = clients.split(location.key)
    tries = 0

    def put(client: S3Store) -> str:
        nonlocal tries
        tries += 1
        if expected == ANY:
            return obstore.put(client, key, data, attributes={"Content-Type": kind} if kind else None)["e_tag"] or ""
        mode: PutMode = "create" if expected is None else {"e_tag": expected}
        return obstore.put(client, key, data, mode=mode, use_multipart=False)["e_tag"] or ""

    try:
        version = _asked(f"cannot write {path}", location.bucket, head, s3, put)
    except Conflict:
        found = read(path, s3) if tries > 1 else None
        if found is None or found.data != data:
            raise
        version = found.version
    if version is None:  # S3 says "not found" where the version to replace is gone
        raise Conflict(f"cannot write {path}: it is not as expected: it is gone")
    return version


def listing(prefix: str, s3: S3) -> Iterator[Entry]:
    """All objects below a folder or prefix, by whole segments, sorted by path; none where there is nothing.

    The markers that S3 tools leave for folders are left out. Held in memory: about 400 bytes an object.
    """
    location = _located(prefix)
    if location.scheme == "file":
        yield from disk.listing(location.key)
        return
    entries = _below(location, s3)
    paths = [entry.path for entry in entries]
    for entry in entries:
        inside = bisect_left(paths, f"{entry.path}/") if not entry.bytes else len(paths)
        marker = inside < len(paths) and paths[inside].startswith(f"{entry.path}/")
        if not marker:
            yield entry


def folder(path: str, s3: S3) -> list[Entry]:
    """The objects that lie directly in a folder or prefix, in the order of the store; none where there is nothing.

    Held in memory. Raises `BadInput` for a prefix with an empty segment, which cannot be listed.
    """
    location = _located(path)
    if location.scheme == "file":
        return list(disk.folder(location.key))
    prefix = _prefix(location)

    def ask(client: S3Store) -> list[Entry]:
        return _entries(location, obstore.list_with_delimiter(client, prefix)["objects"])

    return _asked(f"cannot list {location}", location.bucket, "", s3, ask) or []


def peek(path: str, s3: S3) -> None:
    """Raises as `folder` does where a folder cannot be listed; asks for one page of it at most."""
    location = _located(path)
    if location.scheme == "file":
        next(disk.folder(location.key), None)
        return
    prefix = _prefix(location)
    _asked(
        f"cannot list {location}",
        location.bucket,
        "",
        s3,
        lambda client: next(iter(obstore.list(client, prefix)), None),
    )


def delete(paths: Sequence[str], s3: S3) -> None:
    """Deletes objects; one that is not there is deleted already."""
    located = [_located(path) for path in paths]
    disk.delete([location.key for location in located if location.scheme == "file"])
    remote = [(location.bucket, *clients.split(location.key)) for location in located if location.scheme == "s3"]
    # The markers of folders last, and inner ones first: a store that has real folders deletes empty ones only.
    ordered = sorted(remote, key=lambda name: (name[0], name[1] == "", name[1]), reverse=True)
    for (bucket, head), names in groupby(ordered, key=lambda name: name[:2]):
        ask = partial(obstore.delete, paths=[key for _, _, key in names])
        _asked(f"cannot delete from s3://{bucket}", bucket, head, s3, ask)


def delete_folder(path: str, s3: S3) -> None:
    """Deletes all that is below a folder or prefix, and the folder itself, markers and empty folders included."""
    location = _located(path)
    if location.key.strip("/") == "":
        raise Fault(f"{path}: a whole bucket or disk is never deleted")
    if location.scheme == "file":
        disk.delete_folder(location.key)
        return
    folder = str(location).removesuffix("/")
    below = [entry for entry in _below(location, s3) if entry.path != folder]  # its own marker is listed by its name
    markers = [f"{path}/" for path in [folder, *(entry.path for entry in below if not entry.bytes)]]
    delete([*(entry.path for entry in below), *markers], s3)


def _below(location: Location, s3: S3) -> list[Entry]:
    """The objects under a prefix as the store lists them, sorted; the marker of a folder has the folder's name."""
    prefix = _prefix(location)

    def pages(client: S3Store) -> list[Entry]:
        return _entries(location, (meta for page in obstore.list(client, prefix, chunk_size=PAGE) for meta in page))

    entries = _asked(f"cannot list {location}", location.bucket, "", s3, pages) or []
    return sorted(entries, key=lambda entry: entry.path)


def _prefix(location: Location) -> str | None:
    """What obstore calls a folder."""
    prefix = location.key.removesuffix("/")
    if clients.split(prefix)[0]:
        raise BadInput(f"{location}: a prefix with an empty segment cannot be listed")
    return prefix or None


def _entries(location: Location, found: "Iterable[ObjectMeta]") -> list[Entry]:
    return [Entry(f"s3://{location.bucket}/{meta['path']}", meta["size"], meta["e_tag"] or "") for meta in found]


def _located(path: str) -> Location:
    try:
        location = parse(path)
    except ValueError as error:
        raise BadInput(f"{error}; must be an absolute path or s3://bucket/key") from None
    if location.scheme not in ("file", "s3"):
        raise BadInput(f"{location}: only pictures are read from {location.scheme}://; must be a folder or s3://")
    return location


def _asked(what: str, bucket: str, head: str, s3: S3, ask: Callable[[S3Store], T]) -> T | None:
    """What the store answers, None for "not found"; raises `Conflict`, and `StorageFailed` when all attempts fail."""
    client = clients.store(bucket, s3, SILENCE_SECONDS, head)
    begun = time.monotonic()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return ask(client)
        except (exceptions.BaseError, OSError, ValueError) as error:
            fault = failures.meaning(error)
        if fault.kind == "not_found":
            return None
        if fault.kind == "conflict":
            raise Conflict(f"{what}: it is not as expected: another writer was faster")
        if not fault.may_pass or time.monotonic() - begun > PATIENCE_SECONDS:
            break
        if attempt < ATTEMPTS:
            time.sleep(failures.pause(attempt, what))
    raise clients.refused(what, fault, bucket, s3)
