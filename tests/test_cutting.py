"""Chains are cut where they are weakest, what is kept apart never meets, and true cliques stay whole."""

import itertools
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup_spark.offers import cutting, rules
from dedup_spark.offers.apart import Pair
from dedup_spark.offers.cutting import JUDGED, Cut, Edge
from dedup_spark.offers.rules import Policy

ANY = Policy(max_offers=1000, max_diameter=1000, max_per_merchant=0)
BRUTE = 2  # edges: the weakest of the minimum cuts of so many is looked for by trying them all


def edges_of(text: str, distance: int = 2) -> list[Edge]:
    """Edges by offer and set: `aA bA4` is a showing A, and b showing A at distance 4."""
    return [Edge(word[0], word[1], int(word[2:] or distance)) for word in text.split()]


def cut_of(found: Iterable[Cut]) -> list[str]:
    return [cut.edge.offer + cut.edge.part for cut in found]


def groups(parts: Mapping[str, str]) -> set[str]:
    """The offers of each part in one word."""
    return {"".join(sorted(offer for offer, own in parts.items() if own == name)) for name in parts.values()}


# Examples that a person can check.

TWO_STARS = edges_of("aA bA cA pA pB4 dB eB fB")  # p is in both, and nearer to those of A


@pytest.mark.parametrize(
    ("edges", "policy", "expected", "cut", "evidence"),
    [
        (TWO_STARS, Policy(7, 2, 0), {"abcdefp"}, [], ""),
        (TWO_STARS, Policy(6, 2, 0), {"abcp", "def"}, ["pB"], "7 offers, at most 6: a bridge between 4 and 3 offers"),
        (
            TWO_STARS,
            Policy(9, 1, 0),
            {"abcp", "def"},
            ["pB"],
            "2 pictures from a to d, at most 1: a bridge between 4 and 3 offers",
        ),
        (edges_of("aA bA cA pA8 pB dB eB fB"), Policy(6, 2, 0), {"abc", "defp"}, ["pA"], ""),  # the weakest
        (edges_of("aA bA bB cB cC dC dD eD eE fE"), Policy(3, 9, 0), {"abc", "def"}, ["cC"], ""),  # the most even
        (edges_of("aA bA cA dA"), Policy(2, 1, 1), {"abcd"}, [], ""),  # a true clique
        (edges_of("aA bA bB cB cC aC"), Policy(2, 1, 1), {"abc"}, [], ""),  # another: every two share a picture
        (edges_of("aA bA bB cB"), Policy(2, 9, 0), {"a", "bc"}, ["aA"], ""),  # the first by name
        (edges_of("aA bA8 bB8 cB"), Policy(2, 9, 0), {"a", "bc"}, ["bA"], ""),
        (
            edges_of("aA bA cA pA qA pB qB dB eB fB"),
            Policy(7, 9, 0),
            {"abcq", "defp"},
            ["pA", "qB"],
            "8 offers, at most 7: one of 2 edges between 4 and 4 offers",
        ),
        (edges_of("aA bA bB8 cB8 bC cC cD dD"), Policy(3, 9, 0), {"ab", "cd"}, ["bC", "cB"], ""),
    ],
)
def test_a_component_is_cut_where_it_is_weakest(
    edges: list[Edge], policy: Policy, expected: set[str], cut: list[str], evidence: str
) -> None:
    parts, found = cutting.cut(edges, {}, policy)
    assert (groups(parts), cut_of(found)) == (expected, cut)
    assert not evidence or {cut.evidence for cut in found} == {evidence}


def test_a_merchant_of_too_many_offers_is_cut_between_them_and_nowhere_else() -> None:
    edges = edges_of("aA bA bB cB cC dC9 dD9 eD")
    merchants = {"a": "m", "c": "m", "b": "n", "d": "n"}
    parts, found = cutting.cut(edges, merchants, Policy(9, 9, 1))
    assert groups(parts) == {"ab", "cde"}
    assert [(cut.edge.offer + cut.edge.part, cut.reason, cut.evidence) for cut in found] == [
        ("bB", "max_per_merchant", "2 offers of m, at most 1: a bridge between 3 and 2 offers")
    ]


