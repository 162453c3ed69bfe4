"""A plan is a tuple of bands (disjoint bit masks over the words of a hash) of which near hashes share at least one.

Two proofs serve (`facts.md` measured what they cost):

- **plain pigeonhole**: t differing bits touch at most t of t + 1 disjoint bands, so one band is left untouched.
- **parity**: where every channel of every hash has an even number of ones, two hashes differ in an even number of
  bits in each channel. A channel cut into an odd number n of bands is missed only by a pair that differs there in
  n + 1 bits or more. The channels' numbers of bands are as equal as can be, and such that all the n + 1 together
  exceed t: 2 * floor(t / 2) + 2 - channels bands, each of them inside one channel. For the colour pHash these are
  9 bands of 33 bits at t = 10 and 11, where the plain proof needs 11 of 27.

The bits of a channel are dealt to its bands in turn, low frequencies first: neighbouring bits agree with one another,
so a band of consecutive bits has up to four times the candidates.

Both proofs hold once more inside a bucket: hashes that agree in a band differ in its other bits only, an even number of
them in each channel if they did so before. So a bucket that is too large is searched by a plan over those (`within`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import isqrt

from dedup_spark.errors import BadInput
from dedup_spark.hashing.bits import WORD


@dataclass(frozen=True)
class Plan:
    """How to find all pairs within `max_distance`: the bands, and in `proof` why none is missed.

    bands: one mask a band, each a tuple of signed 64-bit words laid out as `hashing.bits.pack` lays out a hash.
    even: the proof holds for hashes with an even number of ones under each of `channel_masks`, for no others.
    order: the positions of a channel as they were dealt to the bands.
    held: the proof holds for pairs that agree at these positions, which are in no band (`within`).
    """

    max_distance: int
    channels: int
    bits: int
    even: bool
    bands: tuple[tuple[int, ...], ...]
    proof: str
    order: tuple[int, ...]
    held: frozenset[int] = frozenset()

    @property
    def words(self) -> int:
        """How many 64-bit words a hash has."""
        return len(self.bands[0])

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many bits each band has."""
        return tuple(sum((word % 2**WORD).bit_count() for word in band) for band in self.bands)

    @property
    def channel_masks(self) -> tuple[tuple[int, ...], ...]:
        """One mask a channel, laid out as those of the bands."""
        channels = (range(channel * self.bits, (channel + 1) * self.bits) for channel in range(self.channels))
        return tuple(mask_of(channel, self.words) for channel in channels)

    def within(self, number: int) -> "Plan | None":
        """The plan for pairs that agree in band `number`: how a bucket of it that is too large is searched.

        Its bands lie on the other bits. None where these are too few for the proof: then the bucket cannot be divided.

        >>> print(plan(10).within(0))  # doctest: +NORMALIZE_WHITESPACE
        9 bands of 22 to 34 bits find every pair within 10: where 34 bits agree, a channel differs in an even number of
        bits, so a pair without a common band differs in at least 4 + 4 + 4 = 12 > 10
        """
        held = self.held.union(positions(self.bands[number]))
        found = _planned(self.max_distance, self.channels, self.bits, self.even, self.order, held)
        return found if all(found.sizes) else None

    def __str__(self) -> str:
        bands = f"{len(self.bands)} band{'s' if len(self.bands) > 1 else ''}"
        size = " to ".join(str(size) for size in sorted({min(self.sizes), max(self.sizes)}))
        return f"{bands} of {size} bits find every pair within {self.max_distance}: {self.proof}"


