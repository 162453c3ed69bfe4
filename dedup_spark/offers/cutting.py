"""A cut takes one offer off one set: its pictures there no longer connect it, so that its component falls apart.

A component is a graph of offers and the sets they show. A set joins all its offers, so an offer of two sets is what a
chain hangs on, and a chain is cut between an offer and a set. First no two offers that are kept apart (`apart.py`) may
stay connected, then each piece has to keep the rules of a cluster (`rules.py`). Where a piece is cut (`seams.py`):

- Offers unlike in a column: those of the most frequent value from all others, at a minimum cut (networkx): the fewest
  edges, of these the ones with the largest distances.
- Two offers kept apart: at the bridge that separates most such pairs; of several at the weakest, the one of the largest
  distance, then the one that leaves the more even halves, then by name. Where no bridge helps, at a minimum cut between
  the first two.
- A rule: at a seam that helps, between two offers of the merchant in question, between two offers that are too far
  from each other, or anywhere if there are too many. Seams with two offers and more on either side come first, since a
  chain that is peeled offer by offer stays one; then those that the fewest edges cross, so bridges; then the weakest,
  the more even, the first by name.

All seams of a piece are known at once and its halves inherit them, so that thousands of cuts cost little. CPU seconds
for 50,000 edges at the default limits: cliques of 40 in a chain 2, a chain of pairs 9, a hub with 16,000 tails 32, a
random graph 40; 180 MB at most. A minimum cut between two offers takes 0.2 s for 10,000 edges. `nx.stoer_wagner`, the
minimum cut of a whole piece, takes 8 s for 2,000 edges, each time, and peels off an offer of few pictures.

An edge of distance `JUDGED` is a person's word that two offers belong together (a set of its own): no rule cuts it, and
offers kept apart are parted there only when nothing else connects them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import networkx as nx
import numpy as np
from networkx.algorithms.flow import boykov_kolmogorov
from numpy.typing import NDArray

from dedup_spark.offers import apart, rules, seams
from dedup_spark.offers.apart import Pair, Pairs, Values
from dedup_spark.offers.rules import Policy
from dedup_spark.offers.seams import Graph, Numbers, Piece, Seams

JUDGED = -1
"""The distance of an edge that stands for a person's word instead of a picture."""

CANNOT_LINK, UNLIKE = "cannot_link", "unlike"
"""The reasons of cuts between offers kept apart; any other is the name of a rule."""

PAIR = 2  # offers that make a cluster
NONE: Mapping[str, Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, order=True)
class Edge:
    """An offer and a set that it shows, or the part of one where offers are in conflict: once for each such pair."""

    offer: str
    part: str
    distance: int  # of its picture from the keeper
    set_id: str | None = None  # what the part is of; travels along, as `image` does
    image: str | None = None


@dataclass(frozen=True, order=True)
class Cut:
    """An edge that was cut, the reason, and in words what was wrong and where the component came apart."""

    edge: Edge
    reason: str
    evidence: str


@dataclass(frozen=True)
class Component:
    """A component by numbers: nodes and edges in the order of their names, offers before sets."""

    graph: Graph
    edges: list[Edge]
    names: list[str]  # of the offers
    merchants: list[str | None]  # of the offers

    def offers(self, piece: Piece) -> Numbers:
        """The offers of a piece."""
        return piece.nodes[piece.nodes < len(self.names)]


