"""A local file is written whole or not at all, swapped only when unchanged, and read only where that is allowed."""

import contextlib
import errno
import multiprocessing
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from dedup_spark.errors import BadImage, StorageFailed
from dedup_spark.io import disk
from dedup_spark.io.disk import ANY, Conflict

WRITERS, ROUNDS = 4, 25
NOBODY = 65534


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Permissions do not bind root, so root becomes somebody else for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def swap(path: str, expected: str | None, writer: str) -> str | None:
    """The new version where this writer won."""
    try:
        return disk.write(path, writer.encode(), expected)
    except Conflict:
        return None


def race(path: str, writer: int) -> int:
    """How many of the rounds, one file each, this writer won; every writer writes each file once."""
    return sum(swap(f"{path}/{number}", None, str(writer)) is not None for number in range(ROUNDS))


def count(path: str, _: int) -> None:
    """Adds one to the number in the file, again and again until nobody was faster."""
    for _ in range(ROUNDS):
        while True:
            found = disk.read(path)
            assert found is not None
            if swap(path, found.version, str(int(found.data) + 1)):
                break


def test_swap_needs_the_version_that_lies_there(tmp_path: Path) -> None:
    path = f"{tmp_path}/deep/er/CURRENT"
    assert disk.read(path) is None
    with pytest.raises(Conflict):
        disk.write(path, b"a", "0" * 64)
    first = disk.write(path, b"a", None)
    assert disk.read(path) == disk.Found(b"a", first)
    with pytest.raises(Conflict):
        disk.write(path, b"b", None)
    second = disk.write(path, b"b", first)
    with pytest.raises(Conflict):
        disk.write(path, b"c", first)
    assert disk.read(path) == disk.Found(b"b", second)
    disk.write(path, b"d", ANY)
    assert [entry.path for entry in disk.listing(str(tmp_path))] == [path]


def test_of_many_processes_exactly_one_creates_and_no_swap_is_lost(tmp_path: Path) -> None:
    disk.write(f"{tmp_path}/counter", b"0", None)
    with ProcessPoolExecutor(WRITERS, multiprocessing.get_context("spawn")) as pool:
        won = list(pool.map(race, [str(tmp_path)] * WRITERS, range(WRITERS)))
        list(pool.map(count, [f"{tmp_path}/counter"] * WRITERS, range(WRITERS)))
    assert sum(won) == ROUNDS
    assert Path(tmp_path, "counter").read_text() == str(WRITERS * ROUNDS)


def test_lock_that_is_held_for_ever_ends_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LOCK_SECONDS", 0.05)
    with disk._locked(f"{tmp_path}/a"), pytest.raises(StorageFailed, match=r"a\.lock is held"):
        disk.write(f"{tmp_path}/a", b"", None)


def test_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{tmp_path}/a"
    disk.write(path, b"old", ANY)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "unused")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFailed, match=f"cannot write {path}: No space left on device"):
        disk.write(path, b"new", ANY)
    assert Path(path).read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_folder_that_is_not_writable_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with as_nobody(), pytest.raises(StorageFailed, match=f"cannot write {tmp_path}/a/b: Permission denied"):
        disk.write(f"{tmp_path}/a/b", b"", ANY)
    tmp_path.chmod(0o700)
    Path(tmp_path, "file").touch()
    with pytest.raises(StorageFailed, match="File exists"):
        disk.write(f"{tmp_path}/file/b", b"", ANY)
    with pytest.raises(StorageFailed, match="Is a directory"):
        disk.read(str(tmp_path))


def test_file_has_the_rights_that_the_process_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        disk.write(f"{tmp_path}/a", b"", ANY)
    finally:
        os.umask(before)
    assert Path(tmp_path, "a").stat().st_mode & 0o777 == 0o640


