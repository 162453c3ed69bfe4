"""A tail finds the line it was drawn from, and its bound holds as often as it says."""

import numpy as np
import pytest

from dedup_spark.pairs import tail

DISTANCES = (4, 10, 16, 22, 28, 34, 40)


def drawn(random: np.random.Generator, level: float, slope: float) -> list[int]:
    upto = np.exp(level + slope * np.array(DISTANCES))
    return [int(number) for number in np.cumsum(random.poisson(np.diff(upto, prepend=0.0)))]


@pytest.mark.parametrize("beyond", [False, True])
def test_the_bound_holds_in_nineteen_of_twenty(beyond: bool) -> None:
    random, truth = np.random.default_rng(5), float(np.exp(-2.5 + 0.2 * 10))
    found = [tail.within(DISTANCES, drawn(random, -2.5, 0.2), 10, beyond) for _ in range(400)]
    assert 0.92 <= np.mean([one.most >= truth for one in found]) <= 0.99
    assert np.median([one.pairs for one in found]) == pytest.approx(truth, rel=0.15)


def test_what_was_taken_away_within_the_threshold_does_not_pull_the_line() -> None:
    counts = [0, 0, 86, 360, 1230, 3980, 12680]  # a factor of 3.16 every 6 bits; 40 were taken away
    found = tail.within(DISTANCES, counts, 10, beyond=True)
    assert found.pairs == pytest.approx(40, rel=0.1)
    assert tail.within(DISTANCES, counts, 10).pairs < 0.9 * found.pairs


@pytest.mark.parametrize("counts", [[0] * 7, [1] * 7, [2] * 7, [0, 0, 0, 0, 0, 0, 2], [9] * 7])
def test_without_a_line_the_count_alone_bounds(counts: list[int]) -> None:
    found = tail.within(DISTANCES, counts, 10)
    assert found == tail.Expected(counts[1], tail.poisson_most(counts[1]))


def test_shares_and_counts_have_the_bounds_of_the_textbook() -> None:
    assert tail.share(0, 300).most == pytest.approx(0.00994, abs=1e-5)
    assert tail.share(5, 5) == tail.Expected(1.0, 1.0)
    assert tail.share(0, 0) == tail.Expected(0.0, 1.0)
    assert tail.poisson_most(0) == pytest.approx(2.996, abs=1e-3)