def cut(
    edges: Iterable[Edge],
    merchants: Mapping[str, str | None],
    policy: Policy,
    pairs: Iterable[Pair] = (),
    unlike: Mapping[str, Mapping[str, str]] = NONE,
) -> tuple[dict[str, str], list[Cut]]:
    """The piece that each offer is in, named by the piece's smallest offer; and the cuts, sorted.

    pairs: offers kept apart. unlike: of each column that a cluster has one value of, the values of the offers. The same
    comes out whatever the order of edges and pairs. A piece of one offer is no cluster.

    >>> chain = [Edge(offer, part, 2) for offer, part in ("aA", "bA", "bB", "cB", "cC", "dC")]
    >>> pieces, cuts = cut(chain, {}, Policy(max_offers=50, max_diameter=2, max_per_merchant=0))
    >>> pieces
    {'a': 'a', 'b': 'a', 'c': 'c', 'd': 'c'}
    >>> [(found.edge.offer, found.edge.part, found.evidence) for found in cuts]
    [('b', 'B', '3 pictures from a to d, at most 2: a bridge between 2 and 2 offers')]
    """
    component = numbered(edges, merchants)
    cuts: list[Cut] = []
    names: dict[str, str] = {}
    pieces = seams.whole(component.graph)
    for column in apart.values(component.names, unlike):
        pieces = [alike for piece in pieces for alike in _alike(component, piece, column, cuts)]
    kept_apart = apart.pairs(component.names, pairs)
    pieces = [separate for piece in pieces for separate in _separate(component, piece, kept_apart, cuts)]
    pieces = [fitting for piece in pieces for fitting in _fit(component, piece, policy, cuts)]
    for piece in pieces:
        offers = [component.names[node] for node in component.offers(piece)]
        names |= dict.fromkeys(offers, min(offers))
    return dict(sorted(names.items())), sorted(cuts)


def numbered(edges: Iterable[Edge], merchants: Mapping[str, str | None]) -> Component:
    """The component by numbers."""
    ordered = sorted(edges)
    names, sets = sorted({edge.offer for edge in ordered}), sorted({edge.part for edge in ordered})
    offer_number = {name: number for number, name in enumerate(names)}
    set_number = {name: number for number, name in enumerate(sets, start=len(names))}
    ends = [(offer_number[edge.offer], set_number[edge.part]) for edge in ordered]
    distance = np.array([edge.distance for edge in ordered], dtype=np.int64)
    graph = Graph(len(names), len(names) + len(sets), np.array(ends, dtype=np.int64).reshape(-1, 2), distance)
    return Component(graph, ordered, names, [merchants.get(name) for name in names])


def _alike(component: Component, piece: Piece, column: Values, cuts: list[Cut]) -> Iterator[Piece]:
    """The pieces when none has two values of the column."""
    todo = [piece]
    while todo:
        piece = todo.pop()
        unlike = column.unlike(piece)
        if unlike is None:
            yield piece
            continue
        crossed = _minimum_cut(component.graph, piece, *unlike)
        pieces = _without(component.graph, piece, crossed)
        cuts.extend(_cuts(component, UNLIKE, column.said(component.names, *unlike), crossed, pieces))
        todo.extend(pieces)


def _separate(component: Component, piece: Piece, pairs: Pairs, cuts: list[Cut]) -> Iterator[Piece]:
    """The pieces when none has both offers of a pair."""
    graph, todo = component.graph, [piece]
    while todo:
        piece = todo.pop()
        asked = pairs.within(piece, graph.nodes)
        if not len(asked):
            yield piece
            continue
        bridge = _bridge(graph, piece, pairs.ends[asked])
        if bridge is None:
            crossed = _minimum_cut(graph, piece, *pairs.ends[asked[:1]].T)
            pieces = _without(graph, piece, crossed)
        else:
            *pieces, crossed = seams.halves(piece, bridge)
        solved = np.setdiff1d(asked, np.concatenate([pairs.within(half, graph.nodes) for half in pieces]))
        cuts.extend(_cuts(component, CANNOT_LINK, pairs.said(solved[0]), crossed, pieces))
        todo.extend(pieces)


