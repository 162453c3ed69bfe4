"""An audit finds what a search missed, and nothing where it missed nothing; it draws the same however rows lie."""

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import gates
from dedup_spark.comparing.verdict import Limits
from dedup_spark.errors import GateFailed
from dedup_spark.pairs import audit
from dedup_spark.pairs.audit import Audit, Sample
from tests.tables_of import MemoryScratch, a_table, picture, pictures

LIMITS = Limits(10, 5.0)
PAIR = "left_content string, right_content string, distance int, verdict string"

# b stands for `copy`; c has another colour; d is far; t and u are coin tosses in red, v is one in all channels
ROWS = [
    picture("a", 0),
    picture("b", 3, pixels=900),
    picture("copy", 3),
    picture("c", 3, grey=60),
    picture("d", 2**40 - 1),
    picture("t", 2**60 - 1, unstable_channels=1),
    picture("u", 2**30 - 1, unstable_channels=1),
    picture("v", 0, unstable_channels=7),
]
STANDING = ["a", "b", "c", "d", "t", "u"]
PASSING = ["a-b", "a-t", "a-u", "b-t", "b-u", "d-t", "d-u", "t-u"]


def audited(spark: SparkSession, together: dict[str, str], size: int = 100, seed: int = 1, parts: int = 1) -> Audit:
    """The audit of a search that found that `b` stands for `copy`; `together`: the component of each picture."""
    rows = pictures(spark, ROWS).repartition(parts)
    pairs = a_table(spark, [("b", "copy", 0, "duplicate"), ("b", "c", 0, "vetoed")], PAIR)
    components = a_table(spark, list(together.items()), "node string, component string")
    squares = a_table(spark, [], "content string, square binary")
    return audit.compute(rows, squares, pairs, components, Sample(size, seed), LIMITS, MemoryScratch())


def test_who_stands_for_others_or_itself_is_audited(spark: SparkSession) -> None:
    pairs = a_table(spark, [("b", "copy", 0, "duplicate"), ("b", "c", 0, "vetoed")], PAIR)
    standing: DataFrame = audit.representatives(pictures(spark, ROWS), pairs)
    assert sorted(row["content"] for row in standing.collect()) == STANDING


def test_nothing_is_missed_where_all_that_pass_are_together(spark: SparkSession) -> None:
    found = audited(spark, dict.fromkeys(STANDING, "a"))
    assert (found.pictures, found.against, found.pairs, found.missed) == (6, 6, len(PASSING), ())
    assert found.said()["recall"] == 1.0
    gates.missed(found.said(), found.missed)


def test_what_was_missed_is_named_and_stops_the_run(spark: SparkSession) -> None:
    found = audited(spark, {"a": "a", "b": "b"} | dict.fromkeys("dtu", "d"))
    assert ["-".join(pair) for pair in found.missed] == ["a-b", "a-t", "a-u", "b-t", "b-u"]
    assert found.said()["recall"] == 0.375
    with pytest.raises(GateFailed, match=r"missed 5 of 8 pairs that pass.*a and b, a and t"):
        gates.missed(found.said(), found.missed)


def test_the_sample_goes_by_the_seed_and_not_by_the_partitions(spark: SparkSession) -> None:
    found = [audited(spark, {}, size=2, seed=seed, parts=parts) for seed, parts in ((1, 1), (1, 5), (2, 1), (3, 1))]
    assert found[0] == found[1]
    assert len({one.missed for one in found}) > 1
    assert {one.pictures for one in found} == {2}
