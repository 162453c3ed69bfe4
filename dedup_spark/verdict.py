"""A verdict says whether two pictures pass as one: `duplicate`, or `vetoed` with the reason.

The one place that decides it: for candidate pairs, for the pictures of one hash, and for a picture and its keeper.

| reason | verdict | when |
|---|---|---|
| `same hash` | duplicate | distance 0, colours pass |
| `near` | duplicate | distance at most the limit, colours pass |
| `fallback` | duplicate | a channel's hash is a coin toss: the channels stable in both pass, and the colours |
| `distance` | vetoed | too many differing bits (with the fallback: in the stable channels) |
| `colour` | vetoed | near enough, but a block has another colour |
| `no stable channel` | vetoed | no channel is stable in both: only equal contents are one picture |
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup_spark.images import colour

DUPLICATE, VETOED, REVIEW = "duplicate", "vetoed", "review"
CHANNELS, CHANNEL_BITS, WORDS, WORD_BITS = 3, 100, 5, 64


@dataclass(frozen=True)
class Limits:
    """How far apart two pictures that pass may be, each an 'at most'."""

    max_distance: int  # differing bits of 300
    max_colour_difference: float  # Delta E of the worst block
    fallback_distance: int | None = None  # as max_distance, for pictures with an unstable channel; None: max_distance

    def stable_distance(self) -> NDArray[np.int64]:
        """The fallback's limit by number of common stable channels, (4,): its share of the whole, rounded up to even."""
        whole = self.max_distance if self.fallback_distance is None else self.fallback_distance
        return 2 * -(-np.arange(CHANNELS + 1) * whole // (2 * CHANNELS))

    def at_keeper(self) -> "Limits":
        """The limits between a picture and its keeper: twice the distance; the fallback's own stays.

        >>> Limits(10, 5.0).at_keeper()
        Limits(max_distance=20, max_colour_difference=5.0, fallback_distance=10)
        """
        whole = self.max_distance if self.fallback_distance is None else self.fallback_distance
        return dataclasses.replace(self, max_distance=2 * self.max_distance, fallback_distance=whole)


@dataclass(frozen=True)
class Features:
    """What is known of n pictures, row by row."""

    words: NDArray[np.int64]  # (n, 5)
    colour_signature: NDArray[np.uint8]  # (n, 300)
    unstable_channels: NDArray[np.uint8]  # (n,): bit 0 = R, 1 = G, 2 = B


@dataclass(frozen=True)
class Compared:
    """What came out for n pairs, row by row."""

    distance: NDArray[np.int64]  # differing bits of 300, whatever the reason
    colour_difference: NDArray[np.float64]
    verdict: NDArray[np.object_]
    reason: NDArray[np.object_]


def compare(left: Features, right: Features, limits: Limits) -> Compared:
    """The verdicts on n pairs of pictures: row i of `left` against row i of `right`.

    >>> one = Features(np.zeros((1, 5), np.int64), np.zeros((1, 300), np.uint8), np.zeros(1, np.uint8))
    >>> compare(one, one, Limits(10, 5.0)).reason.tolist()
    ['same hash']
    """
    differing = (left.words ^ right.words).view(np.uint64)
    distance = _ones(differing)
    stable = ~(left.unstable_channels | right.unstable_channels) & np.uint8(2**CHANNELS - 1)
    fallback = stable != 2**CHANNELS - 1
    near = np.where(
        fallback,
        _ones(differing & _channel_masks()[stable]) <= limits.stable_distance()[np.bitwise_count(stable)],
        distance <= limits.max_distance,
    )
    colour_difference = colour.difference(left.colour_signature, right.colour_signature)
    alike = colour_difference <= limits.max_colour_difference
    reason = np.select(
        [stable == 0, ~near, ~alike, fallback, distance == 0],
        ["no stable channel", "distance", "colour", "fallback", "same hash"],
        "near",
    )
    verdict = np.where((stable != 0) & near & alike, DUPLICATE, VETOED)
    return Compared(distance, colour_difference, verdict.astype(object), reason.astype(object))


def _ones(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Bits set in each row. Unsigned on purpose: of a signed integer numpy counts the bits of its absolute value."""
    ones: NDArray[np.int64] = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    return ones


def _channel_masks() -> NDArray[np.uint64]:
    """(8, 5): for each set of channels (bit 0 = R) the bits of a hash that belong to them, in words."""
    position = np.arange(WORDS * WORD_BITS)
    channel = position // CHANNEL_BITS
    chosen = (np.arange(2**CHANNELS)[:, None] >> channel & 1).astype(bool) & (channel < CHANNELS)
    return np.packbits(chosen, axis=1).view(">u8").astype(np.uint64)
