"""Rules say which limit a part breaks and whom a cut has to separate; diameters equal networkx."""

import math
from unittest import mock

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.sparse import csgraph

from dedup_spark.offers import rules
from dedup_spark.offers.rules import MAX_DIAMETER, MAX_OFFERS, MAX_PER_MERCHANT, Policy
from dedup_spark.offers.seams import Numbers

SETS = 100  # sets are numbered from here on


@st.composite
def connected(draw: st.DrawFn) -> Numbers:
    """The largest connected part of a random graph."""
    rows = st.tuples(st.integers(0, 9), st.integers(SETS, SETS + 9))
    graph = nx.Graph(list(draw(st.sets(rows, min_size=1, max_size=25))))
    part = graph.subgraph(max(nx.connected_components(graph), key=len))
    return np.array([sorted(edge) for edge in part.edges])


def sets_between(shows: Numbers) -> dict[tuple[int, int], int]:
    """The sets on the way between every two offers, by networkx."""
    graph = nx.Graph(shows.tolist())
    return {
        (left, right): steps // 2
        for left, away in nx.all_pairs_shortest_path_length(graph)
        for right, steps in away.items()
        if left <= right < SETS
    }


@given(connected())
def test_the_farthest_are_what_networkx_finds(shows: Numbers) -> None:
    left, right, diameter = rules.farthest(shows)
    between = sets_between(shows)
    assert diameter == max(between.values()) == between[left, right]


@given(connected(), st.integers(1, 4))
def test_far_enough_is_enough(shows: Numbers, enough: int) -> None:
    left, right, diameter = rules.farthest(shows, enough)
    between = sets_between(shows)
    assert diameter == between[left, right]
    assert (diameter > enough) == (max(between.values()) > enough)


@given(connected())
def test_a_true_clique_is_one_picture_wide(shows: Numbers) -> None:
    assert rules.is_clique(shows) == (max(sets_between(shows).values()) <= 1)


@given(connected(), st.integers(1, 4))
def test_no_shortcut_misses_a_long_part(shows: Numbers, most: int) -> None:
    offers, names = np.unique(shows[:, 0]), [str(n) for n in range(SETS)]
    assume(len(offers) > 1)
    found = rules.broken(offers, shows, names, [None] * SETS, Policy(1000, most, 0))
    assert (found is not None) == (max(sets_between(shows).values()) > most)


@pytest.mark.parametrize(
    ("policy", "rule", "evidence", "offers"),
    [
        (Policy(3, 2, 1), MAX_OFFERS, "4 offers, at most 3", [0, 1, 2, 3]),
        (Policy(4, 2, 1), MAX_PER_MERCHANT, "2 offers of m, at most 1", [0, 3]),
        (Policy(4, 2, 0), MAX_DIAMETER, "3 pictures from a to d, at most 2", [0, 3]),
        (Policy(4, 3, 2), None, "", []),
    ],
)
def test_the_first_rule_is_named_with_whom_to_separate(
    policy: Policy, rule: str | None, evidence: str, offers: list[int]
) -> None:
    chain = np.array([(0, 10), (1, 10), (1, 11), (2, 11), (2, 12), (3, 12)])
    found = rules.broken(np.arange(4), chain, ["a", "b", "c", "d"], ["m", None, "n", "m"], policy)
    assert (found and found.rule) == rule
    if found:
        assert (found.evidence, found.offers.tolist()) == (evidence, offers)


def test_of_equal_merchants_the_first_by_name_is_named_and_nobody_is_a_merchant() -> None:
    star = np.array([(offer, 10) for offer in range(6)])
    merchants = ["z", "z", "a", "a", None, None]
    found = rules.broken(np.arange(6), star, list("abcdef"), merchants, Policy(9, 9, 1))
    assert found
    assert (found.evidence, found.offers.tolist()) == ("2 offers of a, at most 1", [2, 3])
    nobody: list[str | None] = [None] * 6
    assert rules.broken(np.arange(6), star, list("abcdef"), nobody, Policy(9, 9, 1)) is None


def test_a_long_chain_takes_few_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = mock.Mock(wraps=csgraph.dijkstra)
    monkeypatch.setattr("dedup_spark.offers.rules.dijkstra", counted)
    chain = np.array([(offer, 1000 + offer + step) for offer in range(999) for step in (0, 1)])
    assert rules.farthest(chain)[2] == 998
    assert counted.call_count < math.log2(len(chain))
