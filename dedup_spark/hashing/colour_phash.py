"""A colour pHash is 300 bits: for each of R, G, B whether each of the 100 lowest frequencies is above their median.

Bit for bit the hash of the project's notebook, made for many pictures at once: 60 × 60 pixels, per channel a type-II
DCT along axis 0, then 1, the top left 10 × 10 with the DC term, bit = coefficient > median; row by row, the first bit
most significant. So a channel has 50 ones unless coefficients are equal, and distances are even. The transform is
scipy's: a product with a matrix of cosines is faster and rounds differently, which pictures of one colour and
symmetric ones show.

A channel is *unstable* when its hash is a coin toss: many coefficients lie around the median and any re-encoding deals
them out anew. Half of the coefficients of a picture with a mirror axis are nothing but rounding; so is nearly every
one of a channel that is flat. One near tie costs two bits and no more, so the gap between the two middle coefficients
tells little; the span of the middle 16 does. And a channel that shows nearly nothing beside the others (red, in a
saturated red cut-out) shows *them* after a re-encoding, since JPEG mixes the channels: it is unstable when its span is
small beside the widest of the picture, so that copies of a cut-out are flagged as it is.

Measured with four copies of each picture (JPEG 90 and 50, half size, WebP 80); *thrown* means that they are more than
10 of 300 bits away on average:

| pictures | number | worst copy, median | thrown | flagged | worst average of the others |
|---|---|---|---|---|---|
| photographs of garments | 600 | 4 | 0 % | 0.2 % (1 of all 3,068) | 6.5 |
| drawn products on white or coloured ground, grey ones | 550 | 4 | 0 % | 0 % | 7.5 |
| cut-outs with one channel saturated everywhere | 150 | 51 | 100 % | 100 % | - |
| overexposed cut-outs (channels partly saturated) | 150 | 8 | 33 % | 37 % | 14 |
| placeholders, centred squares | 14 | 112 | 100 % | 100 % | - |
| mirrored in one or two axes, photographs too | 450 | 77 | 100 % | 100 % | - |
| nearly so: 2 / 5 / 10 / 20 % of the asymmetry | 400 | 28 / 14 / 10 / 6 | 100 / 46 / 6 / 0 % | 98 / 44 / 5 / 0 % | 15 |
| contrast taken down to 2 / 5 / 10 / 30 % | 400 | 58 / 28 / 16 / 6 | 100 / 99 / 53 / 0 % | 100 / 97 / 27 / 0 % | 17 |

The limits flag 95 % of the thrown, 99 % of those with a copy beyond 20 bits, and 28 pictures needlessly. With MARGIN
300: 89 %, 96 %, 12 and no photograph; with 500: 98 %, 99.9 %, 60 and 3 photographs. With as many photographs flagged
(0.1 %) the gap of the two middle coefficients alone finds 56 % of those with a copy beyond 10 bits, the span of the
middle 16 92 %. Of saturated cut-outs at JPEG 50 / half / quarter size 82 / 82 / 42 % are flagged by MARGIN alone,
99 / 99 / 81 % with SHARE; the smallest share of any photograph is 0.105, of any drawn product 0.134.
Spans relative to the range of the channel itself separate worse: what re-encoding adds does not depend on the contrast.
"""

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from dedup_spark.hashing.bits import BITS, CHANNELS
from dedup_spark.hashing.hashes import Hashes

__all__ = ["BITS", "CHANNELS", "NAME", "SIDE", "compute", "low_frequencies", "of_low"]

NAME = "colour_phash"
SIDE = 60  # pixels
LOW = 10  # frequencies of each axis
MIDDLE = 16  # coefficients around the median, the 43rd to the 58th of 100
MARGIN = 400.0  # they span at least this; a cosine of one grey level has the coefficient 60 x 60
SHARE = 0.08  # and at least this share of the widest span among the channels
CHUNK = 64  # pictures transformed at once: what fits the processor's cache; no number changes a bit


def compute(squares: NDArray[np.uint8]) -> Hashes:
    """The colour pHash of n pictures of (n, 60, 60, 3) uint8, and which channels are unstable.

    A channel is also unstable without exactly 50 ones, since the parity of the band search counts on them.
    About 0.1 ms a picture.

    >>> picture = np.random.default_rng(0).integers(0, 256, (1, 60, 60, 3), dtype=np.uint8)
    >>> hashes = compute(picture)
    >>> hashes.bits.shape, int(hashes.bits.sum()), hashes.unstable_channels.tolist()
    ((1, 300), 150, [0])
    """
    chunks = [_compute(squares[start : start + CHUNK]) for start in range(0, len(squares), CHUNK)]
    if not chunks:
        return Hashes(np.zeros((0, CHANNELS * BITS), dtype=np.bool_), np.zeros(0, dtype=np.uint8))
    return Hashes(
        np.concatenate([chunk.bits for chunk in chunks]), np.concatenate([chunk.unstable_channels for chunk in chunks])
    )


def _compute(squares: NDArray[np.uint8]) -> Hashes:
    return of_low(low_frequencies(squares))


def of_low(frequencies: NDArray[np.float64]) -> Hashes:
    """The colour pHash of n pictures of which the low frequencies are known, (n, 3, 10, 10).

    >>> of_low(np.arange(300.0).reshape(1, 3, 10, 10)).bits.reshape(3, 100)[:, 49:51].tolist()
    [[False, True], [False, True], [False, True]]
    """
    low = frequencies.reshape(-1, CHANNELS, BITS)
    ordered = np.sort(low, axis=2)
    upper = BITS // 2
    bits = low > ((ordered[..., upper - 1] + ordered[..., upper]) / 2)[..., None]
    span = ordered[..., upper - 1 + MIDDLE // 2] - ordered[..., upper - MIDDLE // 2]
    narrow = (span < MARGIN) | (span < SHARE * span.max(axis=1, keepdims=True))
    unstable = narrow | (bits.sum(axis=2) != upper)
    mask = np.packbits(unstable, axis=1, bitorder="little")[:, 0]
    return Hashes(bits.reshape(len(low), -1), mask)


def low_frequencies(squares: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The coefficients that decide, of n pictures (n, 60, 60, 3): (n, 3, 10, 10), down and across."""
    channels = np.moveaxis(squares, -1, 1).astype(np.float64)
    along = scipy.fft.dct(channels, axis=2)[:, :, :LOW]
    low: NDArray[np.float64] = scipy.fft.dct(along, axis=3)[..., :LOW]
    return low