def plan(
    max_distance: int, channels: int = 3, bits: int = 100, even: bool = True, order: Sequence[int] | None = None
) -> Plan:
    """The plan with the fewest bands for hashes of `channels` times `bits` bits, pairs of at most `max_distance`.

    even: every hash has an even number of ones in each channel (else pairs are missed: `candidate_pairs.find` refuses).
    order: the positions of a channel, bits that tend to agree next to each other, so that no band gets both. By
    default the zig-zag of JPEG where the channel is a square block of frequencies, else as they stand.

    Raises `BadInput` when no plan can exist: a threshold below 0 or not below the bits of the hash.

    >>> print(plan(10))  # doctest: +NORMALIZE_WHITESPACE
    9 bands of 33 to 34 bits find every pair within 10: a channel differs in an even number of bits,
    so a pair without a common band differs in at least 4 + 4 + 4 = 12 > 10
    >>> print(plan(10, even=False))  # doctest: +NORMALIZE_WHITESPACE
    11 bands of 27 to 28 bits find every pair within 10: the bands have no bit in common,
    so a pair without a common band differs in at least 11 > 10
    >>> [len(plan(t).bands) for t in (5, 10, 11, 17, 23)]
    [3, 9, 9, 15, 21]
    """
    if not (channels > 0 and bits > 0):
        raise BadInput(f"a hash of {channels} channels of {bits} bits: both must be at least 1")
    if not 0 <= max_distance < channels * bits:
        raise BadInput(f"max_distance = {max_distance}: must be 0 to {channels * bits - 1} for {channels * bits} bits")
    order = _zigzag(bits) if order is None else order
    if sorted(order) != list(range(bits)):
        raise BadInput(f"order: must name each of the {bits} positions of a channel once")
    return _planned(max_distance, channels, bits, even, tuple(order), frozenset())


def _planned(t: int, channels: int, bits: int, even: bool, order: tuple[int, ...], held: frozenset[int]) -> Plan:
    """The plan over the bits that are not held."""
    starts = range(0, channels * bits, bits)
    lines = [[start + bit for bit in order if start + bit not in held] for start in starts]
    bands, proof = (_within_channels if even else _across_channels)(t, lines)
    words = -(-channels * bits // WORD)
    masks = tuple(mask_of(band, words) for band in bands)
    where = f"where {len(held)} bits agree, " if held else ""
    return Plan(t, channels, bits, even, masks, where + proof, order, held)


def _within_channels(t: int, lines: Sequence[Sequence[int]]) -> tuple[list[list[int]], str]:
    """The parity plan. With t < 2 * (channels - 1) channels stand together: their sum of even numbers is even."""
    pairs = t // 2 + 1  # the fewest pairs of differing bits that lie beyond t
    parts = min(len(lines), pairs)
    shares = [len(range(part, pairs, parts)) for part in range(parts)]  # sum = pairs, each at least 1
    bands: list[list[int]] = []
    for part, share in enumerate(shares):
        dealt = list(chain.from_iterable(lines[part::parts]))
        bands += (dealt[band :: 2 * share - 1] for band in range(2 * share - 1))  # missed only by 2 * share bits
    missed = " + ".join(str(2 * share) for share in shares)
    least = f"{missed} = {2 * pairs}" if parts > 1 else missed
    return bands, (
        "a channel differs in an even number of bits, "
        f"so a pair without a common band differs in at least {least} > {t}"
    )


def _across_channels(t: int, lines: Sequence[Sequence[int]]) -> tuple[list[list[int]], str]:
    """The plain plan: all bits, channel after channel, each dealt in turn, cut into t + 1 even bands."""
    stride = max(1, min(max(map(len, lines)), round((t + 1) / len(lines))))
    dealt = [line[start::stride] for line in lines for start in range(stride)]
    line = list(chain.from_iterable(dealt))
    cuts = [len(line) * band // (t + 1) for band in range(t + 2)]
    return [line[start:end] for start, end in pairwise(cuts)], (
        f"the bands have no bit in common, so a pair without a common band differs in at least {t + 1} > {t}"
    )


def _zigzag(bits: int) -> list[int]:
    """The positions of a square row-major block by rising frequency, as JPEG reads one; of any other as they stand."""
    side = isqrt(bits)
    if side * side != bits:
        return list(range(bits))

    def diagonal(position: int) -> tuple[int, int]:
        row, column = divmod(position, side)
        return row + column, row if (row + column) % 2 else column

    return sorted(range(bits), key=diagonal)


def mask_of(places: Sequence[int], words: int) -> tuple[int, ...]:
    """Signed words with ones at the positions; position 0 is the most significant bit of word 0."""
    mask = [0] * words
    for place in places:
        word, bit = divmod(place, WORD)
        mask[word] |= 1 << (WORD - 1 - bit)
    return tuple(word - 2**WORD if word >= 2 ** (WORD - 1) else word for word in mask)


def positions(mask: Sequence[int]) -> list[int]:
    """Where a mask has ones: `mask_of` undone."""
    ones = "".join(f"{word % 2**WORD:0{WORD}b}" for word in mask)
    return [position for position, one in enumerate(ones) if one == "1"]