def test_a_chain_with_a_loose_end_is_cut_on_its_long_way_only() -> None:
    edges = edges_of("aA bA bB cB cC dC dD eD dX9 xX9 yX9")  # X is weaker, but a to e is as long without it
    parts, found = cutting.cut(edges, {}, Policy(99, 3, 0))
    assert (groups(parts), cut_of(found)) == ({"abc", "dexy"}, ["cC"])


@pytest.mark.parametrize(
    ("edges", "pair", "expected", "cut", "evidence"),
    [
        (TWO_STARS, "ad", {"abcp", "def"}, ["pB"], "a and d are kept apart (said): a bridge between 4 and 3 offers"),
        (edges_of("aA bA cA"), "ac", {"a", "bc"}, ["aA"], ""),
        (edges_of("aA bA cA4"), "ac", {"ab", "c"}, ["cA"], ""),  # the one of the two that is farther from the keeper
        (edges_of("aA6 bA bB cB cC4 aC"), "ac", {"a", "bc"}, ["aA", "cC"], ""),  # the weakest on either way
        (edges_of("aA bA dA dB aB aC cC4 cD bD"), "ab", {"ad", "bc"}, ["bA", "cC"], ""),
        (edges_of("aA bA"), "ax", {"ab"}, [], ""),
        (edges_of("aA bA"), "aa", {"ab"}, [], ""),
    ],
)
def test_two_offers_kept_apart_come_apart_at_the_weakest_place(
    edges: list[Edge], pair: str, expected: set[str], cut: list[str], evidence: str
) -> None:
    parts, found = cutting.cut(edges, {}, ANY, [Pair(pair[0], pair[1], "said")])
    assert (groups(parts), cut_of(found)) == (expected, cut)
    assert {cut.reason for cut in found} <= {"cannot_link"}
    assert not evidence or {cut.evidence for cut in found} == {evidence}


def test_one_cut_serves_many_pairs() -> None:
    pairs = [Pair(left, right, "said") for left, right in itertools.product("abc", "def")]
    assert cut_of(cutting.cut(edges_of("aA9 bA cA pA pB4 dB eB fB9"), {}, ANY, pairs)[1]) == ["pB"]


def test_offers_of_unlike_brands_come_apart_together() -> None:
    brands = {"a": "x", "b": "x", "c": "x", "d": "y", "e": "y"}  # nobody knows what p and f are
    parts, found = cutting.cut(edges_of("aA9 bA cA pA pB4 dB9 eB fB"), {}, ANY, (), {"brand": brands})
    assert (groups(parts), cut_of(found)) == ({"abcp", "def"}, ["pB"])
    assert [(cut.reason, cut.evidence) for cut in found] == [
        ("unlike", "brand: a has x, d has y: a bridge between 4 and 3 offers")
    ]


def test_no_rule_cuts_what_a_person_joined_and_a_person_may() -> None:
    edges = edges_of("aA bA bB-1 cB-1 cC dC")
    parts, found = cutting.cut(edges, {}, Policy(2, 1, 0))
    assert (groups(parts), cut_of(found)) == ({"a", "bc", "d"}, ["aA", "cC"])
    assert edges[2].distance == JUDGED
    assert cut_of(cutting.cut(edges, {}, ANY, [Pair("a", "d", "said")])[1]) == ["aA"]
    assert cut_of(cutting.cut(edges, {}, ANY, [Pair("b", "c", "said")])[1]) == ["cB"]
    edges = edges_of("aA xA aB xB xC-1 bC-1")  # the only bridges are a person's word
    assert groups(cutting.cut(edges, {}, ANY, [Pair("a", "b", "said")])[0]) == {"a", "bx"}


# What holds for all components.


@st.composite
def components(draw: st.DrawFn) -> list[Edge]:
    ends = draw(st.sets(st.tuples(st.integers(0, 11), st.integers(0, 8)), min_size=1, max_size=30))
    return [Edge(f"o{offer:02d}", f"s{part}", draw(st.sampled_from((0, 2, 4, 10)))) for offer, part in ends]


offers = st.integers(0, 11).map("o{:02d}".format)
pairs = st.lists(st.builds(Pair, offers, offers, st.sampled_from(("said", "seen"))), max_size=8)
brands = st.dictionaries(offers, st.sampled_from("xyz"))
merchants = st.dictionaries(offers, st.sampled_from(("m", "n", None)))
policies = st.builds(Policy, st.integers(2, 6), st.integers(1, 4), st.integers(0, 3))


