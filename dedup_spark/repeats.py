"""A row of `repeats` is a catalogue row whose picture a reference has: it goes, and nothing of the reference does.

An image repeats a reference when it passes against one of its pictures, by the limits of any pair; of several the
nearest one counts. A picture that is suspect is treated as such: what a placeholder repeats is no product.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def compute(found: DataFrame) -> DataFrame:
    """One row per image that repeats a reference: `image`, `reference` (a picture's path there), `far`, `met`.

    found: `matches.find` of the images, asked, and the reference, stored. far: differing bits of 300. met: the reason.
    """
    same = found.where(F.col("verdict") == "duplicate")
    nearest = F.min_by(
        F.struct(F.col("image").alias("reference"), F.col("distance").alias("far"), F.col("reason").alias("met")),
        F.struct("distance", "colour_difference", "image"),
    )
    return same.groupBy("asked").agg(nearest.alias("nearest")).select(F.col("asked").alias("image"), "nearest.*")
