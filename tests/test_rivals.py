"""A rival takes two pictures for one up to its limit, and no further."""

import numpy as np
import pytest

from benchmarks.rivals import RIVALS, Rival
from dedup_spark.hashing import bits


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_a_rival_stops_at_its_limit(rival: Rival) -> None:
    one = np.zeros((2, 256), dtype=np.bool_)
    other = one.copy()
    other[0, : rival.most] = True
    other[1, : rival.most + 1] = True
    assert rival.same(bits.pack(one), bits.pack(other)).tolist() == [True, False]
