"""A rival takes two pictures for one up to its limit, and no further."""

import numpy as np
import pytest

from benchmarks.rivals import HASHERS, RIVALS, Rival
from dedup_spark.hashing import bits
from tests import pictures


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_rival_stops_at_its_limit(rival: Rival) -> None:
    one = np.zeros((2, 256), dtype=np.bool_)
    other = one.copy()
    other[0, : rival.most] = True
    other[1, : rival.most + 1] = True
    assert rival.same(bits.pack(one), bits.pack(other)).tolist() == [True, False]


@pytest.mark.parametrize(("package", "size"), list(zip(HASHERS, (64, 256, 256), strict=True)))
def test_a_rival_is_its_own_package(package: str, size: int) -> None:
    pytest.importorskip(package)  # make bench-null has them
    found = HASHERS[package](pictures.photograph(1)).ravel()
    assert len(found) == size
    assert size / 4 < found.sum() < 3 * size / 4
