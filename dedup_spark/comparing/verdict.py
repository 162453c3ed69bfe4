"""A verdict says whether two pictures pass as one: `duplicate`, `vetoed` or, where nobody can tell, `review`.

The one place that decides it: for candidate pairs, for the pictures of one hash, and for a picture and its keeper.
`compare` looks at hashes and colours; `look_again` at the squares of the pairs that passed.

| reason | verdict | when |
|---|---|---|
| `same hash` | duplicate | distance 0, colours pass |
| `near` | duplicate | distance at most the limit, colours pass |
| `fallback` | duplicate | a channel's hash is a coin toss: the channels stable in both pass, and the colours |
| `distance` | vetoed | too many differing bits (with the fallback: in the stable channels) |
| `colour` | vetoed | near enough, but a block has another colour |
| `no stable channel` | vetoed | no channel is stable in both: only equal contents are one picture |
| `area` | vetoed | all of this passed, but a part of the area shows another thing or pattern: `images/witness.py` |
| `unseen` | review | a square is missing, and the colours are not so near that they say enough |

The fallback is for a product with a channel saturated everywhere, as a red shirt on white: the copies of such a cut-out
are 49 bits away (98 with two such channels), nearly all of them in those channels. So the bits of the channels stable
in both pictures are counted, and the limit is their share of the whole one, rounded up to even: 4 with one channel,
8 with two. Measured on 816 drawn cut-outs (8 kinds of garment, 17 tones, two outlines and two folds of each):

| | one stable channel | two |
|---|---|---|
| JPEG 90–50, PNG, WebP 80 and 40, × 1/2, × 2, × 1/3, squashed: pass the hash | 100 % | 100 % |
| JPEG 30, × 1/4 | 99.3 % | 100 % |
| colour difference of all but × 1/4, 99 % / largest | 1.3 / 1.4 | 4.2 / 4.8 |
| pairs of different cut-outs that pass the hash (of 332,520) | 2,984 | 1,087 |
| those that pass the colours too, at 4.5 / 5 / 8 | 23 / 23 / 27 | 0 / 0 / 8 |

The 23 have a print that one cannot see (at most 1.1 % of the pixels differ by more than 40 of 765): the colour limit
needs not be stricter here.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup_spark.comparing import view_pairs
from dedup_spark.comparing.view_pairs import ViewPairs
from dedup_spark.hashing import bits, colour_phash
from dedup_spark.images import colour, thumbnail, witness
from dedup_spark.settings import Settings

DUPLICATE, VETOED, REVIEW = "duplicate", "vetoed", "review"
CHANNELS, CHANNEL_BITS = colour_phash.CHANNELS, colour_phash.BITS
WORDS = -(-CHANNELS * CHANNEL_BITS // bits.WORD)
ALL_CHANNELS = (1 << CHANNELS) - 1
LOOKED_AT = 64  # pairs whose squares are in memory at once: 30 MB


@dataclass(frozen=True)
class Limits:
    """How far apart two pictures that pass may be, each an 'at most'."""

    max_distance: int  # differing bits of 300
    max_colour_difference: float  # Delta E of the worst block
    fallback_distance: int | None = None  # as max_distance, for pictures with an unstable channel; None: max_distance
    max_differing_area: float | None = None  # share of the squares; None: `look_again` lets all pass
    max_unseen_colour_difference: float = 0.0  # as max_colour_difference, where a square is missing
    views: ViewPairs = field(default_factory=ViewPairs)  # which meet beside whole pictures: by default none

    def stable_distance(self) -> NDArray[np.int64]:
        """The fallback's limit by number of common stable channels, (4,): its share, rounded up to even."""
        whole = self.view_distance()
        return 2 * -(-np.arange(CHANNELS + 1) * whole // (2 * CHANNELS))

    def of_whole(self) -> "Limits":
        """The limits between whole pictures alone."""
        return dataclasses.replace(self, views=ViewPairs())

    def view_distance(self) -> int:
        """Differing bits of two views that meet: a keeper's limits are wider for whole pictures only."""
        return self.max_distance if self.fallback_distance is None else self.fallback_distance

    def channel_distance(self) -> int:
        """In pictures that pass by the fallback one common stable channel is at least this near: what to search by.

        >>> Limits(10, 4.5).channel_distance()
        4
        """
        return int(self.stable_distance()[1])

    def at_keeper(self) -> "Limits":
        """The limits between a picture and its keeper: twice the distance; the fallback's own stays.

        >>> keeper = Limits(10, 4.5).at_keeper()
        >>> keeper.max_distance, keeper.max_colour_difference, keeper.fallback_distance
        (20, 4.5, 10)
        """
        return dataclasses.replace(self, max_distance=2 * self.max_distance, fallback_distance=self.view_distance())


def limits(settings: Settings) -> Limits:
    """The limits that the settings give."""
    chosen = settings.duplicate_pairs
    return Limits(
        settings.candidate_pairs.max_distance,
        chosen.max_colour_difference,
        max_differing_area=chosen.max_differing_area,
        max_unseen_colour_difference=chosen.max_unseen_colour_difference,
        views=view_pairs.of(settings.views),
    )


@dataclass(frozen=True)
class OfViews:
    """What is known of v views of n pictures, row by row, the whole picture the first; of what it lacks nothing."""

    words: NDArray[np.int64]  # (n, v, 5)
    usable: NDArray[np.int64]  # (n,): a bit for each that may meet others, the first the lowest

    @property
    def count(self) -> int:
        """How many views each has."""
        return int(self.words.shape[1])


@dataclass(frozen=True)
class Features:
    """What is known of n pictures, row by row; views: None where none but whole pictures meet."""

    words: NDArray[np.int64]  # (n, 5)
    colour_signature: NDArray[np.uint8]  # (n, 600)
    unstable_channels: NDArray[np.uint8]  # (n,): bit 0 = R, 1 = G, 2 = B
    views: OfViews | None = None

    def take(self, rows: Any) -> "Features":
        """The features of these rows."""
        seen = self.views
        views = seen and OfViews(seen.words[rows], seen.usable[rows])
        return Features(self.words[rows], self.colour_signature[rows], self.unstable_channels[rows], views)


@dataclass(frozen=True)
class Compared:
    """What came out for n pairs, row by row."""

    distance: NDArray[np.int64]  # differing bits of 300, whatever the reason
    colour_difference: NDArray[np.float64]
    verdict: NDArray[np.object_]
    reason: NDArray[np.object_]


def compare(left: Features, right: Features, limits: Limits) -> Compared:
    """The verdicts on n pairs of pictures: row i of `left` against row i of `right`; one row may stand against many.

    >>> one = Features(np.zeros((1, 5), np.int64), np.zeros((1, 600), np.uint8), np.zeros(1, np.uint8))
    >>> compare(one, one, Limits(10, 4.5)).reason.tolist()
    ['same hash']
    """
    stable, distance = _stable(left, right), bits.distance(left.words, right.words)
    fallback, passes = stable != ALL_CHANNELS, near(left, right, limits)
    colour_difference = colour.difference(left.colour_signature, right.colour_signature)
    alike = colour_difference <= limits.max_colour_difference
    reason = np.select(
        [stable == 0, ~passes, ~alike, fallback, distance == 0],
        ["no stable channel", "distance", "colour", "fallback", "same hash"],
        "near",
    )
    verdict = np.where(passes & alike, DUPLICATE, VETOED)
    return Compared(distance, colour_difference, verdict.astype(object), reason.astype(object))


def near(left: Features, right: Features, limits: Limits) -> NDArray[np.bool_]:
    """Which pairs the hashes let pass: what `compare` lets pass is among them, at a hundredth of the cost.

    >>> colours, stable = np.zeros((1, 600), np.uint8), np.zeros(1, np.uint8)
    >>> one, far = (Features(np.full((1, 5), word), colours, stable) for word in (0, 1))
    >>> near(one, far, Limits(2, 5.5)).tolist(), near(one, far, Limits(4, 5.5)).tolist()
    ([False], [True])
    """
    passes: NDArray[np.bool_] = excess(left, right, limits) <= 0
    return passes


def excess(left: Features, right: Features, limits: Limits) -> NDArray[np.int64]:
    """By how many bits n pairs miss what the hashes let pass, at most 0 for those that pass: row i against row i, or
    one row against many. Without a common stable channel no pair passes: then it is the bits of a whole hash.

    >>> one = Features(np.zeros((1, 5), np.int64), np.zeros((1, 600), np.uint8), np.zeros(1, np.uint8))
    >>> excess(one, one, Limits(10, 4.5)).tolist()
    [-10]
    """
    stable = _stable(left, right)
    words, number = _of_channels()
    differing = bits.distance(left.words & words[stable], right.words & words[stable])
    most = np.where(stable == ALL_CHANNELS, limits.max_distance, limits.stable_distance()[number[stable]])
    over: NDArray[np.int64] = np.where(stable == 0, CHANNELS * CHANNEL_BITS, differing - most)
    return over


def look_again(
    colour_difference: NDArray[np.float64], left: Sequence[bytes | None], right: Sequence[bytes | None], limits: Limits
) -> tuple[NDArray[np.float64], NDArray[np.object_], NDArray[np.object_]]:
    """The second look at n pairs that `compare` lets pass: the area that differs, the verdict, the reason of a refusal.

    left, right: the squares as lossless WebP, None where the store has none; then the area is NaN. The reason is empty
    where the verdict is `duplicate`: that of `compare` stands. About 0.8 ms a pair, and nothing where the squares are
    equal.

    >>> grey = thumbnail.lossless(np.full((60, 60, 3), 128, np.uint8))
    >>> limits = Limits(10, 5.5, max_differing_area=0.0005, max_unseen_colour_difference=2.5)
    >>> area, verdict, reason = look_again(np.array([1.0, 3.0]), [grey, grey], [grey, None], limits)
    >>> area.tolist(), verdict.tolist(), reason.tolist()
    ([0.0, nan], ['duplicate', 'review'], ['', 'unseen'])
    """
    area = np.full(len(colour_difference), np.nan)
    if limits.max_differing_area is None:
        passing = np.full(len(area), DUPLICATE, dtype=object)
        return area, passing, np.full(len(area), "", dtype=object)
    known = [row for row, pair in enumerate(zip(left, right, strict=True)) if all(pair)]
    area[known] = 0
    unlike = [row for row in known if left[row] != right[row]]
    for start in range(0, len(unlike), LOOKED_AT):
        rows = unlike[start : start + LOOKED_AT]
        area[rows] = witness.differing(_squares(left[row] for row in rows), _squares(right[row] for row in rows))
    unseen, alike = np.isnan(area), colour_difference <= limits.max_unseen_colour_difference
    reason = np.select([~unseen & (area > limits.max_differing_area), unseen & ~alike], ["area", "unseen"], "")
    verdict = np.select([reason == "area", reason == "unseen"], [VETOED, REVIEW], DUPLICATE)
    return area, verdict.astype(object), reason.astype(object)


def _stable(left: Features, right: Features) -> NDArray[np.integer]:
    """The channels that are stable in both pictures, bit 0 = R; (n,)."""
    return ALL_CHANNELS & ~(left.unstable_channels | right.unstable_channels)


def _squares(files: Iterable[bytes | None]) -> NDArray[np.uint8]:
    """The whole pictures that the files show, each decoded once however often it is among them."""
    read = cache(thumbnail.squares)
    return np.stack([read(file)[0] for file in files if file])


def stable_words() -> NDArray[np.int64]:
    """Of each of the 8 sets of unstable channels the words with a one at each bit of the other channels, (8, 5)."""
    return _of_channels()[0][::-1]


@cache
def _of_channels() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each of the 8 sets of channels (bit 0 = R): words with all its bits set, (8, 5); its size, (8,)."""
    member = (np.arange(ALL_CHANNELS + 1)[:, None] >> np.arange(CHANNELS) & 1).astype(np.bool_)
    return bits.pack(np.repeat(member, CHANNEL_BITS, axis=1)), member.sum(axis=1, dtype=np.int64)
