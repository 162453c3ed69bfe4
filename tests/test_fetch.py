"""Many images at once: each comes in its turn as its bytes or as a status, whatever the store does meanwhile."""

import gc
import itertools
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from dedup_spark import revalidate
from dedup_spark.errors import BadImage, BadInput, StorageFailed
from dedup_spark.io import checksums, failures, fetch, objects
from dedup_spark.io.room import Room
from dedup_spark.settings import S3, Fingerprints, load
from tests.faulty_s3 import Answer, Faulty, faulty
from tests.s3_server import Server

LIMITS = replace(load().fingerprints, in_flight=4, attempts=3, deadline=5.0, max_bytes=1000)
SLOW = Answer(b"<Error><Code>SlowDown</Code></Error>", 503)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "FIRST_PAUSE_SECONDS", 0.01)
    checksums.shown.cache_clear()


@pytest.fixture
def server() -> Iterator[Faulty]:
    with faulty() as running:
        yield running


def fetched(
    paths: Sequence[str], s3: S3, limits: Fingerprints = LIMITS, allowed: Sequence[str] = ("s3://shop",)
) -> list[Any]:
    """The bytes, or (status, detail), of each."""
    found = list(fetch.fetch(paths, limits, s3, allowed))
    assert [image.path for image in found] == list(paths)
    return [(one.found.status, one.found.detail) if isinstance(one.found, BadImage) else one.found for one in found]


def test_order_is_that_of_the_input_and_so_many_are_in_flight(server: Faulty) -> None:
    names = [f"{number:02d}" for number in range(20)]
    for name in names:
        server.put(f"/shop/{name}", Answer(name.encode(), delay=0.2 if name.endswith("0") else 0.03))
    paths = [f"s3://shop/{name}" for name in [*names, names[3], names[3]]]
    assert fetched(paths, server.settings) == [path[-2:].encode() for path in paths]
    assert server.most_at_once == LIMITS.in_flight
    assert len(server.requests) == len(paths)


def test_input_is_read_as_it_is_needed(server: Faulty) -> None:
    taken = itertools.count()
    images = fetch.fetch(
        (f"s3://shop/{next(taken)}" for _ in itertools.count()), LIMITS, server.settings, ["s3://shop"]
    )
    for _ in range(3):
        next(images)
    images.close()
    assert next(taken) == LIMITS.in_flight + 2


def test_what_passes_is_tried_again_and_what_does_not_is_not(server: Faulty) -> None:
    body = b"picture"
    broken = Answer(body, sent=3)
    cases: dict[str, tuple[list[Answer], object, int]] = {
        "once": ([Answer(body)], body, 1),
        "slow": ([SLOW, SLOW, Answer(body)], body, 3),
        "reset": ([Answer(reset=True), Answer(body)], body, 2),
        "broken": ([broken, Answer(body)], body, 2),
        "never": ([SLOW], ("timeout", "503 SlowDown, after 3 attempts"), 3),
        "always": ([Answer(reset=True)], ("timeout", "the connection broke, after 3 attempts"), 3),
        "short": ([broken], ("unreadable", "the answer broke off, after 3 attempts"), 3),
        "gone": ([Answer(b"<Error><Code>NoSuchKey</Code></Error>", 404)], ("not_found", "404 NoSuchKey"), 1),
        "denied": (
            [Answer(b"<Error><Code>AccessDenied</Code></Error>", 403)],
            ("access_denied", "403 AccessDenied"),
            1,
        ),
        "odd": ([Answer(b"", 418)], ("unreadable", "418"), 1),
        "large": ([Answer(b"", length=1001)], ("too_many_bytes", "1001 bytes, at most 1000"), 1),
        "full": ([Answer(b"x" * 1000)], b"x" * 1000, 1),
        "empty": ([Answer(b"")], b"", 1),
    }
    for name, (answers, _, _) in cases.items():
        server.put(f"/shop/{name}", *answers)
    assert fetched([f"s3://shop/{name}" for name in cases], server.settings) == [
        image for _, image, _ in cases.values()
    ]
    assert {name: server.asked[f"/shop/{name}"] for name in cases} == {
        name: asked for name, (_, _, asked) in cases.items()
    }


