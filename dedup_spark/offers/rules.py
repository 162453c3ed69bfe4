"""A rule is one thing that a cluster of offers may be at most: so large, so long, with so many offers of one merchant.

A true clique, in which every two offers show a common picture, is exempt: no chain holds it together.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from dedup_spark.offers.seams import Numbers

MAX_OFFERS, MAX_PER_MERCHANT, MAX_DIAMETER = "max_offers", "max_per_merchant", "max_diameter"


@dataclass(frozen=True)
class Policy:
    """All rules, each an 'at most'."""

    max_offers: int
    max_diameter: int  # sets on the way between the two farthest offers; 1: they show a common picture
    max_per_merchant: int  # offers of one merchant; 0: any number


@dataclass(frozen=True)
class Broken:
    """A rule that a part breaks, in words, and the offers of whom a cut has to separate at least two to help."""

    rule: str
    evidence: str
    offers: Numbers


def broken(
    offers: Numbers, shows: Numbers, names: Sequence[str], merchants: Sequence[str | None], policy: Policy
) -> Broken | None:
    """The first rule that a connected part breaks, if any: whoever asks lets true cliques pass.

    offers: those of the part. shows: (n, 2), each offer with each set that it shows, as numbers. `names` and
    `merchants` are those of all offers.

    >>> chain, offers = np.array([(0, 10), (1, 10), (1, 11), (2, 11)]), np.arange(3)
    >>> broken(offers, chain, ["a", "b", "c"], [None, None, None], Policy(50, 1, 0)).evidence
    '2 pictures from a to c, at most 1'
    >>> broken(offers, chain, ["a", "b", "c"], ["x", None, "x"], Policy(50, 2, 1)).evidence
    '2 offers of x, at most 1'
    """
    if len(offers) > policy.max_offers:
        return Broken(MAX_OFFERS, f"{len(offers):,} offers, at most {policy.max_offers:,}", offers)
    if policy.max_per_merchant:
        crowd = _crowd(offers, merchants)
        if len(crowd) > policy.max_per_merchant:
            evidence = f"{len(crowd):,} offers of {merchants[crowd[0]]}, at most {policy.max_per_merchant:,}"
            return Broken(MAX_PER_MERCHANT, evidence, crowd)
    return _too_long(shows, names, policy.max_diameter)


def is_clique(shows: Numbers) -> bool:
    """Whether every two offers of these (offer, set) rows, (n, 2), show a common set.

    >>> is_clique(np.array([(0, 5), (1, 5), (1, 6), (2, 6)])), is_clique(np.array([(0, 5), (1, 5), (1, 6), (0, 6)]))
    (False, True)
    """
    offers, row_offer = np.unique(shows[:, 0], return_inverse=True)
    sets, row_set = np.unique(shows[:, 1], return_inverse=True)
    if np.bincount(row_set).max() == len(offers):
        return True
    for offer in range(len(offers)):
        own = np.zeros(len(sets), dtype=np.bool_)
        own[row_set[row_offer == offer]] = True
        if len(np.unique(row_offer[own[row_set]])) < len(offers):
            return False
    return True


def farthest(shows: Numbers, enough: float = math.inf) -> tuple[int, int, int]:
    """Two offers of a connected part of which none are farther apart, and the sets on the way between them.

    shows: (n, 2), each offer with each set that it shows, as numbers. enough: two that are farther will do, and where
    none are any two. Each search from one offer (by scipy) bounds how far all others can be from theirs, so that a few
    prove it, at the worst one for each offer: Takes and Kosters, "Determining the diameter of small world networks",
    CIKM 2011. networkx has the same, among offers and sets alike and ten times slower.

    >>> farthest(np.array([(0, 10), (1, 10), (1, 11), (2, 11)]))
    (0, 2, 2)
    """
    offers, row_offer = np.unique(shows[:, 0], return_inverse=True)
    sets, row_set = np.unique(shows[:, 1], return_inverse=True)
    size, row_set = len(offers) + len(sets), row_set + len(offers)
    steps = (np.concatenate([row_offer, row_set]), np.concatenate([row_set, row_offer]))
    graph = coo_array((np.ones(2 * len(shows), dtype=np.int8), steps), shape=(size, size)).tocsr()
    most, least = np.full(len(offers), np.inf), np.zeros(len(offers))  # how far the farthest from an offer can be
    pair, apart, start = (0, 0), 0.0, 0
    for turn in count():
        away = dijkstra(graph, indices=np.array([start]), unweighted=True)[0, : len(offers)] / 2
        end = int(away.argmax())
        if away[end] > apart:
            pair, apart = (min(start, end), max(start, end)), away[end]
        most = np.minimum(most, away[end] + away)
        least = np.maximum(least, np.maximum(away, away[end] - away))
        most[start] = away[end]
        asked = np.flatnonzero(most > max(apart, 0 if enough == math.inf else enough))
        if apart > enough or not len(asked):
            break
        start = int(asked[least[asked].argmin() if turn % 2 else most[asked].argmax()])
    return int(offers[pair[0]]), int(offers[pair[1]]), int(apart)


def _crowd(offers: Numbers, merchants: Sequence[str | None]) -> Numbers:
    """The offers of the merchant that has most of them, of several such merchants the first by name."""
    sold = Counter(merchant for offer in offers if (merchant := merchants[offer]) is not None)
    first = min(sold, key=lambda merchant: (-sold[merchant], merchant), default=None)
    return np.array([offer for offer in offers if merchants[offer] == first is not None], dtype=np.int64)


def _too_long(shows: Numbers, names: Sequence[str], most: int) -> Broken | None:
    offers, sets = (len(np.unique(column)) for column in shows.T)
    largest = np.unique(shows[:, 1], return_counts=True)[1].max(initial=0)
    if sets <= most or offers - largest < most:  # a way through k sets has k - 1 offers beside those of any one set
        return None
    left, right, diameter = farthest(shows, enough=most)
    if diameter <= most:
        return None
    evidence = f"{diameter:,} pictures from {names[left]} to {names[right]}, at most {most:,}"
    return Broken(MAX_DIAMETER, evidence, np.array([left, right]))
