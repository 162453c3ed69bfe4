"""A colour signature is the average colour of each of a picture's 10 × 10 blocks: 600 bytes, compared in CIE-Lab.

The hash sees where a channel is above its own median and nothing else: a darker copy, another tone of the same garment,
a recoloured one can have distance 0. The signature sees just that, and no finer structure.

How the difference tells copies from other products, on photographs of garments (`benchmarks/edits.py`, Pillow 13): the
limit was chosen on 1,000 of them, the table is of 2,068 others. *Near*: within distance 10 of 300; the differences
are those of near pairs; *pass*: near, and a difference of at most 4.5, the limit where nothing else decides. All in per
cent of the photographs.

| edit | near | difference: 1 % / median / 99 % / largest | pass | passed on the 1,000 |
|---|---|---|---|---|
| JPEG 90 | 100.0 | 0.1 / 0.2 / 0.8 / 2.0 | 100.0 | 100.0 |
| JPEG 75 | 100.0 | 0.3 / 0.9 / 2.1 / 2.8 | 100.0 | 99.9 |
| JPEG 50 | 99.5 | 0.8 / 1.3 / 2.3 / 3.3 | 99.5 | 99.0 |
| JPEG 30 | 96.2 | 1.3 / 2.1 / 3.6 / 4.2 | 96.2 | 95.1 |
| PNG, WebP 80 | 100.0 | 0.4 / 0.6 / 1.1 / 2.2 | 100.0 | 100.0 |
| × 1/2, × 2, squashed 10, 25 % | 100.0 | 0.1 / 0.3 / 1.0 / 2.8 | 100.0 | 100.0 |
| × 1/3 | 100.0 | 0.5 / 0.8 / 1.9 / 3.9 | 100.0 | 99.9 |
| WebP 40, × 1/4 | 99.7 | 0.7 / 1.0 / 2.5 / 3.7 | 99.7 | 99.5 |
| contrast ± 5 % | 100.0 | 1.1 / 2.4 / 4.1 / 4.7 | 99.9 | 99.7 |
| darker, brighter 5 % | 99.8 | 2.8 / 3.8 / 4.7 / 5.5 | 95.9 | 95.2 |
| darker 10 % | 99.9 | 5.8 / 7.8 / 9.3 / 10.5 | 0.0 | 0.0 |
| darker 15, 30, 50 % | 99.6 | 8.8 / 24 / 47 / 54 | 0.0 | 0.0 |
| hue 20° | 73.0 | 3.3 / 13 / 35 / 53 | 3.7 | 4.0 |
| hue 60° | 30.3 | 5.2 / 19 / 61 / 99 | 0.1 | 0.2 |
| hue 120, 180°, red and blue swapped | 12.4 | 5.7 / 21 / 84 / 110 | 0.0 | 0.1 |
| grey | 28.2 | 4.3 / 15 / 53 / 57 | 0.4 | 0.3 |
| saturation × 1/2, × 3/2 | 51.6 | 2.4 / 9 / 29 / 35 | 4.3 | 5.0 |
| a print of 0.5 % of the area | 14.7 | 4.5 / 16 / 49 / 59 | 0.1 | 0.0 |
| a print or bars of 1, 2, 5, 10 % | 1.4 | 10 / 29 / 68 / 93 | 0.0 | 0.0 |
| mirrored | 0.0 | - | 0.0 | 0.0 |

What passes of the lower half is nearly colourless already: of all 3,068 photographs with these edits, one that passes
differs by more than 40 of 765 in 1 % of its pixels, a saturation. At a limit of 5.0 there are three, one of them 10 %
darker (4.96 is the least of these), and 99 % of the copies 5 % lighter or darker pass; from 4.25 on every copy edit
keeps all that is near. So 4.5 lies in the gap, and leans to the side of no wrong merge, as long as nobody looks again.

What passes is looked at again, pixel by pixel (`witness`), and that lets the limit be wider: the default is 5.5, the
largest difference of a copy 5 % lighter or darker in this table, of which 4 % are lost at 4.5. What else comes
between the two, the few copies 10 % darker and the faint tones above, is the second look's to refuse; both looks
together are measured at 4.5 to 6 in `benchmarks/veto.py`. Without a second look (a square is missing) a pair passes up
to 2.5 only, and is for review beyond it.

Also tried on the 1,000: chroma weighted 0.75 to 2.5, YCbCr, RGB, dark colours damped: at equal recall none let less
through. A finer grid sees the blur of a small copy, a coarser one misses prints. Averages in whole grey levels are half
as large and cost up to 1.5 in the dark.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

NAME = "blocks_10x10"
GRID = 10  # blocks a side
CHANNELS = 3
FRACTIONS = 256  # steps of a grey level; whole levels alone cost up to 1.5 Delta E in the dark
BYTES = GRID * GRID * CHANNELS * 2
STEPS = 1000  # of a unit of Delta E
NOISE = 1e-6  # of a step: what processors round differently

# sRGB in linear light to CIE XYZ under D65 (IEC 61966-2-1), as Bruce Lindbloom gives it.
_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27  # CIE: below epsilon a straight line stands for the cube root


def signature(squares: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colour signatures of n pictures: (n, 600) uint8.

    Block by block in rows, of each R, G and B the average in 1/256 of a grey level, rounded half up, as two bytes, the
    low one first. `squares` are (n, 60, 60, 3), the pictures that the hash is made of (or any side that 10 divides).

    >>> picture = np.full((1, 60, 60, 3), (255, 128, 0), dtype=np.uint8)
    >>> signature(picture).shape, signature(picture)[0, :6].tolist()
    ((1, 600), [0, 255, 0, 128, 0, 0])
    """
    count, side = squares.shape[0], squares.shape[1] // GRID
    rows = squares.reshape(count * GRID, side, squares.shape[2] * CHANNELS)
    sums = rows.sum(axis=1, dtype=np.int64).reshape(count, GRID, GRID, side, CHANNELS).sum(axis=3)
    means: NDArray[np.int64] = (2 * FRACTIONS * sums + side * side) // (2 * side * side)
    return means.astype("<u2").reshape(count, GRID * GRID * CHANNELS).view(np.uint8)