def connected(edges: Iterable[Edge]) -> Iterator[list[str]]:
    """The offers of each connected part, by networkx."""
    graph = nx.Graph([(("offer", edge.offer), ("set", edge.part)) for edge in edges])
    for part in nx.connected_components(graph):
        if found := sorted(name for kind, name in part if kind == "offer"):
            yield found


@given(components(), merchants, policies, pairs, brands, st.randoms())
def test_the_same_comes_out_whatever_the_order(
    edges: list[Edge],
    sold: dict[str, str | None],
    policy: Policy,
    said: list[Pair],
    brand: dict[str, str],
    rng: random.Random,
) -> None:
    found = cutting.cut(edges, sold, policy, said, {"brand": brand})
    brand = dict(rng.sample(list(brand.items()), len(brand)))
    edges, said = rng.sample(edges, len(edges)), rng.sample(said, len(said))
    assert cutting.cut(edges, sold, policy, said, {"brand": brand}) == found


@given(components(), merchants, policies, pairs, brands)
def test_parts_are_what_is_left_connected_and_every_cut_counts(
    edges: list[Edge], sold: dict[str, str | None], policy: Policy, said: list[Pair], brand: dict[str, str]
) -> None:
    parts, cuts = cutting.cut(edges, sold, policy, said, {"brand": brand})
    gone = {cut.edge for cut in cuts}
    assert len(gone) == len(cuts)
    left = [edge for edge in edges if edge not in gone]
    alone = {edge.offer for edge in edges} - {edge.offer for edge in left}
    assert parts == {offer: part[0] for part in connected(left) for offer in part} | {offer: offer for offer in alone}
    for cut in cuts:
        there = {parts[edge.offer] for edge in left if edge.part == cut.edge.part}
        assert parts[cut.edge.offer] not in there  # else the cut was for nothing


@given(components(), merchants, policies, pairs, brands)
def test_what_is_kept_apart_never_meets(
    edges: list[Edge], sold: dict[str, str | None], policy: Policy, said: list[Pair], brand: dict[str, str]
) -> None:
    parts, _ = cutting.cut(edges, sold, policy, said, {"brand": brand})
    for pair in said:
        if pair.left != pair.right and {pair.left, pair.right} <= parts.keys():
            assert parts[pair.left] != parts[pair.right]
    for one, other in itertools.combinations(brand.keys() & parts.keys(), 2):
        assert brand[one] == brand[other] or parts[one] != parts[other]


@given(components(), merchants, policies, pairs, brands, st.sets(st.integers(0, 29), max_size=8))
def test_a_person_is_overruled_only_by_people(
    edges: list[Edge],
    sold: dict[str, str | None],
    policy: Policy,
    said: list[Pair],
    brand: dict[str, str],
    judged: set[int],
) -> None:
    edges = [replace(edge, distance=JUDGED) if row in judged else edge for row, edge in enumerate(sorted(edges))]
    _, cuts = cutting.cut(edges, sold, policy, said, {"brand": brand})
    together = {
        two
        for part in connected(edge for edge in edges if edge.distance == JUDGED)
        for two in itertools.permutations(part, 2)
    }
    contradicted = any((pair.left, pair.right) in together for pair in said) or any(
        one in brand and other in brand and brand[one] != brand[other] for one, other in together
    )
    assert contradicted or not [cut for cut in cuts if cut.edge.distance == JUDGED]


def breaks(part: list[str], edges: list[Edge], sold: Mapping[str, str | None], policy: Policy) -> bool:
    """Whether a part breaks the policy and is no true clique, without the code under test."""
    graph = nx.Graph([(edge.offer, f"set {edge.part}") for edge in edges if edge.offer in part])
    steps = [nx.shortest_path_length(graph, *two) for two in itertools.combinations(part, 2)]
    diameter = max(steps, default=0) // 2
    sellers = [sold.get(offer) for offer in part if sold.get(offer) is not None]
    most = max((sellers.count(seller) for seller in sellers), default=0)
    crowded = policy.max_per_merchant > 0 and most > policy.max_per_merchant
    return diameter > 1 and (len(part) > policy.max_offers or diameter > policy.max_diameter or crowded)


