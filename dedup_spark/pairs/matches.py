"""A match is one stored picture within the threshold of an asked one: how far it is, and the verdict on the two."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import duplicate_pairs, fingerprints, pictures
from dedup_spark.comparing import verdict
from dedup_spark.errors import BadInput
from dedup_spark.pairs import pair_search
from dedup_spark.settings import Settings

ASKED = "asked "
"""Begins the content of an asked picture, so that it is never taken for the stored one of equal bytes."""


def find(
    asked: DataFrame, asked_thumbnails: DataFrame, stored: DataFrame, thumbnails: DataFrame, settings: Settings
) -> DataFrame:
    """One row per asked image and stored picture within the threshold: `asked` (its image), `content`, `image` of the
    stored picture, `asked_view` and `view`, in which they met, `distance`, `colour_difference`, `verdict`, `reason`.
    `asked` and `stored` are fingerprints, with their thumbnails; neither is compared with itself.

    Raises `BadInput` where no stored picture has the versions of hash and signature that are made now.
    """
    limits = verdict.limits(settings)
    views = settings.views.stored
    wanted = fingerprints.distinct_pictures(asked, views).withColumn("content", F.concat(F.lit(ASKED), "content"))
    known = fingerprints.distinct_pictures(_comparable(stored, settings.fingerprints.decode), views)
    squares = fingerprints.squares(wanted, asked_thumbnails).unionByName(fingerprints.squares(known, thumbnails))
    same = wanted.select(F.col("content").alias("left"), F.expr(f"substring(content, {len(ASKED) + 1})").alias("right"))
    stored_too = same.join(known.select(F.col("content").alias("right")), on="right", how="left_semi")
    met = pair_search.between(wanted, known, limits).unionByName(stored_too).distinct()
    judged = duplicate_pairs.verify(met, wanted.unionByName(known), limits, squares)
    first = F.col("left_content").startswith(ASKED)
    theirs = F.when(first, F.col("right_content")).otherwise(F.col("left_content"))
    ours = F.replace(F.when(first, F.col("left_content")).otherwise(F.col("right_content")), F.lit(ASKED), F.lit(""))
    equal = ours == theirs
    answers = judged.select(
        ours.alias("bytes"),
        theirs.alias("content"),
        F.when(first, F.col("right_image")).otherwise(F.col("left_image")).alias("image"),
        F.when(first, F.col("left_view")).otherwise(F.col("right_view")).alias("asked_view"),
        F.when(first, F.col("right_view")).otherwise(F.col("left_view")).alias("view"),
        "distance",
        "colour_difference",
        F.when(equal, "duplicate").otherwise(F.col("verdict")).alias("verdict"),
        F.when(equal, "same bytes").otherwise(F.col("reason")).alias("reason"),
    )
    images = asked.where(F.col("status") == "ok").select(F.col("content").alias("bytes"), F.col("image").alias("asked"))
    return images.join(answers, on="bytes", how="inner").drop("bytes")


def _comparable(stored: DataFrame, way: str) -> DataFrame:
    """The stored fingerprints of the versions that are asked for; unlike ones are never compared."""
    asked = pictures.versions(way)
    like = stored.where(
        (F.col("hash_version") == asked.hash_version) & (F.col("signature_version") == asked.signature_version)
    )
    if like.isEmpty():
        raise BadInput(
            f"no stored picture has hash {asked.hash_version} and signature {asked.signature_version} "
            f"(decode = {way}): ask with the decode that the run had, or run it again"
        )
    return like
