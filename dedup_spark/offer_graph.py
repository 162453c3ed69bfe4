"""An edge of `offer_graph` is two offers that show one picture, left < right, with the pictures that prove it.

The sets, or their parts where offers are in conflict, are lifted to the offers that show them; suspects are left out.
Up to `max_clique` offers of a part are joined each with each; a larger set is a star around its smallest offer, marked
dense.
"""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import settings
from dedup_spark.comparing import words
from dedup_spark.comparing.verdict import WORDS


def compute(shows: DataFrame, limits: settings.OfferGraph) -> DataFrame:
    """The edges, as `tables.OFFER_GRAPH`, of the offers that `shows` (`tables.SHOWS`) connects."""
    whole, picture = Window.partitionBy("part"), F.struct("image", "words").alias("picture")
    connecting = (
        shows.where("connects")
        .select("part", "id", picture, F.count("*").over(whole).alias("offers"), F.min("id").over(whole).alias("first"))
        .where(F.col("offers") > 1)
    )
    dense = F.col("offers") > limits.max_clique
    left = connecting.select(
        "part", F.col("id").alias("left_offer"), F.col("picture").alias("left"), dense.alias("dense"), "first"
    ).where(~F.col("dense") | (F.col("left_offer") == F.col("first")))
    right = connecting.select("part", F.col("id").alias("right_offer"), F.col("picture").alias("right"))
    pairs = left.join(right, on="part", how="inner").where(F.col("left_offer") < F.col("right_offer"))
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
