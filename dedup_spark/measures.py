"""A row of `measures` is one cluster: how large it is, how far its pictures and offers are apart, what holds it.

All are taken on the graph of offers and the parts of sets that they show (`bonds.py`), after the cuts. A cluster of
which one set has all offers is measured in SQL; the others need a search of their graph, each in one task.
"""

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import settings, workers
from dedup_spark.offers import cutting, rules, seams
from dedup_spark.offers.cutting import JUDGED, Edge

SEARCHED = "cluster_id string, diameter int, bridges int"


def compute(bonds: DataFrame, clusters: DataFrame, limits: settings.Clusters) -> DataFrame:
    """The measures, as `tables.MEASURES`. bonds: those that are not cut; clusters: `tables.CLUSTERS`.

    `along` is the largest distance of an offer's picture from the keeper of its set. `across` bounds the distance of
    any two such pictures of one set: the sum of their two largest distances from the keeper, since differing bits are a
    metric. The `diameter` counts the sets on the way between the two farthest offers. A bridge is an offer and a set
    without whose bond the cluster falls into two, each with two offers or more. `density` is the share of all pairs
    (offer, set) that are bonds: 1 where every offer shows every set. Offers that only a person's word holds count for
    size, diameter and bridges, not for sets and distances.

    Diameter and bridges are null for a cluster of more than `task_edges` bonds.
    """
    rows = bonds.drop("offers").join(clusters.select("id", "cluster_id", "size"), on="id", how="inner")
    facts = _counted(rows)
    star = F.col("largest") == F.col("offers")
    asked = facts.where(~star & (F.col("bonds") <= limits.task_edges)).select("cluster_id")
    wanted = rows.select("cluster_id", "offer", "part", "distance").join(asked, on="cluster_id", how="left_semi")
    searched = wanted.groupBy("cluster_id").applyInPandas(_search, SEARCHED)
    return facts.join(searched, on="cluster_id", how="left").withColumns(
        {
            "diameter": F.when(star, 1).otherwise(F.col("diameter")),
            "bridges": F.when(star, 0).otherwise(F.col("bridges")),
        }
    )


def _counted(rows: DataFrame) -> DataFrame:
    """What needs no search, and `bonds`, `largest`: the offers of the largest set."""
    part = Window.partitionBy("cluster_id", "part")
    following = F.lead("distance").over(part.orderBy(F.desc("distance"), "offer"))
    shared = rows.withColumns({"offers": F.count("*").over(part), "next": following}).where(F.col("offers") > 1)
    pictured = F.col("distance") != JUDGED
    counted = shared.groupBy("cluster_id").agg(
        F.max("offers").alias("largest"),
        F.max("size").alias("offers"),
        F.countDistinct(F.when(pictured, F.col("part"))).alias("sets"),
        F.expr("nullif(count(distinct merchant), 0)").alias("merchants"),
        F.max(F.when(pictured, F.col("distance"))).alias("along"),
        F.max(F.when(pictured, F.col("distance") + F.col("next"))).alias("across"),
        F.count("*").alias("bonds"),
        F.count(F.when(pictured, 1)).alias("shown"),
    )
    return counted.withColumn("density", F.col("shown") / F.nullif(F.col("offers") * F.col("sets"), F.lit(0)))


def _search(rows: pd.DataFrame) -> pd.DataFrame:
    workers.forget_archives()
    edges = [Edge(*edge) for edge in zip(rows["offer"], rows["part"], rows["distance"], strict=True)]
    graph = cutting.numbered(edges, {}).graph
    (piece,) = seams.whole(graph)
    found = seams.of(graph, piece)
    bridges = int(np.sum((found.crossing == 1) & (found.even > 1)))
    diameter = rules.farthest(graph.ends)[2]
    return pd.DataFrame({"cluster_id": rows["cluster_id"].iloc[:1], "diameter": diameter, "bridges": bridges})
