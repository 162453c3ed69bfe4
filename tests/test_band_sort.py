"""The search equals brute force: one table or two, in groups or not, however its buckets are cut and divided."""

import threading
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup_spark.bands import band_sort, banding
from dedup_spark.bands.band_sort import Pairs, find
from dedup_spark.bands.buckets import Table
from dedup_spark.errors import BadInput
from tests.near_hashes import SHAPES, brute, met, some_hashes

LIMITS: list[dict[str, Any]] = [
    {"LARGE": 1 << 21},
    {"LARGE": 3, "BLOCK": 5, "SAMPLED": 4},
    {"LARGE": 0, "BLOCK": 1, "SAMPLED": 3},
    {"LARGE": 9, "BLOCK": 64},
]


@settings(max_examples=150)
@given(st.sampled_from(SHAPES), st.sampled_from(LIMITS), st.data(), st.booleans(), st.booleans(), st.booleans())
def test_the_search_equals_brute_force(
    shape: tuple[int, int], limits: dict[str, Any], data: st.DataObject, even: bool, same: bool, grouped: bool
) -> None:
    channels, size = shape
    t = data.draw(st.integers(0, min(40, channels * size // 5)), label="t")
    count, seed = data.draw(st.integers(1, 60), label="count"), data.draw(st.integers(0, 2**32), label="seed")
    hashes = some_hashes(seed, count, channels, size, t, even)
    codes = np.random.default_rng(seed).integers(-1, 2, count) if grouped else None
    cut = 0 if same else data.draw(st.integers(0, count - 1), label="rows of the left table")
    left, right = (hashes, None) if same else (hashes[:cut], hashes[cut:])
    ours, theirs = (codes if same or codes is None else codes[:cut], None if codes is None else codes[cut:])
    plan = banding.plan(t, channels, size, even)
    with patch.multiple(band_sort, **limits):
        found = met(find(left, right, plan, ours, None if same else theirs))
    if len(left):
        groups = None if ours is None or theirs is None else (ours, theirs)
        assert found == brute(left, hashes[cut:], t, same, groups)
    else:
        assert found == []


def test_rows_that_a_person_can_check() -> None:
    hashes = np.array([[0b0000], [0b0011], [0b1111], [-1]])
    plan = banding.plan(2, channels=1, bits=64)
    assert met(find(hashes, None, plan)) == [(0, 1, 2), (1, 2, 2)]
    assert met(find(hashes, None, plan, np.array([7, 7, 8, 8]))) == [(0, 1, 2)]
    assert met(find(hashes[:2], hashes[1:], plan)) == [(0, 0, 2), (1, 0, 0), (1, 1, 2)]
    assert met(find(hashes[:0], None, plan)) == met(find(hashes[:0], hashes, plan)) == []


@pytest.mark.parametrize("same", [True, False])
def test_a_family_is_listed_pair_by_pair_in_chunks_of_bounded_size(same: bool) -> None:
    """No band tells its members apart: 2,000 equal hashes, all of them pairs."""
    family = np.zeros((2000, 5), dtype=np.int64)
    plan = banding.plan(10)
    with patch.multiple(band_sort, LARGE=1 << 14, BLOCK=1 << 13):
        chunks = list(find(family, None if same else family, plan))
    assert sum(len(chunk.left) for chunk in chunks) == (2000 * 1999 // 2 if same else 2000**2)
    assert max(len(chunk.left) for chunk in chunks) <= 3 * (1 << 13)


def test_a_bucket_that_many_share_is_divided() -> None:
    """30,000 hashes of one band, else unlike, are 450 million comparisons; divided they are a few."""
    rng = np.random.default_rng(5)
    plan = banding.plan(10, even=False)
    hashes = rng.integers(-(2**63), 2**63 - 1, (30_000, 5)) & ~np.array(plan.bands[3]) & np.array([-1] * 4 + [-(2**20)])
    hashes[-1] = hashes[0] ^ np.array([0, 0, 0, 0, 2**40 - 2**30])  # 10 bits away
    made: list[int] = []

    def counted(table: Table, block: band_sort._Block) -> Pairs:
        made.append(len(band_sort._compared(block, table.ours)[0]))
        return near(table, block)

    near = band_sort._near
    with patch.object(band_sort, "_near", counted):
        assert met(find(hashes, None, plan)) == [(0, 29_999, 10)]
    assert sum(made) < 1_000_000


def test_the_order_of_the_pairs_is_the_same_at_any_number_of_threads() -> None:
    hashes = some_hashes(7, 3000, 3, 100, 10, even=True)
    found = [
        [pairs.left.tolist() + pairs.right.tolist() for pairs in find(hashes, None, banding.plan(10), threads=threads)]
        for threads in (1, 2, 5)
    ]
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_who_stops_asking_stops_the_threads() -> None:
    running = threading.active_count()
    chunks = find(some_hashes(3, 3000, 3, 100, 10, even=True), None, banding.plan(10), threads=2)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert threading.active_count() == running


def test_hashes_that_the_plan_does_not_serve_are_refused() -> None:
    plan = banding.plan(2, channels=1, bits=64)
    with pytest.raises(BadInput, match=r"hashes of shape \(1, 2\): must be \(n, 1\) words"):
        list(find(np.zeros((1, 2), np.int64), None, plan))
    with pytest.raises(BadInput, match=r"hashes of shape \(3,\)"):
        list(find(np.zeros((1, 1), np.int64), np.zeros(3, np.int64), plan))
    with pytest.raises(BadInput, match="odd number of ones: take a plan with even=False"):
        list(find(np.array([[0b11]]), np.array([[0b111]]), plan))
