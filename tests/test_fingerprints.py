"""Every distinct path has one fingerprint, and it is what the pictures say: those of the reference, bit for bit."""

import csv
import hashlib
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dedup_spark import fingerprints, forms, hash_image, settings, storage
from dedup_spark.output import store
from dedup_spark.settings import S3
from tests import pictures
from tests.tables_of import a_table

SHARED = Path(__file__).parents[2] / "shared" / "data"
DEFAULTS = settings.load()


@pytest.mark.parametrize(
    ("images", "cores", "tasks"),
    [
        (0, 2, 1),
        (1, 2, 1),
        (60, 2, 3),
        (390, None, 16),
        (6_400, 2, 16),
        (6_401, 2, 17),
        (390, 64, 16),
        (20_000, 64, 512),
        (1_000_000, 64, 2_500),
    ],
)
def test_no_task_is_long_and_no_core_waits_for_another(images: int, cores: int | None, tasks: int) -> None:
    assert fingerprints.tasks(images, DEFAULTS.fingerprints, cores) == tasks


@pytest.mark.parametrize("files", [1, 50])
def test_the_work_is_even_though_large_pictures_are_neighbours(spark: SparkSession, tmp_path: Path, files: int) -> None:
    """Of 400 pictures the 8 of one merchant have 20 million pixels, the others 3,000; the catalogue has any layout.

    What a task has done is what stands in the file that it has written.
    """
    folder, cores = tmp_path / "pictures", 2
    large, small = (io.BytesIO() for _ in range(2))
    Image.new("L", (5000, 4000), 200).save(large, "JPEG")
    Image.new("RGB", (60, 50), "teal").save(small, "PNG")
    paths = [folder / f"merchant_{number // 8:02d}" / f"{number % 8}.jpg" for number in range(400)]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((large if number < 8 else small).getvalue())
    images = a_table(spark, [(str(path),) for path in paths], "image string").repartitionByRange(files, "image")
    tasks = fingerprints.tasks(len(paths), DEFAULTS.fingerprints, cores)
    dealt = fingerprints.chunk(images, 0, 1, tasks)
    storage.write(fingerprints.compute(dealt, [str(folder)], DEFAULTS.fingerprints, S3()), f"{tmp_path}/rows", DEFAULTS)
    done = [pq.read_table(file).to_pylist() for file in sorted((tmp_path / "rows").glob("*.parquet"))]
    assert len(done) == tasks == 16
    assert sum(map(len, done)) == len(paths)
    assert max(map(len, done)) < 2 * len(paths) / tasks
    assert max(sum(row["width"] == 5000 for row in rows) for rows in done) <= 3
    pixels = [sum(row["width"] * row["height"] for row in rows) for rows in done]
    busy = [0] * cores
    for work in pixels:  # as Spark does: the next task to the core that is done first
        busy[busy.index(min(busy))] += work
    assert max(busy) - min(busy) <= max(pixels)
    assert max(busy) <= 0.75 * sum(busy)


@pytest.mark.parametrize(
    ("images", "chunks"), [(0, 0), (1, 1), (1_999, 1), (5_000, 2), (20_000, 10), (10**6, 10), (10**8, 100)]
)
def test_a_killed_run_loses_little_and_a_small_one_is_not_cut_up(images: int, chunks: int) -> None:
    assert fingerprints.chunks(images, DEFAULTS.fingerprints) == chunks


def test_every_image_is_in_one_chunk_whatever_the_order(spark: SparkSession) -> None:
    images = a_table(spark, [(f"/{n}",) for n in range(60)], "image string")
    there, back = (
        [
            sorted(row["image"] for row in fingerprints.chunk(laid_out, number, chunks=3, tasks=2).collect())
            for number in range(3)
        ]
        for laid_out in (images, images.orderBy(F.desc("image")).repartition(5))
    )
    assert there == back
    assert sorted(image for part in there for image in part) == sorted(f"/{n}" for n in range(60))
    assert all(10 < len(part) < 30 for part in there)