def difference(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How unlike two pictures are in their most unlike block: (n,) CIE76 Delta E; one row may stand against many.

    A metric, as the largest of Euclidean distances is: 0 for equal signatures, and a detour is never shorter. It is
    rounded up to a thousandth, so that processors that round differently agree. About 10 µs a pair.

    >>> white = signature(np.full((1, 60, 60, 3), 255, dtype=np.uint8))
    >>> cream = signature(np.full((1, 60, 60, 3), (255, 253, 208), dtype=np.uint8))
    >>> difference(white, cream).tolist(), difference(white, white).tolist()
    ([22.83], [0.0])
    """
    gap = _lab(left) - _lab(right)
    largest = np.sqrt((gap * gap).sum(axis=2).max(axis=1))
    rounded: NDArray[np.float64] = np.ceil(np.maximum(STEPS * largest - NOISE, 0)) / STEPS
    return rounded


def _lab(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """L*, a*, b* of each block: (n, 100, 3)."""
    means = np.ascontiguousarray(signatures).view("<u2").reshape(-1, GRID * GRID, CHANNELS)
    xyz = _linear()[means] @ (_TO_XYZ / _WHITE[:, None]).T
    root = np.where(xyz > _EPSILON, np.cbrt(xyz), (_KAPPA * xyz + 16) / 116)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


@cache
def _linear() -> NDArray[np.float64]:
    """The linear light, 0 to 1, of each possible average (IEC 61966-2-1)."""
    value = np.arange(FRACTIONS * FRACTIONS) / (FRACTIONS * 255)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
