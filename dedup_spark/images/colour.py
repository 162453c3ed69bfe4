"""A colour signature is what a picture's 10 × 10 blocks look like on average: 300 bytes, compared as CIE-Lab colours.

The hash sees where a channel is lighter than its own middle and nothing else: a darker copy, another tone of the same
garment, a recoloured one can have distance 0. The signature sees just that, and no finer structure.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SIGNATURE_VERSION = "blocks_10x10/1"
GRID = 10  # blocks a side: a finer grid sees the blur of a small copy
CHANNELS = 3
BYTES = GRID * GRID * CHANNELS

# sRGB to CIE XYZ of the white point D65 (IEC 61966-2-1), each row divided by the white's own X, Y, Z.
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_EPSILON = 216 / 24389  # CIE: below, the cube root gives way to a straight line
_KAPPA = 24389 / 27


def signature(squares: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colour signatures of pictures, (n, 300) uint8: block by block in rows, R, G, B of each, rounded half up.

    `squares` are (n, 60, 60, 3), the pictures the hash is computed from (any side that is a multiple of 10).

    >>> picture = np.full((1, 60, 60, 3), (255, 128, 0), dtype=np.uint8)
    >>> signature(picture).shape, signature(picture)[0, :6].tolist()
    ((1, 300), [255, 128, 0, 255, 128, 0])
    """
    count, side = squares.shape[0], squares.shape[1] // GRID
    blocks = squares.reshape(count, GRID, side, GRID, side, CHANNELS).sum(axis=(2, 4), dtype=np.int64)
    means: NDArray[np.int64] = (2 * blocks + side * side) // (2 * side * side)
    return means.astype(np.uint8).reshape(count, BYTES)


def difference(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How unlike two pictures are at their most unlike block: (n,) CIE76 Delta E, 0 for equal signatures.

    A metric (the largest of Euclidean distances): symmetric, and a detour is never shorter.

    >>> white, cream = np.full((1, 300), 255, np.uint8), np.tile(np.uint8([255, 253, 208]), 100)[None]
    >>> difference(white, cream).round(1).tolist()
    [22.8]
    """
    gap = _lab(left) - _lab(right)
    largest: NDArray[np.float64] = np.sqrt((gap * gap).sum(axis=2).max(axis=1, initial=0.0))
    return largest


def _lab(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 300) uint8 as (n, 100, 3) L*, a*, b*."""
    xyz = _linear()[signatures.reshape(-1, GRID * GRID, CHANNELS)] @ (_TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)).T
    root = np.where(xyz > _EPSILON, np.cbrt(xyz), (_KAPPA * xyz + 16) / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@cache
def _linear() -> NDArray[np.float64]:
    """The 256 sRGB values as linear light, 0 to 1 (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
