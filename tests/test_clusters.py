"""A cluster is named by its smallest offer, smallest in the order of the ids, of whatever type they are."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import clusters
from tests.tables_of import a_table

LABELS = "node string, component string"


@pytest.mark.parametrize(
    ("kind", "edges", "components", "expected"),
    [
        (
            "int",
            [(9, 10), (10, 11), (100, 101)],
            {"10": ["9", "10", "11"], "100": ["100", "101"]},
            [(9, "9", 3), (10, "9", 3), (11, "9", 3), (100, "100", 2), (101, "100", 2)],
        ),
        (
            "string",
            [("10", "9"), ("9", "a")],
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
    edges: list[tuple[Any, Any]],
    components: dict[str, list[str]],
    expected: list[tuple[Any, ...]],
) -> None:
    graph = a_table(spark, edges, f"left_offer {kind}, right_offer {kind}")
    labels = [(node, component) for component, nodes in components.items() for node in nodes]
    found = clusters.compute(a_table(spark, labels, LABELS), graph).orderBy("id").collect()
    assert [tuple(row) for row in found] == expected


def test_an_id_of_several_columns_has_one_text_and_its_own_order(spark: SparkSession) -> None:
    kind = "struct<shop:string,number:int>"
    graph = a_table(spark, [(("a", 9), ("a", 10)), (("a", 10), ("b", 1))], f"left_offer {kind}, right_offer {kind}")
    nine, ten, other = (f'{{"shop":"{shop}","number":{number}}}' for shop, number in (("a", 9), ("a", 10), ("b", 1)))
    assert sorted(tuple(row) for row in clusters.edges(graph).collect()) == [(ten, other), (nine, ten)]
    labels = a_table(spark, [(node, ten) for node in (nine, ten, other)], LABELS)  # the smallest text, not offer
    found = clusters.compute(labels, graph).orderBy("id").collect()
    assert [(tuple(row["id"]), row["cluster_id"], row["size"]) for row in found] == [
        (("a", 9), nine, 3),
        (("a", 10), nine, 3),
        (("b", 1), nine, 3),
    ]
