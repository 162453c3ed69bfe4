"""The measures of clusters that fit on a sheet of paper."""

from dataclasses import replace
from typing import Any

from pyspark.sql import SparkSession

from dedup_spark import forms, measures, tables
from dedup_spark.offers import bonds
from dedup_spark.settings import load
from tests.tables_of import a_table

LIMITS = replace(load().clusters, task_edges=10)
SHOWS = "id int, part string, distance int, merchant string, connects boolean, set_id string, image string"

CLUSTERS = {  # the parts that offers show, and how far their pictures are from the keeper
    "10": {"star": {10: 0, 11: 4, 12: 6}, "alone": {12: 20}, "lost": {10: 8, 21: 8}},
    "20": {"A": {20: 0, 21: 2, 22: 2}, "B": {22: 6, 23: 10}, "C": {23: 0, 24: 0, 25: 0}},
    "30": {"D": {30: 0, 31: 0}, "E": {31: 0, 32: 0}, "F": {30: 2, 32: 0}},
    "40": {f"G{n}": {40 + n: 0, 41 + n: 0} for n in range(6)},
    "50": {"H": {50: 0, 51: 0}},
}
TOGETHER = [("51", "52"), ("60", "61")]


def test_a_cluster_is_measured(spark: SparkSession) -> None:
    rows: list[tuple[Any, ...]] = [(n, f"own {n}", 0, None, True, "own", "/") for n in (52, 60, 61)]
    members = {52: "50", 60: "60", 61: "60"}
    for cluster, parts in CLUSTERS.items():
        for part, offers in parts.items():
            rows += [(n, part, far, "m" if n < 40 else None, True, part, "/") for n, far in offers.items()]
            members |= {n: cluster for n in offers if str(n)[0] == cluster[0]}
    together = a_table(spark, TOGETHER, "left_offer string, right_offer string")
    bonded = bonds.compute(a_table(spark, rows, SHOWS), together)
    sizes = {cluster: list(members.values()).count(cluster) for cluster in members.values()}
    clusters = a_table(
        spark, [(n, cluster, sizes[cluster]) for n, cluster in members.items()], "id int, cluster_id string, size long"
    )
    found = forms.conform(measures.compute(bonded, clusters, LIMITS), tables.MEASURES).orderBy("cluster_id").collect()
    assert [tuple(row) for row in found] == [
        # cluster, offers, sets, merchants, along, across, diameter, bridges, density
        ("10", 3, 1, 1, 6, 10, 1, 0, 1.0),  # a set that 12 shows alone does not count, nor one with another cluster
        ("20", 6, 3, 1, 10, 16, 3, 4, 8 / 18),
        ("30", 3, 3, 1, 2, 2, 1, 0, 6 / 9),
        ("40", 7, 6, None, 0, 0, None, None, 12 / 42),  # more bonds than a task may have
        ("50", 3, 1, None, 0, 0, 2, 0, 2 / 3),  # 52 is there by a person's word
        ("60", 2, 0, None, None, None, 1, 0, None),
    ]
