"""An edge of `offer_graph` is two offers that show one picture, left < right, with the pictures that prove it.

The sets are lifted to the offers that show them, each by its picture nearest to the keeper; suspects are left out.
Up to `max_clique` offers of a set are joined each with each; a larger set is a star around its smallest offer, marked
dense.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import settings, words
from dedup_spark.verdict import WORDS


def compute(shown: DataFrame, suspects: DataFrame, limits: settings.OfferGraph) -> DataFrame:
    """The edges, as `tables.OFFER_GRAPH`. `shown` comes from `duplicate_sets.show`."""
    nearest = F.min_by(F.struct("image", "words"), F.struct("distance", "image"))
    shows = (
        shown.join(suspects.select("set_id").distinct(), on="set_id", how="left_anti")
        .groupBy("set_id", "id")
        .agg(nearest.alias("picture"))
    )
    whole = Window.partitionBy("set_id")
    shows = shows.select(
        "set_id", "id", "picture", F.count("*").over(whole).alias("offers"), F.min("id").over(whole).alias("first")
    ).where(F.col("offers") > 1)
    dense = F.col("offers") > limits.max_clique
    left = shows.select(
        "set_id", F.col("id").alias("left_offer"), F.col("picture").alias("left"), dense.alias("dense"), "first"
    ).where(~F.col("dense") | (F.col("left_offer") == F.col("first")))
    right = shows.select("set_id", F.col("id").alias("right_offer"), F.col("picture").alias("right"))
    pairs = left.join(right, on="set_id", how="inner").where(F.col("left_offer") < F.col("right_offer"))
    proof = F.struct(
        words.hamming(F.col("left.words"), F.col("right.words"), WORDS).alias("distance"),
        F.col("left.image").alias("left_image"),
        F.col("right.image").alias("right_image"),
    )
    return (
        pairs.withColumn("proof", proof)
        .groupBy("left_offer", "right_offer")
        .agg(
            F.min("proof").alias("proof"),
            F.count("*").alias("images"),
            F.bool_and("dense").alias("dense"),
        )
        .select("left_offer", "right_offer", "proof.*", "images", "dense")
    )
