"""A crowd is a bucket whose rows are too many to be compared with each other: it is divided, or it is of a family.

Two hashes of a bucket agree in its band and lie within the threshold in the other bits, so they share a band of the
plan over these (`Plan.within`): a bucket of strangers falls apart into its buckets, once and once more.

Where nine tenths of a crowd lie within twice the threshold of one of its rows, or where dividing comes to an end, the
hashes really are near each other. Such buckets that have a row in common are one family. No pair of one family is
listed: `families` connects those that pass. So no bucket costs more than the square of the limit.

Here are the crowds of what the driver sorts; `hot_buckets` treats those of the cluster alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dedup_spark.bands.buckets import Buckets, Longs, Table
from dedup_spark.hashing import bits

DEEPEST = 2
"""How often a bucket is divided: with the default plan its rows agree in 66 bits and more by then."""

MEMBER_SHARE = 0.9
"""Of a crowd near one of its rows, at least: it is of a family."""


@dataclass
class Crowds:
    """The crowds that a search meets on its way.

    most: rows of a bucket, at most, each compared with each; of two tables, the square root of rows times rows. turns:
    a number for each row of the table; a crowd is held against its row with the smallest. members: the rows of each
    bucket that is of a family.
    """

    most: int
    turns: Longs
    members: list[Longs] = field(default_factory=list)

    def among(self, met: Buckets, ours: int | None) -> NDArray[np.bool_]:
        """Which of the buckets are crowds."""
        if ours is None:
            return met.stops - met.starts > self.most
        return met.comparisons(ours) > self.most * self.most

    def part(self, table: Table, met: Buckets, max_distance: int, ends: bool) -> tuple[Buckets, Table, Longs]:
        """The buckets that are no crowds; the rows of crowds to be divided, in a table where each is a group.

        Those that are of a family are taken down. ends: no crowd can be divided further.
        """
        hot = self.among(met, table.ours)
        crowded = met.only(hot)
        near = np.ones(len(crowded.starts), np.bool_) if ends else self._near(table, crowded, max_distance)
        family, divided = crowded.only(near), crowded.only(~near)
        self.members += np.split(family.rows, family.stops)[: len(family.stops)]
        groups = np.zeros(len(table.words), np.int64)
        groups[divided.rows] = np.repeat(np.arange(len(divided.starts)), divided.stops - divided.starts)
        return met.only(~hot), replace(table, groups=groups), np.sort(divided.rows)

    def _near(self, table: Table, crowded: Buckets, max_distance: int) -> NDArray[np.bool_]:
        """Whether most of a crowd are near one of its rows."""
        lengths = crowded.stops - crowded.starts
        if not len(lengths):
            return np.empty(0, np.bool_)
        bucket = np.repeat(np.arange(len(lengths)), lengths)
        first = crowded.rows[np.lexsort((self.turns[crowded.rows], bucket))[crowded.starts]]
        distance = bits.distance(table.words[crowded.rows], table.words[np.repeat(first, lengths)])
        near: Longs = np.add.reduceat(distance <= 2 * max_distance, crowded.starts, dtype=np.int64)
        share: NDArray[np.float64] = near / lengths
        return share >= MEMBER_SHARE

    def families(self, members: Longs) -> Longs:
        """The family of each member, by its number; -1: of none. members: which one each row of the table shows.

        >>> found = Crowds(2, np.arange(6), [np.array([0, 1]), np.array([1, 2]), np.array([4, 5])])
        >>> found.families(np.array([0, 1, 2, 3, 4, 0])).tolist()
        [0, 0, 0, -1, 0]
        """
        return _joined([members[rows] for rows in self.members], int(members.max(initial=-1)) + 1)


def _joined(buckets: Sequence[Longs], count: int) -> Longs:
    """Of so many members the number of their family: buckets with a member in common are one."""
    if not buckets:
        return np.full(count, -1)
    member = np.concatenate(buckets)
    bucket = count + np.repeat(np.arange(len(buckets)), [len(rows) for rows in buckets])
    size = count + len(buckets)
    graph = coo_array((np.ones(len(member), np.int8), (bucket, member)), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    of_family = np.zeros(count, np.bool_)
    of_family[member] = True
    return np.where(of_family, labels[:count], -1).astype(np.int64)
