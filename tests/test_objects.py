"""The driver's objects, on a disk and on S3 alike: atomic, swapped by version, and clear words within seconds."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from pathlib import Path
from uuid import uuid4

import pytest

from dedup_spark.errors import BadInput, Fault, StorageFailed
from dedup_spark.io import objects
from dedup_spark.io.objects import Conflict, Found
from dedup_spark.settings import S3
from tests.faulty_s3 import Answer, faulty
from tests.s3_server import Server

WRITERS = 8
SECONDS = 5.0


@pytest.fixture(params=["disk", "s3"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, S3]:
    """A fresh folder or prefix, with the settings that reach it."""
    if request.param == "disk":
        return str(tmp_path), S3()
    server: Server = request.getfixturevalue("s3")
    return f"s3://results/{uuid4().hex}", server.settings


def test_swap_needs_the_version_that_lies_there(output: tuple[str, S3]) -> None:
    folder, s3 = output
    path = f"{folder}/deep/er/CURRENT"
    assert objects.read(path, s3) is None
    assert objects.stat(path, s3) is None
    first = objects.write(path, b"a", s3, expected=None)
    assert objects.read(path, s3) == Found(b"a", first)
    second = objects.write(path, b"b", s3, expected=first)
    third = objects.write(path, b"c", s3)
    for expected in (None, first, second, '"0"'):
        with pytest.raises(Conflict, match="CURRENT: it is not as expected"):
            objects.write(path, b"d", s3, expected=expected)
    assert objects.read(path, s3) == Found(b"c", third)
    objects.delete([path], s3)
    with pytest.raises(Conflict):
        objects.write(path, b"d", s3, expected=third)
    assert objects.read(path, s3) is None


def test_of_many_writers_exactly_one_wins_each_round(output: tuple[str, S3]) -> None:
    folder, s3 = output
    rounds = 20 if folder.startswith("/") else 3  # SeaweedFS lets those who wait for its lock look once a second
    start = threading.Barrier(WRITERS)

    def swap(writer: int, expected: str | None, number: int) -> str | None:
        start.wait()
        try:
            return objects.write(f"{folder}/CURRENT", f"{number} {writer}".encode(), s3, expected=expected)
        except Conflict:
            return None

    version: str | None = None
    with ThreadPoolExecutor(WRITERS) as pool:
        for number in range(rounds):
            turns = [pool.submit(swap, writer, version, number) for writer in range(WRITERS)]
            won = [(writer, new) for writer, turn in enumerate(turns) if (new := turn.result()) is not None]
            assert len(won) == 1
            winner, version = won[0]
            assert objects.read(f"{folder}/CURRENT", s3) == Found(f"{number} {winner}".encode(), won[0][1])


def test_listing_is_recursive_sorted_and_by_whole_segments(output: tuple[str, S3]) -> None:
    folder, s3 = output
    names = ["t.x", "t/a", "t/b/c", "t/b.d", "t/é b%20c#?.jpg", "t2/a", "u"]
    for name in names:
        objects.write(f"{folder}/{name}", name.encode(), s3)
    assert [entry.path for entry in objects.listing(f"{folder}/", s3)] == sorted(f"{folder}/{name}" for name in names)
    below = list(objects.listing(f"{folder}/t", s3))
    assert [entry.path[len(folder) :] for entry in below] == ["/t/a", "/t/b.d", "/t/b/c", "/t/é b%20c#?.jpg"]
    assert [entry.bytes for entry in below] == [3, 5, 5, len("t/é b%20c#?.jpg".encode())]
    assert objects.stat(below[0].path, s3) == below[0]
    assert objects.stat(f"{folder}/t", s3) is None
    assert list(objects.listing(f"{folder}/none", s3)) == []


def test_version_of_a_listing_tells_a_change(output: tuple[str, S3]) -> None:
    folder, s3 = output
    objects.write(f"{folder}/a", b"1", s3)
    before = objects.stat(f"{folder}/a", s3)
    assert before == objects.stat(f"{folder}/a", s3)
    objects.write(f"{folder}/a", b"2", s3)
    assert before != objects.stat(f"{folder}/a", s3)


def test_large_object_comes_back_whole(output: tuple[str, S3]) -> None:
    folder, s3 = output
    data = bytes(range(256)) * 50_000  # more than obstore sends in one part
    version = objects.write(f"{folder}/large", data, s3)
    assert objects.read(f"{folder}/large", s3) == Found(data, version)


def test_delete_takes_what_is_named_and_no_more(output: tuple[str, S3]) -> None:
    folder, s3 = output
    for name in ("a", "b", "c d%20/e"):
        objects.write(f"{folder}/{name}", b"", s3)
    objects.delete([f"{folder}/a", f"{folder}/gone", f"{folder}/c d%20/e"], s3)
    assert [entry.path for entry in objects.listing(folder, s3)] == [f"{folder}/b"]
    objects.delete([], s3)


def test_folder_goes_with_all_that_is_in_it(output: tuple[str, S3]) -> None:
    folder, s3 = output
    for name in ("t/a", "t/b/c", "t/_temporary/0/d", "t2/a", "t.x"):
        objects.write(f"{folder}/{name}", b"1", s3)
    if folder.startswith("/"):
        Path(folder, "t/empty/deep").mkdir(parents=True)
    else:
        for marker in ("t/", "t/b/", "t/empty/"):
            objects.write(f"{folder}/{marker}", b"", s3)
    objects.delete_folder(f"{folder}/t", s3)
    objects.delete_folder(f"{folder}/t", s3)
    assert [entry.path[len(folder) :] for entry in objects.listing(folder, s3)] == ["/t.x", "/t2/a"]
    assert not Path(folder, "t").exists()
    for root in ("/", "s3://results", "s3://results/"):
        with pytest.raises(Fault, match="never deleted"):
            objects.delete_folder(root, s3)


def test_markers_of_folders_are_no_objects_of_a_listing(s3: Server) -> None:
    folder = f"s3://results/{uuid4().hex}"
    for name, data in (("t/", b""), ("t/b/", b""), ("t/b/c", b"1"), ("t.x", b"")):
        objects.write(f"{folder}/{name}", data, s3.settings)
    assert [entry.path[len(folder) :] for entry in objects.listing(folder, s3.settings)] == ["/t.x", "/t/b/c"]


def test_markers_go_after_what_is_inside_them() -> None:
    """Stores differ in what they do by themselves, so the requests are looked at."""
    keys = [("t/", 0), ("t/a", 1), ("t/b/", 0), ("t/b/c", 1), ("t/zero", 0)]
    contents = "".join(
        f"<Contents><Key>{key}</Key><Size>{size}</Size><ETag>x</ETag><LastModified>2026-01-01T00:00:00Z</LastModified>"
        "</Contents>"
        for key, size in keys
    )
    with faulty() as server:
        server.put("/shop?list-type=2&prefix=t%2F", f"<ListBucketResult>{contents}</ListBucketResult>".encode())
        gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in ("t/zero", "t/b/c", "t/b", "t/a"))
        server.put("/shop?delete", f"<DeleteResult>{gone}</DeleteResult>".encode())
        objects.delete_folder("s3://shop/t", server.settings)
        deleted = [path for method, path in server.requests if method in ("DELETE", "POST")]
    assert deleted == ["/shop?delete", "/shop/t/zero/", "/shop/t/b/", "/shop/t/"]


def calls(path: str, s3: S3) -> list[Callable[[], object]]:
    return [
        lambda: objects.read(path, s3),
        lambda: objects.stat(path, s3),
        lambda: objects.write(path, b"", s3),
        lambda: objects.write(path, b"", s3, expected=None),
        lambda: list(objects.listing(path, s3)),
        lambda: objects.delete([path], s3),
    ]


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("", "the bucket missing does not exist"),
        ("http://127.0.0.1:1", "the connection is refused"),
        ("http://no-such-host.invalid", "the host name is not known"),
    ],
)
def test_what_cannot_work_is_said_within_seconds(s3: Server, endpoint: str, words: str, number: int) -> None:
    settings = S3(endpoint=endpoint or s3.endpoint, path_style=True)
    begun = time.monotonic()
    with pytest.raises(StorageFailed, match=words):
        calls("s3://missing/a", settings)[number]()
    assert time.monotonic() - begun < SECONDS


def test_hiccup_passes_and_a_broken_store_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup_spark.io.failures.FIRST_PAUSE_SECONDS", 0.01)
    with faulty() as server:
        server.put("/shop/a", Answer(status=503), Answer(reset=True), Answer(b"bytes"))
        assert objects.read("s3://shop/a", server.settings) == Found(b"bytes", f'"{md5(b"bytes").hexdigest()}"')
        server.put("/shop/b", Answer(b"<Error><Code>SlowDown</Code></Error>", 503))
        with pytest.raises(StorageFailed, match="503 SlowDown"):
            objects.read("s3://shop/b", server.settings)
        assert server.asked["/shop/b"] == objects.ATTEMPTS
        server.put("/shop/c", Answer(b"<Error><Code>AccessDenied</Code></Error>", 403))
        with pytest.raises(StorageFailed, match="403 AccessDenied"):
            objects.read("s3://shop/c", server.settings)
        assert server.asked["/shop/c"] == 1


def test_silent_store_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "SILENCE_SECONDS", 0.2)
    monkeypatch.setattr(objects, "PATIENCE_SECONDS", 0.3)
    with faulty() as server:
        server.put("/shop/a", Answer(delay=30))
        begun = time.monotonic()
        with pytest.raises(StorageFailed, match="no answer in time"):
            objects.write("s3://shop/a", b"", server.settings, expected=None)
        assert time.monotonic() - begun < SECONDS


def test_swap_whose_answer_got_lost_has_won(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first attempt lands but breaks off; the second is told that something lies there: our own bytes."""
    monkeypatch.setattr("dedup_spark.io.failures.FIRST_PAUSE_SECONDS", 0.01)
    refusal = Answer(b"<Error><Code>PreconditionFailed</Code></Error>", 412)
    with faulty() as server:
        server.put("/shop/a", Answer(reset=True), refusal, Answer(b"mine"))
        version = objects.write("s3://shop/a", b"mine", server.settings, expected=None)
        assert version == f'"{md5(b"mine").hexdigest()}"'
        server.put("/shop/a", Answer(reset=True), refusal, Answer(b"other"))
        with pytest.raises(Conflict):
            objects.write("s3://shop/a", b"mine", server.settings, expected=None)
        server.put("/shop/a", refusal, Answer(b"mine"))
        with pytest.raises(Conflict):
            objects.write("s3://shop/a", b"mine", server.settings, expected='"x"')


def test_version_that_is_gone_is_a_conflict_to_aws_too() -> None:
    with faulty() as server, pytest.raises(Conflict):  # AWS answers 404 to If-Match where nothing lies
        objects.write("s3://shop/a", b"", server.settings, expected='"x"')


@pytest.mark.parametrize("path", ["relative/a", "gs://shop/a", "s3://shop/../a", "https://shop.example/a"])
def test_path_that_is_none_is_bad_input(path: str) -> None:
    for call in calls(path, S3()):
        with pytest.raises(BadInput):
            call()


def test_prefix_that_cannot_be_listed_says_so() -> None:
    with pytest.raises(BadInput, match="empty segment"):
        list(objects.listing("s3://shop/a//b", S3(endpoint="http://127.0.0.1:1")))
