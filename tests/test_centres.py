"""The centres chosen in rounds on the cluster are those chosen one by one on a sheet of paper."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dedup_spark import centres
from dedup_spark.verdict import Features, Limits, compare
from tests.tables_of import MemoryScratch

LIMITS = Limits(max_distance=4, max_colour_difference=5.0)
MEMBER = "group string, key string, size long, words array<bigint>, colour_signature binary, unstable_channels int"


def features(words: list[int], greys: list[int]) -> Features:
    return Features(
        np.array([[word, 0, 0, 0, 0] for word in words], np.int64),
        np.array([[0, grey] * 300 for grey in greys], np.uint8),
        np.zeros(len(words), np.uint8),
    )


def one_by_one(members: list[tuple[str, int, int, int]]) -> dict[str, str]:
    """The definition: in order, each joins the first earlier centre it passes against, else becomes one."""
    chosen: dict[str, str] = {}
    found: list[tuple[str, int, int, int]] = []
    for member in sorted(members, key=lambda one: (-one[1], one[0])):
        for centre in found:
            passes = compare(features([centre[2]], [centre[3]]), features([member[2]], [member[3]]), LIMITS).verdict[0]
            if passes == "duplicate":
                chosen[member[0]] = centre[0]
                break
        else:
            found.append(member)
            chosen[member[0]] = member[0]
    return chosen


# a few near hashes and near greys, so that chains are common: each passes with its neighbour, not with the next but one
MEMBERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12).map(lambda n: 2**n - 1), st.integers(10, 16).map(lambda n: 8 * n)),
    min_size=1,
    max_size=12,
)


@given(
    groups=st.lists(MEMBERS, min_size=4, max_size=12), per_task=st.sampled_from([2, 5, 1000]), parts=st.integers(1, 5)
)
@settings(settings.get_profile("spark"), max_examples=3)
def test_rounds_give_what_one_by_one_gives(
    spark: SparkSession, groups: list[list[tuple[int, int, int]]], per_task: int, parts: int
) -> None:
    rows: list[tuple[object, ...]] = []
    expected: dict[str, str] = {}
    for number, group in enumerate(groups):
        members = [(f"{number}-{place:02d}", *member) for place, member in enumerate(group)]
        expected |= one_by_one(members)
        rows += [
            (str(number), key, size, [word, 0, 0, 0, 0], bytearray([0, grey] * 300), 0)
            for key, size, word, grey in members
        ]
    table = spark.createDataFrame(rows, MEMBER).repartition(parts)
    chosen = centres.choose(table, [F.col("size").desc()], LIMITS, per_task, MemoryScratch()).collect()
    assert {row["key"]: row["centre"] for row in chosen} == expected
    assert len(chosen) == len(rows)


def test_a_centre_is_its_own_and_says_so(spark: SparkSession) -> None:
    rows = [("g", "a", 2, [0, 0, 0, 0, 0], bytearray(600), 0), ("g", "b", 1, [3, 0, 0, 0, 0], bytearray(600), 0)]
    chosen = centres.choose(spark.createDataFrame(rows, MEMBER), [F.col("size").desc()], LIMITS, 1000, MemoryScratch())
    assert sorted(tuple(row) for row in chosen.collect()) == [("a", "a", 0, 0.0, "centre"), ("b", "a", 2, 0.0, "near")]
