"""A row of `changes` is one offer that is not in the cluster that it was in when the run before was published.

Take the old rows of these offers away, put the new ones in, and the old clusters are the new ones, exactly.

| change | the offer was in | and is in |
|---|---|---|
| `created` | none | a cluster that is new |
| `grown` | none | a cluster that was there before |
| `shrunk` | a cluster that is there still | none |
| `ended` | a cluster that is no more | none |
| `merged` | a cluster that is no more | one that was there before |
| `split` | another cluster | a cluster that is new |
| `moved` | a cluster that is there still | another that was there before |
"""

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def compute(now: DataFrame, before: DataFrame) -> DataFrame:
    """The changes, as `tables.CHANGES`. `now` and `before` are `tables.CLUSTERS`, with ids of one type.

    >>> kind = "id string, cluster_id string, size int"
    >>> before = spark.createDataFrame([("a", "a", 2), ("b", "a", 2), ("c", "c", 2), ("d", "c", 2)], kind)
    >>> now = spark.createDataFrame([("a", "a", 3), ("b", "a", 3), ("c", "a", 3)], kind)
    >>> compute(now, before).orderBy("id").show()
    +---+------+---+----------+
    | id|change|was|cluster_id|
    +---+------+---+----------+
    |  c|merged|  c|         a|
    |  d| ended|  c|      NULL|
    +---+------+---+----------+
    <BLANKLINE>
    """
    ours, theirs = now.select("id", "cluster_id"), before.select("id", F.col("cluster_id").alias("was"))
    moved = ours.join(theirs, on="id", how="full").where(~F.col("cluster_id").eqNullSafe(F.col("was")))
    living = now.select(F.col("cluster_id").alias("was"), F.lit(True).alias("lives")).distinct()
    known = before.select("cluster_id", F.lit(True).alias("old")).distinct()
    told = moved.join(living, on="was", how="left").join(known, on="cluster_id", how="left")
    return told.select("id", _change().alias("change"), "was", "cluster_id")


def replay(before: DataFrame, changes: DataFrame) -> DataFrame:
    """`id`, `cluster_id` of the clusters that `before` (`tables.CLUSTERS`) become by these changes."""
    stayed = before.select("id", "cluster_id").join(changes, on="id", how="left_anti")
    return stayed.unionByName(changes.where(F.col("cluster_id").isNotNull()).select("id", "cluster_id"))


def said(changes: DataFrame, now: DataFrame, before: DataFrame) -> dict[str, Any]:
    """What run.json says: how many offers and clusters each change met, how many ids there were before, and stayed."""
    cluster = F.when(F.col("change").isin("shrunk", "ended"), F.col("was")).otherwise(F.col("cluster_id"))
    counted = changes.groupBy("change").agg(F.count("*").alias("offers"), F.countDistinct(cluster).alias("clusters"))
    ours, theirs = (rows.select("cluster_id").distinct() for rows in (now, before))
    lived = theirs.join(ours.withColumn("lives", F.lit(True)), on="cluster_id", how="left")
    ids = lived.agg(F.count("*").alias("before"), F.count("lives").alias("kept")).first()
    assert ids is not None
    rows = sorted(counted.collect())  # seven at most
    return {
        "ids": {"before": ids["before"], "kept": ids["kept"]},
        "offers": {row["change"]: row["offers"] for row in rows},
        "clusters": {row["change"]: row["clusters"] for row in rows},
    }


def _change() -> Column:
    new, gone = F.col("old").isNull(), F.col("lives").isNull()
    nowhere, left = F.col("was").isNull(), F.col("cluster_id").isNull()
    return (
        F.when(nowhere & new, "created")
        .when(nowhere, "grown")
        .when(left & gone, "ended")
        .when(left, "shrunk")
        .when(new, "split")
        .when(gone, "merged")
        .otherwise("moved")
    )
