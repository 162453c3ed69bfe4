"""A file of a local folder, used like an object of a store: written whole or not at all, swapped only when unchanged.

The version of a file is the SHA-256 of its bytes. A swap compares and replaces under a lock on the file `<name>.lock`
beside it, which is never deleted: two processes could otherwise hold locks on two files of that name. What is written
unconditionally takes no lock, so a name should be written one way only.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import stat as modes
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dedup_spark.errors import BadImage, DedupError, StorageFailed

ANY = "*"
"""The version to expect of a file that may be anything, or nothing."""

LOCK_SECONDS = 10.0  # a swap takes milliseconds: who holds a lock for longer hangs
LOCK_PAUSE = 0.01  # seconds between two looks at a lock that another process holds
LOCK_ENDING = ".lock"
TEMPORARY = ".writing-"  # begins the name of a file that is not yet whole


class Conflict(DedupError):
    """Something else lies there than was expected: another writer was faster. Nothing was written."""

    exit_code = 5


@dataclass(frozen=True)
class Found:
    """The bytes of a file or object, and the version to replace it by."""

    data: bytes
    version: str


@dataclass(frozen=True)
class Entry:
    """A file or object of a listing. On a disk the version is size and time, which `write` does not understand."""

    path: str
    bytes: int
    version: str


def read(path: str) -> Found | None:
    """The file, None where there is none; raises `StorageFailed` for a folder, and where reading is refused."""
    with _said(f"cannot read {path}"), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        with open(path, "rb") as file:
            data = file.read()
        return Found(data, _version(data))
    return None


def write(path: str, data: bytes, expected: str | None) -> str:
    """Puts the file there, with its folder, and gives its version; durable when it returns.

    `expected` is `ANY`, None (nothing may lie there) or the version that may be replaced; else `Conflict` is raised.
    """
    with _said(f"cannot write {path}"):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if expected == ANY:
            _put(path, data)
        else:
            with _locked(path):
                now = read(path)
                if (now and now.version) != expected:
                    raise Conflict(f"cannot write {path}: it is not as expected: another writer was faster")
                _put(path, data)
    return _version(data)


def stat(path: str) -> Entry | None:
    """The regular file at the path, None where there is none."""
    with _said(f"cannot read {path}"), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        status = os.stat(path)
        return _entry(path, status) if modes.S_ISREG(status.st_mode) else None
    return None


def listing(folder: str) -> Iterator[Entry]:
    """All regular files below the folder, sorted by path; none for no folder. Links to folders are not followed.

    Lock files, and files that are being written, are left out.
    """
    with _said(f"cannot list {folder}"):
        paths = sorted(_files(folder))
    for path in paths:
        entry = stat(path)
        if entry is not None:  # gone since, a broken link, or a pipe
            yield entry


def folder(path: str) -> Iterator[Entry]:
    """The files that lie directly in a folder, in no order; none for no folder. Links are followed."""
    with _said(f"cannot list {path}"), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for found in os.scandir(path):
            with contextlib.suppress(FileNotFoundError):  # gone since, or a broken link
                if found.is_file():
                    yield _entry(found.path, found.stat())


def delete(paths: Sequence[str]) -> None:
    """Deletes files; one that is not there is deleted already."""
    for path in paths:
        with _said(f"cannot delete {path}"), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(path)


def delete_folder(folder: str) -> None:
    """Deletes a folder with all that is in it, where it is one; a link to a folder loses the link only."""
    with _said(f"cannot delete {folder}"):
        if os.path.islink(folder):
            os.unlink(folder)
        elif os.path.isdir(folder):
            shutil.rmtree(folder)


def read_within(
    path: str, allowed: Sequence[str], max_bytes: int, enter: Callable[[int], None] | None
) -> tuple[bytes, str]:
    """The bytes of a picture's file and its version, wherever links lead, if that is within a folder of `allowed` (all
    links resolved).

    enter: is told how many bytes are to be read, and may wait; None: none are read. Only regular files are opened, so a
    pipe or a device never blocks. Raises `BadImage`.
    """
    real = os.path.realpath(path)
    if not any(real == folder or real.startswith(folder.rstrip("/") + "/") for folder in allowed):
        raise BadImage("not_allowed", "a link leads out of the allowed folders")
    try:
        status = os.stat(real)
        if not modes.S_ISREG(status.st_mode):
            raise BadImage("not_found", f"{_kind(status.st_mode)}, not a file")
        size, version = status.st_size, _entry(real, status).version
        if size > max_bytes:
            raise BadImage("too_many_bytes", f"{size} bytes, at most {max_bytes}", bytes=size, etag=version)
        if enter is None:
            return b"", version
        enter(size)
        with open(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise BadImage(*_status(error)) from None
    if len(data) != size:
        raise BadImage("unreadable", f"{len(data)} bytes read of {size}: it changes while it is read")
    return data, version


def _put(path: str, data: bytes) -> None:
    """A file beside, made durable, takes the name; a reader sees the old file or the new one."""
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, TEMPORARY + uuid.uuid4().hex)
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Holds the lock of the path; the system lets go of it when the process ends, however it ends."""
    handle = os.open(path + LOCK_ENDING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StorageFailed(f"{path}{LOCK_ENDING} is held for {LOCK_SECONDS:.0f} s by a process") from None
                time.sleep(LOCK_PAUSE)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Turns the system's errors into `StorageFailed`, except those that say that nothing is there."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"{what}: {os.strerror(error.errno) if error.errno else error}") from error


def _files(folder: str) -> Iterator[str]:
    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            raise error

    for above, _, names in os.walk(folder, onerror=fail):
        for name in names:
            if not (name.endswith(LOCK_ENDING) or name.startswith(TEMPORARY)):
                yield os.path.join(above, name)


def _entry(path: str, status: os.stat_result) -> Entry:
    return Entry(path, status.st_size, f"{status.st_size}-{status.st_mtime_ns}")


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _kind(mode: int) -> str:
    if modes.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if modes.S_ISFIFO(mode) else "a socket" if modes.S_ISSOCK(mode) else "a device"


def _status(error: OSError) -> tuple[str, str]:
    words = os.strerror(error.errno) if error.errno else type(error).__name__
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        return "not_found", words
    if error.errno in (errno.EACCES, errno.EPERM):
        return "access_denied", words
    return "unreadable", words  # a loop of links, an error of the disk
