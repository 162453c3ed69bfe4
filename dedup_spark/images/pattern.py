"""Another fine pattern, stripes for checks, is detail that differs by much of what detail there is.

The signed averages of `witness` cancel a pattern of three or four pixels, and another one in the same tones too. So the
detail is looked at, what differs from the mean of 3 × 3 pixels: the energy of the difference of two details, in sum
over 5 × 5 pixels, against that of both together. Patterns that have nothing in common differ by all of it, and so do a
pattern and a plain cloth; a copy that lost half of its detail differs by a fifth, whatever the contrast is.

How many pairs pass without this look / with it, of those that pass hash and colours. Chosen on the first 400
photographs and 80 drawn cut-outs, on half of the kinds of the drawn catalogue (`benchmarks/drawn_catalogue.py`) and on
half of the small copies; *others* are those that nothing was chosen on:

| | chosen on | others |
|---|---|---|
| copies of photographs and of drawn cut-outs | 2,429 / 2,429 of 2,430 | 2,222 / 2,222 of 2,225 |
| copies of the drawn catalogue, most of it patterned | 1,220 / 1,220 of 1,233 | 614 / 614 of 621 |
| copies × 1/6, × 1/8, blurred, cropped by a pixel, sharpened after × 1/4 … | 636 / 634 of 681 | 679 / 678 of 716 |
| different things: visible changes of photographs and drawn cut-outs | 1 / 1 of 13 | 8 / 8 of 51 |
| different things: the drawn catalogue | 43 / 5 | 49 / 18 |
| different things: eleven kinds of another drawn catalogue | | 114 / 31 |

What is still let through is nearly all one pattern in neighbouring tones, or one that is hard to see. The three copies
lost have 30 to 75 pixels a side. A limit on the difference itself stopped 30 of the 43 where it lost no copy, before
the small copies were looked at; this one 38.
"""

import numpy as np
from numpy.typing import NDArray

from dedup_spark.images.kernels import Numbers, box

UNLIKE = 0.4
"""Where the detail differs, the energy of the difference is more than this part of the energy of both details."""

FAINT = 100
"""Difference that is no pattern, at most: the squares of three channels in sum, on average over the window."""

FEW, FEW_BLURRED = 0.01, 0.03
"""Share of the area where the detail may differ, in a fold or at an edge; more where one picture had to be blurred."""

_PATCH = 3  # pixels a side: what differs from their mean is detail
_WINDOW = 5  # pixels a side over which energies are compared: one turn of a pattern, and more


def differing(left: Numbers, right: Numbers, level: int) -> NDArray[np.float64]:
    """The share of the area with another pattern, above FEW or 0, of n pairs of pictures (n, 3, side, side): (n,).

    Channels R, G and B in whole numbers, of which one grey level is `level`, at most 16. About 0.1 ms a pair.

    >>> down = np.zeros((1, 3, 60, 60))
    >>> down[..., ::2] = 40
    >>> across, plain = np.swapaxes(down, 2, 3), np.full_like(down, 20)
    >>> [differing(down, other, 1).round(1).tolist() for other in (down / 2, across, plain)]
    [[0.0], [1.0], [1.0]]
    """
    away = _energy(left - right)
    other = away > FAINT * (_WINDOW * _PATCH**2 * level) ** 2
    rows = np.flatnonzero(other.mean(axis=(1, 2)) > FEW)
    share = np.zeros(len(away))
    if len(rows):
        detail = _energy(left[rows]) + _energy(right[rows])
        found = (other[rows] & (away[rows] > UNLIKE * detail)).mean(axis=(1, 2))
        share[rows] = np.where(found > FEW, found, 0)
    return share


def clear(share: NDArray[np.float64], blurred: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What is left of `differing` where a blur brings the pictures nearer: a blur is never quite that of the copy.

    >>> clear(np.array([0.02, 0.02, 0.04]), np.array([False, True, True])).tolist()
    [0.02, 0.0, 0.04]
    """
    return np.where(blurred & (share <= FEW_BLURRED), 0, share)


def _energy(channels: Numbers) -> Numbers:
    """The squared detail around each pixel, in sum over the window and the channels, (n, side, side)."""
    detail = channels * _PATCH**2 - box(channels, _PATCH)
    return box(np.einsum("ncyx,ncyx->nyx", detail, detail), _WINDOW)