@given(components(), merchants, policies)
def test_every_part_keeps_the_policy_or_is_a_true_clique_and_none_is_cut_that_did(
    edges: list[Edge], sold: dict[str, str | None], policy: Policy
) -> None:
    parts, cuts = cutting.cut(edges, sold, policy)
    left = [edge for edge in edges if edge not in {cut.edge for cut in cuts}]
    assert not [part for part in connected(left) if breaks(part, left, sold, policy)]
    fine = {offer for part in connected(edges) if not breaks(part, edges, sold, policy) for offer in part}
    assert not [cut for cut in cuts if cut.edge.offer in fine]
    assert {offer for offer, part in parts.items() if offer in fine and part not in fine} == set()


@given(components(), st.data())
def test_one_pair_costs_the_fewest_edges_and_of_these_the_weakest(edges: list[Edge], data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(list(connected(edges))).filter(lambda part: len(part) > 1))
    left, right = data.draw(st.lists(st.sampled_from(part), min_size=2, max_size=2, unique=True))
    own = [edge for edge in edges if edge.offer in part]
    graph = nx.Graph([(edge.offer, f"set {edge.part}") for edge in own])

    def separates(gone: Iterable[Edge]) -> bool:
        lacking = nx.restricted_view(graph, [], [(edge.offer, f"set {edge.part}") for edge in gone])
        return not nx.has_path(lacking, left, right)

    found = [cut.edge for cut in cutting.cut(own, {}, ANY, [Pair(left, right, "said")])[1]]
    assert separates(found)
    assert len(found) == nx.edge_connectivity(graph, left, right)
    if len(found) <= BRUTE:
        best = max(
            sum(edge.distance for edge in gone) for gone in itertools.combinations(own, len(found)) if separates(gone)
        )
        assert sum(edge.distance for edge in found) == best


def chain_of_cliques(links: list[tuple[int, int]], rng: random.Random) -> list[Edge]:
    """Sets of so many offers, each sharing so many of them with the one before."""
    names = itertools.count()
    found: list[Edge] = []
    before: list[str] = []
    for part, (size, shared) in enumerate(links):
        own = before[: min(shared, size)] + [f"o{next(names):04d}" for _ in range(size)]
        found += [Edge(offer, f"s{part:03d}", 2 * rng.randrange(6)) for offer in own]
        before = own[-size:]
    return rng.sample(found, len(found))


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 3)), min_size=1, max_size=40),
    st.builds(Policy, st.integers(2, 15), st.integers(1, 5), st.just(0)),
    st.randoms(),
)
def test_chains_of_cliques_never_exceed_the_policy(
    links: list[tuple[int, int]], policy: Policy, rng: random.Random
) -> None:
    edges = chain_of_cliques(links, rng)
    parts, cuts = cutting.cut(edges, {}, policy)
    gone = {cut.edge for cut in cuts}
    numbers = {name: number for number, name in enumerate(sorted({*parts, *(edge.part for edge in edges)}))}
    for name in set(parts.values()):
        shows = [(e.offer, e.part) for e in edges if parts[e.offer] == name and e not in gone]
        if shows:
            ends = np.array([[numbers[end] for end in ends] for ends in shows])
            offers, diameter = len({offer for offer, _ in shows}), rules.farthest(ends)[2]
            assert diameter <= 1 or (offers <= policy.max_offers and diameter <= policy.max_diameter)


def test_a_mega_cluster_is_cut_in_seconds() -> None:
    rng = random.Random(7)
    tails = [f"{tail:04d}" for tail in range(1500)]
    hub = [Edge(f"o{tail}", "hub", 2 * rng.randrange(6)) for tail in tails]
    ends = [Edge(f"{side}{tail}", f"s{tail}", 2 * rng.randrange(6)) for tail in tails for side in "ox"]
    parts, cuts = cutting.cut(hub + ends, {}, Policy(100, 4, 0))
    sizes = [list(parts.values()).count(name) for name in sorted(set(parts.values()))]
    assert max(sizes) <= 100
    assert min(sizes) == 2  # nobody is left alone
    assert len(cuts) == len(sizes) - 1
