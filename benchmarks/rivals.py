"""A rival is another project's picture hash with the limit that its authors name: what it takes for one picture.

| rival | limit | where the limit is from |
|---|---|---|
| imagehash `phash` | equal | a hash taken as a key, as the notebook takes its own |
| imagehash `phash` | 10 of 64 | `max_distance_threshold` of imagededup, unless told otherwise |
| perception `PHash`, 16 × 16 | below 0.2 of 256 | "Media Deduplication" in its documentation |
| pdqhash | 31 of 256 | `PDQIndex.get_match_threshold` of ThreatExchange |

Each hash is made by the project's own package (dependency group `bench`), which is imported when it is first used.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedup_spark.hashing import bits

PERCEPTION_SIDE = 16  # bits a side
Words = NDArray[np.int64]


@dataclass(frozen=True)
class Rival:
    """`most` differing bits are one picture to it; `hasher` is a name of `HASHERS`."""

    name: str
    hasher: str
    most: int

    def same(self, left: Words, right: Words) -> NDArray[np.bool_]:
        """Whether it takes the pictures of these hashes for one, row by row; hashes as `hashes` gives them.

        >>> Rival("two bits", "imagehash", 2).same(np.array([[0], [0]]), np.array([[3], [7]])).tolist()
        [True, False]
        """
        return bits.distance(left, right) <= self.most


def hashes(picture: Image.Image) -> dict[str, Words]:
    """The hash of one RGB picture by each of `HASHERS`, packed as (1, words) int64 (`hashing.bits`).

    The pictures of a catalogue are stacked by `np.concatenate`. About 20 ms for 400 × 533 pixels, most of it
    PDQ's.
    """
    return {name: bits.pack(hasher(picture).reshape(1, -1)) for name, hasher in HASHERS.items()}


def _imagehash(picture: Image.Image) -> NDArray[np.bool_]:
    import imagehash

    return np.asarray(imagehash.phash(picture).hash, dtype=np.bool_)


def _perception(picture: Image.Image) -> NDArray[np.bool_]:
    from perception.hashers import PHash

    found = PHash(hash_size=PERCEPTION_SIDE).compute(np.asarray(picture), hash_format="vector")
    return np.asarray(found, dtype=np.bool_)


def _pdq(picture: Image.Image) -> NDArray[np.bool_]:
    import pdqhash

    found, _ = pdqhash.compute(np.asarray(picture))
    return np.asarray(found, dtype=np.bool_)


HASHERS: dict[str, Callable[[Image.Image], NDArray[np.bool_]]] = {
    "imagehash": _imagehash,
    "perception": _perception,
    "pdqhash": _pdq,
}
RIVALS = (
    Rival("imagehash pHash, equal", "imagehash", 0),
    Rival("imagehash pHash, ≤ 10 of 64", "imagehash", 10),
    Rival("perception PHash, < 0.2 of 256", "perception", 51),
    Rival("PDQ, ≤ 31 of 256", "pdqhash", 31),
)
