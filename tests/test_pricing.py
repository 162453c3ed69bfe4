"""A price is held to what the plan then costs; only plans whose proof holds are chosen."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup_spark.bands import banding, pricing
from dedup_spark.bands.band_sort import find
from dedup_spark.bands.banding import Plan
from dedup_spark.bands.buckets import Table, sort
from dedup_spark.bands.pricing import Sample, choose, price, refusal
from dedup_spark.hashing import bits
from tests.near_hashes import SHAPES, brute, met, some_hashes

Longs = NDArray[np.int64]


def correlated(count: int, seed: int, channels: int = 3, size: int = 100) -> Longs:
    """Hashes whose neighbouring bits agree in nine of ten rows; each channel has an even number of ones."""
    rng = np.random.default_rng(seed)
    turned = rng.random((count, channels, size)) < 1 / 10
    turned[:, :, 0] = rng.random((count, channels)) < 1 / 2
    ones = np.logical_xor.accumulate(turned, axis=2)
    ones[:, :, -1] ^= ones.sum(axis=2) % 2 == 1
    return bits.pack(ones.reshape(count, -1))


def candidates(words: Longs, plan: Plan) -> int:
    return sum(int(sort(Table(words), None, mask).comparisons(None).sum()) for mask in plan.bands)


@pytest.mark.parametrize("t", [6, 10, 14])
def test_a_price_is_what_the_plan_then_costs(t: int) -> None:
    """Of 100,000 hashes and as many copies as a twentieth, said from a tenth of them."""
    words = correlated(100_000, seed=1)
    words[:5_000] = words[5_000:10_000] ^ np.array([3, 0, 0, 0, 0])
    drawn = np.random.default_rng(2).permutation(len(words))[:10_000]
    for plan in (banding.plan(t, order=range(100)), banding.plan(t), banding.plan(t, even=False)):
        expected, actual = price(Sample(words[drawn], of=len(words)), plan, len(words)), candidates(words, plan)
        assert actual / 1.5 <= expected.candidates <= 1.5 * actual
        assert expected.rows == 100_000 * len(plan.bands)
        assert expected.bytes == expected.rows * (5 * 8 + pricing.KEY)


def test_copies_grow_with_the_catalogue_and_chance_with_its_square() -> None:
    """A catalogue of copies without a chance meeting, and one of nothing else."""
    rng = np.random.default_rng(3)
    unlike = rng.integers(-(2**63), 2**63 - 1, (4_000, 4))
    copies = Sample(
        np.concatenate([unlike, unlike ^ np.array([0, 0, 0, 1])]), of=8_000, channels=1, bits=256, even=False
    )
    once, tenfold = (price(copies, banding.plan(3, 1, 256, even=False), images) for images in (8_000, 80_000))
    assert (once.candidates, tenfold.candidates) == (3 * 4_000, 30 * 4_000)  # one of 4 bands is broken
    chance = Sample(rng.integers(0, 2**16, (4_000, 1)) << 48, of=4_000, channels=1, bits=16, even=False)
    once, tenfold = (price(chance, banding.plan(1, 1, 16, even=False), images) for images in (4_000, 40_000))
    assert tenfold.candidates > 70 * once.candidates


def test_bits_that_agree_are_dealt_to_different_bands() -> None:
    """Each bit has a twin somewhere: a band that has both says no more than one that has either."""
    rng = np.random.default_rng(4)
    half = rng.random((20_000, 32)) < 1 / 2
    shuffled = rng.permutation(64)
    words = bits.pack(np.repeat(half, 2, axis=1)[:, np.argsort(shuffled)])
    sample = Sample(words, of=20_000, channels=1, bits=64, even=False)
    order = pricing._agreeing(sample)
    pairs = {frozenset(pair.tolist()) for pair in shuffled.reshape(-1, 2)}
    assert sum(frozenset(pair) in pairs for pair in pairwise(order)) == len(pairs)
    chosen = choose(sample, 1, 10**6)
    assert chosen.cost <= min(price(sample, banding.plan(1, 1, 64, False, o), 10**6).cost for o in (None, order))


@settings(max_examples=40)
@given(st.sampled_from(SHAPES), st.integers(0, 60), st.integers(0, 2**32), st.booleans())
def test_every_plan_that_may_be_chosen_finds_all_pairs_at_exactly_the_threshold(
    shape: tuple[int, int], share: int, seed: int, even: bool
) -> None:
    channels, size = shape
    t = share * channels * size // 300  # up to a fifth
    words = some_hashes(seed, 30, channels, size, t, even)
    rng = np.random.default_rng(seed)
    words[1:2] = words[:1] ^ at_exactly(t, channels, size, even, rng)
    expected = brute(words, words, t, same=True)
    for plan in pricing._plans(Sample(words, len(words), channels, size, even), t):
        assert met(find(words, None, plan)) == expected
        assert plan.even <= even


def at_exactly(t: int, channels: int, size: int, even: bool, rng: np.random.Generator) -> Longs:
    """A difference of t bits; with `even` two of a channel each, as many as there are."""
    if not even:
        places = rng.permutation(channels * size)[:t]
    else:
        twos = np.stack([np.arange(size // 2 * 2) + size * channel for channel in range(channels)]).reshape(-1, 2)
        places = rng.permutation(twos)[: t // 2].reshape(-1)
    difference = np.zeros((1, channels * size), dtype=np.bool_)
    difference[0, places] = True
    return bits.pack(difference)


def test_the_parity_plan_is_chosen_where_all_channels_are_even_and_there_only() -> None:
    words = correlated(2_000, seed=5)
    assert len(choose(Sample(words, of=2_000), 10, 10**6).plan.bands) == 9
    assert len(choose(Sample(words, of=2_000, even=False), 10, 10**6).plan.bands) == 11


def test_a_plan_over_the_budget_names_the_threshold_that_is_within_it() -> None:
    sample = Sample(correlated(5_000, seed=6), of=5_000)
    priced = choose(sample, 14, 10**8)
    assert refusal(sample, priced, priced.per_image) is None
    said = refusal(sample, priced, choose(sample, 9, 10**8).per_image)
    assert said is not None
    assert said.startswith("max_distance = 14 makes ")
    assert said.endswith("; max_distance = 9 is within it")
    assert str(refusal(sample, choose(sample, 2, 10**40), 0)).endswith("no max_distance is within it")


def test_an_empty_sample_and_one_hash_have_a_price() -> None:
    for words in (np.empty((0, 5), np.int64), np.zeros((1, 5), np.int64)):
        assert choose(Sample(words, of=len(words)), 10, 10**6).candidates == 0


def test_a_price_says_its_proof() -> None:
    said = str(choose(Sample(correlated(100, seed=7), of=100), 10, 1_000))
    assert said.startswith("9 bands of 33 to 34 bits find every pair within 10: ")
    assert "expected for 1,000 hashes: 9,000 rows" in said
