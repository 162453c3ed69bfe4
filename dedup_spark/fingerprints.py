"""A fingerprint is one distinct image path: its content, hashes, colour signature and size, or why there is none.

Bytes are read once; fetch, decode and hash are one pass over them, in batches, on the workers.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from dedup_spark import fetch, pictures, settings, store, tables
from dedup_spark.images import ways

FEW_TASKS, FEW_IMAGES = 16, 25
"""So many tasks at least while each has so many images (a tenth of a second of work): no core waits for another."""


def wanted(catalogue: DataFrame) -> DataFrame:
    """The distinct paths that may be fetched: `image`. `catalogue` is `tables.CATALOGUE`."""
    return catalogue.where(F.col("status") == "ok").select("image").distinct()


def tasks(images: int, limits: settings.Fingerprints) -> int:
    """How many tasks fetch so many images: of `images_per_task` at most, and a few even where there are few images."""
    return max(1, -(-images // limits.images_per_task), min(FEW_TASKS, -(-images // FEW_IMAGES)))


def chunk(images: DataFrame, number: int, chunks: int, tasks: int) -> DataFrame:
    """The images of this chunk of so many, dealt to the tasks: which goes where is decided by the path alone."""
    return images.where(F.pmod(F.xxhash64("image"), F.lit(chunks)) == number).repartition(tasks, "image")


def compute(images: DataFrame, allowed: Sequence[str], limits: settings.Fingerprints, s3: settings.S3) -> DataFrame:
    """One row per image, as `store.SEGMENT`: whatever the bytes are, a row with a status.

    Nothing outside of `allowed` is read, wherever a link leads. `BadInput` where the decode needs a package that is not
    installed. Cost: one GET and one decode an image.
    """
    ways.find(limits.decode)

    def hashed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        paths = (path.as_py() for batch in batches for path in batch.column(0))
        with closing(fetch.fetch(paths, limits, s3, allowed)) as fetched:
            while batch := [(image.path, image.found) for image in islice(fetched, limits.batch)]:
                yield _arrow(pictures.facts(batch, options), schema)

    options = pictures.Options(limits.decode, limits.max_pixels, limits.thumbnail, limits.square)
    schema = to_arrow_schema(store.SEGMENT)
    return images.select("image").mapInArrow(hashed, store.SEGMENT)


def usable(fingerprints: DataFrame) -> DataFrame:
    """`image`, `content` of every usable path."""
    return fingerprints.where(F.col("status") == "ok").select("image", "content")


def distinct_pictures(fingerprints: DataFrame) -> DataFrame:
    """One row per distinct content: `content`, `image` (its smallest path), `images` (how many paths), `pixels`,
    `bytes`, `phash`, `words`, `colour_signature`, `low_information`, `unstable_channels`.
    """
    whole = F.col("views")[0]
    facts = F.struct(
        (F.col("width").cast("long") * F.col("height")).alias("pixels"),
        "bytes",
        "phash",
        whole["words"].alias("words"),
        "colour_signature",
        "low_information",
        whole["unstable_channels"].alias("unstable_channels"),
    )
    return (
        fingerprints.where(F.col("status") == "ok")
        .select("content", "image", facts.alias("facts"))
        .groupBy("content")
        .agg(F.min("image").alias("image"), F.count("*").alias("images"), F.min_by("facts", "image").alias("facts"))
        .select("content", "image", "images", "facts.*")
    )


def squares(pictures: DataFrame, thumbnails: DataFrame) -> DataFrame:
    """`content`, `square` of every picture: null where the store lacks it. `thumbnails` is `tables.THUMBNAILS`."""
    stored = thumbnails.select("image", "square")
    return pictures.select("content", "image").join(stored, on="image", how="left").select("content", "square")


def _arrow(facts: dict[str, list[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """The facts of a batch as rows of `store.SEGMENT`: the hash and its company once more as the view `whole`."""
    names = ("words", "colour_signature", "low_information", "unstable_channels")
    views = [
        None
        if words is None
        else [{"view": tables.WHOLE, "unstable": bool(mask)} | dict(zip(names, (words, *rest, mask), strict=True))]
        for words, *rest, mask in zip(*(facts[name] for name in names), strict=True)
    ]
    unstable = [None if mask is None else bool(mask) for mask in facts["unstable_channels"]]
    columns = facts | {"views": views, "unstable": unstable}
    return pa.RecordBatch.from_arrays([pa.array(columns[f.name], f.type) for f in schema], schema=schema)
