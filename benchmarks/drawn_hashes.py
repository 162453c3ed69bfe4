"""A drawn hash blends two of real photographs and changes some bits; of the rows, some are copies of known distance.

The low frequencies come from one photograph, the others from a second one, and one bit of 16 is changed. So drawn ones
share the bands of the default plan as often as photographs do (candidates a picture at 1 M: photographs 1.2 at t = 10,
41 at 14, 1,077 at 23; drawn ones 2.1, 36 and 883). Each channel has an even number of ones.

On white three bits of four are those of one of a few outlines: cut-outs of few shapes (1.2, 131 and, at 20, 1,723).
"""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dedup_spark.bands import banding
from dedup_spark.hashing import bits

REFERENCE = Path(__file__).parents[2] / "shared" / "data" / "clothing_reference.csv"
COPIES = 0.05  # of the rows
OUTLINES = 50
SEED = 5
CHUNK = 1 << 18  # hashes drawn at once
SIDE, LEVELS = 10, 8  # a channel is SIDE x SIDE frequencies; the border between two photographs lies at 8 places
CHANGED = 4  # a bit is changed where so many random bits are ones: one of 16
ON_WHITE = 2  # as CHANGED: one bit of 4 is the picture's own, and not its outline's

Longs = NDArray[np.int64]


def write(path: Path, count: int, t: int, on_white: bool) -> Longs:
    """Writes a table of `key` (0 to count - 1) and `words`; gives the planted pairs, (n, 2), within t or less.

    Half of them differ in exactly t bits (t - 1 where t is odd), the others in fewer.
    """
    rng = np.random.default_rng([SEED, count, t, on_white])
    originals = count - int(COPIES * count)
    drawn = np.concatenate([_drawn(min(CHUNK, originals - at), on_white, rng) for at in range(0, originals, CHUNK)])
    of = rng.integers(originals, size=count - originals)
    words = np.concatenate([drawn, _copies(drawn[of], t, rng)])
    place = rng.permutation(count)  # of each row in the table
    placed = np.empty_like(words)
    placed[place] = words
    lists = pa.ListArray.from_arrays(np.arange(count + 1, dtype=np.int32) * words.shape[1], placed.reshape(-1))
    pq.write_table(pa.table({"key": np.arange(count), "words": lists}), path)
    return np.sort(np.stack([place[of], place[originals:]], axis=1), axis=1)


def read(path: Path) -> Longs:
    """The words of a table, (n, 5), in the order of the keys."""
    table = pq.read_table(path, columns=["words"])
    words: Longs = table["words"].combine_chunks().flatten().to_numpy()
    return words.reshape(len(table), -1)


def _drawn(count: int, on_white: bool, rng: np.random.Generator) -> Longs:
    photographs, lower = _photographs(), _lower()
    one, two, outline = (photographs[rng.integers(size, size=count)] for size in (*[len(photographs)] * 2, OUTLINES))
    border = lower[rng.integers(LEVELS, size=count)]
    words = (one & border) | (two & ~border)
    if on_white:
        own = _random(words.shape, ON_WHITE, rng)
        words = (words & own) | (outline & ~own)
    changed = _random(words.shape, CHANGED, rng) & bits.pack(np.ones((1, bits.CHANNELS * bits.BITS), np.bool_))
    return _even(words ^ changed, rng)


def _copies(words: Longs, t: int, rng: np.random.Generator) -> Longs:
    """Copies in which up to t bits differ: each two of one channel, so that it stays even."""
    most = t // 2
    twos = np.where(rng.random(len(words)) < 1 / 2, most, rng.integers(max(1, most), size=len(words)))
    order = rng.random((len(words), bits.CHANNELS * bits.BITS // 2), dtype=np.float32).argpartition(most, axis=1)
    changed = np.zeros((len(words), bits.CHANNELS * bits.BITS), dtype=np.bool_)
    for number in range(most):
        rows = np.flatnonzero(twos > number)
        for second in (0, 1):
            changed[rows, 2 * order[rows, number] + second] = True
    return words ^ bits.pack(changed)


def _even(words: Longs, rng: np.random.Generator) -> Longs:
    """The hashes with one bit more changed in each channel that has an odd number of ones."""
    single = bits.pack(np.eye(bits.CHANNELS * bits.BITS, dtype=np.bool_))
    for channel, mask in enumerate(banding.plan(0).channel_masks):
        odd = np.flatnonzero(bits.ones(words & np.array(mask)).sum(axis=1) % 2)
        words[odd] ^= single[bits.BITS * channel + rng.integers(bits.BITS, size=len(odd))]
    return words


def _random(shape: tuple[int, ...], ands: int, rng: np.random.Generator) -> Longs:
    """Words of which each bit is a one with probability 1 / 2 ** ands."""
    found = np.full(shape, -1)
    for _ in range(ands):
        found &= rng.integers(-(2**63), 2**63 - 1, shape, endpoint=True)
    return found


def _photographs() -> Longs:
    with REFERENCE.open() as file:
        return bits.from_text([row["phash"] for row in csv.DictReader(file)])


def _lower() -> Longs:
    """The frequencies below each border, lowest first."""
    row, column = np.divmod(np.arange(bits.CHANNELS * bits.BITS) % bits.BITS, SIDE)
    return bits.pack(row + column < np.arange(1, LEVELS + 1)[:, None])
