"""A row of `shows` is one offer showing one part of a duplicate set, by its picture nearest to the keeper.

The graph of offers and pictures: suspects are in it, but do not connect.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def compute(shown: DataFrame, suspects: DataFrame) -> DataFrame:
    """The rows, as `tables.SHOWS`. `shown` comes from `duplicate_sets.show`, with the `part` of `conflicts.part`."""
    facts = ("image", "content", "distance", "colour_difference", "joined", "words", "merchant")
    nearest = F.min_by(F.struct(*facts), F.struct("distance", "image"))
    offers = shown.groupBy("set_id", "part", "id").agg(nearest.alias("picture"))
    apart = suspects.select("set_id", F.col("reason").alias("suspect")).distinct()
    return offers.join(apart, on="set_id", how="left").select(
        "id", "set_id", "part", "picture.*", F.col("suspect").isNull().alias("connects")
    )
