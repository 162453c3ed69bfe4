"""Whatever the limit: each pair within the threshold is listed once, or both are of one family. Never both."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from dedup_spark.bands.banding import plan
from dedup_spark.pairs import hot_buckets
from dedup_spark.pairs.hot_buckets import Found
from dedup_spark.pairs.searches import Search
from dedup_spark.settings import load
from dedup_spark.storage import Scratch
from tests import test_candidate_pairs as hashes
from tests.drawn import drawn
from tests.tables_of import a_table

LARGE = 10**15
Pair = tuple[str, str]


@pytest.fixture
def scratch(spark: SparkSession, tmp_path: Path) -> Scratch:
    return Scratch(spark, str(tmp_path), load())


def listed(found: Found, t: int) -> Counter[Pair]:
    """The pairs as they come, one found twice included."""
    return Counter(pair for part in found.pairs for pair in hashes.met(hashes.within(part, t)))


def inside(found: Found) -> set[Pair]:
    """The pairs of keys that are of one family; a row of another group is another member."""
    members: dict[str, set[str]] = {}
    for row in [] if found.families is None else found.families.collect():
        members.setdefault(row["family"], set()).add(row["key"])
    return {pair for keys in members.values() for pair in combinations(sorted(keys), 2)}


@pytest.mark.parametrize(("t", "even", "limit", "partitions"), [(10, True, 3, 2), (7, False, 3, 3)])
def test_a_pair_is_listed_once_or_of_a_family(
    spark: SparkSession, scratch: Scratch, t: int, even: bool, limit: int, partitions: int
) -> None:
    cases = [hashes.a_case(seed, t, even) for seed in drawn(st.integers(0, 2**32), hashes.CASES)]
    table = hashes.table(spark, cases).repartition(partitions)
    chosen = plan(t, even=even)
    searches = [Search(table, None, chosen, ["case"], limit, budget) for budget in (LARGE, 1)]
    found = [hot_buckets.find(search, scratch, load().components, len(cases)) for search in searches]
    once, grouped = (listed(one, t) for one in found)
    assert len(found[1].pairs) >= len(chosen.bands)  # each band is a group of its own
    assert once == grouped
    assert set(once.values()) == {1}
    assert inside(found[0])
    assert not inside(found[0]) & once.keys()
    assert set(hashes.brute(cases, t)) <= inside(found[0]) | once.keys()


def test_of_two_tables_a_pair_is_listed_once_or_of_a_family(spark: SparkSession, scratch: Scratch) -> None:
    cases = [hashes.a_case(number, 10, even=True) for number in range(hashes.CASES)]
    table = hashes.table(spark, cases)
    asked = table.where("hash(key) % 3 = 0")
    search = Search(asked, table, plan(10), ["case"], 2, LARGE)
    found = hot_buckets.find(search, scratch, load().components, table.count())
    pairs, keys = listed(found, 10), {row["key"] for row in asked.collect()}
    assert set(pairs.values()) <= {1}
    assert inside(found)
    near = {(one, two) for pair in hashes.brute(cases, 10) for one, two in (pair, pair[::-1]) if one in keys}
    unordered = {(min(pair), max(pair)) for pair in near - pairs.keys()}
    assert unordered <= inside(found)


def strangers(spark: SparkSession, count: int, bands: int) -> DataFrame:
    """Random hashes that agree in the first bands of the plan; the first two are 4 bits apart."""
    rng = np.random.default_rng(count)
    masks = [hashes.unpack(mask).astype(bool) for mask in plan(10).bands]
    shared = np.logical_or.reduce(masks[:bands])
    rows = np.stack(hashes.some_hashes(rng, count, even=True))
    rows[:, shared] = rows[0, shared]
    free = [np.flatnonzero(~shared[start : start + hashes.BITS])[0] + start for start in range(0, 300, hashes.BITS)]
    for channel, bit in enumerate(free):
        rows[rows[:, channel * hashes.BITS : (channel + 1) * hashes.BITS].sum(axis=1) % 2 == 1, bit] ^= 1
    rows[1] = rows[0]
    rows[1, np.flatnonzero(~shared)[-4:]] ^= 1
    table = [(f"{place:05d}", hashes.words(row)) for place, row in enumerate(rows)]
    return a_table(spark, table, "key string, words array<bigint>")


@pytest.mark.parametrize("bands", [1, 2])
def test_a_bucket_of_strangers_falls_apart(spark: SparkSession, scratch: Scratch, bands: int) -> None:
    """2,000 hashes of one bucket are 2 million candidates; divided they are a few."""
    search = Search(strangers(spark, 2000, bands), None, plan(10), (), 50, LARGE)
    found = hot_buckets.find(search, scratch, load().components, 2000)
    assert found.families is None
    assert listed(found, 10) == {("00000", "00001"): 1}
    assert sum(part.count() for part in found.pairs) < 2 * 2000
