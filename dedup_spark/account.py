"""An account is what a run says of itself in numbers: the balance that must hold, and the distributions people ask for.

Only counts come home, and run.json shows at most `MOST` of a kind.
"""

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark.errors import Fault

MOST = 1000
"""Rows of a distribution that run.json shows, the largest first: it stays a file that people open."""

FATES = ("deduplicated", "removed", "repeats", "rejects")
"""The tables of which each row of the catalogue is in exactly one; `repeats` only where there is a reference."""

MERCHANTS = 100
"""Merchants of one cluster, at most, that are paired in `merchants`: 4,950 pairs, and no work grows with the square."""


def of(
    rows: dict[str, int], catalogue: DataFrame, fingerprints: DataFrame, clusters: DataFrame, decided: DataFrame
) -> dict[str, Any]:
    """What run.json says of a run: the balance, asserted, and the distributions. `rows`: the rows of each table."""
    per_size = sizes(clusters)
    hashes = {name: F.when(F.col("status") == "ok", F.col(name)) for name in ("phash", "md5")}
    per_value = copies(fingerprints.withColumns(hashes), ["image", *hashes])
    few, left_out = uncrowded(catalogue, clusters, max(per_size, default=0))
    return {
        "balance": balance(rows, per_value["image"], decided),
        "clusters": sum(per_size.values()),
        "cluster_sizes": shown(per_size),
        "images_per_hash": shown(per_value["phash"]),
        "images_per_md5": shown(per_value["md5"]),
        "merchants": merchants(catalogue, few),
        "merchants_left_out": left_out,
    }


def statuses(rows: DataFrame) -> dict[str, int]:
    """How many rows have which status, by the word."""
    counted = rows.groupBy("status").count().orderBy("status").collect()
    return {row["status"]: row["count"] for row in counted}


def outside(catalogue: DataFrame) -> dict[str, int]:
    """How many rows lie in which place that is not allowed, the most frequent first."""
    places = catalogue.where(F.col("status") == "not_allowed").groupBy("detail").count()
    return {row["detail"]: row["count"] for row in places.orderBy(F.desc("count"), "detail").limit(MOST).collect()}


def copies(rows: DataFrame, columns: Sequence[str]) -> dict[str, dict[int, int]]:
    """How many values of each column stand on how many rows: {"md5": {1: 198973, 2: 1737, ...}}.

    What comes home has a row for each number of copies there is: n rows have at most the root of 2n of them.
    """
    each = F.explode(F.array(*(F.struct(F.lit(name).alias("column"), F.col(name).alias("value")) for name in columns)))
    values = rows.select(each.alias("one")).select("one.*").where(F.col("value").isNotNull())
    per_value = values.groupBy("column", "value").agg(F.count("*").alias("copies"))
    counted = per_value.groupBy("column", "copies").agg(F.count("*").alias("times")).collect()
    return {name: {row["copies"]: row["times"] for row in counted if row["column"] == name} for name in columns}


def sizes(clusters: DataFrame) -> dict[int, int]:
    """How many clusters have how many offers."""
    counted = clusters.select("cluster_id", "size").distinct().groupBy("size").agg(F.count("*").alias("times"))
    return {row["size"]: row["times"] for row in counted.collect()}


def shown(distribution: dict[int, int]) -> dict[str, int]:
    """The `MOST` most frequent numbers of a distribution, in their order: {"1": 198973, "2": 1737, ...}."""
    frequent = sorted(distribution, key=lambda number: (-distribution[number], number))[:MOST]
    return {str(number): distribution[number] for number in sorted(frequent)}


def merchants(catalogue: DataFrame, clusters: DataFrame) -> list[dict[str, Any]]:
    """Who shares pictures with whom: left <= right, and in how many clusters both have an offer, the most first.

    A merchant stands beside itself where it has two offers and more in one cluster. clusters: of `uncrowded`.
    """
    per_cluster = _sellers(catalogue, clusters)
    left = per_cluster.select("cluster_id", F.col("merchant").alias("left"), "offers")
    right = per_cluster.select("cluster_id", F.col("merchant").alias("right"))
    alone = (F.col("left") == F.col("right")) & (F.col("offers") > 1)
    pairs = left.join(right, on="cluster_id", how="inner").where((F.col("left") < F.col("right")) | alone)
    counted = pairs.groupBy("left", "right").agg(F.count("*").alias("clusters"))
    return [row.asDict() for row in counted.orderBy(F.desc("clusters"), "left", "right").limit(MOST).collect()]


def uncrowded(catalogue: DataFrame, clusters: DataFrame, largest: int) -> tuple[DataFrame, int]:
    """The clusters but for those with more merchants than `MERCHANTS`, and how many these are: what they share says
    little. largest: offers of the largest cluster.
    """
    if largest <= MERCHANTS:  # as in most runs: then the catalogue is not read
        return clusters, 0
    counted = _sellers(catalogue, clusters.where(F.col("size") > MERCHANTS)).groupBy("cluster_id")
    crowd = counted.agg(F.count("*").alias("merchants")).where(F.col("merchants") > MERCHANTS)
    return clusters.join(crowd, on="cluster_id", how="left_anti"), crowd.count()


def _sellers(catalogue: DataFrame, clusters: DataFrame) -> DataFrame:
    """`cluster_id`, `merchant`, and how many `offers` it has there."""
    sells = catalogue.where(F.col("merchant").isNotNull()).select("id", "merchant").distinct()
    joined = clusters.join(sells, on="id", how="inner")
    return joined.groupBy("cluster_id", "merchant").agg(F.count("*").alias("offers"))


def large(components: DataFrame) -> list[dict[str, Any]]:
    """The components of offers that raise an alarm (`splits.Split.large`), the largest first."""
    return [row.asDict() for row in components.orderBy(F.desc("offers"), "component").limit(MOST).collect()]


def balance(rows: dict[str, int], images: dict[int, int], decided: DataFrame) -> dict[str, int]:
    """The balance of a run, asserted: every catalogue row went somewhere, every image has one status.

    `rows` has the rows of each table, `images` how many images stand on how many rows of `fingerprints`. Raises `Fault`
    when a row got lost or is there twice, or when a removed row names a row that was not kept.
    """
    fates = {name: rows[name] for name in FATES if name in rows}
    if rows["catalogue"] != sum(fates.values()):
        told = ", ".join(f"{count} {name}" for name, count in fates.items())
        raise Fault(f"{rows['catalogue']} catalogue rows came in, but went: {told}; {sum(fates.values())} in all")
    if images.keys() - {1}:
        raise Fault(f"an image has two statuses: so many images stand on so many rows: {images}")
    kept = decided.where(F.col("fate") == "kept").select(
        F.col("id").alias("kept_id"), F.col("image").alias("kept_image")
    )
    orphans = (
        decided.where(F.col("fate") == "removed").join(kept, on=["kept_id", "kept_image"], how="left_anti").count()
    )
    if orphans:
        raise Fault(f"{orphans} removed rows name a row that was not kept")
    return {"catalogue": rows["catalogue"]} | fates | {"images": images.get(1, 0)}
