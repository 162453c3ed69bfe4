"""A near hash is one of a family, some bits from its first; and the pairs of all of them, by brute force."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dedup_spark.bands.band_sort import Pairs
from dedup_spark.hashing import bits

SHAPES = [(1, 64), (2, 64), (1, 128), (1, 256), (4, 64), (3, 100), (1, 300), (1, 1024), (4, 256), (1, 11)]
Longs = NDArray[np.int64]
Found = list[tuple[int, int, int]]


def some_hashes(seed: int, count: int, channels: int, size: int, t: int, even: bool) -> Longs:
    """Packed hashes in families, whose members are 0 to t + 2 bits from the first, so 0 to 2t + 4 from one another."""
    rng = np.random.default_rng(seed)
    families = rng.integers(0, 2, (max(1, count // 6), channels * size), dtype=np.uint8)
    members = families[rng.integers(len(families), size=count)]
    for member in members:
        member[rng.choice(len(member), rng.integers(0, min(t + 3, len(member))), replace=False)] ^= 1
    if even:
        parts = members.reshape(count, channels, size)
        parts[:, :, 0] ^= parts.sum(axis=2, dtype=np.uint8) % 2
    return bits.pack(members.astype(np.bool_))


def brute(left: Longs, right: Longs, t: int, same: bool, groups: tuple[Longs, Longs] | None = None) -> Found:
    distance = np.stack([bits.distance(right, row[None]) for row in left])
    near = distance <= t
    if groups is not None:
        near &= groups[0][:, None] == groups[1]
    if same:
        near = np.triu(near, 1)
    return [(int(one), int(two), int(distance[one, two])) for one, two in zip(*np.nonzero(near), strict=True)]


def met(chunks: Iterable[Pairs]) -> Found:
    """The pairs as they come, one found twice included."""
    return sorted(
        (int(left), int(right), int(distance))
        for pairs in chunks
        for left, right, distance in zip(pairs.left, pairs.right, pairs.distance, strict=True)
    )
