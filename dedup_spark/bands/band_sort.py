"""A near pair is two rows whose hashes differ in at most so many bits: what a plan finds on one machine, by sorting.

For each band the rows are sorted into buckets (`buckets`), and those of a bucket are compared. A pair is kept by the
first band that it shares, so none comes twice and nothing is remembered between bands. A bucket with too many
comparisons is searched by the plan within its band, as long as that spares half of them: a family of pictures that
really are near each other is compared as it stands.

numpy lets other threads work while it sorts and counts: bands are sorted, and blocks of comparisons made, in threads.
In memory are the words, some 16 bytes a row for each band that is being sorted, and a few blocks; of the pairs no more
than the blocks that nobody has asked for yet.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice, pairwise
from operator import or_
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dedup_spark.bands import buckets
from dedup_spark.bands.banding import Plan
from dedup_spark.bands.buckets import Buckets, Longs, Mask, Table, check
from dedup_spark.bands.crowds import DEEPEST, Crowds
from dedup_spark.hashing.bits import WORD, ones

BLOCK = 1 << 20  # comparisons made at once: some 50 MB a thread
LARGE = 1 << 21  # comparisons of a bucket from which on dividing it costs less: 2,000 rows
SAMPLED = 1 << 10  # rows of such a bucket that tell whether it can be divided

Path = tuple[tuple[Plan, int], ...]
"""The plans and bands by which rows met: a band of the plan, then one of the plan within it, and so on."""


@dataclass
class Tally:
    """What a search met: pairs that share a band, once for each that they share; the rows of the largest bucket; how
    many comparisons it made.
    """

    candidates: int = 0
    largest: int = 0
    compared: int = 0

    def count(self, met: Buckets, ours: int | None) -> None:
        """Takes down the buckets of one band."""
        self.candidates += int(met.comparisons(ours).sum())
        self.largest = max(self.largest, int((met.stops - met.starts).max(initial=0)))


Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Pairs:
    """Near pairs, row by row: the positions of two rows and how many bits they differ in."""

    left: Longs
    right: Longs
    distance: Longs


@dataclass(frozen=True)
class _Block:
    """Comparisons that are made at once: of each bucket, rows `first` to `last` with those up to its `stop`."""

    rows: Longs
    first: Longs
    last: Longs
    mid: Longs
    stop: Longs
    path: Path


def find(
    left: Longs,
    right: Longs | None,
    plan: Plan,
    left_groups: Longs | None = None,
    right_groups: Longs | None = None,
    threads: int | None = None,
    tally: Tally | None = None,
    crowds: Crowds | None = None,
    known: NDArray[np.bool_] | None = None,
) -> Iterator[Pairs]:
    """All pairs of rows within `plan.max_distance`, each once, in chunks as they are found.

    left, right: packed hashes (n, words). right None: `left` with itself, left position < right position; else each
    row of `left` with each of `right`. The groups are whole numbers, one a row: only rows of one group are compared.
    The order of the pairs is the same at any number of threads (None: as many as processors). The tally, where there
    is one, tells afterwards what was met. With crowds no bucket with more rows than these allow is compared as it
    stands: it is divided, or its rows are taken down as members of a family, whose pairs met there are none. Of two
    known rows (those of `left`, then those of `right`) the pair is no longer asked for; they count in their buckets.

    Hashes that the plan does not serve raise `BadInput`: of another size, or odd under a plan with `even`.

    Cost: 1 M hashes of which 5 % are planted copies, t = 10: 0.7 s of processor time, 0.3 GB; 10 M 14 s and 1.8 GB.

    >>> from dedup_spark.bands.banding import plan
    >>> hashes = np.array([[0b0000], [0b0110], [0b1111]])
    >>> [(pair.left.tolist(), pair.right.tolist()) for pair in find(hashes, None, plan(2, channels=1, bits=64))]
    [([0], [1]), ([1], [2])]
    """
    for words in (left,) if right is None else (left, right):
        check(words, plan)
    if right is None:
        table = Table(np.ascontiguousarray(left), left_groups, known=known)
    else:
        grouped = left_groups is not None and right_groups is not None
        groups = np.concatenate([left_groups, right_groups]) if grouped else None
        table = Table(np.concatenate([left, right]), groups, len(left), known)
    workers = threads or len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(workers) as pool:
        blocks = _blocks(pool, workers, table, None, plan, (), tally, crowds)
        for pairs in _ahead(pool, partial(_near, table), blocks, 2 * workers):
            if len(pairs.left):
                yield pairs


def _ahead(pool: Executor, make: Callable[[Given], Made], given: Iterable[Given], ahead: int) -> Iterator[Made]:
    """What the threads make of each, in order, at most `ahead` of them begun before they are asked for."""
    waiting: deque[Future[Made]] = deque()
    left = iter(given)
    waiting.extend(pool.submit(make, one) for one in islice(left, ahead))
    while waiting:
        made = waiting.popleft().result()
        waiting.extend(pool.submit(make, one) for one in islice(left, 1))
        yield made


def _blocks(
    pool: Executor,
    workers: int,
    table: Table,
    chosen: Longs | None,
    plan: Plan,
    path: Path,
    tally: Tally | None = None,
    crowds: Crowds | None = None,
) -> Iterator[_Block]:
    """The comparisons among the chosen rows that a plan asks for, band after band."""
    for number, met in enumerate(_ahead(pool, partial(buckets.sort, table, chosen), plan.bands, workers)):
        if tally is not None and not path:
            tally.count(met, table.ours)
        here = (*path, (plan, number))
        if crowds is not None and crowds.among(met, table.ours).any():
            deeper = plan.within(number) if len(path) < DEEPEST else None
            met, crowd, rows = crowds.part(table, met, plan.max_distance, ends=deeper is None)
            if deeper is not None and len(rows):
                yield from _blocks(pool, workers, crowd, rows, deeper, here, tally, crowds)
        divided = np.zeros(len(met.starts), dtype=np.bool_)
        for bucket in np.flatnonzero(met.comparisons(table.ours) > LARGE):
            rows = met.rows[met.starts[bucket] : met.stops[bucket]]
            deeper = plan.within(number)
            if deeper is not None and _divides(table, rows, deeper):
                divided[bucket] = True
                yield from _blocks(pool, workers, table, rows, deeper, here, tally)
        for asked in met.only(~divided).unknown(table):
            if tally is not None:
                tally.compared += int(asked.comparisons(table.ours).sum())
            yield from _cut(asked, table.ours, here)


def _divides(table: Table, rows: Longs, plan: Plan) -> bool:
    """Whether the plan spares half of the comparisons between rows of one bucket, or more: asked of some of them."""
    some = rows[:: -(-len(rows) // SAMPLED)]
    alone = Table(table.words, table.groups, None)
    spared = sum(int(buckets.sort(alone, some, mask).comparisons(None).sum()) for mask in plan.bands)
    return 2 * spared <= len(some) * (len(some) - 1) // 2


def _cut(met: Buckets, ours: int | None, path: Path) -> Iterator[_Block]:
    """All comparisons of some buckets in blocks; a bucket of several blocks is cut along its left side."""
    left, comparisons = met.mids - met.starts, met.comparisons(ours)
    pieces = np.minimum(left, -(-comparisons // BLOCK))
    bucket = np.repeat(np.arange(len(left)), pieces)
    piece = np.arange(len(bucket)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    first = met.starts[bucket] + left[bucket] * piece // pieces[bucket]
    last = met.starts[bucket] + left[bucket] * (piece + 1) // pieces[bucket]
    full = np.cumsum(comparisons[bucket] / pieces[bucket]) // BLOCK
    for start, end in pairwise([0, *np.flatnonzero(np.diff(full)) + 1, len(bucket)] if len(bucket) else []):
        some = bucket[start:end]
        begin = met.starts[some[0]]
        rows = met.rows[begin : met.stops[some[-1]]]
        ends = met.mids[some] - begin, met.stops[some] - begin
        yield _Block(rows, first[start:end] - begin, last[start:end] - begin, *ends, path)


def _near(table: Table, block: _Block) -> Pairs:
    """The pairs of a block that are near, and that met in the first band they share."""
    words = table.words.take(block.rows, axis=0)
    left, right = _compared(block, table.ours)
    left, right, distance = _within(words, left, right, block.path)
    differing = words.take(left, axis=0) ^ words.take(right, axis=0)
    kept = np.arange(len(left))
    for plan, number in block.path:
        kept = kept[_first(differing[kept], plan, number)]
    left, right, distance = block.rows[left[kept]], block.rows[right[kept]], distance[kept]
    left, right = np.minimum(left, right), np.maximum(left, right)  # new rows stand before known ones
    if table.groups is not None:
        one = table.groups[left] == table.groups[right]
        left, right, distance = left[one], right[one], distance[one]
    return Pairs(left, right - (table.ours or 0), distance)


def _compared(block: _Block, ours: int | None) -> tuple[Longs, Longs]:
    """The rows of each comparison of a block, as places among its rows."""
    lengths = block.last - block.first
    row = np.arange(lengths.sum()) + np.repeat(block.first - np.cumsum(lengths) + lengths, lengths)
    start = row + 1 if ours is None else np.repeat(block.mid, lengths)
    counts = np.repeat(block.stop, lengths) - start
    left = np.repeat(row, counts)
    return left, np.arange(len(left)) + np.repeat(start - np.cumsum(counts) + counts, counts)


def _within(words: Longs, left: Longs, right: Longs, path: Path) -> tuple[Longs, Longs, Longs]:
    """The comparisons within the threshold and their distances; word by word, so that most are dropped at once."""
    distance = np.zeros(len(left), dtype=np.int64)
    for word in _telling(path):
        column = np.ascontiguousarray(words[:, word])
        distance += ones(column.take(left) ^ column.take(right))
        near = np.flatnonzero(distance <= path[0][0].max_distance)
        left, right, distance = left.take(near), right.take(near), distance.take(near)
    return left, right, distance


def _telling(path: Path) -> list[int]:
    """The words of a hash, those first in which rows that met by this path agree in the fewest bits for certain."""
    masks = (plan.bands[number] for plan, number in path)
    agreed = [reduce(or_, of_word) % 2**WORD for of_word in zip(*masks, strict=True)]
    return sorted(range(len(agreed)), key=lambda word: agreed[word].bit_count())


def _first(differing: Longs, plan: Plan, number: int) -> NDArray[np.bool_]:
    """Whether this band is the first of the plan in which no bit differs."""
    first = _untouched(differing, plan.bands[number])
    for mask in plan.bands[:number]:
        first &= ~_untouched(differing, mask)
    return first


def _untouched(differing: Longs, mask: Mask) -> NDArray[np.bool_]:
    untouched = np.ones(len(differing), dtype=np.bool_)
    for word, chosen in enumerate(mask):
        if chosen:
            untouched &= differing[:, word] & chosen == 0
    return untouched
