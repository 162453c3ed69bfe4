"""A row of `wanted` is one distinct image path that may be fetched, and the stored row of it that still holds, if any.

A stored row holds while it is what a fetch of today would give: its status depends on the bytes alone, these are within
today's limits, and they have not changed, as far as one asks (`[fingerprints] revalidate`). What versions and views it
has is said of its segment: see `store.covers`.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark import settings
from dedup_spark.errors import OF_BYTES

NEW, CHANGED, RETRIED, REUSED = "new", "changed", "retried", "reused"


def images(catalogue: DataFrame) -> DataFrame:
    """The distinct paths that may be fetched: `image`, and its `version`, the largest where offers tell several.

    `catalogue` is `tables.CATALOGUE`.
    """
    return catalogue.where(F.col("status") == "ok").groupBy("image").agg(F.max("version").alias("version"))


def compute(
    images: DataFrame, stored: DataFrame, by: str, now: DataFrame | None, limits: settings.Fingerprints
) -> DataFrame:
    """`tables.WANTED`: of the stored rows of an image that hold the newest, which is that of the last segment.

    stored: of `store.known`. by: how a change is noticed; now: `image`, `now`, the ETag that the storage tells today,
    where it was asked. Cost: these narrow tables are shuffled once, by image.
    """
    asked = images if now is None else images.join(now, on="image", how="left")
    rows = asked.join(stored.withColumnRenamed("version", "was"), on="image", how="left")
    final = F.col("status").isin("ok") if limits.retry_rejects else F.col("status").isin(*OF_BYTES)
    found = F.struct("segment", "status")
    newest = F.when(F.col("segment").isNotNull(), F.struct("segment", final.alias("final")))
    both = rows.groupBy("image").agg(
        F.max("version").alias("version"),
        F.max(F.when(final & _is_within(limits) & _is_same(by), found)).alias("holds"),
        F.max(newest).alias("newest"),
    )
    # A path alone tells no version: then only what was seen last counts, and not what it was once.
    last = F.lit(by != "never") | (F.col("holds.segment") == F.col("newest.segment"))
    settled = both.withColumn("holds", F.when(last, F.col("holds")))
    return settled.select("image", "version", _fate().alias("fate"), "holds.segment", "holds.status")


def unread(wanted: DataFrame, stored: DataFrame) -> DataFrame:
    """`tables.UNREAD`: the rows of these segments that no image wants and that would be read all the same."""
    reused = wanted.where(F.col("segment").isNotNull()).select("image", "segment")
    final = stored.where(F.col("status").isin(*OF_BYTES)).select("image", "segment")
    return final.join(reused, on=["image", "segment"], how="left_anti")


def _is_same(by: str) -> Column:
    """Whether the object is still the one that was fetched; one that nothing is known of has changed."""
    if by == "never":
        return F.lit(True)
    told = F.col("version") == F.col("was") if by == "column" else F.col("now") == F.col("etag")
    return F.coalesce(told, F.lit(False))


def _is_within(limits: settings.Fingerprints) -> Column:
    """Whether today's limits would say the same: of a row that breaks one, that it still does."""
    large = F.coalesce(F.col("bytes") > limits.max_bytes, F.lit(False))
    wide = F.coalesce(F.col("pixels") > limits.max_pixels, F.lit(False))
    return (large == (F.col("status") == "too_many_bytes")) & (wide == (F.col("status") == "too_many_pixels"))


def _fate() -> Column:
    return (
        F.when(F.col("holds").isNotNull(), REUSED)
        .when(F.col("newest").isNull(), NEW)
        .when(F.col("newest.final"), CHANGED)
        .otherwise(RETRIED)
    )
