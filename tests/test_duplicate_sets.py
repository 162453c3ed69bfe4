"""A set has a keeper that each of its pictures passes against: five pictures on a sheet of paper."""

from collections.abc import Sequence

import pytest
from pyspark.sql import SparkSession

from dedup_spark import duplicate_sets
from dedup_spark.comparing.verdict import Limits
from tests.tables_of import MemoryScratch, a_table, picture, pictures

LIMITS = Limits(10, 5.0)
CHOICE = "key string, centre string, distance int, colour_difference double, reason string"
PAIR = "left_content string, right_content string, verdict string"


def test_only_duplicates_are_edges(spark: SparkSession) -> None:
    pairs = a_table(spark, [("a", "b", "duplicate"), ("a", "c", "vetoed"), ("b", "c", "review")], PAIR)
    assert [tuple(row) for row in duplicate_sets.edges(pairs).collect()] == [("a", "b")]


@pytest.mark.parametrize(
    ("order", "keepers"),
    [
        (("pixels", "bytes", "image"), {"a": "a", "b": "a", "c": "c", "d": "c", "e": "c"}),
        (("bytes", "image"), {"a": "b", "b": "b", "c": "b", "d": "d", "e": "d"}),
        (("image",), {"a": "b", "b": "b", "c": "d", "d": "d", "e": "d"}),
    ],
    ids=["most pixels", "most bytes", "the first path"],
)
def test_a_picture_passes_against_its_keeper_whatever_path_connects_them(
    spark: SparkSession, order: Sequence[str], keepers: dict[str, str]
) -> None:
    """Five steps of less light, each connected with the next: neighbours pass, the next but one do not."""
    steps = [
        picture("a", 1, grey=200, pixels=900, bytes=50, image="/2"),
        picture("b", 1, grey=190, pixels=100, bytes=60, image="/1"),
        picture("c", 1, grey=180, pixels=500, bytes=50, image="/3"),
        picture("d", 1, grey=170, pixels=300, bytes=10, image="/0"),
        picture("e", 1, grey=167, pixels=400, bytes=10, image="/4"),
    ]
    connected = a_table(spark, [(name, "a") for name in "abcde"], "node string, component string")
    chosen = duplicate_sets.choose(connected, pictures(spark, steps), order, LIMITS, 1000, MemoryScratch()).collect()
    assert {row["key"]: row["centre"] for row in chosen} == keepers
    assert all(row["colour_difference"] <= LIMITS.max_colour_difference for row in chosen)


def test_every_path_of_a_picture_joins_its_set(spark: SparkSession) -> None:
    """Nobody joined c, and d has two paths but is like no other."""
    paths = {"/1": "a", "/2": "b", "/3": "b", "/4": "c", "/5": "d", "/6": "d"}
    twice = {"images": 2}
    several = [picture("a", image="/1"), picture("b", image="/2", **twice), picture("c", image="/4")]
    table = pictures(spark, [*several, picture("d", image="/5", **twice)])
    choices = [("a", "a", 0, 0.0, "centre"), ("b", "a", 6, 1.5, "near"), ("c", "c", 0, 0.0, "centre")]
    images = a_table(spark, list(paths.items()), "image string, content string")
    found = duplicate_sets.compute(a_table(spark, choices, CHOICE), table, images).collect()
    names = ("image", "set_id", "keeper", "keeper_image", "distance", "colour_difference", "reason")
    assert sorted(tuple(row[name] for name in names) for row in found) == [
        ("/1", "a", "a", "/1", 0, 0.0, "keeper"),
        ("/2", "a", "a", "/1", 6, 1.5, "near"),
        ("/3", "a", "a", "/1", 6, 1.5, "near"),
        ("/5", "d", "d", "/5", 0, 0.0, "keeper"),
        ("/6", "d", "d", "/5", 0, 0.0, "same bytes"),
    ]


def test_an_image_without_a_duplicate_is_shown_as_its_own_set(spark: SparkSession) -> None:
    offers = [("o", "/1", "ok"), ("p", "/2", "ok"), ("p", "/2", "same_row"), ("q", "/3", "ok"), ("r", None, "no_image")]
    prints = [
        ("/1", "ok", "a", "h", "m", False, [([1],)]),
        ("/2", "ok", "b", "h", "m", True, [([3],)]),
        ("/3", "not_found", None, None, None, None, None),
    ]
    facts = "image string, status string, content string, phash string, md5 string, low_information boolean"
    sets = [("/1", "k", 4, 2.5, "near")]
    shown = duplicate_sets.show(
        a_table(spark, offers, "id string, image string, status string"),
        a_table(spark, prints, f"{facts}, views array<struct<words:array<bigint>>>"),
        a_table(spark, sets, "image string, keeper string, distance int, colour_difference double, reason string"),
    )
    names = ("id", "set_id", "keeper", "distance", "colour_difference", "joined", "words", "low_information", "status")
    assert sorted(tuple(row[name] for name in names) for row in shown.collect()) == [
        ("o", "k", "k", 4, 2.5, "near", [1], False, "ok"),
        ("p", "b", "b", 0, 0.0, "keeper", [3], True, "ok"),
        ("p", "b", "b", 0, 0.0, "keeper", [3], True, "same_row"),
    ]
