"""A hasher is a way to hash pictures: a module that declares its name, its version and its shape, and computes.

A later hasher is one more module and one more line in `_HASHERS`. The version of a hash is its hasher's name and the
number of the way to decode (`images.ways`): hashes of unlike versions are never compared.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dedup_spark.errors import BadInput
from dedup_spark.hashing import colour_phash
from dedup_spark.hashing.hashes import Hashes


class Hasher(Protocol):
    """What a module declares to be a hasher."""

    NAME: str
    SIDE: int  # pixels of the square pictures it computes from
    CHANNELS: int  # of equal weight
    BITS: int  # of one channel

    def compute(self, squares: NDArray[np.uint8]) -> Hashes:
        """The hashes of n pictures, (n, SIDE, SIDE, 3) uint8, whatever their number."""


_HASHERS: tuple[Hasher, ...] = (colour_phash,)


def find(name: str) -> Hasher:
    """The hasher of this name; `BadInput` names it and the choices.

    >>> find("colour_phash").SIDE
    60
    >>> find("average")
    Traceback (most recent call last):
    dedup_spark.errors.BadInput: hasher 'average': must be one of colour_phash
    """
    for hasher in _HASHERS:
        if name == hasher.NAME:
            return hasher
    raise BadInput(f"hasher {name!r}: must be one of {', '.join(hasher.NAME for hasher in _HASHERS)}")
