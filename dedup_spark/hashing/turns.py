"""A turn is one of the eight ways to lay a picture on its square, done on its low frequencies: none is decoded twice.

A mirrored picture has the odd frequencies across with the other sign; one laid on its side has the axes exchanged.
"""

import numpy as np
from numpy.typing import NDArray

TURNS = {
    "mirrored": (False, False, True),
    "rotated_90": (True, True, False),
    "rotated_180": (False, True, True),
    "rotated_270": (True, False, True),
    "mirrored_90": (True, False, False),
    "mirrored_180": (False, True, False),
    "mirrored_270": (True, True, True),
}
"""Name → whether the axes are exchanged, then top and bottom, then left and right. Degrees are anticlockwise; mirrored
comes first."""


def turned(low: NDArray[np.float64], turn: str) -> NDArray[np.float64]:
    """The low frequencies, (..., rows, columns), of the turned pictures: exact.

    >>> turned(np.array([[1.0, 2.0], [3.0, 4.0]]), "rotated_90").tolist()
    [[1.0, 3.0], [-2.0, -4.0]]
    """
    exchanged, upside_down, mirrored = TURNS[turn]
    laid = np.swapaxes(low, -1, -2) if exchanged else low
    signs = (-1.0) ** np.arange(low.shape[-1])
    return np.asarray(laid * np.where(upside_down, signs, 1)[:, None] * np.where(mirrored, signs, 1))


def turned_square(square: NDArray[np.uint8], turn: str) -> NDArray[np.uint8]:
    """The turned square itself, (side, side, 3).

    >>> turned_square(np.arange(4, dtype=np.uint8).reshape(2, 2, 1), "mirrored")[..., 0].tolist()
    [[1, 0], [3, 2]]
    """
    exchanged, upside_down, mirrored = TURNS[turn]
    laid = np.swapaxes(square, 0, 1) if exchanged else square
    return laid[:: -1 if upside_down else 1, :: -1 if mirrored else 1]
