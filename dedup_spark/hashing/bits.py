"""A packed hash is one hash as 64-bit words: what is stored, joined and compared; its text is what people see.

The first bit is the most significant bit of the first word; the last word is padded with zeros. The words are signed,
as Parquet and Spark have no other: anything that counts bits looks at their bytes, never at their values
(`np.bitwise_count` of a signed word counts the bits of its absolute value).
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dedup_spark.errors import BadInput

WORD = 64  # bits of a word
CHANNELS = 3  # the default shape is that of the colour pHash
BITS = 100  # of one channel
DIGIT, BYTE = 4, 8  # bits of a hex digit, of a byte
_SHORT = 16


def pack(bits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The words of n hashes: (n, bits) bool as (n, words) int64, words = bits / 64 rounded up.

    >>> pack(np.array([[True] + 63 * [False] + [True]]))
    array([[-9223372036854775808, -9223372036854775808]])
    """
    words = -(-bits.shape[1] // WORD)
    padded = np.zeros((bits.shape[0], words * WORD), dtype=np.bool_)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1).view(">i8").astype(np.int64)


def unpack(words: NDArray[np.int64], bits: int = CHANNELS * BITS) -> NDArray[np.bool_]:
    """The bits of n packed hashes: (n, words) int64 as (n, bits) bool; `pack` undone.

    >>> unpack(np.array([[-1]]), bits=3)
    array([[ True,  True,  True]])
    """
    return np.unpackbits(words.astype(">i8").view(np.uint8), axis=1, count=bits).astype(np.bool_)


def to_text(words: NDArray[np.int64], channels: int = CHANNELS, bits: int = BITS) -> list[str]:
    """The texts of n packed hashes: hex digits of each channel, most significant bit first, joined by '-'.

    >>> to_text(pack(np.ones((1, 300), dtype=np.bool_)))
    ['fffffffffffffffffffffffff-fffffffffffffffffffffffff-fffffffffffffffffffffffff']
    """
    digits = -(-bits // DIGIT)
    aligned = np.zeros((len(words), channels, -(-bits // BYTE) * BYTE), dtype=np.bool_)
    aligned[:, :, -bits:] = unpack(words, channels * bits).reshape(len(words), channels, bits)
    rows = np.packbits(aligned, axis=2)
    return ["-".join(channel.tobytes().hex()[-digits:] for channel in row) for row in rows]


def from_text(texts: Sequence[str], channels: int = CHANNELS, bits: int = BITS) -> NDArray[np.int64]:
    """The words of n hashes given as text: `to_text` undone. `BadInput` names a text that is no such hash.

    >>> from_text(["0000000000000000000000001-0000000000000000000000000-8000000000000000000000000"])[0].tolist()
    [0, 268435456, 0, 36028797018963968, 0]
    """
    digits = -(-bits // DIGIT)
    pattern = re.compile("-".join([f"[0-9a-fA-F]{{{digits}}}"] * channels))
    for text in texts:
        if not pattern.fullmatch(text) or any(int(channel, 16) >> bits for channel in text.split("-")):
            raise BadInput(f"hash {text!r}: must be {channels} x {digits} hex digits ({bits} bits each), joined by '-'")
    width = -(-bits // BYTE)
    rows = [b"".join(int(channel, 16).to_bytes(width, "big") for channel in text.split("-")) for text in texts]
    aligned = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(len(texts), channels, width)
    ones = np.unpackbits(aligned, axis=2)[:, :, -bits:].astype(np.bool_)
    return pack(ones.reshape(len(texts), channels * bits))


def distance(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many bits differ between packed hashes, row by row (n,); one row may stand against many.

    >>> distance(np.array([[0, -1], [0, 0]]), np.array([[0, 0]])).tolist()
    [64, 0]
    """
    counted: NDArray[np.int64] = ones(left ^ right).sum(axis=-1, dtype=np.int64)
    return counted


def ones(words: NDArray[np.int64]) -> NDArray[np.uint8]:
    """How many ones each word has, whatever the shape.

    >>> ones(np.array([0, 5, -1])).tolist()
    [0, 2, 64]
    """
    unsigned = np.ascontiguousarray(words).view(np.uint64)
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(unsigned)
    shorts = unsigned.view(np.uint16).reshape(*unsigned.shape, WORD // _SHORT)
    counted: NDArray[np.uint8] = _ones()[shorts].sum(axis=-1, dtype=np.uint8)
    return counted


@cache
def _ones() -> NDArray[np.uint8]:
    """The number of ones in each 16-bit value: numpy counts bits itself only from version 2 on."""
    values = np.arange(1 << _SHORT, dtype=np.uint16)
    counted: NDArray[np.uint8] = np.unpackbits(values.view(np.uint8).reshape(-1, 2), axis=1).sum(axis=1, dtype=np.uint8)
    return counted
