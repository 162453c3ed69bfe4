"""An account is what a run says of itself in numbers: the balance that must hold, and the distributions people ask for.

Only counts come home, and of these at most `MOST` rows each.
"""

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark.errors import Fault

MOST = 1000
"""Rows of a distribution that run.json shows, the largest first: it stays a file that people open."""


def of(
    rows: dict[str, int], catalogue: DataFrame, fingerprints: DataFrame, clusters: DataFrame, decided: DataFrame
) -> dict[str, Any]:
    """What run.json says of a run: the balance, asserted, and the distributions. `rows`: the rows of each table."""
    usable = fingerprints.where(F.col("status") == "ok")
    return {
        "balance": balance(rows, fingerprints, decided),
        "statuses": {"catalogue": statuses(catalogue), "images": statuses(fingerprints)},
        "clusters": clusters.select("cluster_id").distinct().count(),
        "cluster_sizes": sizes(clusters),
        "images_per_hash": copies(usable, "phash"),
        "images_per_md5": copies(usable, "md5"),
        "merchants": merchants(catalogue, clusters),
    }


def statuses(rows: DataFrame) -> dict[str, int]:
    """How many rows have which status, by the word."""
    counted = rows.groupBy("status").count().orderBy("status").collect()
    return {row["status"]: row["count"] for row in counted}


def outside(catalogue: DataFrame) -> dict[str, int]:
    """How many rows lie in which place that is not allowed, the most frequent first."""
    places = catalogue.where(F.col("status") == "not_allowed").groupBy("detail").count()
    return {row["detail"]: row["count"] for row in places.orderBy(F.desc("count"), "detail").limit(MOST).collect()}


def copies(rows: DataFrame, column: str) -> dict[str, int]:
    """How many values of the column stand on how many rows: {"1": 198973, "2": 1737, ...}."""
    per_value = rows.where(F.col(column).isNotNull()).groupBy(column).agg(F.count("*").alias("copies"))
    return _distribution(per_value, "copies")


def sizes(clusters: DataFrame) -> dict[str, int]:
    """How many clusters have how many offers."""
    return _distribution(clusters.select("cluster_id", "size").distinct(), "size")


def merchants(catalogue: DataFrame, clusters: DataFrame) -> list[dict[str, Any]]:
    """Who shares pictures with whom: left <= right, and in how many clusters both have an offer, the most first.

    A merchant stands beside itself where it has two offers and more in one cluster.
    """
    sells = catalogue.where(F.col("merchant").isNotNull()).select("id", "merchant").distinct()
    per_cluster = (
        clusters.join(sells, on="id", how="inner").groupBy("cluster_id", "merchant").agg(F.count("*").alias("offers"))
    )
    left = per_cluster.select("cluster_id", F.col("merchant").alias("left"), "offers")
    right = per_cluster.select("cluster_id", F.col("merchant").alias("right"))
    alone = (F.col("left") == F.col("right")) & (F.col("offers") > 1)
    pairs = left.join(right, on="cluster_id", how="inner").where((F.col("left") < F.col("right")) | alone)
    counted = pairs.groupBy("left", "right").agg(F.count("*").alias("clusters"))
    return [row.asDict() for row in counted.orderBy(F.desc("clusters"), "left", "right").limit(MOST).collect()]


def balance(rows: dict[str, int], fingerprints: DataFrame, decided: DataFrame) -> dict[str, int]:
    """The balance of a run, asserted: every catalogue row went somewhere, every image has one status.

    `rows` has the rows of each table. Raises `Fault` when a row got lost or is there twice, or when a removed row
    names a row that was not kept.
    """
    came, went = rows["catalogue"], rows["deduplicated"] + rows["removed"] + rows["rejects"]
    if came != went:
        raise Fault(
            f"{came} catalogue rows came in, but {rows['deduplicated']} were kept, {rows['removed']} removed and "
            f"{rows['rejects']} rejected, which makes {went}"
        )
    images = fingerprints.select(F.countDistinct("image").alias("images"), F.count("*").alias("rows")).first()
    if images is None or images["images"] != images["rows"]:
        raise Fault(f"an image has two statuses: {images}")
    kept = decided.where(F.col("fate") == "kept").select(
        F.col("id").alias("kept_id"), F.col("image").alias("kept_image")
    )
    orphans = (
        decided.where(F.col("fate") == "removed").join(kept, on=["kept_id", "kept_image"], how="left_anti").count()
    )
    if orphans:
        raise Fault(f"{orphans} removed rows name a row that was not kept")
    names = ("catalogue", "deduplicated", "removed", "rejects")
    return {name: rows[name] for name in names} | {"images": images["images"]}


def _distribution(rows: DataFrame, column: str) -> dict[str, int]:
    counted = rows.groupBy(column).agg(F.count("*").alias("times")).orderBy(F.desc("times"), column).limit(MOST)
    return {str(row[column]): row["times"] for row in sorted(counted.collect(), key=lambda row: int(row[column]))}
