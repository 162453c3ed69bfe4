"""A shape is a closed outline in unit coordinates, drawn by hand from few points and made smooth here."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


Colour = tuple[float, float, float]


Points = Sequence[tuple[float, float]]


SMOOTHINGS = 4


def smooth(points: Points) -> list[tuple[float, float]]:
    """A closed curve along the points (corner cutting, after Chaikin 1974); a point given twice stays a corner.

    >>> len(smooth([(0, 0), (1, 0), (1, 1)]))
    48
    """
    at = np.asarray(points, np.float64)
    for _ in range(SMOOTHINGS):
        following = np.roll(at, -1, axis=0)
        at = np.stack([0.75 * at + 0.25 * following, 0.25 * at + 0.75 * following], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in at]


def mirrored(right: Points) -> list[tuple[float, float]]:
    """The whole outline of a shape given by its right half, from the top of the middle line to its bottom.

    >>> mirrored([(0, -1), (2, 0), (0, 1)])
    [(0, -1), (2, 0), (0, 1), (-2, 0)]
    """
    return [*right, *[(-x, y) for x, y in reversed(right) if x > 0]]


def ellipse(x: float, y: float, across: float, down: float, steps: int = 64) -> list[tuple[float, float]]:
    """The outline of an ellipse by its middle and its two radii."""
    angles = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    return [(x + across * float(np.cos(a)), y + down * float(np.sin(a))) for a in angles]
