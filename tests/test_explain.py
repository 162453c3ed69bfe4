"""An explanation is the chain with the strongest weakest picture, or the nearest evidence and what stopped it."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark.commands import explain, steps
from dedup_spark.comparing.verdict import Limits
from tests.tables_of import a_table, signature

SHOWS = [  # offer, set, part, image, distance to the keeper, its hash, connects
    ("a", "p", "p", "/a1", 0, 0, True),
    ("b", "p", "p", "/b1", 8, 2**8 - 1, True),
    ("a", "q", "q", "/a2", 0, 2**20, True),
    ("c", "q", "q", "/c2", 2, 2**20 + 3, True),
    ("c", "r", "r", "/c3", 0, 2**30, True),
    ("b", "r", "r", "/b3", 4, 2**30 + 15, True),
    ("d", "chart", "chart", "/d4", 0, 2**40, False),
    ("a", "chart", "chart", "/a4", 2, 2**40 + 3, False),
    ("e", "s", "s brand=x", "/e5", 0, 2**50, True),
    ("f", "s", "s brand=y", "/f5", 0, 2**50, True),
    ("g", "t", "t", "/g6", 0, 2**20 + 1, True),
    ("a", "u", "u", "/a7", 0, 2**59, True),
    ("b", "u", "u", "/b7", 0, 2**59, True),
    ("h", "v", "v", "/h8", 0, 2**58 + 2**31, True),
    ("i", "v", "v", "/i8", 0, 2**58, True),
    ("i", "w", "w", "/i9", 0, 2**57, True),
]
CUTS = [("b", "u", "cannot_link", "b and x are kept apart"), ("i", "v", "max_diameter", "5 pictures from h to j")]
WORDS = [
    ("offer", "i", "c", "same", "obeyed"),
    ("offer", "a", "b", "same", "superseded"),
    ("picture", "a", "b", "same", "obeyed"),
]
SHOWN = "id string, set_id string, part string, image string, distance int, words array<bigint>, connects boolean"


@pytest.fixture(scope="module")
def told(spark: SparkSession) -> dict[str, list[dict[str, Any]]]:
    """The steps of some pairs of offers, by "left-right"."""
    shows = [
        (offer, group, part, image, away, [word, 0, 0, 0, 0], on) for offer, group, part, image, away, word, on in SHOWS
    ]
    prints = [(row[3], "ok", [("whole", [row[5], 0, 0, 0, 0], bytearray(signature(99)), False, 0)]) for row in SHOWS]
    view = "view:string,words:array<bigint>,colour_signature:binary,low_information:boolean,unstable_channels:int"
    tables = steps.Tables(
        a_table(spark, shows, SHOWN).selectExpr("*", "image content", "'near' joined", "'shop' merchant"),
        a_table(spark, CUTS, "id string, part string, reason string, evidence string"),
        a_table(spark, [(offer, "a") for offer in "abci"], "id string, cluster_id string"),
        a_table(spark, prints, f"image string, status string, views array<struct<{view}>>"),
        a_table(
            spark,
            [("/a2", "/g6", "vetoed", "area")],
            "left_content string, right_content string, verdict string, reason string",
        ),
        a_table(spark, [("chart", "shown by 90 offers")], "set_id string, evidence string"),
        a_table(spark, [("s", "brand", ["x", "y"])], "set_id string, column string, values array<string>"),
        a_table(spark, WORDS, "kind string, left string, right string, verdict string, fate string"),
    )
    pairs = a_table(
        spark, [tuple(pair) for pair in ("ab", "da", "ef", "ag", "eg", "hi", "ci")], "left string, right string"
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in steps.compute(pairs, tables, Limits(10, 5.5)).orderBy("left", "right", "step").collect():
        found.setdefault(f"{row['left']}-{row['right']}", []).append(row.asDict())
    return found


def test_the_chain_goes_by_the_nearest_pictures(told: dict[str, list[dict[str, Any]]]) -> None:
    names = ("kind", "left_offer", "left_image", "right_offer", "right_image", "set_id", "distance", "alone")
    assert [tuple(step[name] for name in names) for step in told["a-b"]] == [
        ("chain", "a", "/a2", "c", "/c2", "q", 2, "duplicate"),
        ("chain", "c", "/c3", "b", "/b3", "r", 4, "duplicate"),
    ]  # one picture of 8 bits would be shorter, but weaker; that of no bit at all was cut


def test_a_persons_word_is_a_step_of_its_own(told: dict[str, list[dict[str, Any]]]) -> None:
    (step,) = told["c-i"]
    assert (step["kind"], step["why"]) == ("chain", "a person says that they are the same")
    assert (step["left_image"], step["right_image"], step["alone"]) == ("/c3", "/i8", "duplicate")  # 2 bits, no set


@pytest.mark.parametrize(
    ("pair", "images", "why"),
    [
        ("d-a", ("/d4", "/a4"), "a suspect connects nobody: shown by 90 offers"),
        ("e-f", ("/e5", "/f5"), "the offers differ: brand x, y"),
        ("a-g", ("/a2", "/g6"), "vetoed: area"),
        ("e-g", ("/e5", "/g6"), "farther apart than any search looks"),
        ("h-i", ("/h8", "/i8"), "the cluster was cut between them: max_diameter: 5 pictures from h to j"),
    ],
)
def test_what_stopped_the_others_is_told(
    told: dict[str, list[dict[str, Any]]], pair: str, images: tuple[str, str], why: str
) -> None:
    (step,) = told[pair]
    assert (step["left_image"], step["right_image"]) == images
    assert (step["kind"], step["why"]) == ("evidence", why)


def test_the_text_names_both_offers_and_every_picture(told: dict[str, list[dict[str, Any]]]) -> None:
    text = explain.text({"left": "a", "right": "b", "one_cluster": True, "steps": told["a-b"]})
    assert text.splitlines()[0] == "a and b are in one cluster"
    assert all(image in text for image in ("/a2", "/c2", "/c3", "/b3"))
