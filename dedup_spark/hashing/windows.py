"""A window is a part of a picture; here its low frequencies are computed from the picture's cells, with no square made.

A frequency is the integral of the cells times a cosine over the window, so a window may begin within a cell. The
integrals of the cosines are rounded to whole numbers: then all sums are exact, in whatever order a processor adds.
A hash of the whole picture computed so differs from that of its square by 0.8 bits of 300 on average, by 6 at most (150
photographs), and copies are as near to it.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dedup_spark.hashing.bits import CHANNELS
from dedup_spark.hashing.colour_phash import LOW, SIDE

Numbers = NDArray[np.float64]  # whole, below 2 ** 53
Shares = tuple[float, float, float, float]

KEPT = 1 << 10  # kernels of 11 kB each: pictures of one size without margins share theirs
_ONE = 1 << 20  # what integrals over the whole window are counted in
_OF_DCT = (2 * SIDE) ** 2  # a coefficient of the square's transform is so many times the integral


def low_frequencies(pixels: NDArray[np.uint8], across: float, down: float, windows: Sequence[Shares]) -> Numbers:
    """The low frequencies of windows of a picture, as of a square (`colour_phash`): (n, 3, 10, 10).

    pixels: its cells (rows, columns, 3), which are `across` × `down`. windows: what each leaves out at the left, top,
    right and bottom, as shares of the sides. About 0.05 ms a window.

    >>> cells = np.full((120, 130, 3), 7, dtype=np.uint8)
    >>> low_frequencies(cells, 129.5, 120.0, [(0.1, 0.0, 0.2, 0.05)])[0, 0, 0, :2].round(6).tolist()
    [100800.0, 0.0]
    """
    rows, columns = pixels.shape[:2]
    vertical = list(dict.fromkeys((top, bottom) for _, top, _, bottom in windows))
    horizontal = list(dict.fromkeys((left, right) for left, _, right, _ in windows))
    along = np.concatenate([_cosines(rows, down, *ends) for ends in vertical]) @ pixels.reshape(rows, -1).astype(float)
    summed = along.reshape(len(vertical), LOW, columns, CHANNELS).transpose(0, 3, 1, 2)
    summed = summed.reshape(len(vertical), CHANNELS * LOW, columns)
    kernels = np.stack([_cosines(columns, across, *ends).T for ends in horizontal])
    first = [vertical.index((top, bottom)) for _, top, _, bottom in windows]
    second = [horizontal.index((left, right)) for left, _, right, _ in windows]
    whole = np.matmul(summed[first], kernels[second]).reshape(len(windows), CHANNELS, LOW, LOW)
    low: Numbers = whole * (_OF_DCT / _ONE**2)
    return low


@lru_cache(KEPT)
def _cosines(cells: int, length: float, before: float, after: float) -> Numbers:
    """The integrals of the lowest cosines over each cell of an axis, (10, cells); 0 outside of the window."""
    ends = np.minimum(np.arange(cells + 1), length) / length
    at = (np.clip(ends, before, 1 - after) - before) / (1 - after - before)
    frequency = np.pi * np.arange(1, LOW)[:, None]
    waves = np.concatenate([at[None], np.sin(frequency * at) / frequency])
    return np.diff(np.rint(_ONE * waves), axis=1)
