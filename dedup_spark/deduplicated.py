"""A row of `deduplicated` is a catalogue row kept; beside it, where each row went that is not: `removed` or `rejects`.

Of all rows of one cluster that show one set, that of the keeper stands for the others (where it is wished the one that
did so before, then its smallest path, then its smallest offer): offers kept apart never stand for each other.
Rows with a suspect picture stay, or become rejects by setting: they never stand for another offer.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import settings

KEPT, REMOVED, REPEATED, REJECTED = "kept", "removed", "repeated", "rejected"


def decide(
    catalogue: DataFrame,
    fingerprints: DataFrame,
    shown: DataFrame,
    suspects: DataFrame,
    clusters: DataFrame,
    policy: settings.Deduplicated,
    stood: DataFrame | None = None,
    repeated: DataFrame | None = None,
) -> DataFrame:
    """Every catalogue row once, with its `fate` and all that its table needs to say about it.

    `shown` comes from `duplicate_sets.show`, with the `part` of `conflicts.part`; the rows that are not in it are
    rejects of an earlier stage. stood: `id`, `image` of the rows that stand for others before any but the keeper's
    (`stood`); repeated: the images that repeat a reference (`repeats.compute`); None: there are none.
    """
    reasons = suspects.select("set_id", F.col("reason").alias("suspect"), "evidence").distinct()
    grouped = shown.join(clusters.select("id", "cluster_id"), on="id", how="left").withColumn("group", _group())
    known = _remembered(grouped.join(reasons, on="set_id", how="left"), stood)
    own = known.where(F.col("suspect").isNull())
    stays = own if repeated is None else own.join(repeated, on="image", how="left_anti")
    fate = _stands(stays, ["part", "group"])
    apart = known.where(F.col("suspect").isNotNull())
    if policy.suspects == "reject":
        fate = fate.unionByName(_rejected(apart, "suspects", "suspect", "evidence"), allowMissingColumns=True)
    else:
        fate = fate.unionByName(_stands(apart, ["id", "image"]))
    if repeated is not None:
        fate = fate.unionByName(_repeated(own, repeated), allowMissingColumns=True)
    return fate.unionByName(_unusable(catalogue, fingerprints), allowMissingColumns=True)


def stood(removed: DataFrame) -> DataFrame:
    """`id`, `image` of the rows that stood for others, by the `tables.REMOVED` of the run before."""
    return removed.select(F.col("kept_id").alias("id"), F.col("kept_image").alias("image")).distinct()


def kept(decided: DataFrame, policy: settings.Deduplicated) -> DataFrame:
    """`tables.DEDUPLICATED`: the rows kept, each with the label of its offer."""
    rows = decided.where(F.col("fate") == KEPT).select("group", "row", "phash", "md5")
    return rows.join(_labels(rows, policy.label_buckets), on="group", how="inner").select(
        "row.*", "phash", "md5", "label"
    )


def removed(decided: DataFrame) -> DataFrame:
    """`tables.REMOVED`: the rows not kept, each with the row that stands for it."""
    rows = decided.where(F.col("fate") == REMOVED)
    return rows.select("row.*", "kept_id", "kept_image", "distance", "reason")


def repeats(decided: DataFrame) -> DataFrame:
    """`tables.REPEATS`: the rows whose picture a reference has."""
    rows = decided.where(F.col("fate") == REPEATED)
    return rows.select("row.*", F.col("kept_image").alias("reference_image"), "distance", "reason")


def rejects(decided: DataFrame) -> DataFrame:
    """`tables.REJECTS`: the rows that could not be used."""
    return decided.where(F.col("fate") == REJECTED).select("stage", "id", "image", "status", "detail")


def _remembered(shown: DataFrame, stood: DataFrame | None) -> DataFrame:
    if stood is None:
        return shown.withColumn("stood", F.lit(False))
    marked = stood.withColumn("stood", F.lit(True))
    return shown.join(marked, on=["id", "image"], how="left").fillna(False, ["stood"])


def _stands(shown: DataFrame, together: list[str]) -> DataFrame:
    """Of the rows that agree on `together` the first is kept; it stands for the others, which are removed."""
    order: list[Column] = [
        F.col("joined").isin("keeper", "same bytes").desc(),
        F.col("stood").desc(),
        F.col("image"),
        F.col("id"),
        F.col("status"),  # ok, of which there is one a path and offer, comes before same_row
    ]
    turn = Window.partitionBy(*together).orderBy(*order)
    reason = (
        F.when(F.col("fate") == KEPT, None)
        .when(F.col("status") == "same_row", "same row")
        .when(F.col("image") == F.col("kept_image"), "same image")
        .otherwise(F.col("joined"))
    )
    return shown.select(
        "id",
        "image",
        "group",
        "row",
        "phash",
        "md5",
        "distance",
        "status",
        "joined",
        F.when(F.row_number().over(turn) == 1, KEPT).otherwise(REMOVED).alias("fate"),
        F.first("id").over(turn).alias("kept_id"),
        F.first("image").over(turn).alias("kept_image"),
    ).select(
        "id",
        "image",
        "group",
        "row",
        "phash",
        "md5",
        "distance",
        "fate",
        "kept_id",
        "kept_image",
        reason.alias("reason"),
    )


def _repeated(shown: DataFrame, repeated: DataFrame) -> DataFrame:
    facts = F.col("reference").alias("kept_image"), F.col("far").alias("distance"), F.col("met").alias("reason")
    rows = shown.join(repeated, on="image", how="inner")
    return rows.select("id", "image", "group", "row", F.lit(REPEATED).alias("fate"), *facts)


def _unusable(catalogue: DataFrame, fingerprints: DataFrame) -> DataFrame:
    """The rows without a usable picture: rejected by the catalogue stage, or with the status of their image."""
    before = _rejected(catalogue.where(~F.col("status").isin("ok", "same_row")), "catalogue", "status", "detail")
    bad = fingerprints.where(F.col("status") != "ok").select(
        "image", F.col("status").alias("why"), F.col("detail").alias("what")
    )
    asked = catalogue.where(F.col("status").isin("ok", "same_row")).join(bad, on="image", how="inner")
    return before.unionByName(_rejected(asked, "fingerprints", "why", "what"))


def _rejected(rows: DataFrame, stage: str, status: str, detail: str) -> DataFrame:
    return rows.select(
        F.lit(stage).alias("stage"),
        "id",
        "image",
        "row",
        F.col(status).alias("status"),
        F.col(detail).alias("detail"),
        F.lit(REJECTED).alias("fate"),
    )


def _group() -> Column:
    """What shares a label: the offers of a cluster, or one offer that is in none."""
    return F.coalesce(F.concat(F.lit("cluster "), "cluster_id"), F.concat(F.lit("offer "), F.to_json(F.struct("id"))))


def _labels(rows: DataFrame, buckets: int) -> DataFrame:
    """`group`, `label`: the groups numbered 0 ... n-1, bucket by bucket, so that no task sees them all."""
    bucket = F.pmod(F.xxhash64("group"), F.lit(buckets))
    groups = rows.select("group").distinct().withColumn("bucket", bucket)
    sizes = groups.groupBy("bucket").agg(F.count("*").alias("size"))
    before = sizes.select(F.col("bucket").alias("earlier"), F.col("size").alias("groups"))
    offsets = (
        sizes.join(F.broadcast(before), on=F.col("earlier") < F.col("bucket"), how="left")
        .groupBy("bucket")
        .agg(F.coalesce(F.sum("groups"), F.lit(0)).alias("offset"))
    )
    turn = F.row_number().over(Window.partitionBy("bucket").orderBy("group"))
    numbered = groups.select("group", "bucket", (turn - 1).alias("turn"))
    return numbered.join(F.broadcast(offsets), on="bucket", how="inner").select(
        "group", (F.col("offset") + F.col("turn")).alias("label")
    )
