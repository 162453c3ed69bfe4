"""What is stored and still holds is not fetched again: requests are counted at the server, or the bytes are swapped."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import fingerprints, settings, source, stages, tables
from dedup_spark.output import parts, runs
from dedup_spark.settings import S3, Settings
from dedup_spark.source import Source
from dedup_spark.work import Work
from tests import pictures
from tests.faulty_s3 import Answer, Faulty, faulty
from tests.tables_of import a_table

OFFER = "image string, status string, version string"
WHOLE = 'views.stored=["whole"]'
QUICK = settings.load(overrides=["run.lease_renew=0.15", "run.lease_watch=0.9", "fingerprints.attempts=1", WHOLE])
FILES = [pictures.jpeg(pictures.product(number, 60, 80)) for number in range(8)]
DENIED = Answer(b"<Error><Code>AccessDenied</Code></Error>", 403)


class Killed(Exception):
    """What a test stops a run with."""


def chosen(s3: S3, **fingerprints: Any) -> Settings:
    return replace(QUICK, s3=s3, fingerprints=replace(QUICK.fingerprints, **fingerprints))


def day(
    spark: SparkSession,
    output: Path,
    images: dict[str, str | None],
    asked: Settings,
    allowed: Sequence[str] = ("s3://shop",),
    chunks: int | None = None,
    name: str = "",
) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    """One run as far as the fingerprints: what run.json says of the reuse, and status and content of each image.

    images: with their versions. chunks: after so many the run is killed. name: runs of one name are resumed.
    """
    offers = a_table(spark, [(image, "ok", version) for image, version in images.items()], OFFER)
    with runs.working(str(output), {"run": name, "settings": asked.digest()}, asked) as run:
        run.note(version_columns=["etag"] if any(images.values()) else [])
        commit = run.commit

        def committed(*given: Any) -> Any:
            if len(run.committed()) == chunks:
                raise Killed
            return commit(*given)

        run.commit = committed  # type: ignore[method-assign, assignment]
        work = Work(run, spark, asked, parts.scratch(run, spark, asked), lambda line: None)
        found = stages.fetch(work, Source("offers"), offers, allowed).collect()
        run.publish(asked)
    assert sorted(row["image"] for row in found) == sorted(images)  # each once
    assert run.rows()["fingerprints"] == len(images)
    return run.manifest["revalidate"], {row["image"]: (row["status"], row["content"]) for row in found}


def fates(said: dict[str, Any]) -> dict[str, int]:
    return {fate: said[fate] for fate in ("reused", "new", "changed", "retried", "fetched")}


@pytest.fixture
def server() -> Iterator[Faulty]:
    with faulty() as running:
        yield running


def asked_for(server: Faulty) -> list[tuple[str, str]]:
    """What was asked for since this was asked last."""
    requests = sorted(server.requests)
    server.requests.clear()
    return [(method, path.removeprefix("/shop/")) for method, path in requests]


def test_a_catalogue_that_tells_versions_is_believed(spark: SparkSession, tmp_path: Path, server: Faulty) -> None:
    server.put("/shop/denied", DENIED)
    for name, data in zip("abc", FILES, strict=False):
        server.put(f"/shop/{name}", data)
    server.put("/shop/page", b"<html>")
    names = ["a", "b", "c", "denied", "page"]
    images: dict[str, str | None] = {f"s3://shop/{name}": "1" for name in names}
    told = chosen(server.settings)

    said, first = day(spark, tmp_path, images, told)
    assert (said["by"], said["why"]) == (None, "nothing is stored")
    assert asked_for(server) == [("GET", name) for name in names]
    assert fates(said) == {"reused": 0, "new": 5, "changed": 0, "retried": 0, "fetched": 5}
    assert [path.name for path in tmp_path.glob("runs/*/*/")] == [tables.WANTED.name]  # nothing else is written

    said, second = day(spark, tmp_path, images, told)
    assert asked_for(server) == [("GET", "denied")]
    assert fates(said) == {"reused": 4, "new": 0, "changed": 0, "retried": 1, "fetched": 1}
    assert (said["by"], said["why"]) == ("column", "the catalogue tells by etag")
    assert second == first

    server.put("/shop/a", FILES[5])
    server.put("/shop/denied", FILES[6])
    del images["s3://shop/b"]
    said, third = day(spark, tmp_path, images | {"s3://shop/a": "2"}, told)
    assert asked_for(server) == [("GET", "a"), ("GET", "denied")]
    assert fates(said) == {"reused": 2, "new": 0, "changed": 1, "retried": 1, "fetched": 2}
    assert third["s3://shop/a"] != first["s3://shop/a"]
    assert {status for status, _ in third.values()} == {"ok", "not_image"}
    read = runs.read(str(tmp_path), "thumbnails", spark=spark, settings=told).select("image").collect()
    assert sorted(row["image"][-1] for row in read) == ["a", "c", "d"]

    _, fourth = day(spark, tmp_path, images | {"s3://shop/a": "2"}, chosen(server.settings, retry_rejects=True))
    assert asked_for(server) == [("GET", "page")]
    assert fourth == third
    said, _ = day(spark, tmp_path, images, chosen(server.settings, max_pixels=100))
    assert said["reused"] == 1  # the page: all others are too large now
    assert len(asked_for(server)) == 3


def test_by_head_only_what_has_changed_is_fetched(spark: SparkSession, tmp_path: Path, server: Faulty) -> None:
    for name, data in zip("abc", FILES, strict=False):
        server.put(f"/shop/{name}", data)
    images: dict[str, str | None] = dict.fromkeys(f"s3://shop/{name}" for name in "abc")
    told = chosen(server.settings, revalidate="head")
    day(spark, tmp_path, images, told)
    assert asked_for(server) == [("GET", name) for name in "abc"]
    server.put("/shop/b", FILES[4])
    server.put("/shop/new", FILES[5])
    said, _ = day(spark, tmp_path, images | {"s3://shop/new": None}, told)
    assert asked_for(server) == [("GET", "b"), ("GET", "new"), *[("HEAD", name) for name in "abc"]]
    assert fates(said) == {"reused": 2, "new": 1, "changed": 1, "retried": 0, "fetched": 2}


def test_a_listing_tells_what_has_changed(spark: SparkSession, tmp_path: Path) -> None:
    """Of a file that is swapped for another of its size and time only the old bytes can be known."""
    shop = tmp_path / "shop"
    (shop / "more").mkdir(parents=True)
    names = ["a", "b", "more/c", "more/gone"]
    for name, data in zip(names, FILES, strict=False):
        (shop / name).write_bytes(data)
    images: dict[str, str | None] = dict.fromkeys(f"{shop}/{name}" for name in names)
    _, first = day(spark, tmp_path / "out", images, QUICK, [str(shop)])
    times = (shop / "a").stat()
    (shop / "a").write_bytes(b"x" * times.st_size)
    os.utime(shop / "a", ns=(times.st_atime_ns, times.st_mtime_ns))
    (shop / "b").write_bytes(FILES[6])
    (shop / "more/gone").unlink()
    said, second = day(spark, tmp_path / "out", images, QUICK, [str(shop)])
    assert (said["by"], fates(said)) == ("listing", {"reused": 2, "new": 0, "changed": 2, "retried": 0, "fetched": 2})
    assert {path.removeprefix(f"{shop}/") for path in images if first[path] == second[path]} == {"a", "more/c"}
    assert second[f"{shop}/more/gone"][0] == "not_found"
    said, third = day(spark, tmp_path / "out", images, chosen(S3(), revalidate="never"), [str(shop)])
    assert (said["by"], said["reused"], said["retried"], said["statuses"]) == ("never", 3, 1, {"ok": 3})
    assert third == second


def test_a_killed_run_s_segments_are_reused_by_another_and_a_damaged_one_is_not(
    spark: SparkSession, tmp_path: Path, server: Faulty
) -> None:
    """Of eight images in chunks of one, six are stored; then the catalogue grows and a setting changes."""
    images: dict[str, str | None] = {}
    for number, data in enumerate(FILES):
        server.put(f"/shop/{number}", data)
        images[f"s3://shop/{number}"] = "1"
    told = chosen(server.settings, chunk=1)
    with pytest.raises(Killed):
        day(spark, tmp_path, images, told, chunks=6)
    stored = asked_for(server)
    with pytest.raises(Killed):  # resumed, and killed again
        day(spark, tmp_path, images, told, chunks=7)
    stored += asked_for(server)
    assert len(stored) == len(set(stored)) >= 6
    server.put("/shop/new", FILES[0])
    said, found = day(spark, tmp_path, images | {"s3://shop/new": "1"}, chosen(server.settings, chunk=100))
    assert fates(said) == {
        "reused": len(stored),
        "new": 9 - len(stored),
        "changed": 0,
        "retried": 0,
        "fetched": 9 - len(stored),
    }
    assert not set(asked_for(server)) & set(stored)
    assert {status for status, _ in found.values()} == {"ok"}
    current = runs.read(str(tmp_path), "fingerprints", spark=spark, settings=told)
    lost = sorted(current.inputFiles())[0].removeprefix("file://")
    Path(lost).unlink()
    said, _ = day(spark, tmp_path, images, told, name="after the loss")
    assert (said["damaged"], said["new"] >= 1, said["unlike"]) == (1, True, 0)
    said, _ = day(spark, tmp_path, images, chosen(server.settings, square=False), name="asks for less")
    assert said["unlike"] == 0
    (tmp_path / "CURRENT").unlink()
    for manifest in tmp_path.glob("runs/*/run.json"):
        manifest.write_text(manifest.read_text().replace("colour_phash/", "another/"))
    said, _ = day(spark, tmp_path, images, told, name="another hash")
    assert fates(said)["reused"] == 0
    assert said["unlike"] > 0


@pytest.mark.parametrize("way", ["listing", "head", "never", "column"])
def test_what_a_link_led_to_is_not_reused_where_that_is_no_longer_allowed(
    spark: SparkSession, tmp_path: Path, way: str
) -> None:
    """A path outside is no image any more; one inside may lead there, and only the fetch looks at that."""
    shop, other = tmp_path / "shop", tmp_path / "other"
    for folder in (shop, other):
        folder.mkdir()
        (folder / "a").write_bytes(FILES[0])
    (shop / "link").symlink_to(other / "a")
    told = "1" if way == "column" else None
    images: dict[str, str | None] = {f"{shop}/a": told, f"{shop}/link": told}
    asked, both = chosen(S3(), revalidate=way), [str(shop), str(other)]
    day(spark, tmp_path / "out", images, asked, both)
    said, found = day(spark, tmp_path / "out", images, asked, [str(tmp_path)])
    assert (said["reused"], {status for status, _ in found.values()}) == (2, {"ok"})
    said, found = day(spark, tmp_path / "out", images, asked, [str(shop)])
    assert (said["reused"], said["fetched"], said["unlike"]) == (0, 2, 1)
    assert (found[f"{shop}/a"][0], found[f"{shop}/link"][0]) == ("ok", "not_allowed")


def test_bytes_of_the_catalogue_are_looked_at_once_and_nothing_is_fetched(spark: SparkSession, tmp_path: Path) -> None:
    """Five rows: a picture, its copy, no picture, nothing, and a path that has two pictures."""
    (tmp_path / "a").write_bytes(FILES[0])
    rows = [("1", f"{tmp_path}/a", FILES[0]), ("2", "dbfs:/b", FILES[0]), ("3", "c", b"<html>"), ("4", "d", None)]
    twice = [("5", "e", FILES[2]), ("6", "e", FILES[1])]
    schema = "id string, path string, content binary"
    columns = ["catalogue.image=path", "catalogue.image_bytes=content", "fingerprints.max_bytes=100000"]
    asked = settings.load(overrides=columns)

    def found(*more: tuple[Any, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        given = Source("offers", rows=spark.createDataFrame([*rows, *twice, *more], schema))
        assert source.places(given, asked) == ("/", ())
        with runs.working(str(tmp_path / "out"), {"more": len(more)}, asked) as run:
            work = Work(run, spark, asked, parts.scratch(run, spark, asked), lambda line: None)
            offers = work.table(tables.CATALOGUE, lambda: stages.read_offers(work, given, "/", ()))
            assert "content" not in offers.select("row.*").columns
            prints = stages.fetch(work, given, offers, ()).collect()
            run.publish(asked)
        return run.manifest["revalidate"], {row["image"]: row.asDict() for row in prints}

    said, first = found()
    assert {image: row["status"] for image, row in first.items()} == {
        f"{tmp_path}/a": "ok",
        "dbfs:/b": "ok",
        "c": "not_image",
        "d": "no_image",
        "e": "ok",
    }
    assert first["e"]["content"] == hashlib.sha256(min(FILES[1:3])).hexdigest()[:32]
    image = spark.createDataFrame([(f"{tmp_path}/a",)], "image string")
    (fetched,) = fingerprints.compute(image, [str(tmp_path)], asked.fingerprints, S3(), asked.views.stored).collect()
    assert {name: fetched[name] for name in first["c"]} == first[f"{tmp_path}/a"]
    said, second = found(("7", "f", b"x" * 100001))
    assert fates(said) == {"reused": 4, "new": 1, "changed": 0, "retried": 1, "fetched": 2}
    assert second.pop("f")["status"] == "too_many_bytes"
    assert second == first