def test_silence_ends_an_attempt_and_the_deadline_all_of_them(server: Faulty) -> None:
    limits = replace(LIMITS, deadline=0.6, attempts=3)
    server.put("/shop/once", Answer(delay=30), Answer(b"bytes"))
    server.put("/shop/ever", Answer(delay=30))
    server.put("/shop/slow", Answer(b"x" * 1000, drip=0.05))
    server.put("/shop/drip", Answer(b"x" * 5, drip=0.05))
    begun = time.monotonic()
    assert fetched([f"s3://shop/{name}" for name in ("once", "ever", "slow", "drip")], server.settings, limits) == [
        b"bytes",
        ("timeout", "not read within 0.6 s: no answer in time"),
        ("timeout", "not read within 0.6 s"),
        b"x" * 5,
    ]
    assert time.monotonic() - begun < 2.0


def test_closing_ends_what_is_in_flight(server: Faulty, caplog: pytest.LogCaptureFixture) -> None:
    server.put("/shop/0", b"bytes")
    for number in range(1, 9):
        server.put(f"/shop/{number}", Answer(delay=30))
    images = fetch.fetch([f"s3://shop/{number}" for number in range(9)], LIMITS, server.settings, ["s3://shop"])
    assert next(images)[:2] == ("s3://shop/0", b"bytes")
    begun = time.monotonic()
    images.close()
    assert time.monotonic() - begun < 1.0
    while server.broken < LIMITS.in_flight - 1 and time.monotonic() - begun < 5.0:
        time.sleep(0.01)
    assert server.broken == LIMITS.in_flight - 1
    gc.collect()
    assert caplog.text == ""  # asyncio complains of tasks that are dropped
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]


def test_flipped_byte_is_read_again_and_then_refused(server: Faulty) -> None:
    good = f'"{md5(b"picture").hexdigest()}"'
    server.put("/shop/good", b"picture")
    server.put("/shop/passing", Answer(b"pictvre", etag=good), Answer(b"picture", etag=good))
    server.put("/shop/lasting", Answer(b"pictvre", etag=good))
    server.put("/shop/parts", Answer(b"pictvre", etag='"d41d8cd98f00b204e9800998ecf8427e-2"'))
    server.put("/shop/none", Answer(b"pictvre", etag=""))
    limits = replace(LIMITS, in_flight=1)
    assert fetched(
        [f"s3://shop/{name}" for name in ("good", "passing", "lasting", "parts", "none")], server.settings, limits
    ) == [
        b"picture",
        b"picture",
        ("unreadable", "the MD5 of the bytes is not the ETag, after 3 attempts"),
        b"pictvre",
        b"pictvre",
    ]


def test_bucket_whose_etags_are_no_md5_is_believed(server: Faulty) -> None:
    names = [f"{number:02d}" for number in range(30)]
    for name in names:
        server.put(f"/shop/{name}", Answer(name.encode(), etag=f'"{md5(name.encode() + b"salt").hexdigest()}"'))
    paths = [f"s3://shop/{name}" for name in names]
    assert fetched(paths, server.settings) == [name.encode() for name in names]
    assert (
        len(server.requests) <= len(names) + LIMITS.in_flight + checksums.DOUBTS
    )  # a second look at the first few only


