"""Offers that say that they are not one product are kept apart, and the table says why."""

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import conflicts, settings, shows
from dedup_spark.errors import BadInput
from tests.tables_of import a_table

SHOWN = (
    "id string, image string, content string, set_id string, row struct<brand:string,colour:string>, distance int, "
    "colour_difference double, joined string, words array<bigint>, merchant string"
)
OFFERS = [
    ("a1", "/1", "c1", "set", "Aster", "red"),
    ("a2", "/2", "c2", "set", " aster ", "red"),
    ("b1", "/3", "c3", "set", "Brio", "red"),
    ("n1", "/4", "c4", "set", None, "red"),
    ("r1", "/5", "c5", "dress", "Aster", "red"),
    ("r2", "/6", "c5", "dress", "Aster", "blue"),
    ("r3", "/7", "c7", "dress", "Aster", "blue"),
    ("k1", "/8", "c8", "calm", "Aster", None),
    ("k2", "/9", "c9", "calm", "Aster", "blue"),
]


def table(spark: SparkSession) -> DataFrame:
    rows: list[tuple[Any, ...]] = [
        (offer, image, content, group, (brand, colour), 0, 0.0, "near", [0] * 5, offer[0])
        for offer, image, content, group, brand, colour in OFFERS
    ]
    return a_table(spark, rows, SHOWN)


def parts(spark: SparkSession, **chosen: Any) -> list[list[str]]:
    """The offers of each part that connects several."""
    rules = settings.Conflicts(**({"apart": (), "apart_when_near": (), "action": "apart"} | chosen))
    shown = conflicts.part(table(spark), rules)
    suspects = a_table(spark, [], "set_id string, reason string")
    found: dict[str, set[str]] = {}
    for row in shows.compute(shown.unionByName(conflicts.same_files(shown, rules)), suspects).collect():
        found.setdefault(row["part"], set()).add(row["id"])
    return sorted(sorted(offers) for offers in found.values() if len(offers) > 1)


WHOLE = [["a1", "a2", "b1", "n1"], ["k1", "k2"], ["r1", "r2", "r3"]]


def test_without_conflicts_a_set_connects_all_of_its_offers(spark: SparkSession) -> None:
    assert parts(spark) == WHOLE
    assert parts(spark, apart=("brand",), action="review") == WHOLE


def test_offers_of_two_brands_are_apart_and_who_says_nothing_joins_neither(spark: SparkSession) -> None:
    assert parts(spark, apart=("brand",)) == [["a1", "a2"], *WHOLE[1:]]


def test_two_colours_are_joined_by_the_same_file_only(spark: SparkSession) -> None:
    assert parts(spark, apart_when_near=("colour",)) == [WHOLE[0], WHOLE[1], ["r1", "r2"], ["r2", "r3"]]


def test_the_table_names_sets_columns_and_values(spark: SparkSession) -> None:
    rules = settings.Conflicts(apart=("brand",), apart_when_near=("colour",), action="review")
    names = ("set_id", "kind", "column", "offers", "values", "action")
    found = conflicts.compute(table(spark), rules).collect()
    assert sorted(tuple(row[name] for name in names) for row in found) == [
        ("dress", "apart_when_near", "colour", 3, ["blue", "red"], "review"),
        ("set", "apart", "brand", 4, ["aster", "brio"], "review"),
    ]
    none = settings.Conflicts(apart=(), apart_when_near=(), action="apart")
    assert conflicts.compute(table(spark), none).isEmpty()


def test_a_column_that_the_catalogue_lacks_is_named() -> None:
    rules = settings.Conflicts(apart=("brand", "hue"), apart_when_near=(), action="apart")
    with pytest.raises(BadInput, match=r"\[conflicts\] apart names 'hue'.*brand, colour"):
        conflicts.check(["brand", "colour"], rules)
