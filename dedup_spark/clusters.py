"""A row of `clusters` is one offer in a cluster: offers connected, over any number of steps, by pictures they share."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark.forms import as_text
from dedup_spark.offers import cluster_ids


def compute(components: DataFrame, bonds: DataFrame, before: DataFrame | None = None) -> DataFrame:
    """The offers of all components, as `tables.CLUSTERS`. `components` has `node` (text) and `component`.

    bonds: `bonds.compute`, which has the ids. before: `tables.CLUSTERS` of the run before, whose names stay
    (`cluster_ids`). A new cluster is named by its smallest offer, smallest in the order of the ids: 9 comes before 10.
    """
    offers = bonds.select("id", F.col("offer").alias("node")).distinct()
    whole = Window.partitionBy("component")
    labelled = offers.join(components, on="node", how="inner")
    facts = F.min("id").over(whole).alias("first"), F.count("*").over(whole).alias("size")
    first = labelled.select("id", F.col("node").alias("offer"), "component", *facts)
    clusters = first.withColumn("first", as_text(first, "first"))
    if before is None:
        return clusters.select("id", F.col("first").alias("cluster_id"), "size")
    old = before.select(as_text(before, "id").alias("offer"), "cluster_id")
    names = cluster_ids.compute(clusters.select("offer", "component", "first"), old)
    return clusters.join(names, on="component", how="inner").select("id", "cluster_id", "size")
