"""A seam is one place where connected offers and sets come apart: an edge of their spanning tree and all that crosses.

The spanning tree takes the nearest pictures first (Kruskal's, by networkx). Without one of its edges two connected
halves are left, and the edges of the graph that run between these cross the seam: none of them is nearer than the edge
of the tree. A seam that nothing else crosses is a bridge. So each piece has as many seams as nodes but one, every
bridge among them; they are counted in one pass, and after a cut the halves keep their trees.

All nodes and edges are numbers; a tree is laid out in preorder, so that what lies below a node is a slice.
"""

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Graph:
    """Which offers show which sets: of the nodes the first `offers` are offers, the others are sets."""

    offers: int
    nodes: int
    ends: Numbers  # (edges, 2): the offer, the set
    distance: Numbers  # (edges,): differing bits between the offer's picture and the keeper of the set


@dataclass(frozen=True)
class Piece:
    """A connected piece of a graph and its spanning tree. A position is a place in `nodes`."""

    nodes: Numbers  # (n,) in preorder: nodes[0] is the root
    parent: Numbers  # (n,): positions; parent < child
    end: Numbers  # (n,): positions; what lies below position p is p:end[p]
    edge: Numbers  # (n,): the edge that ties a node to its parent; -1 at the root
    loose: Numbers  # (k,): the other edges
    ends: Numbers  # (k, 2): positions of their two nodes
    meet: Numbers  # (k,): the lowest position above both

    @property
    def edges(self) -> Numbers:
        """All edges of the piece."""
        return np.concatenate([self.edge[1:], self.loose])


@dataclass(frozen=True)
class Seams:
    """The seams of a piece; row p - 1 is the one above position p."""

    edge: Numbers  # (n - 1,): the edge of the tree
    distance: Numbers  # (n - 1,): that edge's; no crossing edge is nearer
    crossing: Numbers  # (n - 1,): how many edges cross, 1 for a bridge
    even: Numbers  # (n - 1,): offers in the smaller half


def whole(graph: Graph) -> list[Piece]:
    """The connected pieces of all of it."""
    return grow(graph, np.arange(graph.nodes), np.arange(len(graph.ends)))


def grow(graph: Graph, nodes: Numbers, edges: Numbers) -> list[Piece]:
    """The connected pieces of these nodes and edges, each with its tree; equal distances in the order of the edges."""
    given = nx.Graph()
    given.add_nodes_from(nodes.tolist())
    ordered = np.sort(edges)
    rows = zip(*graph.ends[ordered].T.tolist(), ordered.tolist(), graph.distance[ordered].tolist(), strict=True)
    given.add_edges_from((left, right, {"edge": edge, "distance": distance}) for left, right, edge, distance in rows)
    tree = nx.minimum_spanning_tree(given, weight="distance")
    return [_piece(given, tree, min(members)) for members in nx.connected_components(given)]


def of(graph: Graph, piece: Piece) -> Seams:
    """The seams of a piece, in one pass.

    >>> chain = Graph(3, 5, np.array([(0, 3), (1, 3), (1, 4), (2, 4)]), np.array([0, 2, 4, 6]))
    >>> (piece,) = whole(chain)
    >>> seams = of(chain, piece)
    >>> seams.edge.tolist(), seams.crossing.tolist(), seams.even.tolist()
    ([0, 1, 2, 3], [1, 1, 1, 1], [1, 1, 1, 1])
    """
    offers = _below(piece, piece.nodes < graph.offers)
    return Seams(
        piece.edge[1:],
        graph.distance[piece.edge[1:]],
        1 + _crossed(piece, piece.ends, piece.meet),
        np.minimum(offers, offers[0] - offers)[1:],
    )


def between(graph: Graph, piece: Piece, pairs: Numbers) -> Numbers:
    """How many of these pairs of nodes of the piece, (k, 2), each seam separates, (n - 1,).

    >>> chain = Graph(3, 5, np.array([(0, 3), (1, 3), (1, 4), (2, 4)]), np.array([0, 2, 4, 6]))
    >>> (piece,) = whole(chain)
    >>> between(chain, piece, np.array([(0, 2), (1, 2)])).tolist()
    [1, 1, 2, 2]
    """
    position = np.zeros(graph.nodes, dtype=np.int64)
    position[piece.nodes] = np.arange(len(piece.nodes))
    ends = position[pairs]
    return _crossed(piece, ends, _meeting(piece.parent, ends))


