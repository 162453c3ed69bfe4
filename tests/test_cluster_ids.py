"""Ids stay over many days of many catalogues, just as one says who thinks of one cluster at a time."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import changes, clusters
from dedup_spark.offers import cluster_ids
from tests.drawn import drawn
from tests.tables_of import a_table

HISTORIES, DAYS = 60, 5
OFFERS = ("a", "a-2", "a-2-2", "a-3", "b", "b-02", "c", "c-2\n", "d", "e")
"""Some of them would be names that another cluster is given."""

DAY = st.fixed_dictionaries({offer: st.sampled_from((None, 0, 1, 2)) for offer in OFFERS})
HISTORY = st.lists(DAY, min_size=DAYS, max_size=DAYS)

Day = dict[str, int | None]
Names = dict[str, str]
"""Of the offers of one day, the cluster that each is in."""


def members(day: Day) -> list[list[str]]:
    """The offers of each cluster of two and more, the smallest first."""
    numbers = set(day.values()) - {None}
    found = [sorted(offer for offer, number in day.items() if number == cluster) for cluster in numbers]
    return sorted(offers for offers in found if len(offers) > 1)


def expected(day: Day, before: Names) -> Names:
    """The ids of a day: what each cluster shares with each name, then one name after the other."""
    found = members(day)
    shared = [Counter(before[offer] for offer in offers if offer in before) for offers in found]
    largest = {name: max((one[name] for one in shared), default=0) for name in before.values()}
    heirs = {name: [one[name] for one in shared].index(most) for name, most in largest.items() if most}
    names: Names = {}
    fresh = []
    for number, offers in enumerate(found):
        claimed = [name for name, heir in heirs.items() if heir == number]
        if claimed:
            names |= dict.fromkeys(offers, min(claimed, key=lambda name: (-shared[number][name], name)))
        else:
            fresh.append(offers)
    taken = {*before.values(), *(offers[0] for offers in fresh)}
    for offers in fresh:
        others = taken - {offers[0]} if offers[0] not in before.values() else taken
        turns = (f"{offers[0]}-{turn}" for turn in count(2))
        names |= dict.fromkeys(
            offers, offers[0] if offers[0] not in others else next(n for n in turns if n not in taken)
        )
    return names


@pytest.fixture(scope="module")
def histories() -> list[list[Day]]:
    return drawn(HISTORY, HISTORIES)


def a_day(spark: SparkSession, histories: list[list[Day]], day: int) -> tuple[DataFrame, DataFrame]:
    """The components of one day of all histories, as `components.label` and `bonds.compute` give them."""
    rows = [
        (f"{place}/{offer}", f"{place} {offers[-1]}")
        for place, days in enumerate(histories)
        for offers in members(days[day])
        for offer in offers
    ]
    held = a_table(spark, [(offer, offer) for offer, _ in rows], "id string, offer string")
    return a_table(spark, rows, "node string, component string"), held


def test_ids_stay_and_changes_replay(spark: SparkSession, histories: list[list[Day]]) -> None:
    names: list[Names] = [{} for _ in histories]
    before = a_table(spark, [], "id string, cluster_id string, size int")
    for day in range(DAYS):
        found = clusters.compute(*a_day(spark, histories, day), before).collect()
        names = [expected(days[day], old) for days, old in zip(histories, names, strict=True)]
        wanted = {f"{n}/{offer}": f"{n}/{name}" for n, one in enumerate(names) for offer, name in one.items()}
        assert {row["id"]: row["cluster_id"] for row in found} == wanted
        sizes = Counter(row["cluster_id"] for row in found)
        assert all(row["size"] == sizes[row["cluster_id"]] for row in found)
        now = a_table(spark, [tuple(row) for row in found], before.schema)
        told = changes.compute(now, before)
        assert sorted(map(tuple, changes.replay(before, told).collect())) == sorted(wanted.items())
        before = now
    assert sum(len(set(one.values())) for one in names) > HISTORIES


def test_most_ids_of_a_changed_day_are_those_of_before(spark: SparkSession) -> None:
    before = a_table(
        spark, [(offer, offer[0]) for offer in ("ax", "ay", "az", "bx", "by")], "offer string, cluster_id string"
    )
    now = [
        ("ax", "1", "ax"),
        ("ay", "2", "ay"),
        ("az", "2", "ay"),
        ("bx", "3", "bx"),
        ("by", "3", "bx"),
        ("a", "4", "a"),
    ]
    for partitions in (1, 7):
        offers = a_table(spark, now, "offer string, component string, first string").repartition(partitions)
        found = dict(map(tuple, cluster_ids.compute(offers, before).collect()))
        assert found == {"1": "ax", "2": "a", "3": "b", "4": "a-2"}
