"""A suspect is one image that must not connect offers: a placeholder, a size chart, a flat colour; with the evidence.

A picture is judged with its whole set: the document frequency over offers, merchants and brands is that of all copies.
Suspects make no edge in the offer graph; their rows stay, and never stand for one another's offers.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import settings


def compute(shown: DataFrame, limits: settings.Suspects) -> DataFrame:
    """The images of all sets that break a limit, as `tables.SUSPECTS`. `shown` comes from `duplicate_sets.show`.

    Where the catalogue names no merchant or brand, that count is null and its limit is off.
    """
    counted = shown.groupBy("set_id").agg(
        F.countDistinct("id").alias("offers"),
        F.expr("nullif(count(distinct merchant), 0)").alias("merchants"),
        F.expr("nullif(count(distinct brand), 0)").alias("brands"),
        F.max("low_information").alias("low_information"),
    )
    reason = (
        F.when(F.col("low_information"), "low_information")
        .when(F.col("brands") > limits.max_brands, "many_brands")
        .when(F.col("merchants") > limits.max_merchants, "many_merchants")
        .when(F.col("offers") > limits.max_offers, "many_offers")
    )
    limit = (
        F.when(F.col("reason") == "low_information", "shows nothing that identifies a product")
        .when(F.col("reason") == "many_brands", f"more than {limits.max_brands} brands")
        .when(F.col("reason") == "many_merchants", f"more than {limits.max_merchants} merchants")
        .otherwise(f"more than {limits.max_offers} offers")
    )
    shown_by = F.concat_ws(
        ", ",
        F.format_string("shown by %d offers", "offers"),
        F.when(F.col("merchants").isNotNull(), F.format_string("%d merchants", "merchants")),
        F.when(F.col("brands").isNotNull(), F.format_string("%d brands", "brands")),
    )
    flagged = (
        counted.withColumn("reason", reason)
        .where(F.col("reason").isNotNull())
        .withColumn("evidence", F.concat_ws(": ", limit, shown_by))
    )
    return shown.select("image", "set_id").distinct().join(flagged, on="set_id", how="inner")
