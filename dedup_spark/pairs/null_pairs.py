"""A null pair is two pictures of different things: how near such pairs come, before and after each witness.

Plain Python, by brute force over a sample: every pair is compared, so nothing depends on any search.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup_spark.comparing.verdict import Features, Limits, compare, look_again
from dedup_spark.hashing import bits

DISTANCES = (4, 10, 16, 22, 28, 34, 40)
"""Where the pairs are counted: up to here unrelated pictures are rare, and their number grows by a steady factor."""

BLOCK = 256  # rows compared with all others at once, by a product of matrices: 20 MB for 20,000 others
PAIRS = 50_000  # pairs whose colours are compared at once: 200 MB


@dataclass(frozen=True)
class NullPairs:
    """How many pairs of `pictures` pictures lie within each of `DISTANCES`.

    near: by the hash alone; alike: of these the colours pass too; merged: the second look passes as well. `shown` are
    the rows of the nearest merged pairs, for a person to look at.
    """

    pictures: int
    pairs: int
    near: tuple[int, ...]
    alike: tuple[int, ...]
    merged: tuple[int, ...]
    shown: tuple[tuple[int, int], ...]


def count(
    pictures: Features,
    squares: Sequence[bytes | None],
    limits: Limits,
    known: NDArray[np.int64] | None = None,
    show: int = 0,
) -> NullPairs:
    """The null pairs of n pictures, row against row; `squares` as in `verdict.look_again`.

    known: (n,) equal numbers for pictures that are known to be one, whose pairs do not count; None: all differ. About
    1 s for 10,000 pictures.

    >>> three = Features(
    ...     np.array([[0] * 5, [3] + [0] * 4, [-1] * 5]), np.zeros((3, 600), np.uint8), np.zeros(3, np.uint8)
    ... )
    >>> found = count(three, [None] * 3, Limits(10, 5.5))
    >>> found.pairs, found.near[:2], found.merged[:2]
    (3, (1, 1), (1, 1))
    """
    number = len(pictures.words)
    groups = np.arange(number) if known is None else known
    left, right = near(pictures.words, groups, DISTANCES[-1])
    distance, colour_difference = _compared(pictures, left, right, limits)
    alike = colour_difference <= limits.max_colour_difference
    _, verdict, _ = look_again(
        colour_difference[alike],
        [squares[row] for row in left[alike]],
        [squares[row] for row in right[alike]],
        limits,
    )
    merged = alike.copy()
    merged[alike] = verdict == "duplicate"
    order = np.argsort(distance[merged], kind="stable")[:show]
    within = [distance <= most for most in DISTANCES]
    sizes = np.unique(groups, return_counts=True)[1]
    return NullPairs(
        number,
        number * (number - 1) // 2 - int((sizes * (sizes - 1) // 2).sum()),
        tuple(int(inside.sum()) for inside in within),
        tuple(int((inside & alike).sum()) for inside in within),
        tuple(int((inside & merged).sum()) for inside in within),
        tuple(zip(left[merged][order].tolist(), right[merged][order].tolist(), strict=True)),
    )


def near(words: NDArray[np.int64], groups: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows of all pairs within `most` differing bits whose groups differ, left < right; words as `bits.pack` gives.

    >>> left, right = near(np.array([[0], [1], [-1]]), np.arange(3), 1)
    >>> left.tolist(), right.tolist()
    ([0], [1])
    """
    signs = 1 - 2 * bits.unpack(words, words.shape[1] * bits.WORD).astype(np.float32)  # whole numbers: exact
    found: list[NDArray[np.int64]] = [np.zeros((0, 2), dtype=np.int64)]
    for start in range(0, len(words), BLOCK):
        unlike = (signs.shape[1] - signs[start : start + BLOCK] @ signs[start:].T) / 2
        row, other = np.nonzero(unlike <= most)
        keep = (other > row) & (groups[start + row] != groups[start + other])
        found.append(np.stack([start + row[keep], start + other[keep]], axis=1))
    left, right = np.concatenate(found).T
    return left, right


def _compared(
    pictures: Features, left: NDArray[np.int64], right: NDArray[np.int64], limits: Limits
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Distance and colour difference of each pair, some at a time."""
    distance, colour_difference = np.zeros(len(left), dtype=np.int64), np.zeros(len(left))
    for start in range(0, len(left), PAIRS):
        rows = slice(start, start + PAIRS)
        compared = compare(pictures.take(left[rows]), pictures.take(right[rows]), limits)
        distance[rows], colour_difference[rows] = compared.distance, compared.colour_difference
    return distance, colour_difference