def _fit(component: Component, piece: Piece, policy: Policy, cuts: list[Cut]) -> Iterator[Piece]:
    """The pieces when each keeps the rules or is a true clique; or where a person's word holds it together."""
    graph, todo = component.graph, [piece]
    while todo:
        piece = todo.pop()
        shows = graph.ends[piece.edges]
        broken = rules.broken(component.offers(piece), shows, component.names, component.merchants, policy)
        if broken is None:
            yield piece
            continue
        found = seams.of(graph, piece)
        seam = _weakest(graph, piece, found, broken.offers)
        bridged = seam is not None and found.crossing[seam] == 1 and found.even[seam] >= PAIR  # so it is no clique
        if seam is None or (not bridged and rules.is_clique(shows)):
            yield piece
            continue
        *pieces, crossed = seams.halves(piece, seam)
        cuts.extend(_cuts(component, broken.rule, broken.evidence, crossed, pieces))
        todo.extend(pieces)


def _bridge(graph: Graph, piece: Piece, pairs: Numbers) -> int | None:
    """The bridge where to cut a piece that has both offers of these pairs."""
    found, solved = seams.of(graph, piece), seams.between(graph, piece, pairs)
    helps = (solved > 0) & (found.crossing == 1) & (found.distance != JUDGED)
    return _first(helps, -solved, -found.distance, -found.even, found.edge)


def _weakest(graph: Graph, piece: Piece, found: Seams, offers: Numbers) -> int | None:
    """The seam where to cut a piece that breaks a rule, between two of these offers."""
    below = seams.below(graph, piece, offers)
    helps = (below > 0) & (below < len(offers)) & (found.distance != JUDGED)
    return _first(helps, found.even < PAIR, found.crossing, -found.distance, -found.even, found.edge)


def _first(rows: NDArray[np.bool_], *order: NDArray[np.int64] | NDArray[np.bool_]) -> int | None:
    """Of the rows that are true the first in this order."""
    chosen = np.flatnonzero(rows)
    if not len(chosen):
        return None
    for key in order:
        chosen = chosen[key[chosen] == key[chosen].min()]
    return int(chosen[0])


def _minimum_cut(graph: Graph, piece: Piece, left: Numbers, right: Numbers) -> Numbers:
    """The fewest edges without which no left offer is connected to a right one.

    Of several minimum cuts that of the smallest part around the right ones: the same, whatever maximum flow is found.
    """
    edges = np.sort(piece.edges)
    distance = graph.distance[edges]
    one = 1 + int(distance[distance != JUDGED].sum())  # so that one edge more outweighs all distances
    capacity = np.where(distance == JUDGED, one * (1 + len(edges)), one - distance)
    network = nx.Graph()
    for (offer, part), most in zip(graph.ends[edges].tolist(), capacity.tolist(), strict=True):
        network.add_edge(offer, part, capacity=most)
    network.add_edges_from(("left", offer) for offer in left.tolist())  # without a capacity, which is one of any size
    network.add_edges_from(("right", offer) for offer in right.tolist())
    _, (_, around) = nx.minimum_cut(network, "left", "right", flow_func=boykov_kolmogorov)
    around.discard("right")
    inside = np.zeros(graph.nodes, dtype=np.bool_)
    inside[list(around)] = True
    offer, part = inside[graph.ends[edges]].T
    crossed: Numbers = edges[offer != part]
    return crossed


def _without(graph: Graph, piece: Piece, crossed: Numbers) -> list[Piece]:
    return seams.grow(graph, piece.nodes, np.setdiff1d(piece.edges, crossed))


def _cuts(component: Component, reason: str, evidence: str, crossed: Numbers, pieces: Sequence[Piece]) -> Iterator[Cut]:
    *others, last = sorted(len(component.offers(piece)) for piece in pieces)[::-1]
    sizes = f"{', '.join(f'{size:,}' for size in others)} and {last:,}"
    place = "a bridge" if len(crossed) == 1 else f"one of {len(crossed):,} edges"
    said = f"{evidence}: {place} between {sizes} offers"
    return (Cut(component.edges[edge], reason, said) for edge in crossed)
