"""A row of `clusters` is one offer in a cluster: offers connected, over any number of steps, by pictures they share."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark.tables import as_text as as_text


def edges(offer_graph: DataFrame) -> DataFrame:
    """`left`, `right`: the edges of the offer graph with offers as texts, for `components.label`."""
    return offer_graph.select(
        as_text(offer_graph, "left_offer").alias("left"), as_text(offer_graph, "right_offer").alias("right")
    )


def compute(components: DataFrame, offer_graph: DataFrame) -> DataFrame:
    """The offers of all components, as `tables.CLUSTERS`. `components` has `node` (text) and `component`.

    A cluster is named by its smallest offer, smallest in the order of the ids: 9 comes before 10.
    """
    left, right = (offer_graph.select(F.col(f"{side}_offer").alias("id")) for side in ("left", "right"))
    offers = left.unionByName(right).distinct()
    whole = Window.partitionBy("component")
    labelled = offers.withColumn("node", as_text(offers, "id")).join(components, on="node", how="inner")
    first = labelled.select("id", F.min("id").over(whole).alias("first"), F.count("*").over(whole).alias("size"))
    return first.select("id", as_text(first, "first").alias("cluster_id"), "size")
