"""A bucket is the rows whose hashes agree in a band of a plan: neighbours, once the rows are sorted by the band.

A row's key is a hash of its words under the band's mask: 64 bits, of which the lowest hold the row's place. So one
`np.sort` of plain integers does it, five times faster than an `argsort`. A collision of the hash only adds rows to a
bucket.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup_spark.bands.banding import Plan
from dedup_spark.errors import BadInput
from dedup_spark.hashing.bits import WORD, ones

ROWS = 1 << 17  # that are hashed at once: they stay in the cache
SEED = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: its powers are odd and look random

Longs = NDArray[np.int64]
Mask = tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """Packed hashes to be searched: those of the left side and, below them, those of the right one."""

    words: Longs  # (n, words)
    groups: Longs | None = None  # (n,): rows of unlike groups are in no common bucket, collisions aside
    ours: int | None = None  # rows of the left side; None: the table is searched with itself
    known: NDArray[np.bool_] | None = None  # (n,): two known rows are not compared; None: none is known


@dataclass(frozen=True)
class Buckets:
    """Positions of rows, bucket after bucket: bucket b is rows[starts[b] : stops[b]], its left side first."""

    rows: Longs
    starts: Longs
    mids: Longs  # where the left side ends; of a table searched with itself: the rows that meet all after them
    stops: Longs

    def comparisons(self, ours: int | None) -> Longs:
        """How many pairs each bucket has."""
        lengths, left = self.stops - self.starts, self.mids - self.starts
        return left * (2 * lengths - left - 1) // 2 if ours is None else left * (lengths - left)

    def only(self, chosen: NDArray[np.bool_]) -> "Buckets":
        """Some of the buckets, and no rows but theirs."""
        if chosen.all():
            return self
        lengths, left = self.stops - self.starts, self.mids - self.starts
        stops = np.cumsum(lengths[chosen])
        starts = stops - lengths[chosen]
        return Buckets(self.rows[np.repeat(chosen, lengths)], starts, starts + left[chosen], stops)

    def unknown(self, table: Table) -> "list[Buckets]":
        """Buckets whose comparisons are those of these, but for two known rows; the rows in another order.

        >>> table = Table(np.zeros((3, 1), np.int64), known=np.array([True, True, False]))
        >>> [met] = sort(table, None, (1,)).unknown(table)
        >>> met.rows.tolist(), met.mids.tolist(), met.comparisons(None).tolist()
        ([2, 0, 1], [1], [2])
        """
        if table.known is None:
            return [self]
        known = table.known[self.rows]
        if table.ours is None:
            return [self._new_first(known)]
        left = self.rows < table.ours
        return [self._of(~(left & known), table.ours), self._of(left == known, table.ours)]

    def _new_first(self, known: NDArray[np.bool_]) -> "Buckets":
        """The new rows of each bucket meet each other and, after them, its known rows."""
        bucket = np.repeat(np.arange(len(self.starts)), self.stops - self.starts)
        new = np.bincount(bucket, weights=~known, minlength=len(self.starts)).astype(np.int64)
        rows = self.rows[np.lexsort((known, bucket))]
        return Buckets(rows, self.starts, self.starts + new, self.stops).only(new > 0)

    def _of(self, chosen: NDArray[np.bool_], ours: int) -> "Buckets":
        """Some of the rows, in the buckets that still have both sides."""
        before = np.concatenate([[0], np.cumsum(chosen)])
        starts, stops = before[self.starts], before[self.stops]
        some = starts < stops
        return _sided(ours, self.rows[chosen], starts[some], stops[some])


def check(words: Longs, plan: Plan) -> None:
    """Raises `BadInput` for hashes that the plan does not serve: their pairs would be missed."""
    if words.ndim != 2 or words.shape[1] != plan.words:
        raise BadInput(f"hashes of shape {words.shape}: must be (n, {plan.words}) words")
    if plan.even and odd(words, plan).any():
        raise BadInput("a hash has a channel with an odd number of ones: take a plan with even=False")


def odd(words: Longs, plan: Plan) -> NDArray[np.bool_]:
    """Whether a hash has a channel with an odd number of ones, row by row: no such row may enter a plan with `even`.

    >>> from dedup_spark.bands.banding import plan
    >>> odd(np.array([[0b11], [0b111]]), plan(2, channels=1, bits=64)).tolist()
    [False, True]
    """
    found = np.zeros(len(words), dtype=np.bool_)
    for mask in plan.channel_masks:
        folded = np.zeros(len(words), dtype=np.int64)
        for word, chosen in enumerate(mask):
            if chosen:
                folded ^= words[:, word] & chosen
        found |= ones(folded) % 2 == 1
    return found


def sort(table: Table, chosen: Longs | None, mask: Mask) -> Buckets:
    """The buckets of a band with two rows or more, of the rows chosen; None: of all. A bucket needs both sides.

    Memory: 8 bytes a row, and as much again for each row that does not stand alone.

    >>> found = sort(Table(np.array([[0b100], [0b011], [0b101]])), None, (0b100,))
    >>> found.rows.tolist(), found.starts.tolist(), found.stops.tolist()
    ([0, 2], [0], [2])
    """
    count = len(table.words) if chosen is None else len(chosen)
    low = max(1, count - 1).bit_length()  # the bits of a key that hold the place of its row
    keys = _keys(table, chosen, mask, low)
    keys.sort()
    met = np.zeros(count + 1, dtype=np.bool_)  # whether a row has the key of the one before
    for start in range(1, count, ROWS):
        stop = min(start + ROWS, count)
        met[start:stop] = (keys[start:stop] ^ keys[start - 1 : stop - 1]) >> low == 0
    before, after = met[:-1], met[1:]
    starts, stops = np.flatnonzero(~before & after), np.flatnonzero(before & ~after) + 1
    rows = (keys[before | after] & (1 << low) - 1).astype(np.int64)
    lengths = np.cumsum(stops - starts)
    return _sided(table.ours, rows if chosen is None else chosen[rows], lengths - (stops - starts), lengths)


def _sided(ours: int | None, rows: Longs, starts: Longs, stops: Longs) -> Buckets:
    """The buckets that have both sides. Their rows stand by position, so those of the left side come first."""
    if ours is None or not len(rows):
        return Buckets(rows, starts, stops, stops)
    mids = starts + np.add.reduceat(rows < ours, starts, dtype=np.int64)
    return Buckets(rows, starts, mids, stops).only((starts < mids) & (mids < stops))


def _keys(table: Table, chosen: Longs | None, mask: Mask, low: int) -> NDArray[np.uint64]:
    """One key a row: the upper bits a hash of the words under the mask and of the group, the lower ones its place."""
    count = len(table.words) if chosen is None else len(chosen)
    keys = np.arange(count, dtype=np.uint64)
    for start in range(0, count, ROWS):
        rows = slice(start, start + ROWS) if chosen is None else chosen[start : start + ROWS]
        words = table.words[rows].view(np.uint64)
        hashed = np.zeros(len(words), dtype=np.uint64)
        for word, chosen_bits in enumerate(mask):
            if chosen_bits:
                hashed += (words[:, word] & np.uint64(chosen_bits % 2**WORD)) * _factor(word)
        if table.groups is not None:
            hashed += table.groups[rows].view(np.uint64) * _factor(len(mask))
        keys[start : start + ROWS] |= hashed >> low << low
    return keys


def _factor(number: int) -> np.uint64:
    return np.uint64(pow(SEED, number + 1, 2**WORD))
