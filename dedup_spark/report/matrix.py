"""A matrix says who shares pictures with whom: in how many clusters two merchants both have an offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dedup_spark.report.discretion import Discretion
from dedup_spark.report.values import Merchant

SIDE = 12
"""Merchants of the matrix, at most: what fits on a screen."""

PAIRS = 40
"""Pairs in the list beside it, at most."""

SHADES = 6
"""Steps from nothing to the most."""


@dataclass(frozen=True)
class Field:
    """One field of the matrix: its number, and its shade from 0 (none) to `SHADES`. own: one merchant with itself."""

    clusters: int
    shade: int
    own: bool


@dataclass(frozen=True)
class Matrix:
    """names: of rows and columns; fields: row by row; pairs: left, right, clusters, the most first; of: pairs known."""

    names: Sequence[str]
    fields: Sequence[Sequence[Field]]
    pairs: Sequence[tuple[str, str, int]]
    of: int


def shared(merchants: Sequence[Merchant], pairs: Sequence[Mapping[str, Any]], seen: Discretion) -> Matrix:
    """The matrix of the merchants that share most. pairs: `merchants` of run.json, left <= right.

    >>> sold = [Merchant("harbour", 9, 4, 3), Merchant("linden", 8, 3, 3)]
    >>> both = {"left": "harbour", "right": "linden", "clusters": 3}
    >>> [[field.clusters for field in row] for row in shared(sold, [both], Discretion("")).fields]
    [[0, 3], [3, 0]]
    """
    told = [(str(seen.merchant(pair["left"])), str(seen.merchant(pair["right"])), pair["clusters"]) for pair in pairs]
    known = {frozenset((left, right)): clusters for left, right, clusters in told}
    names = [merchant.name for merchant in merchants[:SIDE]]
    most = max((clusters for left, right, clusters in told if left != right), default=1)

    def field(row: str, column: str) -> Field:
        clusters = known.get(frozenset((row, column)), 0)
        return Field(clusters, min(SHADES, -(-SHADES * clusters // most)), row == column)

    across = [pair for pair in told if pair[0] != pair[1]]
    return Matrix(names, [[field(row, column) for column in names] for row in names], across[:PAIRS], len(across))
