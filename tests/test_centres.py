"""The centres chosen in rounds on the cluster are those chosen one by one on a sheet of paper."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark.comparing import centres
from dedup_spark.comparing.verdict import Limits
from dedup_spark.errors import GateFailed
from tests import on_paper
from tests.drawn import drawn
from tests.tables_of import MemoryScratch, a_table

LIMITS = Limits(max_distance=4, max_colour_difference=5.0)
MEMBER = "group string, key string, size long, words array<bigint>, colour_signature binary, unstable_channels int"


# a few near hashes and near greys, so that chains are common: each passes with its neighbour, not with the next but one
MEMBERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12).map(lambda n: 2**n - 1), st.integers(10, 16).map(lambda n: 8 * n)),
    min_size=1,
    max_size=12,
)


PLACES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), min_size=2, max_size=8)
"""Pairs of places of a group, whose members people keep apart; a place beyond the last counts from the first on."""


@pytest.mark.parametrize(("per_task", "parts"), [(2, 3), (5, 1), (1000, 5)])
def test_rounds_give_what_one_by_one_gives(spark: SparkSession, per_task: int, parts: int) -> None:
    rows: list[tuple[object, ...]] = []
    expected: dict[str, str] = {}
    apart: set[tuple[str, str]] = set()
    for number, (group, places) in enumerate(drawn(st.tuples(MEMBERS, PLACES), 150)):
        members = [(f"{number}-{place:02d}", *member) for place, member in enumerate(group)]
        at = [(left % len(group), right % len(group)) for left, right in places]
        own = [(f"{number}-{left:02d}", f"{number}-{right:02d}") for left, right in at if left != right]
        expected |= on_paper.centres(members, LIMITS, own)
        apart |= {pair for left, right in own for pair in ((left, right), (right, left))}
        rows += [
            (str(number), key, size, [word, 0, 0, 0, 0], bytearray([0, grey] * 300), 0)
            for key, size, word, grey in members
        ]
    table = a_table(spark, rows, MEMBER).repartition(parts)
    kept_apart = a_table(spark, sorted(apart), "key string, other string")
    order = [F.col("size").desc()]
    found = centres.choose(table, order, LIMITS, per_task, MemoryScratch(), apart=kept_apart).collect()
    chosen = {row["key"]: row["centre"] for row in found}
    assert chosen == expected
    assert len(found) == len(rows)
    assert all(chosen[left] != chosen[right] for left, right in apart)


def test_a_centre_is_its_own_and_says_so(spark: SparkSession) -> None:
    rows = [("g", "a", 2, [0, 0, 0, 0, 0], bytearray(600), 0), ("g", "b", 1, [3, 0, 0, 0, 0], bytearray(600), 0)]
    chosen = centres.choose(a_table(spark, rows, MEMBER), [F.col("size").desc()], LIMITS, 1000, MemoryScratch())
    assert sorted(tuple(row) for row in chosen.collect()) == [("a", "a", 0, 0.0, "centre"), ("b", "a", 2, 0.0, "near")]


def test_a_task_holds_two_blocks_at_most_however_large_a_group_is(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty members of one group, every other one its own centre."""
    held: list[int] = []
    settle = centres._in_blocks

    def watched(rows: DataFrame, choices: Callable[..., Iterator[centres.Choice]]) -> DataFrame:
        held.extend(row["count"] for row in rows.groupBy("bundle", "block").count().collect())
        return settle(rows, choices)

    monkeypatch.setattr(centres, "_in_blocks", watched)
    own = [(place % 2) * 31 << place for place in range(40)]
    rows = [("g", f"{place:02d}", 1, [0, word, word, 0, 0], bytearray(600), 0) for place, word in enumerate(own)]
    chosen = centres.choose(a_table(spark, rows, MEMBER), [], LIMITS, 4, MemoryScratch()).collect()
    assert sum(row["reason"] == "centre" for row in chosen) == 21
    assert len(chosen) == len(rows)
    assert max(held) <= 8


def test_small_groups_share_a_task_and_do_not_meet(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty groups of three members of one look: the second is kept apart from the first."""
    tasks: list[int] = []
    settle = centres._in_blocks

    def watched(rows: DataFrame, choices: Callable[..., Iterator[centres.Choice]]) -> DataFrame:
        tasks.append(rows.select("bundle", "block").distinct().count())
        return settle(rows, choices)

    monkeypatch.setattr(centres, "_in_blocks", watched)
    names = [(f"g{group:02d}", f"g{group:02d}-{place}") for group in range(60) for place in range(3)]
    rows = [(group, name, 1, [0] * 5, bytearray(600), 0) for group, name in names]
    foes = [(f"g{group:02d}-{one}", f"g{group:02d}-{1 - one}") for group in range(60) for one in (0, 1)]
    apart = a_table(spark, foes, "key string, other string")
    chosen = centres.choose(a_table(spark, rows, MEMBER), [], LIMITS, 60, MemoryScratch(), apart=apart)
    assert {row["key"]: row["centre"] for row in chosen.collect()} == {
        name: name if name.endswith("1") else f"{group}-0" for group, name in names
    }
    assert max(tasks) <= 4


def test_a_cloud_stops_before_more_is_compared_than_the_budget(spark: SparkSession) -> None:
    """Forty members that are all centres, in rounds of four: 4 x 40, 4 x 36, 4 x 32 comparisons."""
    own = [1 << place for place in range(40)]
    rows = [("g", f"f/{place:02d}", 1, [0, word, word, word, 0], bytearray(600), 0) for place, word in enumerate(own)]
    cloud, scratch = a_table(spark, rows, MEMBER), Rounds()
    with pytest.raises(GateFailed, match=r"would take 432 comparisons.* family_budget = 400.* the picture 08"):
        centres.choose(cloud, [], LIMITS, 4, scratch, budget=400)
    assert scratch.chosen == 3


class Rounds(MemoryScratch):
    """Counts how often a first block has settled."""

    chosen = 0

    def cut(self, rows: DataFrame, name: str) -> DataFrame:
        self.chosen += name == "chosen"
        return super().cut(rows, name)
