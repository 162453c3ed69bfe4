"""Two offers are kept apart when somebody says so, or when they differ in a column that a cluster has one value of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dedup_spark.offers.seams import Numbers, Piece

UNKNOWN = -1  # what an offer has in a column that says nothing of it


@dataclass(frozen=True, order=True)
class Pair:
    """Two offers that must not share a cluster, and who says so."""

    left: str
    right: str
    reason: str


@dataclass(frozen=True)
class Values:
    """What the offers of a component have in a column: positions in `words`, or UNKNOWN."""

    column: str
    words: list[str]
    of: Numbers  # (offers,)

    def unlike(self, piece: Piece) -> tuple[Numbers, Numbers] | None:
        """The offers of the piece with its most frequent value, and those with any other; None: it has one or none."""
        offers = np.sort(piece.nodes[piece.nodes < len(self.of)])
        offers = offers[self.of[offers] != UNKNOWN]
        values = self.of[offers]
        most = values == np.bincount(values, minlength=1).argmax()
        return None if most.all() else (offers[most], offers[~most])

    def said(self, names: Sequence[str], most: Numbers, others: Numbers) -> str:
        """In words what keeps these apart, by the first offers of both."""
        first = (f"{names[offers[0]]} has {self.words[self.of[offers[0]]]}" for offers in (most, others))
        return f"{self.column}: {', '.join(first)}"


@dataclass(frozen=True)
class Pairs:
    """The pairs that speak of offers of a component, sorted."""

    pairs: list[Pair]
    ends: Numbers  # (pairs, 2): the offers

    def within(self, piece: Piece, nodes: int) -> Numbers:
        """Which pairs have both offers in this piece of a graph of so many nodes."""
        inside = np.zeros(nodes, dtype=np.bool_)
        inside[piece.nodes] = True
        return np.flatnonzero(inside[self.ends].all(axis=1))

    def said(self, pair: int) -> str:
        """In words what a pair says."""
        said = self.pairs[pair]
        return f"{said.left} and {said.right} are kept apart ({said.reason})"


def values(names: Sequence[str], unlike: Mapping[str, Mapping[str, str]]) -> list[Values]:
    """By the name of the column; `unlike` has the values of the offers that have one."""
    found = []
    for column, of in sorted(unlike.items()):
        words = sorted({of[name] for name in names if name in of})
        code = {word: position for position, word in enumerate(words)}
        codes = [code[of[name]] if name in of else UNKNOWN for name in names]
        found.append(Values(column, words, np.array(codes, dtype=np.int64)))
    return found


def pairs(names: Sequence[str], said: Iterable[Pair]) -> Pairs:
    """Pairs of one offer, and those with an offer that is not here, are left out."""
    number = {name: offer for offer, name in enumerate(names)}
    here = sorted({pair for pair in said if pair.left != pair.right and {pair.left, pair.right} <= number.keys()})
    ends = [(number[pair.left], number[pair.right]) for pair in here]
    return Pairs(here, np.array(ends, dtype=np.int64).reshape(-1, 2))
