"""An account adds up: what it counts can be counted on a sheet of paper, and a lost row is a fault."""

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import account
from dedup_spark.errors import Fault
from tests.tables_of import a_table

PRINT = "image string, status string, phash string, md5 string"
OFFER = "id string, status string, detail string, merchant string"
CLUSTER = "id string, cluster_id string, size long"
FATE = "id string, image string, fate string, kept_id string, kept_image string"

OFFERS = [
    ("a1", "ok", None, "a"),
    ("a1", "ok", None, "a"),  # a second image of the offer
    ("a2", "ok", None, "a"),
    ("b1", "ok", None, "b"),
    ("b2", "not_allowed", "s3://elsewhere", "b"),
    ("c1", "not_allowed", "https://shop.example", "c"),
    ("c2", "not_allowed", "https://shop.example", "c"),
    ("c3", "no_image", "null", None),
]
PRINTS = [
    ("/1", "ok", "h1", "m1"),
    ("/2", "ok", "h1", "m2"),
    ("/3", "ok", "h1", "m2"),
    ("/4", "ok", "h2", "m4"),
    ("/5", "not_found", None, None),
]
CLUSTERS = [("a1", "a1", 3), ("a2", "a1", 3), ("b1", "a1", 3), ("c1", "c1", 2), ("b2", "c1", 2), ("c3", "c3", 1)]
FATES = [
    ("a1", "/1", "kept", "a1", "/1"),
    ("a2", "/2", "removed", "a1", "/1"),
    ("b1", "/3", "removed", "a1", "/1"),
    ("c1", "/5", "rejected", None, None),
]
ROWS = {"catalogue": 4, "deduplicated": 1, "removed": 2, "rejects": 1}


@pytest.fixture(scope="module")
def prints(spark: SparkSession) -> DataFrame:
    return a_table(spark, PRINTS, PRINT)


def test_what_a_run_says_of_itself(spark: SparkSession, prints: DataFrame) -> None:
    offers, joined = a_table(spark, OFFERS, OFFER), a_table(spark, CLUSTERS, CLUSTER)
    assert account.of(ROWS, offers, prints, joined, a_table(spark, FATES, FATE)) == {
        "balance": ROWS | {"images": 5},
        "clusters": 3,
        "cluster_sizes": {"1": 1, "2": 1, "3": 1},
        "images_per_hash": {"1": 1, "3": 1},
        "images_per_md5": {"1": 2, "2": 1},
        "merchants": [
            {"left": "a", "right": "a", "clusters": 1},
            {"left": "a", "right": "b", "clusters": 1},
            {"left": "b", "right": "c", "clusters": 1},
        ],
        "merchants_left_out": 0,
    }


def test_statuses_are_counted_by_the_word(spark: SparkSession, prints: DataFrame) -> None:
    assert account.statuses(a_table(spark, OFFERS, OFFER)) == {"no_image": 1, "not_allowed": 3, "ok": 4}
    assert account.statuses(prints) == {"not_found": 1, "ok": 4}


def test_the_most_frequent_places_outside_come_first(spark: SparkSession) -> None:
    found = account.outside(a_table(spark, OFFERS, OFFER))
    assert list(found.items()) == [("https://shop.example", 2), ("s3://elsewhere", 1)]


def test_a_distribution_shows_the_most_frequent_in_the_order_of_numbers(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [10, 10, 9, 2, 2, 2]
    rows = a_table(spark, [(f"o{n}", f"c{n}", size) for n, size in enumerate(sizes)], CLUSTER)
    found = account.sizes(rows)
    assert list(account.shown(found).items()) == [("2", 3), ("9", 1), ("10", 2)]
    monkeypatch.setattr(account, "MOST", 2)
    assert list(account.shown(found).items()) == [("2", 3), ("10", 2)]


def test_a_cluster_of_too_many_merchants_is_left_out_and_counted(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four offers of two merchants are few, three of three are many."""
    monkeypatch.setattr(account, "MERCHANTS", 2)
    few = [("a1", "a1", 4), ("a2", "a1", 4), ("b1", "a1", 4), ("b2", "a1", 4)]
    many = [(f"{merchant}3", "a3", 3) for merchant in "abc"]
    offers = a_table(spark, [(offer, "ok", None, offer[0]) for offer, _, _ in few + many], OFFER)
    joined = a_table(spark, few + many, CLUSTER)
    uncrowded, left_out = account.uncrowded(offers, joined, largest=4)
    pairs = [(row["left"], row["right"], row["clusters"]) for row in account.merchants(offers, uncrowded)]
    assert pairs == [("a", "a", 1), ("a", "b", 1), ("b", "b", 1)]
    assert {row["cluster_id"] for row in uncrowded.collect()} == {"a1"}
    assert left_out == 1


@pytest.mark.parametrize(
    ("rows", "twice", "fates", "said"),
    [
        (
            {"removed": 1},
            [],
            FATES,
            "4 catalogue rows came in, but went: 1 deduplicated, 1 removed, 1 rejects; 3 in all",
        ),
        ({"catalogue": 3}, [], FATES, "4 in all"),
        ({}, [PRINTS[0]], FATES, "an image has two statuses"),
        ({}, [("/1", "corrupt", None, None)], FATES, "an image has two statuses"),
        ({}, [], FATES[1:], "2 removed rows name a row that was not kept"),
        ({}, [], [*FATES[:2], ("b1", "/3", "removed", "a1", "/2")], "1 removed rows name a row that was not kept"),
    ],
    ids=[
        "a row is lost",
        "a row is there twice",
        "an image twice",
        "two statuses",
        "nobody stands",
        "not by that image",
    ],
)
def test_an_imbalance_is_a_fault(
    spark: SparkSession,
    prints: DataFrame,
    rows: dict[str, int],
    twice: list[tuple[Any, ...]],
    fates: list[tuple[Any, ...]],
    said: str,
) -> None:
    found = prints.unionByName(a_table(spark, twice, PRINT)) if twice else prints
    images = account.copies(found, ["image"])["image"]
    with pytest.raises(Fault, match=said):
        account.balance(ROWS | rows, images, a_table(spark, fates, FATE))
