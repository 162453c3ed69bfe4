"""A line of the bench is one report: how many clusters its run has, the seconds to make it, its files and bytes.

Run with `python -m benchmarks.report`. The run is drawn as tables, of two and three offers a cluster; its thumbnails
are some hundreds of small pictures of noise.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from dedup_spark import settings, storage
from dedup_spark.images import thumbnail
from dedup_spark.report import whole
from dedup_spark.settings import Settings
from dedup_spark.spark import session

SIZES = (1_000, 100_000)
"""Clusters."""

PICTURES = 200
SIDE = 128
SEED = 23


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clusters", type=int, nargs="*", default=SIZES)
    parser.add_argument("--keep", metavar="DIR", help="where the reports stay, to be opened")
    asked = parser.parse_args()
    chosen = settings.load(overrides=["session.master=local[2]"])
    with session.opened(chosen) as spark, TemporaryDirectory() as folder:
        for clusters in asked.clusters:
            measure(spark, clusters, f"{asked.keep or folder}/{clusters}", chosen)


def measure(spark: SparkSession, clusters: int, folder: str, chosen: Settings) -> None:
    """Draws the tables of a run, writes them, and makes the report of it twice: cold and warm."""
    drawn = tables(spark, clusters)
    for name, rows in drawn.items():
        storage.write(rows, f"{folder}/{name}", chosen)
    said = manifest(spark, folder, clusters, chosen)
    for turn in ("cold", "warm"):
        began = time.monotonic()
        index = whole.write(
            said, lambda name, schema: storage.read(spark, f"{folder}/{name}", chosen, schema), folder, chosen
        )
        seconds = time.monotonic() - began
        files = [file for file in Path(index).parent.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files)
        html = max(file.stat().st_size for file in files if file.suffix == ".html")
        print(f"{clusters:>9,} clusters, {turn}: {seconds:.1f} s, {len(files):,} files, {size / 1e6:.2f} MB, ", end="")
        print(f"the largest page {html / 1e3:,.0f} kB", flush=True)


def tables(spark: SparkSession, clusters: int) -> dict[str, DataFrame]:
    """The tables that a report reads. Offer n is in cluster n / 2.5; each shows the picture of its cluster."""
    offers = spark.range(clusters * 5 // 2).select(
        F.format_string("offer-%09d", "id").alias("id"),
        F.floor(F.col("id") * 2 / 5).cast("long").alias("of"),
        F.format_string("/shop/%09d.jpg", "id").alias("image"),
        F.format_string("shop %d", F.pmod(F.xxhash64("id"), F.lit(50))).alias("merchant"),
        F.md5(F.col("id").cast("string")).alias("content"),
    )
    cluster, set_id = F.format_string("cluster-%09d", "of"), F.md5(F.concat(F.lit("set"), F.col("of").cast("string")))
    named = offers.withColumns(
        {"cluster_id": cluster, "set_id": set_id, "distance": F.pmod("of", F.lit(6)).cast("int")}
    )
    row = F.struct("id", "image", F.lit("red").alias("colour"))
    facts = {"part": F.col("set_id"), "colour_difference": F.lit(1.0), "joined": F.lit("near"), "connects": F.lit(True)}
    shows = named.withColumns(facts | {"words": F.array(*(F.xxhash64("of", F.lit(n)) for n in range(5)))})
    size = named.groupBy("cluster_id").agg(F.count("*").alias("offers"), F.countDistinct("merchant").alias("merchants"))
    measures = size.withColumns(
        {"sets": F.lit(1).cast("long"), "along": F.lit(4), "across": F.lit(8), "diameter": F.lit(1)}
        | {"bridges": F.lit(0), "density": F.lit(1.0)}
    )
    first = F.min("id").over(Window.partitionBy("of"))
    keeper = F.when(F.col("id") == first, "keeper").otherwise("near")
    small = spark.createDataFrame([(n, bytearray(noise(n))) for n in range(PICTURES)], "n int, thumbnail binary")
    thumbnails = named.withColumn("n", F.pmod(F.xxhash64("content"), F.lit(PICTURES)).cast("int")).join(small, on="n")
    pairs = named.select(
        F.col("image").alias("left_image"),
        F.col("image").alias("right_image"),
        F.col("content").alias("left_content"),
        F.col("content").alias("right_content"),
        F.lit("whole").alias("left_view"),
        F.lit("whole").alias("right_view"),
        "distance",
        F.rand(SEED).alias("draw"),
    ).withColumns(
        {
            "colour_difference": F.col("draw") * 20,
            "differing_area": F.lit(0.0),
            "verdict": F.when(F.col("draw") < 1 / 4, "duplicate").otherwise("vetoed"),
            "reason": F.when(F.col("draw") < 1 / 4, "near").otherwise("colour"),
        }
    )
    catalogue = named.select(
        *("id", "image"),
        F.lit("ok").alias("status"),
        "merchant",
        F.lit("a brand").alias("brand"),
        F.concat(F.lit("boots no. "), "id").alias("title"),
        row.alias("row"),
    )
    rejects = named.select(
        F.lit("fingerprints").alias("stage"),
        "id",
        "image",
        F.lit("corrupt").alias("status"),
        F.lit("x").alias("detail"),
    )
    suspects = named.where(F.pmod("of", F.lit(50)) == 0).select(
        *("image", "set_id"),
        F.lit("many_brands").alias("reason"),
        F.lit(2).cast("long").alias("offers"),
        F.lit(2).cast("long").alias("merchants"),
        F.lit(3).cast("long").alias("brands"),
        F.lit("more than 2 brands").alias("evidence"),
    )
    return {
        "catalogue": catalogue,
        "thumbnails": thumbnails.select("image", "content", "thumbnail"),
        "duplicate_pairs": pairs.drop("draw"),
        "duplicate_sets": named.withColumn("reason", keeper).select(
            *("image", "content", "set_id", "distance", "reason"), F.lit(1.0).alias("colour_difference")
        ),
        "suspects": suspects,
        "shows": shows.drop("of", "cluster_id"),
        "splits": named.where("false").select("id", F.col("set_id").alias("part")),
        "clusters": named.select("id", "cluster_id"),
        "measures": measures,
        "rejects": rejects,
        "conflicts": named.where("false").select("set_id"),
    }


def manifest(spark: SparkSession, folder: str, clusters: int, chosen: Settings) -> dict[str, Any]:
    """What run.json would say."""
    names = ("catalogue", "duplicate_pairs", "duplicate_sets", "suspects", "conflicts", "clusters", "rejects")
    rows = {name: storage.read(spark, f"{folder}/{name}", chosen).count() for name in names}
    fates = {"deduplicated": 0, "removed": 0, "rejects": rows["rejects"]}
    return {
        "run_id": f"drawn-{clusters}",
        "started": "2026-11-27T02:00:00+00:00",
        "catalogue": "drawn.parquet",
        "image_root": "/shop",
        "settings": settings.as_dict(chosen),
        "tables": {name: {"rows": count} for name, count in (rows | fates).items()},
        "balance": {"catalogue": rows["catalogue"], "images": rows["catalogue"]} | fates,
        "statuses": {"images": {"ok": rows["catalogue"]}},
        "revalidate": {"fetched": rows["catalogue"]},
        "clusters": clusters,
        "cluster_sizes": {"2": clusters // 2, "3": clusters // 2},
        "images_per_hash": {"1": rows["catalogue"]},
        "images_per_md5": {"1": rows["catalogue"]},
        "merchants": [],
        "merchants_left_out": 0,
        "large": [],
        "search": {"carrier": "driver", "predicted": {}, "actual": {}},
        "plan": "drawn",
        "versions": {},
    }


def noise(number: int) -> bytes:
    """A thumbnail of about two kilobytes."""
    few = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return thumbnail.thumbnail(Image.fromarray(few).resize((SIDE, SIDE)), SIDE)


if __name__ == "__main__":
    main()
