"""Five days, each searched with what the day before knows: pairs and families of each are those of a full search."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup_spark.bands.band_sort import Tally, find
from dedup_spark.bands.banding import plan
from dedup_spark.bands.buckets import Longs
from dedup_spark.bands.crowds import Crowds
from tests.near_hashes import met, some_hashes

T = 10
DAYS, HASHES, HISTORIES = 5, 60, 60
Hash = tuple[int, ...]


@dataclass(frozen=True)
class Day:
    """Pairs of rows, those inside of a family left out; the family of each row, by its first one; what was compared."""

    pairs: set[tuple[int, int]]
    families: list[int]
    compared: int


@dataclass(frozen=True)
class Facts:
    """The hashes that were searched and in no family, and the near pairs of unlike hashes."""

    searched: frozenset[Hash] = frozenset()
    near: frozenset[tuple[Hash, Hash]] = frozenset()


def search(words: Longs, turns: Longs, most: int, facts: Facts) -> Day:
    """The search of one day: what is known is not compared, and comes out of the facts."""
    hashes = [tuple(row) for row in words.tolist()]
    known = np.array([one in facts.searched for one in hashes])
    tally, crowds = Tally(), Crowds(most, turns)
    found = met(find(words, None, plan(T), tally=tally, crowds=crowds, known=known))
    family = crowds.families(np.arange(len(words)))
    pairs = [(left, right) for left, right, _ in found]
    assert len(set(pairs)) == len(pairs)
    places = np.flatnonzero(known).tolist()
    met_before = ((left, right) for left in places for right in places if left < right)
    recalled = [
        (left, right)
        for left, right in met_before
        if hashes[left] == hashes[right] or tuple(sorted((hashes[left], hashes[right]))) in facts.near
    ]
    assert not set(recalled) & set(pairs)
    apart = {(left, right) for left, right in pairs + recalled if family[left] != family[right] or family[left] < 0}
    first = [int(np.flatnonzero(family == one)[0]) if one >= 0 else -1 for one in family]
    return Day(apart, first, tally.compared)


def kept(words: Longs, day: Day) -> Facts:
    hashes = [tuple(row) for row in words.tolist()]
    near = {tuple(sorted((hashes[left], hashes[right]))) for left, right in day.pairs if hashes[left] != hashes[right]}
    alone = {one for one, family in zip(hashes, day.families, strict=True) if family < 0}
    return Facts(frozenset(alone), frozenset(near))  # type: ignore[arg-type]


@settings(max_examples=HISTORIES, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    most=st.integers(2, 8),
    shares=st.lists(st.sampled_from([0.2, 0.5, 0.8, 0.95]), min_size=DAYS, max_size=DAYS),
)
def test_every_day_has_the_pairs_and_families_of_a_full_search(seed: int, most: int, shares: list[float]) -> None:
    """Rows come and go, some of one hash: families shrink, grow out of known rows and new ones, and fall apart."""
    rng = np.random.default_rng(seed)
    words = some_hashes(seed % 1000, HASHES, 3, 100, T, even=True)
    words[:10] = words[10:20]
    facts = Facts()
    for share in shares:
        today = np.flatnonzero(rng.random(HASHES) < share)
        turns = rng.permutation(len(today))  # another picture stands for a hash: another turn
        found = search(words[today], turns, most, facts)
        full = search(words[today], turns, most, Facts())
        assert (found.pairs, found.families) == (full.pairs, full.families)
        assert found.compared <= full.compared
        facts = kept(words[today], found)


def test_a_family_that_shrinks_is_listed_again() -> None:
    """Five near rows are a family under a limit of four; without one of them, all their pairs are listed."""
    words = np.zeros((6, 5), np.int64)
    words[1:, 0] = [3 << 2 * place for place in range(5)]
    turns = np.arange(6)
    five = search(words[:5], turns[:5], 4, Facts())
    four = search(words[:4], turns[:4], 4, kept(words[:5], five))
    assert (five.pairs, five.families) == (set(), [0] * 5)
    assert len(four.pairs) == 6
    back = search(words[:5], turns[:5], 4, kept(words[:4], four))
    assert (back.pairs, back.families) == (set(), [0] * 5)


@pytest.mark.parametrize("most", [3, 256])
def test_where_nothing_is_new_nothing_is_compared(most: int) -> None:
    words = some_hashes(7, HASHES, 3, 100, T, even=True)
    first = search(words, np.arange(HASHES), most, Facts())
    again = search(words, np.arange(HASHES), most, kept(words, first))
    assert again.pairs == first.pairs
    assert (again.compared == 0) == (most > HASHES)  # who was in a family is searched afresh
    assert first.compared > 0
