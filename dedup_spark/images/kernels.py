"""A kernel is a sum over neighbours along one axis, as a matrix of whole numbers; beyond the edge all is like the edge.

So `kernel @ squares @ kernel.T` sums over both axes, fast, and exactly in any order of addition.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]  # whole, below 2 ** 53: exact in any order of addition, and fast to multiply

WEIGHT = 256  # the sum of a Gaussian's weights


@cache
def gaussian(blur: float, side: int) -> Numbers:
    """Weights with a standard deviation of `blur` pixels, (side, side), each row in sum `WEIGHT`.

    >>> gaussian(0.5, 3).tolist()
    [[229.0, 27.0, 0.0], [27.0, 202.0, 27.0], [0.0, 27.0, 229.0]]
    """
    reach = np.arange(-side, side + 1)
    bell = np.exp(-((reach / blur) ** 2) / 2)
    whole = np.floor(WEIGHT * bell / bell.sum() + 1 / 2)
    whole[side] += WEIGHT - whole.sum()  # rounding is made good in the middle
    return _along(whole, side)


def box(squares: Numbers, width: int) -> Numbers:
    """The sum of the `width` × `width` pixels around each of (..., side, side); `width` is odd.

    >>> box(np.eye(3), 3).tolist()
    [[5.0, 3.0, 1.0], [3.0, 3.0, 3.0], [1.0, 3.0, 5.0]]
    """
    reach, side = width // 2, squares.shape[-1]
    edged = np.pad(squares, [(0, 0)] * (squares.ndim - 2) + [(reach, reach)] * 2, mode="edge")
    rows = edged[..., :side, :].copy()
    for start in range(1, width):
        rows += edged[..., start : start + side, :]
    summed = rows[..., :side].copy()
    for start in range(1, width):
        summed += rows[..., start : start + side]
    return summed


def _along(kernel: Numbers, side: int) -> Numbers:
    matrix = np.zeros((side, side))
    for row in range(side):
        columns = np.clip(row + np.arange(-side, side + 1), 0, side - 1)
        np.add.at(matrix[row], columns, kernel)
    return matrix
