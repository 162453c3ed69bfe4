"""The second look has the word on pairs that passed, and on no others."""

import numpy as np
from pyspark.sql import SparkSession

from dedup_spark.comparing import second_look
from dedup_spark.comparing.verdict import Limits
from dedup_spark.images import thumbnail
from tests.tables_of import a_table

LIMITS = Limits(10, 5.5, max_differing_area=0.0005, max_unseen_colour_difference=2.5)
PAIR = "left string, right string, colour_difference double, verdict string, reason string"


def plain(patch: int = 0) -> bytes:
    square = np.full((60, 60, 3), 200, np.uint8)
    square[:patch, :patch] = 100
    return thumbnail.lossless(square)


def test_what_passed_is_looked_at_again(spark: SparkSession) -> None:
    squares = a_table(
        spark, [("a", plain()), ("b", plain()), ("print", plain(9)), ("old", None)], "content string, square binary"
    )
    rows = [
        ("a", "b", 4.0, "duplicate", "near"),
        ("a", "print", 4.0, "duplicate", "near"),
        ("b", "print", 9.0, "vetoed", "colour"),
        ("a", "old", 2.0, "duplicate", "same hash"),
        ("b", "old", 3.0, "duplicate", "near"),
    ]
    looked = second_look.look(a_table(spark, rows, PAIR), "left", "right", LIMITS, squares)
    names = ("left", "right", "verdict", "reason", "differing_area")
    assert sorted(tuple(row[name] for name in names) for row in looked.collect()) == [
        ("a", "b", "duplicate", "near", 0.0),
        ("a", "old", "duplicate", "same hash", None),
        ("a", "print", "vetoed", "area", 99 / 3600),
        ("b", "old", "review", "unseen", None),
        ("b", "print", "vetoed", "colour", None),
    ]