def test_whatever_the_bytes_are_a_row_comes_out(spark: SparkSession, tmp_path: Path) -> None:
    """Five paths: a picture, its copy, a page that calls itself a picture, nothing at all, and one from elsewhere."""
    inside, elsewhere = tmp_path / "inside", tmp_path / "elsewhere.jpg"
    inside.mkdir()
    file = pictures.jpeg(pictures.product(1))
    for path, data in (("a.jpg", file), ("b.jpg", file), ("page.jpg", b"<html>")):
        (inside / path).write_bytes(data)
    elsewhere.write_bytes(file)
    (inside / "link.jpg").symlink_to(elsewhere)
    images = a_table(
        spark, [(f"{inside}/{name}.jpg",) for name in ("a", "b", "page", "none", "link")], "image string"
    ).repartition(3)
    rows = fingerprints.compute(images, [str(inside)], DEFAULTS.fingerprints, S3())
    assert rows.columns == store.FETCHED.names
    found = {Path(row["image"]).stem: row for row in rows.collect()}
    assert {name: row["status"] for name, row in found.items()} == {
        "a": "ok",
        "b": "ok",
        "page": "not_image",
        "none": "not_found",
        "link": "not_allowed",
    }
    one, other = found["a"].asDict(), found["b"].asDict()
    assert {name for name in one if one[name] != other[name]} == {"image", "etag"}  # two files
    assert (one["content"], one["bytes"]) == (hashlib.sha256(file).hexdigest()[:32], len(file))
    (view,) = one["views"]
    assert (view["view"], view["colour_signature"], view["unstable"]) == ("whole", one["colour_signature"], False)
    assert one["phash"] == hash_image(file)
    assert found["page"]["md5"] == hashlib.md5(b"<html>").hexdigest()
    assert found["page"]["views"] is found["page"]["phash"] is found["none"]["md5"] is None


def test_a_content_is_one_picture_named_by_its_smallest_path(spark: SparkSession) -> None:
    schema = "image string, status string, content string, width int, height int, bytes long, phash string"
    view = "views array<struct<view:string,words:array<bigint>,low_information:boolean,unstable_channels:int>>"
    crop = ("crop_5", [3, 4, 5, 6, 7], False, 0)
    seen = (30, 40, 9, "h", b"c", False, None, [("whole", [1, 2], False, 5), crop])
    rows = [("/2", "ok", "b", *seen), ("/1", "ok", "b", *seen), ("/3", "ok", "a", *seen), ("/0", "corrupt", "c", *seen)]
    table = a_table(
        spark, rows, f"{schema}, colour_signature binary, low_information boolean, margins array<int>, {view}"
    )
    facts = (1200, 9, 30, 40, None, "h", [1, 2], b"c", False, 5, [0, 0, 0, 0, 0, 3, 4, 5, 6, 7], 0b100)
    stored = ("whole", "trimmed", "crop_5")
    found = sorted(tuple(row) for row in fingerprints.distinct_pictures(table, stored).collect())
    assert found == [("a", "/3", 1, *facts), ("b", "/1", 2, *facts)]
    assert sorted(tuple(row) for row in forms.usable(table).collect()) == [("/1", "b"), ("/2", "b"), ("/3", "a")]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photographs of ../shared/data")
def test_every_reference_hash_and_md5(spark: SparkSession) -> None:
    """All 3,068 photographs as the flow sees them: no difference in a bit of a hash, nor in a digit of an MD5."""
    root = SHARED / "clothing"
    with (SHARED / "clothing_reference.csv").open() as file:
        expected = {row["image"]: (row["phash"], row["md5"]) for row in csv.DictReader(file)}
    assert len(expected) == 3068
    images = a_table(spark, [(f"{root}/{image}",) for image in expected], "image string").repartition(8)
    exact = settings.load(overrides=["fingerprints.decode=exact", "fingerprints.thumbnail=0"]).fingerprints
    rows = fingerprints.compute(images, [str(root)], exact, S3()).select("image", "status", "phash", "md5").collect()
    assert {row["status"] for row in rows} == {"ok"}
    assert len(rows) == len(expected)
    found = {str(Path(row["image"]).relative_to(root)): (row["phash"], row["md5"]) for row in rows}
    assert {image: facts for image, facts in found.items() if facts != expected[image]} == {}
