"""A cluster id is a name that stays: a cluster is called as the one before that most of its offers were in.

Each old name goes to the cluster that has most of its offers now, and a cluster that several names come to takes the
one it shares most offers with; ties go to the smaller text. A cluster without a name from before is named by its
smallest offer, and where that is the name of a cluster before or now, by `-2`, `-3` ... after it.

Two old names never go to one cluster, and one never to two. So what a user joins on changes only where offers moved.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

FIRST_TURN = 2
"""The second cluster that would have a name is called `-2`."""

TURNED = "(?s)^(.*)-([1-9][0-9]{0,8})$"
"""A name and its turn."""


def compute(offers: DataFrame, before: DataFrame) -> DataFrame:
    """One row per cluster: `component`, `cluster_id`. Cost: a join of the offers, and one row per cluster after it.

    offers: `offer` (the id as text), `component`, `first` (the smallest offer of the component, as text).
    before: `offer`, `cluster_id` of the run before, each offer once.

    >>> kind = "offer string, component string, first string"
    >>> now = spark.createDataFrame([("a", "1", "a"), ("b", "1", "a"), ("d", "2", "c"), ("c", "2", "c")], kind)
    >>> old = spark.createDataFrame([("b", "c"), ("d", "d"), ("e", "d")], "offer string, cluster_id string")
    >>> compute(now, old).orderBy("component").show()
    +---------+----------+
    |component|cluster_id|
    +---------+----------+
    |        1|         c|
    |        2|         d|
    +---------+----------+
    <BLANKLINE>
    """
    clusters = offers.select("component", "first").distinct()
    named = clusters.join(_inherited(offers, before), on="component", how="left")
    fresh = _fresh(named.where(F.col("cluster_id").isNull()).select("component", "first"), before)
    return named.where(F.col("cluster_id").isNotNull()).select("component", "cluster_id").unionByName(fresh)


def _inherited(offers: DataFrame, before: DataFrame) -> DataFrame:
    """`component`, `cluster_id` of the clusters that keep a name."""
    met = offers.join(before, on="offer", how="inner")
    shared = met.groupBy("cluster_id", "component", "first").agg(F.count("*").alias("shared"))
    most = F.struct(-F.col("shared"), "first", "component")
    heirs = shared.groupBy("cluster_id").agg(F.min_by(F.struct("component", "shared"), most).alias("heir"))
    claims = heirs.select("cluster_id", "heir.*")
    return claims.groupBy("component").agg(
        F.min_by("cluster_id", F.struct(-F.col("shared"), "cluster_id")).alias("cluster_id")
    )


def _fresh(clusters: DataFrame, before: DataFrame) -> DataFrame:
    """`component`, `cluster_id` of these clusters, `component` and `first`, none of whose names was or is another's."""
    old, new = before.select(F.col("cluster_id").alias("name")), clusters.select(F.col("first").alias("name"))
    base, turn = (F.regexp_extract("name", TURNED, group) for group in (1, 2))
    turned = old.unionByName(new).select(base.alias("first"), turn.alias("turn")).where(F.col("turn") != "")
    turns = turned.select("first", F.when(F.col("turn") != "", F.col("turn").cast("int")).alias("turn"))
    used = turns.groupBy("first").agg(F.collect_set("turn").alias("used"))
    known = old.distinct().select(F.col("name").alias("first"), F.lit(True).alias("known"))
    free = F.array_except(F.sequence(F.lit(FIRST_TURN), F.size("used") + FIRST_TURN), "used")
    used = used.select("first", F.array_min(free).alias("free"))
    asked = clusters.join(known, on="first", how="left").join(used, on="first", how="left")
    next_name = F.concat_ws("-", "first", F.coalesce("free", F.lit(FIRST_TURN)))
    return asked.select("component", F.when(F.col("known"), next_name).otherwise(F.col("first")).alias("cluster_id"))
