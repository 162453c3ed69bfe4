"""The drawn hashes of the bench: planted copies lie within the threshold, half of them at it; all channels are even."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import drawn_hashes
from dedup_spark.bands import banding, buckets
from dedup_spark.hashing import bits

pytestmark = pytest.mark.skipif(not drawn_hashes.REFERENCE.is_file(), reason="needs ../shared/data")


@pytest.mark.parametrize("on_white", [False, True])
def test_planted_copies_lie_within_the_threshold_and_half_of_them_at_it(tmp_path: Path, on_white: bool) -> None:
    planted = drawn_hashes.write(tmp_path / "hashes.parquet", 20_000, 10, on_white)
    words = drawn_hashes.read(tmp_path / "hashes.parquet")
    distance = bits.distance(words[planted[:, 0]], words[planted[:, 1]])
    assert (words.shape, len(planted)) == ((20_000, 5), 1_000)
    assert set(distance.tolist()) == {0, 2, 4, 6, 8, 10}
    assert 0.4 < (distance == 10).mean() < 0.6
    assert not buckets.odd(words, banding.plan(10)).any()
    assert np.all(planted[:, 0] < planted[:, 1])
