"""The second look has the word on pairs that passed, and on no others."""

import numpy as np
from pyspark.sql import SparkSession

from dedup_spark.comparing import second_look
from dedup_spark.comparing.verdict import Limits
from dedup_spark.comparing.view_verdict import FACTS
from tests.tables_of import a_table, packed

LIMITS = Limits(10, 5.5, max_differing_area=0.0005, max_unseen_colour_difference=2.5)
PAIR = f"left string, right string, {FACTS}"

WHOLE = None, None, None


def plain(patch: int = 0) -> bytes:
    square = np.full((60, 60, 3), 200, np.uint8)
    square[:patch, :patch] = 100
    return packed(square)


def test_what_passed_is_looked_at_again(spark: SparkSession) -> None:
    squares = a_table(
        spark, [("a", plain()), ("b", plain()), ("print", plain(9)), ("old", None)], "content string, square binary"
    )
    rows = [
        ("a", "b", 4, 4.0, "duplicate", "near", *WHOLE),
        ("a", "print", 4, 4.0, "duplicate", "near", *WHOLE),
        ("b", "print", 4, 9.0, "vetoed", "colour", *WHOLE),
        ("a", "old", 0, 2.0, "duplicate", "same hash", *WHOLE),
        ("b", "old", 4, 3.0, "duplicate", "near", *WHOLE),
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
