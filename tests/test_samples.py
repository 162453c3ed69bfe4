"""The samples of a report: bounded, the same whatever the partitions, and beside them counts of everything."""

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark import tables
from dedup_spark.report import cards, samples
from dedup_spark.report.discretion import Discretion
from tests.tables_of import a_table

WORDS = [0, 0, 0, 0, 0]
ROW = "struct<id:string,image:string,colour:string>"
CATALOGUE = f"id string, image string, status string, merchant string, brand string, title string, row {ROW}"


def of(table: tables.Table) -> Any:
    return table.schema()


def shows(spark: SparkSession, rows: list[tuple[str, str, bool]]) -> DataFrame:
    """Offers that show parts of sets: (offer, part, whether it connects)."""
    made = [
        (offer, part, part, f"/{offer}-{part}.jpg", part, 2, 1.0, "near", WORDS, offer[0], connects)
        for offer, part, connects in rows
    ]
    return a_table(spark, made, of(tables.SHOWS))


def first_of(shown: DataFrame) -> list[Any]:
    return samples.few(shown.withColumn("kind", F.lit("cluster")), F.lit(samples.OFFERS)).collect()


def measures(spark: SparkSession, clusters: int) -> DataFrame:
    """Clusters named by their number, each with one offer more than the one before; every third has a bridge."""
    rows = [(f"{n}", n, 1, n % 4 or None, n % 10, 0, 1, int(n % 3 == 0), 1.0) for n in range(2, clusters + 2)]
    return a_table(spark, rows, of(tables.MEASURES))


def test_each_order_has_its_first_clusters_whatever_the_partitions(spark: SparkSession) -> None:
    table = measures(spark, 40)
    taken = [samples.clusters(table.repartition(parts), None, 3, 1).collect() for parts in (1, 7)]
    assert sorted(taken[0]) == sorted(taken[1])
    assert len(taken[0]) == 3 * len(samples.ORDERS)
    first = {order: sorted(taken[0], key=lambda row: row[order])[:3] for order in samples.ORDERS}
    assert [row["cluster_id"] for row in first["by_size"]] == ["41", "40", "39"]
    assert all(row["bridges"] == 1 for row in first["by_risk"])
    assert [row["merchants"] for row in first["by_merchants"]] == [3, 3, 3]
    other = {row["cluster_id"] for row in samples.clusters(table, None, 3, 2).collect()}
    assert other != {row["cluster_id"] for row in taken[0]}


def test_a_cluster_with_a_conflict_that_is_merged_is_a_risk(spark: SparkSession) -> None:
    joined = a_table(spark, [("a", "5", 2), ("b", "5", 2), ("c", "6", 2)], of(tables.CLUSTERS))
    table = shows(spark, [("a", "s", True), ("b", "s", True), ("c", "t", True), ("c", "u", False)])
    actions = (("s", "review"), ("t", "apart"), ("u", "review"))  # u is a suspect
    rows = [(part, "apart", "brand", 2, 2, ["x", "y"], action) for part, action in actions]
    conflicted = samples.conflicted(a_table(spark, rows, of(tables.CONFLICTS)), table, joined)
    found = samples.clusters(measures(spark, 6), conflicted, 9, 1).collect()
    assert {row["cluster_id"]: row["conflicts"] for row in found if row["conflicts"]} == {"5": 1}
    ranked = sorted({row["by_risk"]: row["cluster_id"] for row in found}.items())
    assert [cluster for _, cluster in ranked][:3] == ["6", "3", "5"]  # two have a bridge


def test_a_picture_connects_where_another_offer_of_the_cluster_shows_it(spark: SparkSession) -> None:
    table = shows(
        spark, [("a", "s", True), ("a", "own", True), ("b", "s", True), ("b", "logo", False), ("c", "s", True)]
    )
    splits = a_table(spark, [("x", "c", "s", "s", None, None, "unlike", "")], of(tables.SPLITS))
    joined = a_table(spark, [(id, "a", 3) for id in "abc"], of(tables.CLUSTERS))
    chosen = spark.createDataFrame([("a",)], "cluster_id string")
    found = first_of(samples.of_clusters(table, splits, joined, chosen))
    connects = {(row["offer"], row["set_id"]): row["connects"] for row in found}
    assert connects == {
        ("a", "s"): True,
        ("a", "own"): False,
        ("b", "s"): True,
        ("b", "logo"): False,
        ("c", "s"): False,  # cut off
    }


def test_a_picture_that_is_in_two_parts_of_a_set_is_shown_once(spark: SparkSession) -> None:
    """`conflicts.apart_when_near` puts an image into the part of its file, too, which here connects nothing."""
    near = shows(spark, [("a", "s", True), ("b", "s", True)])
    both = near.unionByName(near.withColumn("part", F.col("image")))
    joined = a_table(spark, [(id, "a", 2) for id in "ab"], of(tables.CLUSTERS))
    chosen = spark.createDataFrame([("a",)], "cluster_id string")
    found = first_of(samples.of_clusters(both, a_table(spark, [], of(tables.SPLITS)), joined, chosen))
    assert sorted((row["offer"], row["connects"]) for row in found) == [("a", True), ("b", True)]


