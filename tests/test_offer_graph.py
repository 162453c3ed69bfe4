"""Offers that show one picture are joined, with the pictures that prove it."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import offer_graph, settings, shows
from tests.tables_of import a_table, shown

Edges = dict[str, tuple[Any, ...]]

ROWS = [
    ("a1", "/1", "p", "near"),
    ("a1", "/2", "p", "keeper"),  # nearer than /1
    ("a2", "/3", "p", "near"),
    ("b1", "/4", "q", "keeper"),
    ("b2", "/5", "q", "near"),
    ("b1", "/6", "r", "keeper"),
    ("b2", "/6", "r", "keeper"),  # a second picture that both show, the same one
    ("c1", "/7", "s", "keeper"),
    ("c1", "/8", "s", "near"),  # two copies of one picture, and nobody else has them
    ("d1", "/9", "chart", "keeper"),
    ("d2", "/9", "chart", "keeper"),
    *((f"e{n}", f"/e{n}", "four", "near") for n in range(4)),
    *((f"f{n}", f"/f{n}", "five", "near") for n in range(5)),
    ("f0", "/x", "t", "keeper"),
    ("f1", "/x", "t", "keeper"),  # beside the large set a small one
]


@pytest.fixture(scope="module")
def edges(spark: SparkSession) -> Edges:
    """By "left-right": both images, the distance between them, the sets that the two share, dense."""
    suspects = a_table(spark, [("chart", "many_brands")], "set_id string, reason string")
    rows = offer_graph.compute(shows.compute(shown(spark, ROWS), suspects), settings.OfferGraph(max_clique=4)).collect()
    names = ("left_image", "right_image", "distance", "images", "dense")
    found = {f"{row['left_offer']}-{row['right_offer']}": tuple(row[name] for name in names) for row in rows}
    assert len(found) == len(rows)
    return found


def test_the_proof_is_the_nearest_picture_of_each_and_the_distance_between_the_two(edges: Edges) -> None:
    assert edges["a1-a2"] == ("/2", "/3", 2, 1, False)


def test_two_offers_are_one_edge_however_many_pictures_they_share(edges: Edges) -> None:
    assert edges["b1-b2"] == ("/6", "/6", 0, 2, False)


def test_neither_an_offer_alone_nor_a_suspect_makes_an_edge(edges: Edges) -> None:
    assert not [edge for edge in edges if edge[0] in "cd"]


def test_a_set_is_joined_each_with_each_up_to_the_limit(edges: Edges) -> None:
    clique = {edge: facts for edge, facts in edges.items() if edge[0] == "e"}
    assert sorted(clique) == ["e0-e1", "e0-e2", "e0-e3", "e1-e2", "e1-e3", "e2-e3"]
    assert clique["e1-e3"] == ("/e1", "/e3", 0, 1, False)


def test_a_larger_set_is_a_star_around_its_smallest_offer(edges: Edges) -> None:
    star = {edge: facts for edge, facts in edges.items() if edge[0] == "f"}
    assert sorted(star) == ["f0-f1", "f0-f2", "f0-f3", "f0-f4"]
    assert {edge: facts[-1] for edge, facts in star.items() if facts[-1]} == dict.fromkeys(
        ("f0-f2", "f0-f3", "f0-f4"), True
    )
    assert star["f0-f1"] == ("/f0", "/f1", 0, 2, False)  # a small set proves it too
