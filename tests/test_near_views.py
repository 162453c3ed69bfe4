"""Pictures that meet by views are found once, whoever searches and whatever is known; a view never meets its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dedup_spark import forms, tables
from dedup_spark.bands.banding import plan
from dedup_spark.comparing.verdict import Limits
from dedup_spark.comparing.view_pairs import ViewPairs
from dedup_spark.hashing import bits
from dedup_spark.pairs import near_views, pair_search, searched
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.pool import Pool, Standing
from dedup_spark.pairs.searched import Known
from dedup_spark.pairs.searches import BY_VIEW
from dedup_spark.settings import load
from dedup_spark.spark.carriers import CLUSTER, DRIVER
from dedup_spark.storage import Scratch
from tests.near_hashes import some_hashes
from tests.tables_of import PICTURE, a_table, packed, picture

HASHES, T = 36, 10
STORED = ("whole", "trimmed", "crop_5")
LIMITS = Limits(T, 5.0, views=ViewPairs(STORED, STORED[:2], STORED))
SCHEMA = f"{PICTURE}, view_words array<bigint>, usable_views int"
Rows = Sequence[tuple[Any, ...]]
Pairs = set[tuple[str, str]]


def a_catalogue(seed: int) -> Rows:
    """Pictures whose views have near hashes, no two of one whole hash; of some a view shows nothing."""
    hashes = np.unique(some_hashes(seed, HASHES, 3, 100, T, even=True), axis=0)
    rng, found = np.random.default_rng(seed), []
    for place, whole in enumerate(hashes.tolist()):
        row = picture(f"p{place:02d}", words=whole, phash=str(whole))
        others = hashes[rng.integers(len(hashes), size=len(STORED) - 1)].reshape(-1).tolist()
        usable = int(rng.choice([0b111, 0b111, 0b011, 0b001]))
        found.append((*row, others, usable))
    return found


def words_of(row: tuple[Any, ...], view: int) -> list[int]:
    return list(row[6] if not view else row[10][5 * (view - 1) : 5 * view])


def is_near(one: tuple[Any, ...], other: tuple[Any, ...], left: int, right: int) -> bool:
    usable = one[11] >> left & other[11] >> right & 1
    both = (np.array([words_of(row, view)], np.int64) for row, view in ((one, left), (other, right)))
    return bool(usable and bits.distance(*both)[0] <= T)


def by_views(rows: Rows) -> Pairs:
    """The pairs that meet by views, looked for one by one."""
    return {
        (one[0], other[0])
        for one, other in combinations(rows, 2)
        if any(is_near(one, other, *places) for places in LIMITS.views.met())
    }


@dataclass(frozen=True)
class Day:
    near: Near
    pairs: Pairs
    known: Known


@dataclass(frozen=True)
class Days:
    """Searches of one day after the other, each with what the one before kept."""

    spark: SparkSession
    folder: Path

    def scratch(self, chosen: Any) -> Scratch:
        return Scratch(self.spark, f"{self.folder}/{len(list(self.folder.iterdir()))}", chosen)

    def search(self, rows: Rows, *overrides: str, known: Known | None = None) -> Day:
        chosen = load(overrides=overrides)
        table, scratch = a_table(self.spark, rows, SCHEMA), self.scratch(chosen)
        shared = Pool(table, table, LIMITS, chosen, scratch, None, (), known)
        near = near_views.find(Standing(table, len(rows), 0), shared, plan(T))
        families = {BY_VIEW: near_views.pictures(near.families)} if near.families else {}
        kept = forms.conform(searched.rows(table, families, ()), tables.SEARCHED)
        met = forms.conform(near.pairs, tables.NEAR_VIEWS)
        seen, facts = scratch.cut(kept, "searched"), scratch.cut(met, "near_views")
        now = Known("before", seen, seen, "", 0, 0, scratch.read_arrow, facts)
        return Day(near, {tuple(row) for row in near.pairs.collect()}, now)


@pytest.fixture
def days(spark: SparkSession, tmp_path: Path) -> Days:
    return Days(spark, tmp_path)


@pytest.mark.parametrize("carrier", [DRIVER, CLUSTER])
def test_all_that_meet_are_found_once(days: Days, carrier: str) -> None:
    rows = a_catalogue(1)
    found = days.search(rows, f"candidate_pairs.carrier={carrier}")
    assert found.pairs == by_views(rows)
    assert found.near.pairs.count() == len(found.pairs) > 10
    assert found.near.families is None


@pytest.mark.parametrize("carrier", [DRIVER, CLUSTER])
def test_what_is_known_is_not_compared_again(days: Days, carrier: str) -> None:
    """Rows come, go and come back: the third day knows what the second one did, which knew the first."""
    rng, chosen = np.random.default_rng(2), f"candidate_pairs.carrier={carrier}"
    history = [[row for row in a_catalogue(2) if rng.random() < 0.8] for _ in range(3)]
    known = None
    for rows in history:
        found = days.search(rows, chosen, known=known)
        assert found.pairs == by_views(rows)
        known = found.known
    assert found.near.recalled > 5
    assert 0 < found.near.compared < days.search(history[-1], chosen).near.compared


@pytest.mark.parametrize("carrier", [DRIVER, CLUSTER])
def test_a_crowd_is_spanned(days: Days, carrier: str) -> None:
    """Two pictures that pass are in one component, though not all pairs of a family are listed."""
    rows = a_catalogue(3)
    chosen = load(overrides=[f"candidate_pairs.carrier={carrier}", "candidate_pairs.max_bucket=3"])
    table = a_table(days.spark, rows, SCHEMA)
    grey = packed(np.full((60, 60, 3), 128, np.uint8))
    squares = table.select("content", F.lit(grey).alias("square"))
    found = pair_search.among(table, squares, LIMITS, chosen, days.scratch(chosen))
    assert found.searches[BY_VIEW].families is not None
    passing = found.pairs.where("verdict = 'duplicate'").select("left_content", "right_content").collect()
    graph = nx.Graph([tuple(row) for row in passing])
    for one, other in by_views(rows):
        assert nx.has_path(graph, one, other)
    seen = {(row["left_view"], row["right_view"]) for row in found.pairs.collect()}
    assert len(seen) > 4
    assert seen <= set(product(STORED, STORED))


def test_views_of_one_table_are_found_in_another(days: Days) -> None:
    rows = a_catalogue(4)
    ours, theirs = rows[::2], [(f"q{row[0]}", *row[1:]) for row in rows]
    left, right = (a_table(days.spark, some, SCHEMA) for some in (ours, theirs))
    expected = {
        (one[0], other[0])
        for one, other in product(ours, theirs)
        if any(is_near(one, other, *places) for places in LIMITS.views.met())
    }
    assert {tuple(row) for row in near_views.between(left, right, LIMITS).collect()} == expected
    assert {tuple(row) for row in near_views.of_few(left, right, LIMITS).collect()} == expected
    assert len(expected) > 10
