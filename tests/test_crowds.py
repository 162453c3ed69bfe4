"""A crowd is divided without a loss, or it is of a family: the pairs that pass are listed, or both are members."""

import numpy as np
import pytest

from dedup_spark.bands.band_sort import find
from dedup_spark.bands.banding import plan
from dedup_spark.bands.buckets import Longs, odd
from dedup_spark.bands.crowds import Crowds
from tests.near_hashes import Found, brute, met, some_hashes

T = 10


def listed(words: Longs, most: int) -> tuple[Found, Longs]:
    """The pairs as they come, and the family of each row."""
    crowds = Crowds(most, np.random.default_rng(1).permutation(len(words)))
    pairs = met(find(words, None, plan(T), crowds=crowds))
    return pairs, crowds.families(np.arange(len(words)))


@pytest.mark.parametrize("most", [2, 5, 20, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_a_pair_is_listed_once_or_of_a_family(most: int, seed: int) -> None:
    """Families of six, of which some rows are copies of others."""
    words = some_hashes(seed, 120, 3, 100, T, even=True)
    words[:20] = words[20:40]
    pairs, family = listed(words, most)
    expected = set(brute(words, words, T, same=True))
    inside = {pair for pair in expected if family[pair[0]] == family[pair[1]] >= 0}
    assert len(set(pairs)) == len(pairs)
    assert expected - set(pairs) <= inside
    assert set(pairs) <= expected
    assert bool(inside) == (most < 20)


def test_strangers_that_share_a_band_are_divided_and_of_no_family() -> None:
    """Five hundred rows of one bucket; the first two differ in two bits."""
    mask = np.array(plan(T).bands[0])
    words = np.concatenate([some_hashes(seed, 6, 3, 100, 0, even=True)[:1] for seed in range(1000)])
    words = words & ~mask | words[0] & mask
    words = words[~odd(words, plan(T))][:500]
    words[1] = words[0] ^ [0, 3, 0, 0, 0]
    pairs, family = listed(words, 50)
    assert (family == -1).all()
    assert pairs == brute(words, words, T, same=True)
    assert pairs == [(0, 1, 2)]