def test_a_card_shows_few_of_many_offers(spark: SparkSession) -> None:
    offers = [f"{n:03d}" for n in range(40)]
    table = shows(spark, [(offer, part, True) for offer in offers for part in "stuvwx"])
    joined = a_table(spark, [(offer, "000", 40) for offer in offers], of(tables.CLUSTERS))
    splits = a_table(spark, [], of(tables.SPLITS))
    chosen = spark.createDataFrame([("000",)], "cluster_id string")
    found = first_of(samples.of_clusters(table, splits, joined, chosen))
    assert len(found) == samples.OFFERS * samples.PICTURES
    assert {row["offer"] for row in found} == set(offers[: samples.OFFERS])


def test_cells_count_all_pairs_and_show_one_of_each(spark: SparkSession) -> None:
    rows = [
        (f"/{n}l", f"/{n}r", f"{n}l", f"{n}r", "whole", "whole", 2 * (n % 3), n % 5 + 0.5, None, verdict, reason)
        for verdict, reason in (("duplicate", "near"), ("vetoed", "colour"), ("review", "unseen"))
        for n in range(60)
    ]
    cells = samples.pairs(a_table(spark, rows, of(tables.DUPLICATE_PAIRS)), 1).collect()
    assert len(cells) == 3 * 3 * 5
    assert sum(cell["pairs"] for cell in cells) == len(rows)
    shown = cards.near(cells, 6)
    assert [(pair["verdict"], int(pair["colour_difference"])) for pair in shown] == [
        *(("review", colour) for colour in (0, 1, 3)),
        *(("vetoed", colour) for colour in (0, 1, 3)),
        *([("duplicate", 4)] * 3),
    ]


def test_rejects_are_all_counted_and_few_are_shown(spark: SparkSession) -> None:
    rows = [("fingerprints", f"{n}", f"/{n}", "corrupt", "why") for n in range(100)] + [
        ("catalogue", None, None, "no_image", None)
    ]
    found = cards.rejected(samples.rejects(a_table(spark, rows, of(tables.REJECTS)), 1).collect(), Discretion(""))
    assert [(of.status, of.rows, len(of.examples)) for of in found] == [
        ("no_image", 1, 1),
        ("corrupt", 100, samples.EXAMPLES),
    ]


def test_suspects_of_the_most_offers_are_shown(spark: SparkSession) -> None:
    facts = (2, 2, 1.0, 0.0, "evidence")
    rows = [(f"/{n}", f"set {n}", "many_brands", n, *facts) for n in range(100)]
    found = samples.suspects(a_table(spark, rows, of(tables.SUSPECTS))).collect()
    assert cards.suspected(found) == {"many_brands": 100}
    assert next(row["set"]["offers"] for row in cards.largest(found)) == 99
    assert len(cards.largest(found)) == samples.EXAMPLES


def test_merchants_are_counted_by_offers(spark: SparkSession) -> None:
    made = [("a1", "a"), ("a1", "a"), ("a2", "a"), ("b1", "b"), ("n1", None)]
    rows = [(id, f"/{n}", "ok", merchant, None, None, (id, "", "red")) for n, (id, merchant) in enumerate(made)]
    catalogue = a_table(spark, rows, CATALOGUE)
    joined = a_table(spark, [("a1", "a1", 2), ("b1", "a1", 2)], of(tables.CLUSTERS))
    measured = a_table(spark, [("a1", 2, 1, 2, 0, 0, 1, 0, 1.0)], of(tables.MEASURES))
    found = samples.merchants(catalogue, joined, measured).collect()
    totals = samples.totals(catalogue, a_table(spark, [], of(tables.DUPLICATE_SETS)), measured).collect()
    assert {row["name"]: row["count"] for row in totals} == {"offers": 4, "merchants": 2, "sets": 0, "shared": 2}
    assert [(one.name, one.offers, one.clustered, one.shared) for one in cards.merchants(found, Discretion(""))] == [
        ("a", 2, 1, 1),
        ("b", 1, 1, 1),
    ]


@pytest.mark.parametrize(("columns", "known"), [(("colour", "pose"), ["colour"]), (("pose",), [])])
def test_offers_are_described_by_the_columns_that_the_catalogue_has(
    spark: SparkSession, columns: tuple[str, ...], known: list[str]
) -> None:
    catalogue = a_table(spark, [("a", "/1", "ok", "m", None, "boots", ("a", "/1", "red"))], CATALOGUE)
    thumbnails = a_table(spark, [("/1", "c1", bytearray(b"webp"), None)], of(tables.THUMBNAILS))
    image = samples.of_images(catalogue, spark.createDataFrame([("/1",)], "image string"))
    shown = samples.few(image.withColumn("kind", F.lit("image")), F.lit(samples.BESIDE))
    assert samples.known(catalogue, columns) == known
    for pictures in (True, False):
        (row,) = samples.described(shown, catalogue, thumbnails, known, pictures).collect()
        assert (row["title"], row["facts"], row["content"]) == ("boots", ["red"] * len(known), "c1")
        assert (row["thumbnail"] is not None) == pictures
