"""Null pairs are counted one by one, and what they mean grows with the square of the catalogue."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dedup_spark.comparing.verdict import Features, Limits
from dedup_spark.hashing import bits
from dedup_spark.images import thumbnail
from dedup_spark.pairs import null_pairs, wrong_merges
from dedup_spark.pairs.null_pairs import DISTANCES
from tests.tables_of import signature

LIMITS = Limits(10, 5.5, max_differing_area=0.0005, max_unseen_colour_difference=2.5)


def features(count: int, greys: tuple[int, ...] = (100,)) -> Features:
    random = np.random.default_rng(count)
    base = random.integers(-(2**62), 2**62, (3, 5))
    words = base[random.integers(0, 3, count)] ^ (1 << random.integers(0, 60, (count, 5)))
    shades = np.stack([signature(greys[row % len(greys)]) for row in range(count)])
    return Features(words, shades, np.zeros(count, np.uint8))


def test_every_pair_is_counted_once_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = features(60)
    monkeypatch.setattr(null_pairs, "BLOCK", 7)
    monkeypatch.setattr(null_pairs, "PAIRS", 11)
    groups = np.arange(60) // 2
    found = null_pairs.count(pictures, [None] * 60, LIMITS, groups)
    apart = [
        int(bits.distance(pictures.words[[left]], pictures.words[[right]])[0])
        for left in range(60)
        for right in range(left + 1, 60)
        if groups[left] != groups[right]
    ]
    assert found.pairs == len(apart) == 60 * 59 // 2 - 30
    assert found.near == tuple(sum(away <= distance for away in apart) for distance in DISTANCES)
    assert found.near[1] > 0


def test_each_witness_takes_its_part() -> None:
    plain, spotted = np.full((60, 60, 3), 100, np.uint8), np.full((60, 60, 3), 100, np.uint8)
    spotted[:9, :9] = 250
    squares = [thumbnail.lossless(picture) for picture in (plain, plain, spotted)]
    words = np.zeros((3, 5), np.int64)
    found = null_pairs.count(
        Features(words, features(3).colour_signature, np.zeros(3, np.uint8)), squares, LIMITS, show=5
    )
    assert (found.near[0], found.alike[0], found.merged[0]) == (3, 3, 1)
    assert found.shown == ((0, 1),)
    other = Features(words, features(3, greys=(100, 180)).colour_signature, np.zeros(3, np.uint8))
    assert null_pairs.count(other, squares, LIMITS).alike[0] == 1


def test_ten_times_the_pictures_have_a_hundred_times_the_wrong_merges() -> None:
    found = null_pairs.NullPairs(
        10_000, 49_995_000, (0, 4, 13, 40, 126, 400, 1260), (0,) * 7, (0, 0, 1, 4, 13, 40, 126), ()
    )
    small, large = (wrong_merges.expected(found, size, 10) for size in (10**5, 10**6))
    assert large.pairs == pytest.approx(100 * small.pairs, rel=0.001)
    assert small.pairs < small.most
    assert wrong_merges.expected(null_pairs.NullPairs(1, 0, (0,) * 7, (0,) * 7, (0,) * 7, ()), 10, 10).most == float(
        "inf"
    )


def test_few_rows_are_no_estimate() -> None:
    nothing = wrong_merges.of_rows(pd.DataFrame(), LIMITS)
    assert nothing.pairs == 0
    few = null_pairs.NullPairs(999, 498_501, (0, 0, 1, 4, 13, 40, 126), (0,) * 7, (0, 0, 0, 1, 4, 13, 40), ())
    for found in (nothing, few):
        said = wrong_merges.said(found, 5000, 10)
        assert (said["pairs_expected"], said["why"]) == (None, "fewer than 1,000 pictures")
    enough = dataclasses.replace(few, pictures=1000)
    assert wrong_merges.said(enough, 5000, 10)["pairs_expected"] > 0


def test_no_estimate_says_less_than_what_merged_before_ones_eyes() -> None:
    found = null_pairs.NullPairs(
        3_103,
        4_812_753,
        (6_793, 29_344, 68_869, 132_372, 208_977, 297_299, 407_408),
        (14, 47, 53, 55, 65, 82, 89),
        (5, 18, 19, 19, 19, 19, 19),
        (),
    )
    same_size = wrong_merges.expected(found, 3_103, 10)
    assert same_size.pairs == pytest.approx(18, rel=0.001)
    assert same_size.most > 25
