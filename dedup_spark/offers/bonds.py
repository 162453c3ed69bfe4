"""A bond is one offer held to others by a part of a set that it shows as they do, or by a person's word."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark.forms import as_text
from dedup_spark.offers.cutting import JUDGED

JUDGED_PART = "judged "
"""Begins the name of a part that is a person's word; the two offers follow."""


def compute(shows: DataFrame, together: DataFrame | None = None) -> DataFrame:
    """The bonds of all offers that are not alone, each once. One shuffle of `shows`.

    shows: `tables.SHOWS`; suspects hold nobody. together: `left_offer`, `right_offer` as text, offers that belong into
    one cluster; each such pair is a part of its own, of no set and no image, at the distance `JUDGED`. Those that show
    no picture at all are left out.

    Columns: `id`, `offer` (the id as text), `part`, `set_id`, `image`, `distance`, `merchant`, `offers` of the part.
    """
    named = shows.withColumn("offer", as_text(shows, "id"))
    bonds = named.where("connects").select("id", "offer", "part", "set_id", "image", "distance", "merchant")
    if together is not None:
        part = F.concat(F.lit(JUDGED_PART), F.to_json(F.array("left_offer", "right_offer")))
        ends = together.select(part.alias("part"), F.explode(F.array("left_offer", "right_offer")).alias("offer"))
        known = named.select("id", "offer").join(F.broadcast(ends), on="offer", how="inner").distinct()
        bonds = bonds.unionByName(known.withColumn("distance", F.lit(JUDGED)), allowMissingColumns=True)
    return bonds.withColumn("offers", F.count("*").over(Window.partitionBy("part"))).where(F.col("offers") > 1)


def edges(bonds: DataFrame) -> DataFrame:
    """`left`, `right` for `components.label`: of each part its first offer with each of the others."""
    first = F.min("offer").over(Window.partitionBy("part"))
    stars = bonds.select(first.alias("left"), F.col("offer").alias("right"))
    return stars.where(F.col("left") != F.col("right"))


def uncut(rows: DataFrame, splits: DataFrame) -> DataFrame:
    """The bonds, or the rows of `tables.SHOWS`, that no cut (`tables.SPLITS`) took away."""
    return rows.join(splits.select("id", "part"), on=["id", "part"], how="left_anti")
