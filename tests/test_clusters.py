"""A cluster is named by its smallest offer, smallest in the order of the ids, of whatever type they are."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import clusters
from tests.tables_of import a_table

LABELS = "node string, component string"


@pytest.mark.parametrize(
    ("kind", "offers", "components", "expected"),
    [
        (
            "int",
            [9, 10, 11, 100, 101, 7],  # 7 was cut off
            {"10": ["9", "10", "11"], "100": ["100", "101"]},
            [(9, "9", 3), (10, "9", 3), (11, "9", 3), (100, "100", 2), (101, "100", 2)],
        ),
        (
            "string",
            ["10", "9", "a"],
            {"9": ["9", "10", "a"]},
            [("10", "10", 3), ("9", "10", 3), ("a", "10", 3)],
        ),
        ("string", [], {}, []),
    ],
    ids=["in the order of numbers", "in the order of texts", "none"],
)
def test_a_cluster_is_named_by_its_smallest_offer(
    spark: SparkSession,
    kind: str,
    offers: list[Any],
    components: dict[str, list[str]],
    expected: list[tuple[Any, ...]],
) -> None:
    held = a_table(spark, [(offer, str(offer)) for offer in offers for _ in range(2)], f"id {kind}, offer string")
    labels = [(node, component) for component, nodes in components.items() for node in nodes]
    found = clusters.compute(a_table(spark, labels, LABELS), held).orderBy("id").collect()
    assert [tuple(row) for row in found] == expected


def test_an_id_of_several_columns_has_one_text_and_its_own_order(spark: SparkSession) -> None:
    kind = "struct<shop:string,number:int>"
    ids = [("a", 9), ("a", 10), ("b", 1)]
    nine, ten, other = (f'{{"shop":"{shop}","number":{number}}}' for shop, number in ids)
    held = a_table(spark, list(zip(ids, (nine, ten, other), strict=True)), f"id {kind}, offer string")
    labels = a_table(spark, [(node, ten) for node in (nine, ten, other)], LABELS)  # the smallest text, not offer
    found = clusters.compute(labels, held).orderBy("id").collect()
    assert [(tuple(row["id"]), row["cluster_id"], row["size"]) for row in found] == [
        (("a", 9), nine, 3),
        (("a", 10), nine, 3),
        (("b", 1), nine, 3),
    ]
