"""A fingerprint is one distinct image path: its content, hashes, colour signature and size, or why there is none.

Bytes are read once; fetch, decode and hash are one pass over them, in batches, on the workers.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import reduce
from itertools import islice, tee
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from dedup_spark import pictures, settings, tables, workers
from dedup_spark.comparing.packed import packed
from dedup_spark.comparing.verdict import WORDS
from dedup_spark.errors import BadImage
from dedup_spark.images import ways
from dedup_spark.io import fetch, locations
from dedup_spark.output import store

FEW_TASKS, TASKS_PER_CORE, FEW_IMAGES = 16, 8, 25
"""So many tasks at least, in all and a core, while each has so many images (a tenth of a second of work).

Simulated for 20,000 pictures on 16 cores, of which one in a hundred costs as much as a hundred others: three tasks a
core keep the cores at work for 81 % of the time, eight for 89 %, sixteen for no more.
"""

WHOLE_ONLY = (tables.WHOLE,)

FEW_CHUNKS, FEW_IMAGES_OF_CHUNK = 10, 2000
"""So many chunks at least while each has so many images (seconds of work): what a killed run loses is a tenth."""


class _Item(NamedTuple):
    """One image to be looked at, and what the catalogue and the storage say of its version."""

    image: str
    found: bytes | BadImage
    version: str | None
    etag: str | None


def made(limits: settings.Fingerprints, allowed: Sequence[str], views: Sequence[str] = WHOLE_ONLY) -> dict[str, Any]:
    """What the usable rows hold that are made now, by which versions, and which places on a disk links may have led
    to: see `store.covers`.
    """
    folders = [place for place in allowed if locations.parse(place).scheme == "file"]
    stored = {
        "views": list(views),
        "thumbnail": limits.thumbnail,
        "square": limits.square,
        store.FOLDERS: folders,
    }
    return asdict(pictures.versions(limits.decode)) | stored


def chunks(images: int, limits: settings.Fingerprints) -> int:
    """How many chunks so many images are fetched in: of `chunk` at most, and a few even where there are few images."""
    return max(-(-images // limits.chunk), min(FEW_CHUNKS, images // FEW_IMAGES_OF_CHUNK))


def tasks(images: int, limits: settings.Fingerprints, cores: int | None = None) -> int:
    """How many tasks fetch so many images: of `images_per_task` at most, and some for each core even of few images."""
    few = max(FEW_TASKS, TASKS_PER_CORE * (cores or 1))
    return max(1, -(-images // limits.images_per_task), min(few, -(-images // FEW_IMAGES)))


def chunk(images: DataFrame, number: int, chunks: int, tasks: int) -> DataFrame:
    """The images of this chunk of so many, dealt to the tasks: which goes where is decided by the path alone.

    Of images whose `data` is there, each is taken once: see `each_once`.
    """
    dealt = images.where(F.pmod(F.xxhash64("image"), F.lit(chunks)) == number).repartition(tasks, "image")
    return each_once(dealt) if "data" in images.columns else dealt


def each_once(held: DataFrame) -> DataFrame:
    """`image`, `version`, `data` of images whose bytes are there: the smallest bytes where one path has several."""
    return held.groupBy("image").agg(F.max("version").alias("version"), F.min("data").alias("data"))


def compute(
    images: DataFrame,
    allowed: Sequence[str],
    limits: settings.Fingerprints,
    s3: settings.S3,
    views: Sequence[str] = WHOLE_ONLY,
) -> DataFrame:
    """One row per image, as `store.FETCHED`, seen in these views: whatever the bytes are, a row with a status.

    images: `image`, `version` where the catalogue tells, and `data` where it holds the bytes: then nothing is fetched.
    Nothing outside of `allowed` is read, wherever a link leads. `BadInput` where the decode needs a package that is not
    installed. Cost: one GET and one decode an image.
    """
    ways.find(limits.decode)
    options = pictures.Options(limits.decode, limits.max_pixels, limits.thumbnail, limits.square, tuple(views))

    def fetched(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        workers.forget_archives()
        asked, again = tee(_rows(batches))
        with closing(fetch.fetch((image for image, _ in asked), limits, s3, allowed)) as found:
            items = (_Item(*image[:2], version, image.etag) for image, (_, version) in zip(found, again, strict=True))
            yield from _looked_at(items, options, limits.batch)

    def held(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        workers.forget_archives()
        items = (_Item(image, within(data, limits), version, None) for image, version, data in _rows(batches))
        yield from _looked_at(items, options, limits.batch)

    version = "version" if "version" in images.columns else F.lit(None).cast("string").alias("version")
    if "data" in images.columns:
        return images.select("image", version, "data").mapInArrow(held, store.FETCHED)
    return images.select("image", version).mapInArrow(fetched, store.FETCHED)


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    """The rows one by one: bytes are taken out of their batch when it is their turn."""
    return (row for batch in batches for row in zip(*map(_values, batch.columns), strict=True))


def _values(column: pa.Array) -> Iterator[Any]:
    return (value.as_py() for value in column)


def within(data: bytes | None, limits: settings.Fingerprints) -> bytes | BadImage:
    """The bytes of the catalogue as if they had been fetched."""
    if data is None:
        return BadImage("no_image", "the bytes are null")
    if len(data) > limits.max_bytes:
        return BadImage("too_many_bytes", f"{len(data)} bytes, at most {limits.max_bytes}", bytes=len(data))
    return data


def _looked_at(items: Iterator[_Item], options: pictures.Options, batch: int) -> Iterator[pa.RecordBatch]:
    """The facts of the images, so many at a time hashed together, each decoded and let go before the next is taken."""
    schema = to_arrow_schema(store.FETCHED)
    while True:
        taken: list[dict[str, str | None]] = []

        def shown(taken: list[dict[str, str | None]] = taken) -> Iterator[tuple[str, bytes | BadImage]]:
            for item in islice(items, batch):
                taken.append({"version": item.version, "etag": item.etag})
                yield item.image, item.found

        facts = pictures.facts(shown(), options)
        if not taken:
            return
        yield _arrow(facts | {name: [row[name] for row in taken] for name in ("version", "etag")}, schema)


def distinct_pictures(fingerprints: DataFrame, views: Sequence[str] = WHOLE_ONLY) -> DataFrame:
    """One row per distinct content: `content`, `image` (its smallest path), `images` (how many paths), `pixels`,
    `bytes`, `width`, `height`, `margins`, `phash`, `words`, `colour_signature`, `low_information`, `unstable_channels`,
    and what `of_views` says of these views.
    """
    whole = F.col("views")[0]
    facts = F.struct(
        (F.col("width").cast("long") * F.col("height")).alias("pixels"),
        "bytes",
        "width",
        "height",
        "margins",
        "phash",
        whole["words"].alias("words"),
        "colour_signature",
        "low_information",
        whole["unstable_channels"].alias("unstable_channels"),
        *of_views(views),
    )
    return (
        fingerprints.where(F.col("status") == "ok")
        .select("content", "image", facts.alias("facts"))
        .groupBy("content")
        .agg(F.min("image").alias("image"), F.count("*").alias("images"), F.min_by("facts", "image").alias("facts"))
        .select("content", "image", "images", "facts.*")
    )


def of_views(views: Sequence[str]) -> list[Column]:
    """What is known of these views of a fingerprint, of which the whole picture is the first: `view_words`, those of
    all others one after the other, zeros where the picture lacks one; and `usable_views`, a bit for each that may meet
    others, the first the lowest.
    """
    words = [F.coalesce(_view(name)["words"], F.array_repeat(F.lit(0).cast("long"), WORDS)) for name in views[1:]]
    usable = reduce(Column.bitwiseOR, (_usable(name, place) for place, name in enumerate(views)))
    return [
        F.concat(F.array().cast(tables.WORDS), *words).alias("view_words"),
        usable.alias("usable_views"),
    ]


def _view(name: str) -> Column:
    """The view of that name; null where a picture has none."""
    return F.get(F.filter("views", lambda view: view["view"] == name), F.lit(0))


def _usable(name: str, place: int) -> Column:
    """The bit of that place, where the view may meet others: it shows something, and no channel is a coin toss."""
    view = _view(name)
    usable = ~view["low_information"] & (view["unstable_channels"] == 0)
    return F.when(usable, F.lit(1 << place).cast("long")).otherwise(F.lit(0).cast("long"))


def squares(pictures: DataFrame, thumbnails: DataFrame) -> DataFrame:
    """`content`, `square` of every picture as `squares.packed`: null where the store lacks it.

    `thumbnails` is `tables.THUMBNAILS`.
    """
    shown = pictures.select("content", "image", "margins", "width", "height")
    known = shown.join(thumbnails.select("image", "square"), on="image", how="left")
    return known.select("content", packed("square").alias("square"))


def _arrow(facts: dict[str, list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """The facts of a batch as rows of `store.FETCHED`."""
    masks = facts["unstable_channels"]
    for view in (view for views in facts["views"] if views for view in views):
        view["unstable"] = bool(view["unstable_channels"])
    columns = facts | {"unstable": [None if mask is None else bool(mask) for mask in masks]}
    return pa.RecordBatch.from_arrays([pa.array(columns[f.name], f.type) for f in schema], schema=schema)
