"""A tail is how many pairs of different pictures to expect so near to each other that no sample can show them.

The number of pairs within a distance grows by a steady factor a bit (on garments and scenes, from 10 to 70 bits): a
Poisson regression whose logarithm is a straight line, fitted to the counts between the distances by Fisher scoring
(McCullagh and Nelder, "Generalized Linear Models", 2.5), gives the number below the threshold and its uncertainty.
What the other witnesses let through is a share of what is near, with its upper bound.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2, norm

CONFIDENCE = 0.95
STEPS = 100  # of Fisher scoring, which takes some 6
LEAST, MOST = 0.01, 1.0  # of the slope: the number grows by 1 % a bit, or by a factor of e
PRECISION = 1e-9
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """Pairs to expect, and the most that a one-sided bound of 95 % allows."""

    pairs: float
    most: float


def within(distances: Sequence[int], counts: Sequence[int], threshold: int, beyond: bool = False) -> Expected:
    """The expected number of pairs within the threshold, by the counts within each of the rising distances.

    beyond: fitted to what lies beyond the threshold only, because what lies within was taken away. Where nothing can
    be fitted (fewer than three pairs, or all at one distance) the bound is that of the count within the threshold.

    >>> found = within((16, 22, 28, 34, 40), (10, 32, 100, 316, 1000), threshold=10)
    >>> round(found.pairs, 1), found.most < 5
    (3.2, True)
    """
    edges, total = np.array(distances, dtype=float), np.array(counts, dtype=float)
    inside = int(total[edges <= threshold].max(initial=0))
    if beyond:
        edges, total = np.append(threshold, edges[edges > threshold]), np.append(inside, total[edges > threshold])
    steps = np.diff(total) if beyond else np.diff(total, prepend=0.0)
    if np.count_nonzero(steps) < 2 or steps.sum() <= 2:
        return Expected(float(inside), poisson_most(inside))
    line, spread = _fitted(edges, steps)
    at = np.array([1.0, threshold])
    log = float(at @ line)
    return Expected(math.exp(log), math.exp(log + norm.ppf(CONFIDENCE) * math.sqrt(float(at @ spread @ at))))


def share(found: int, total: int) -> Expected:
    """A share, and its upper bound (Clopper and Pearson, 1934).

    >>> share(0, 30).pairs, round(share(0, 30).most, 3)
    (0.0, 0.095)
    """
    if not total:
        return Expected(0.0, 1.0)
    return Expected(found / total, 1.0 if found == total else float(beta.ppf(CONFIDENCE, found + 1, total - found)))


def poisson_most(found: int) -> float:
    """The upper bound of what is expected where so many were found (Garwood, 1936): 3 for none."""
    return float(chi2.ppf(CONFIDENCE, 2 * (found + 1)) / 2)


def _fitted(edges: Numbers, steps: Numbers) -> tuple[Numbers, Numbers]:
    """Level and slope of the logarithm of the number within a distance, (2,), and their covariance, (2, 2).

    steps: the numbers between the edges; with as many edges as steps the first counts from 0.
    """

    def between(upto: Numbers) -> Numbers:
        return np.diff(np.concatenate([np.zeros(len(steps) + 1 - len(edges)), upto]))

    slope = math.log((steps[-1] + 1) / (steps[0] + 1)) / (edges[-1] - edges[0])
    slope = min(max(slope, LEAST), MOST)
    line = np.array([math.log(steps.sum()) - edges[-1] * slope, slope])
    for _ in range(STEPS):
        upto = np.exp(line[0] + line[1] * edges)
        mean = between(upto)
        slopes = np.stack([mean, between(upto * edges)], axis=1)  # of the mean by level and slope
        information = slopes.T @ (slopes / mean[:, None])
        move = np.linalg.solve(information, slopes.T @ (steps / mean - 1))
        move[1] = min(max(move[1], LEAST - line[1]), MOST - line[1])  # the number within a distance never falls
        line = line + move
        if np.abs(move).max() < PRECISION:
            break
    return np.asarray(line, dtype=np.float64), np.asarray(np.linalg.inv(information), dtype=np.float64)
