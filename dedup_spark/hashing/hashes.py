"""Hashes are the bits of n pictures, and which of their channels are a coin toss."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup_spark.hashing import bits


@dataclass(frozen=True)
class Hashes:
    """What a hasher makes of n pictures, row by row.

    `bits` is (n, channels × bits) bool, one channel after the other. `unstable_channels` is (n,) uint8, a mask: 1 = R,
    2 = G, 4 = B. The hash of such a channel says little: copies of the picture are far from it in that channel.
    """

    bits: NDArray[np.bool_]
    unstable_channels: NDArray[np.uint8]

    def words(self) -> NDArray[np.int64]:
        """The bits as they are stored: (n, words) int64, see `bits.pack`."""
        return bits.pack(self.bits)
