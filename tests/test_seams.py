"""Seams equal what networkx finds by taking the edge away; the halves are connected and keep their seams."""

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup_spark.offers import seams
from dedup_spark.offers.seams import Graph, Piece


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    offers, sets = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    ends = draw(st.sets(st.tuples(st.integers(0, offers - 1), st.integers(offers, offers + sets - 1)), max_size=20))
    rows = np.array(sorted(ends), dtype=np.int64).reshape(-1, 2)
    distances = draw(st.lists(st.integers(-1, 3), min_size=len(ends), max_size=len(ends)))
    return Graph(offers, offers + sets, rows, np.array(distances, dtype=np.int64))


def as_networkx(graph: Graph, edges: list[int]) -> nx.Graph:
    found = nx.Graph()
    found.add_edges_from((*graph.ends[edge].tolist(), {"edge": edge}) for edge in edges)
    return found


def check(graph: Graph, piece: Piece) -> None:
    """Every seam of the piece, by taking its edge of the tree away."""
    given_edges, tree_edges = piece.edges.tolist(), piece.edge[1:].tolist()
    whole, tree, found = as_networkx(graph, given_edges), as_networkx(graph, tree_edges), seams.of(graph, piece)
    bridges = {whole.edges[edge]["edge"] for edge in nx.bridges(whole)} if given_edges else set()
    assert {edge for edge, crossing in zip(found.edge, found.crossing, strict=True) if crossing == 1} == bridges
    for seam, edge in enumerate(tree_edges):
        offer, shown = graph.ends[edge].tolist()
        halved = tree.copy()
        halved.remove_edge(offer, shown)
        half = nx.node_connected_component(halved, offer)
        crossing = [e for e in given_edges if (graph.ends[e][0] in half) != (graph.ends[e][1] in half)]
        left = sum(node < graph.offers for node in half)
        assert found.crossing[seam] == len(crossing)
        assert found.even[seam] == min(left, sum(piece.nodes < graph.offers) - left)
        assert found.distance[seam] == min(graph.distance[crossing])
        *halves, crossed = seams.halves(piece, seam)
        assert crossed.tolist() == sorted(crossing)
        assert sorted(node for one in halves for node in one.nodes) == sorted(piece.nodes)
        assert set(halves[0].nodes) in (half, set(piece.nodes) - half)


@given(graphs())
def test_seams_are_what_networkx_finds_and_halves_keep_theirs(graph: Graph) -> None:
    pieces = seams.whole(graph)
    assert sorted(node for piece in pieces for node in piece.nodes) == list(range(graph.nodes))
    while pieces:
        piece = pieces.pop()
        check(graph, piece)
        if len(piece.nodes) > 1:
            *halves, _ = seams.halves(piece, len(piece.nodes) // 2 - 1)
            pieces.extend(halves)


@given(graphs(), st.data())
def test_counts_of_nodes_and_pairs_are_what_a_walk_finds(graph: Graph, data: st.DataObject) -> None:
    piece = data.draw(st.sampled_from(seams.whole(graph)))
    some = st.lists(st.sampled_from(piece.nodes.tolist()), unique=True)
    nodes = np.array(data.draw(some), dtype=np.int64)
    pairs = np.array(data.draw(st.lists(st.tuples(*[st.sampled_from(piece.nodes.tolist())] * 2))), dtype=np.int64)
    pairs = pairs.reshape(-1, 2)
    below, between = seams.below(graph, piece, nodes), seams.between(graph, piece, pairs)
    for seam in range(len(piece.nodes) - 1):
        under = seams.halves(piece, seam)[0].nodes
        assert below[seam] == np.isin(nodes, under).sum()
        assert between[seam] == (np.isin(pairs, under).sum(axis=1) == 1).sum()