def test_listing_is_sorted_and_knows_files_only(tmp_path: Path) -> None:
    for name in ("b/c", "b.d", "a", "b/a/x", "z.lock"):
        disk.write(f"{tmp_path}/{name}", name.encode(), ANY)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to("a")
    found = list(disk.listing(str(tmp_path)))
    assert [entry.path[len(str(tmp_path)) :] for entry in found] == ["/a", "/b.d", "/b/a/x", "/b/c", "/link"]
    assert [entry.bytes for entry in found] == [1, 3, 5, 3, 1]
    assert disk.stat(f"{tmp_path}/a") == found[0]
    assert disk.stat(f"{tmp_path}/b") is None
    assert disk.stat(f"{tmp_path}/a/b") is None
    assert list(disk.listing(f"{tmp_path}/none")) == []
    assert list(disk.listing(f"{tmp_path}/a")) == []


def test_delete_is_content_with_what_is_gone(tmp_path: Path) -> None:
    disk.write(f"{tmp_path}/in/a", b"", ANY)
    disk.delete([f"{tmp_path}/in/a", f"{tmp_path}/in/a", f"{tmp_path}/none/b"])
    assert list(disk.listing(str(tmp_path))) == []
    disk.write(f"{tmp_path}/kept/a", b"", ANY)
    (tmp_path / "link").symlink_to("kept")
    for name in ("in", "in", "link"):
        disk.delete_folder(f"{tmp_path}/{name}")
    assert sorted(os.listdir(tmp_path)) == ["kept"]


def refused(path: Path | str, allowed: Path, max_bytes: int = 100) -> tuple[str, str]:
    with pytest.raises(BadImage) as caught:
        disk.read_within(str(path), [os.path.realpath(allowed)], max_bytes, lambda size: None)
    return caught.value.status, caught.value.detail


def test_picture_is_read_where_links_stay_inside(tmp_path: Path) -> None:
    entered: list[int] = []
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    (tmp_path / "real/a.jpg").write_bytes(b"picture")
    (tmp_path / "real/b.jpg").symlink_to("a.jpg")
    for path in ("real/a.jpg", "real/b.jpg", "alias/b.jpg"):
        data, version = disk.read_within(
            f"{tmp_path}/{path}", [os.path.realpath(tmp_path / "alias")], 7, entered.append
        )
        assert (data, version.partition("-")[0]) == (b"picture", "7")
    assert entered == [7, 7, 7]
    assert disk.read_within(f"{tmp_path}/real/a.jpg", [os.path.realpath(tmp_path)], 7, None) == (b"", version)
    (tmp_path / "real/empty").touch()
    assert disk.read_within(f"{tmp_path}/real/empty", [os.path.realpath(tmp_path)], 0, entered.append)[0] == b""


def test_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "in2").mkdir()
    (tmp_path / "in2/a").write_bytes(b"secret")
    (inside / "a").symlink_to("../secret")
    (inside / "b").symlink_to("..")
    for path in (inside / "a", inside / "b/secret", inside / "b/in2/a", tmp_path / "in2/a", "/etc/hostname"):
        assert refused(path, inside)[0] == "not_allowed"


def test_what_is_no_file_has_a_status_and_never_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "large").write_bytes(b"x" * 101)
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.chdir(tmp_path)  # the path of a socket may be short only
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert refused(tmp_path / "socket", tmp_path) == ("not_found", "a socket, not a file")
    assert refused(tmp_path / "pipe", tmp_path) == ("not_found", "a pipe, not a file")
    assert refused("/dev/zero", Path("/dev")) == ("not_found", "a device, not a file")
    assert refused(tmp_path, tmp_path) == ("not_found", "a folder, not a file")
    assert refused(tmp_path / "loop", tmp_path) == ("unreadable", os.strerror(errno.ELOOP))
    assert refused(tmp_path / "broken", tmp_path) == ("not_found", os.strerror(errno.ENOENT))
    assert refused(tmp_path / "file/below", tmp_path) == ("not_found", os.strerror(errno.ENOTDIR))
    assert refused(tmp_path / ("x" * 300), tmp_path) == ("not_found", os.strerror(errno.ENAMETOOLONG))
    assert refused(tmp_path / "large", tmp_path) == ("too_many_bytes", "101 bytes, at most 100")
    (tmp_path / "file").chmod(0)
    with as_nobody():
        assert refused(tmp_path / "file", tmp_path) == ("access_denied", os.strerror(errno.EACCES))