def test_bucket_that_is_encrypted_from_some_day_on_is_doubted_and_then_believed(
    server: Faulty, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = [f"old{number}" for number in range(40)], [f"new{number}" for number in range(20)]
    for name in old:
        server.put(f"/shop/{name}", name.encode())
    for name in new:
        server.put(f"/shop/{name}", Answer(name.encode(), etag=f'"{md5(b"salt").hexdigest()}"'))
    found = fetched([f"s3://shop/{name}" for name in [*old, *new]], server.settings, replace(LIMITS, in_flight=1))
    refused = [image for image in found if isinstance(image, tuple)]
    assert 0 < len(refused) <= checksums.DOUBTS
    assert found[-10:] == [name.encode() for name in new[-10:]]
    assert len(server.requests) <= 60 + checksums.DOUBTS * (LIMITS.attempts - 1)
    assert caplog.text.count("s3://shop: ETags that look like an MD5 are none") == 1


def test_store_that_says_slow_down_is_left_alone_by_all(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "FIRST_PAUSE_SECONDS", 0.4)
    server.put("/shop/0", SLOW, Answer(b"0"))
    for number in range(1, 12):
        server.put(f"/shop/{number}", Answer(b"x", delay=0.02))
    fetched([f"s3://shop/{number}" for number in range(12)], server.settings, replace(LIMITS, in_flight=2))
    asked = [moment - server.times[0] for moment in server.times]
    assert [moment for moment in asked if 0.1 < moment < 0.35] == []
    assert len([moment for moment in asked if moment <= 0.1]) <= 4


@pytest.mark.parametrize("most", [0, 3_000_000])
def test_bytes_that_nobody_has_taken_yet_are_bounded(tmp_path: Path, most: int) -> None:
    """Twenty pictures of 1 MB, all of which could be read while the caller is busy with the first."""
    size, names = 1_000_000, [f"{number:02d}" for number in range(20)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode() * (size // 2))
    limits = replace(LIMITS, in_flight=20, max_bytes=size, bytes_in_flight=most, deadline=0.5, attempts=1)
    tracemalloc.start()
    try:
        with closing(fetch.fetch([f"{tmp_path}/{name}" for name in names], limits, S3(), [str(tmp_path)])) as images:
            for name, image in zip(names, images, strict=True):
                assert image.found == name.encode() * (size // 2)  # and no time-out: it is the caller who takes long
                time.sleep(0.05)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < peak < most + 4 * size  # the caller's own, its comparison, and the one whose turn it is


def test_objects_wait_for_room_too(server: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []

    class Watched(Room):
        def claim(self, number: int, size: int) -> bool:
            let_in = super().claim(number, size)
            held.append(sum(self._held.values()))
            return let_in

    monkeypatch.setattr(fetch, "Room", Watched)
    names = [f"{number:02d}" for number in range(30)]
    for name in names:
        server.put(f"/shop/{name}", Answer(b"broken", sent=3), name.encode() * 50)
    limits = replace(LIMITS, in_flight=16, bytes_in_flight=250, deadline=20.0)
    found = fetched([f"s3://shop/{name}" for name in names], server.settings, limits)
    assert found == [name.encode() * 50 for name in names]
    assert 200 <= max(held) <= 350


def test_closing_ends_those_that_wait_for_room(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / str(number)).write_bytes(b"x" * 100)
    limits = replace(LIMITS, in_flight=8, bytes_in_flight=0)
    images = fetch.fetch([f"{tmp_path}/{number}" for number in range(8)], limits, S3(), [str(tmp_path)])
    assert next(images).found == b"x" * 100
    images.close()
    time.sleep(0.1)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]


def test_a_look_takes_no_bytes(server: Faulty) -> None:
    server.put("/shop/a", Answer(b"picture", etag='"as it was"'))
    server.put("/shop/once", SLOW, Answer(b"picture", etag='"later"'))
    paths = [f"s3://shop/{name}" for name in ("a", "once", "none")]
    found = list(fetch.look(paths, LIMITS, server.settings, ["s3://shop"]))
    assert [(image.path, image.etag) for image in found] == list(zip(paths, ("as it was", "later", None), strict=True))
    assert {method for method, _ in server.requests} == {"HEAD"}


def test_nothing_outside_is_asked_for(server: Faulty, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"secret")
    paths = ["s3://shop2/a", "s3://shop/private", f"{tmp_path}/a", "gs://shop/a", "http://127.0.0.1/a"]
    assert {status for status, _ in fetched(paths, server.settings, allowed=["s3://shop/public", "/none"])} == {
        "not_allowed"
    }
    assert {status for status, _ in fetched(paths, server.settings, allowed=[])} == {"not_allowed"}
    assert server.requests == []


def test_a_web_address_is_never_asked_even_where_it_is_allowed(server: Faulty) -> None:
    server.put("/1.jpg", b"picture")
    place = f"http://127.0.0.1:{server.port}"
    said = "a web address is not fetched: mirror it first"
    assert fetched([f"{place}/1.jpg"], server.settings, allowed=[place]) == [("not_mirrored", said)]
    assert server.requests == []


def test_refused_credentials_are_no_image_s_fault(server: Faulty) -> None:
    server.put("/shop/a", Answer(b"<Error><Code>ExpiredToken</Code><Token>geheim</Token></Error>", 400))
    with pytest.raises(
        StorageFailed, match=r"cannot read from s3://shop: 400 ExpiredToken with no credentials"
    ) as caught:
        fetched(["s3://shop/a"], server.settings)
    assert "geheim" not in str(caught.value)


def test_details_hold_no_answer_of_the_store(server: Faulty) -> None:
    for status in (301, 400, 403, 404, 418, 500):
        server.put(
            f"/shop/{status}", Answer(b"<Error><Code>AKIA1geheim</Code><Message>geheim</Message></Error>", status)
        )
    for _, detail in fetched([f"s3://shop/{status}" for status in (301, 400, 403, 404, 418, 500)], server.settings):
        assert "geheim" not in detail


def test_local_files(tmp_path: Path) -> None:
    (tmp_path / "a b%20é").write_bytes(b"bytes")
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(b"x" * 1001)
    (tmp_path / "link").symlink_to("/etc/hostname")
    paths = [f"{tmp_path}/{name}" for name in ("a b%20é", "empty", "large", "link", "none")]
    found = fetched(paths, S3(), allowed=[str(tmp_path)])
    assert found[:2] == [b"bytes", b""]
    assert [status for status, _ in found[2:]] == ["too_many_bytes", "not_allowed", "not_found"]


@pytest.mark.parametrize("client", ["obstore", "s3fs"])
def test_pictures_on_s3(s3: Server, client: str) -> None:
    if client == "s3fs":
        pytest.importorskip("s3fs", reason="needs the extra s3fs")
    folder = f"s3://pictures/{uuid4().hex}"
    names = [
        "a.jpg",
        "a b.jpg",
        "a%20b.jpg",
        "a+b.jpg",
        "a#b.jpg",
        "a?b=c.jpg",
        "é.jpg",
        "e\u0301.jpg",
        "😀&=;:@$,'()*.jpg",
    ]
    for name in names:
        objects.write(f"{folder}/{name}", name.encode(), s3.settings)
    limits = replace(LIMITS, client=client)
    found = fetched([f"{folder}/{name}" for name in names], s3.settings, limits, [folder])
    assert found == [name.encode() for name in names]
    paths = [f"{folder}/{name}" for name in names]
    said = {image.path: image.etag for image in fetch.fetch(paths, limits, s3.settings, [folder])}
    assert said == {path: md5(name.encode()).hexdigest() for path, name in zip(paths, names, strict=True)}
    assert said == {image.path: image.etag for image in fetch.look(paths, limits, s3.settings, [folder])}
    assert said == {one.path: checksums.plain(one.version) for one in revalidate.entries(folder, limits, s3.settings)}
    objects.write(f"{folder}/large", b"x" * 1001, s3.settings)
    paths = [f"{folder}/{name}" for name in ("none", "large")] + ["s3://missing/a"]
    found = fetched(paths, s3.settings, limits, [folder, "s3://missing"])
    assert [status for status, _ in found] == ["not_found", "too_many_bytes", "not_found"]


def test_key_that_s3fs_would_shorten_is_refused(s3: Server) -> None:
    pytest.importorskip("s3fs", reason="needs the extra s3fs")
    folder = f"s3://pictures/{uuid4().hex}"
    objects.write(f"{folder}/a", b"another object", s3.settings)
    limits = replace(LIMITS, client="s3fs")
    (image,) = fetched([f"{folder}/a?versionId=1"], s3.settings, limits, [folder])
    assert image[0] == "malformed_path"


def test_other_stores_through_fsspec() -> None:
    fsspec = pytest.importorskip("fsspec", reason="comes with the extras s3fs, gcs, azure")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/shop/a b%20.jpg", b"bytes")
    memory.pipe_file("/shop/large", b"x" * 1001)
    paths = [f"memory://shop/{name}" for name in ("a b%20.jpg", "large", "none")]
    found = fetched(paths, S3(), allowed=["memory://shop"])
    assert found[0] == b"bytes"
    assert [status for status, _ in found[1:]] == ["too_many_bytes", "not_found"]


def test_what_fsspec_reads_too_short_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec = pytest.importorskip("fsspec", reason="comes with the extras s3fs, gcs, azure")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/shop/once", b"picture")
    read, short = type(memory).cat_file, [True]
    monkeypatch.setattr(type(memory), "cat_file", lambda self, name: read(self, name)[: 3 if short.pop() else None])
    short.insert(0, False)
    assert fetched(["memory://shop/once"], S3(), allowed=["memory://shop"]) == [b"picture"]
    short.extend([True] * 3)
    (image,) = fetched(["memory://shop/once"], S3(), allowed=["memory://shop"])
    assert image == ("unreadable", "3 bytes came of 7, after 3 attempts")


def test_s3fs_has_no_attempts_of_its_own(server: Faulty) -> None:
    pytest.importorskip("s3fs", reason="needs the extra s3fs")
    server.put("/shop/a", SLOW)
    (image,) = fetched(["s3://shop/a"], server.settings, replace(LIMITS, client="s3fs", deadline=30.0))
    assert image[0] == "timeout"
    assert server.asked["/shop/a"] == LIMITS.attempts


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(BadInput, match=r'gs://shop cannot be read .* pip install "dedup-spark\[gcs\]"'):
        fetched(["gs://shop/a"], S3(), allowed=["gs://shop"])
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(BadInput, match=r"dedup-spark\[s3fs\]"):
        fetched(["s3://shop/a"], S3(), replace(LIMITS, client="s3fs"))
    monkeypatch.undo()
    with pytest.raises(BadInput, match="no store has this scheme"):
        fetched(["foo://shop/a"], S3(), allowed=["foo://shop"])
