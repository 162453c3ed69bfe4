"""A day after others has the pairs of a day that knows nothing, whatever came, went and came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import forms, tables
from dedup_spark.bands.banding import plan
from dedup_spark.comparing.verdict import Limits
from dedup_spark.pairs import near_hashes, pool, searched
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.pool import Pool, Standing
from dedup_spark.pairs.searched import Known
from dedup_spark.pairs.searches import BY_CHANNEL, BY_HASH
from dedup_spark.settings import load
from dedup_spark.spark.carriers import CLUSTER, DRIVER
from dedup_spark.storage import Scratch
from tests.near_hashes import some_hashes
from tests.tables_of import a_table, picture, pictures

PICTURES, HASHES, TOSSED = 60, 45, 9
T = 10
CLUSTERED = f"candidate_pairs.carrier={CLUSTER}"
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Day:
    """The two searches of one day, its pairs and families, and what the next day knows by it."""

    standing: Standing
    searches: dict[str, Near]
    known: Known
    pairs: dict[str, set[tuple[Any, ...]]]
    families: dict[str, set[frozenset[tuple[Any, ...]]]]

    @property
    def compared(self) -> int:
        return sum(near.compared for near in self.searches.values())

    @property
    def recalled(self) -> int:
        return sum(near.recalled for near in self.searches.values())


@dataclass(frozen=True)
class Days:
    """Searches of one day after the other, each with what the one before kept."""

    spark: SparkSession
    folder: Path

    def search(self, rows: Rows, *overrides: str, known: Known | None = None, grouped: bool = False, t: int = T) -> Day:
        chosen, limits, within = load(overrides=overrides), Limits(t, 5.0), ("within_0",) if grouped else ()
        scratch = Scratch(self.spark, f"{self.folder}/{len(list(self.folder.iterdir()))}", chosen)
        table = pictures(self.spark, rows)
        shared = Pool(table, table, limits, chosen, scratch, None, within, known)
        standing = pool.stand(table.join(self.groups(), on="content") if grouped else table, shared)
        found = {BY_HASH: pool.by_hash(standing, shared, plan(t)), BY_CHANNEL: pool.by_channel(standing, shared)}
        families = {name: near.families for name, near in found.items()}
        facts = forms.conform(near_hashes.rows({name: near.pairs for name, near in found.items()}), tables.NEAR_HASHES)
        kept = forms.conform(searched.rows(standing.rows, families, within), tables.SEARCHED)
        facts, kept = scratch.cut(facts, "near_hashes"), scratch.cut(kept, "searched")
        largest = found[BY_HASH].largest_bucket
        now = Known("before", kept, facts, str(plan(t)), largest, scratch.rows("searched"), scratch.read_arrow)
        pairs = {
            name: {tuple(sorted(pair)) for pair in near.pairs.select("left", "right").collect()}
            for name, near in found.items()
        }
        return Day(standing, found, now, pairs, {name: members(found) for name, found in families.items()})

    def groups(self) -> DataFrame:
        """Two thirds of the pictures are of both groups."""
        brands = [(f"p{place:02d}", brand) for place in range(PICTURES) for brand in ("xy" if place % 3 else "x")]
        return a_table(self.spark, brands, "content string, within_0 string")


def members(families: DataFrame | None) -> set[frozenset[tuple[Any, ...]]]:
    """The rows of each family, whatever it is called."""
    named: dict[str, set[tuple[Any, ...]]] = {}
    for row in [] if families is None else families.collect():
        named.setdefault(row["family"], set()).add((row["key"], *row[1:-1]))
    return {frozenset(rows) for rows in named.values()}


@pytest.fixture
def days(spark: SparkSession, tmp_path: Path) -> Days:
    return Days(spark, tmp_path)


def a_catalogue(seed: int) -> Rows:
    """Pictures of near hashes: some share one and differ in colour, and of some a channel is a coin toss."""
    words = some_hashes(seed, HASHES, 3, 100, T, even=True)
    return [
        picture(
            f"p{place:02d}",
            words=[int(word) for word in words[place % HASHES]],
            unstable_channels=(place % HASHES < TOSSED) * (1 + place % 2),
        )
        for place in range(PICTURES)
    ]


def a_history(seed: int, count: int) -> list[Rows]:
    """Each day most of the catalogue is there, every day another part."""
    rng = np.random.default_rng(seed)
    return [[row for row in a_catalogue(seed) if rng.random() < 0.8] for _ in range(count)]


@pytest.mark.parametrize(
    ("seed", "carrier", "most", "grouped"),
    [(1, DRIVER, 5, True), (2, DRIVER, 256, False), (3, CLUSTER, 5, True)],
)
def test_a_third_day_has_the_pairs_of_one_that_knows_nothing(
    days: Days, seed: int, carrier: str, most: int, grouped: bool
) -> None:
    """It knows what the second one did, which knew the first: a pair that is lost on the way is missing here."""
    chosen = f"candidate_pairs.carrier={carrier}", f"candidate_pairs.max_bucket={most}"
    first, second, third = a_history(seed, 3)
    known = days.search(first, *chosen, grouped=grouped).known
    known = days.search(second, *chosen, grouped=grouped, known=known).known
    found = days.search(third, *chosen, grouped=grouped, known=known)
    full = days.search(third, *chosen, grouped=grouped)
    assert (found.pairs, found.families) == (full.pairs, full.families)
    assert all(found.pairs.values())
    assert any(map(bool, found.families.values())) == (most < HASHES)
    assert 0 < found.compared < full.compared
    assert found.recalled > 10
    counts = found.standing.counts()
    assert counts["new"] + counts["known"] == found.standing.count
    assert counts["gone"] > 0


def test_a_calm_cluster_looks_at_the_buckets_with_a_new_row_only(days: Days) -> None:
    """No hash has more rows than the day before, and no bucket was crowded: nothing else can be crowded today."""
    first, second = ([*{tuple(row[6]): row for row in day}.values()] for day in a_history(5, 2))
    known = days.search(first, CLUSTERED).known
    found, full = days.search(second, CLUSTERED, known=known), days.search(second, CLUSTERED)
    assert (found.pairs, found.families) == (full.pairs, full.families)
    assert 0 < found.searches[BY_HASH].candidates < full.searches[BY_HASH].candidates
    assert found.known.largest_bucket == max(known.largest_bucket, full.known.largest_bucket)
    crowded = days.search(second, CLUSTERED, "candidate_pairs.max_bucket=2", known=known)
    assert crowded.searches[BY_HASH].candidates == full.searches[BY_HASH].candidates