def below(graph: Graph, piece: Piece, nodes: Numbers) -> Numbers:
    """How many of these nodes of the piece lie below each seam, (n - 1,)."""
    counted = np.zeros(graph.nodes, dtype=np.bool_)
    counted[nodes] = True
    return _below(piece, counted[piece.nodes])[1:]


def halves(piece: Piece, seam: int) -> tuple[Piece, Piece, Numbers]:
    """The halves below and above a seam (a row of `Seams`), and the edges that crossed it.

    >>> ring = Graph(2, 4, np.array([(0, 2), (0, 3), (1, 2), (1, 3)]), np.array([0, 0, 0, 0]))
    >>> (piece,) = whole(ring)
    >>> below, above, crossed = halves(piece, 0)
    >>> below.nodes.tolist(), above.nodes.tolist(), crossed.tolist()
    ([2, 1], [0, 3], [0, 3])
    """
    top = seam + 1
    inside = np.zeros(len(piece.nodes), dtype=np.bool_)
    inside[top : piece.end[top]] = True
    left, right = inside[piece.ends].T
    crossed = np.concatenate([piece.edge[[top]], piece.loose[left != right]])
    return _kept(piece, inside, left & right), _kept(piece, ~inside, ~left & ~right), np.sort(crossed)


def _kept(piece: Piece, kept: NDArray[np.bool_], loose: NDArray[np.bool_]) -> Piece:
    """One half: its nodes stay in preorder, since they are a slice or all but a slice."""
    position = np.concatenate([[0], np.cumsum(kept)])  # of a node that is kept; and of a slice's end
    parent, edge = position[piece.parent[kept]], piece.edge[kept]
    parent[0], edge[0] = 0, -1
    return Piece(
        piece.nodes[kept],
        parent,
        position[piece.end[kept]],
        edge,
        piece.loose[loose],
        position[piece.ends[loose]],
        position[piece.meet[loose]],
    )


def _piece(given: nx.Graph, tree: nx.Graph, root: int) -> Piece:
    found = [(root, root), *nx.dfs_edges(tree, root)]
    position = {child: number for number, (_, child) in enumerate(found)}
    parent = np.array([position[above] for above, _ in found], dtype=np.int64)
    size = np.ones(len(found), dtype=np.int64)
    for child in range(len(found) - 1, 0, -1):
        size[parent[child]] += size[child]
    loose = [
        (edge, position[left], position[right])
        for left, right, edge in given.edges(position, data="edge")
        if not tree.has_edge(left, right)
    ]
    table = np.array(sorted(loose), dtype=np.int64).reshape(-1, 3)
    return Piece(
        np.array(list(position), dtype=np.int64),
        parent,
        np.arange(len(found)) + size,
        np.array([-1, *(tree.edges[above, child]["edge"] for above, child in found[1:])], dtype=np.int64),
        table[:, 0],
        table[:, 1:],
        _meeting(parent, table[:, 1:]),
    )


def _crossed(piece: Piece, ends: Numbers, meet: Numbers) -> Numbers:
    """How many of these pairs of positions each seam separates: a pair is separated by the seams on its path."""
    size = len(piece.nodes)
    return _below(piece, np.bincount(ends.ravel(), minlength=size) - 2 * np.bincount(meet, minlength=size))[1:]


def _below(piece: Piece, counted: Numbers | NDArray[np.bool_]) -> Numbers:
    """The sum over each position and all that lies below it."""
    before: Numbers = np.concatenate([[0], np.cumsum(counted)])
    return before[piece.end] - before[:-1]


def _meeting(parent: Numbers, ends: Numbers) -> Numbers:
    """The lowest position above both ends: of two, the later is not above the other, so it may go to its parent."""
    left: Numbers = ends[:, 0].copy()
    right: Numbers = ends[:, 1].copy()
    apart = np.flatnonzero(left != right)
    while len(apart):
        one, other = left[apart], right[apart]
        left[apart] = np.where(one > other, parent[one], one)
        right[apart] = np.where(other > one, parent[other], other)
        apart = apart[left[apart] != right[apart]]
    return left
