"""A row of `clusters` is one offer in a cluster: offers connected, over any number of steps, by pictures they share."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark.tables import as_text


def compute(components: DataFrame, bonds: DataFrame) -> DataFrame:
    """The offers of all components, as `tables.CLUSTERS`. `components` has `node` (text) and `component`.

    bonds: `bonds.compute`, which has the ids. A cluster is named by its smallest offer, smallest in the order of the
    ids: 9 comes before 10.
    """
    offers = bonds.select("id", F.col("offer").alias("node")).distinct()
    whole = Window.partitionBy("component")
    labelled = offers.join(components, on="node", how="inner")
    first = labelled.select("id", F.min("id").over(whole).alias("first"), F.count("*").over(whole).alias("size"))
    return first.select("id", as_text(first, "first").alias("cluster_id"), "size")
