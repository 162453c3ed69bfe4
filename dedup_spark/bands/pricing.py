"""A price is what a plan will cost on so many hashes, said from a sample of them: rows, bytes, candidates, buckets.

In a sample one counts the pairs that share a band. Those that are near each other are copies: there are twice as many
in twice the catalogue. All others meet by chance: four times as many. Where the sample has hardly any of them, they are
counted under the first bits of the band only, and each bit more is taken to divide them as the last ones did; or they
are as many as the few, if that is more. A sample of 20,000 hashes said the candidates of a million within a tenth at
t = 10 to 20 (2.1 M for 2.2, 33 M for 34, 568 M for 570); one of 3,000 within a third from t = 14 on.

`choose` compares the plans whose proof holds (`banding`): parity, where all channels are even, and plain pigeonhole,
each with the bits in the order of frequencies, as they stand, and so that bits which agree in the sample come next to
one another and are dealt to different bands.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dedup_spark.bands import band_sort, banding
from dedup_spark.bands.banding import Plan, mask_of, positions
from dedup_spark.bands.buckets import Longs, Mask, Table, sort
from dedup_spark.hashing import bits

ROW = 5  # candidates that cost as much as a row shuffled or sorted: 3 on the driver, 7 in Spark
NANOSECONDS = {"driver": 18, "cluster": 400}  # of a core for each of these, as measured by `benchmarks.predictions`
START = {"driver": 0, "cluster": 10}  # core-seconds that a search takes however small it is
SEEN = 50  # pairs that meet by chance, from which on their number is believed: within 14 %
TAIL = 100  # of the fullest buckets of a sample, that tell how fast larger ones become fewer: within 10 %
STEP = 6  # bits over which it is seen how fast they become fewer
GIGA = 10**9
KEY = 16  # bytes of a row beside its words: the key and the bucket


@dataclass(frozen=True)
class Sample:
    """Distinct hashes that were drawn at random."""

    words: Longs
    of: int  # distinct hashes they were drawn from
    channels: int = bits.CHANNELS
    bits: int = bits.BITS
    even: bool = True  # all of those, not of the sample alone, have an even number of ones in each channel


@dataclass(frozen=True)
class Priced:
    """A plan and what it is expected to cost."""

    plan: Plan
    images: int  # hashes that are searched
    candidates: int  # pairs that share a band, counted once for each that they share
    largest_bucket: int  # rows
    seen: int  # pairs of the sample on which the candidates rest

    @property
    def rows(self) -> int:
        """Rows shuffled or sorted: one a hash and band."""
        return self.images * len(self.plan.bands)

    @property
    def bytes(self) -> int:
        """Bytes of these rows, not compressed."""
        return self.rows * (self.plan.words * bits.WORD // bits.BYTE + KEY)

    @property
    def cost(self) -> int:
        """What plans are compared by, in candidates."""
        return self.candidates + ROW * self.rows

    def core_seconds(self, carrier: str) -> float:
        """Of the driver, or of all tasks of the cluster together."""
        return START[carrier] + self.cost * NANOSECONDS[carrier] / GIGA

    @property
    def per_image(self) -> float:
        """Candidates a picture, which is what the budget limits."""
        return self.candidates / max(1, self.images)

    def __str__(self) -> str:
        return (
            f"{self.plan}; expected for {self.images:,} hashes: {self.rows:,} rows, {self.candidates:,} candidates "
            f"({self.per_image:,.1f} a picture), largest bucket {self.largest_bucket:,}"
        )


def choose(sample: Sample, max_distance: int, images: int) -> Priced:
    """The cheapest plan for so many distinct hashes like these; of equals the first of the orders named above.

    Raises `BadInput` where no plan can exist. 20,000 hashes: half a second at t = 10.

    >>> rng = np.random.default_rng(1)
    >>> words = bits.pack(rng.random((2000, 64)) < 0.5)
    >>> priced = choose(Sample(words, of=2000, channels=1, bits=64, even=False), max_distance=3, images=1_000_000)
    >>> len(priced.plan.bands), 10**7 < priced.candidates < 10**8
    (4, True)
    """
    plans = _plans(sample, max_distance)
    near = _near(sample.words, plans[0])
    return min((price(sample, plan, images, near) for plan in plans), key=lambda priced: priced.cost)


def refusal(sample: Sample, priced: Priced, budget: float) -> str | None:
    """Why the plan may not run, and the largest threshold that may; None: it is within `[candidate_pairs] budget`."""
    if priced.per_image <= budget:
        return None
    said = (
        f"max_distance = {priced.plan.max_distance} makes {priced.per_image:,.0f} candidates a picture among "
        f"{priced.images:,} hashes, over [candidate_pairs] budget = {budget:,}"
    )
    for t in reversed(range(priced.plan.max_distance)):
        if choose(sample, t, priced.images).per_image <= budget:
            return f"{said}; max_distance = {t} is within it"
    return f"{said}; no max_distance is within it"


def refusal_of_views(priced: Priced, pictures: int, budget: float) -> str | None:
    """Why a search by views may not run for so many pictures; None: it is within `[candidate_pairs] budget`."""
    each = priced.candidates / max(1, pictures)
    if each <= budget:
        return None
    return (
        f"[views] stored makes {each:,.0f} candidates a picture among {pictures:,}, over [candidate_pairs] budget = "
        f"{budget:,}; fewer views make fewer, ['whole'] none"
    )


def price(sample: Sample, plan: Plan, images: int, near: Longs | None = None) -> Priced:
    """What one plan costs. near: the bits in which the near pairs of the sample differ; None: they are looked for."""
    near = _near(sample.words, plan) if near is None else near
    drawn = max(1, len(sample.words))
    bands = [_by_chance(sample.words, plan, mask, near) for mask in plan.bands]
    of_copies = sum(_sharing(near, mask) for mask in plan.bands) * (sample.of / drawn) ** 2 * images / max(1, sample.of)
    by_chance = sum(met for met, _ in bands) * (images / drawn) ** 2
    largest = _largest(sample.words, plan, near, max(1.0, images / drawn))
    return Priced(plan, images, round(of_copies + by_chance), largest, sum(seen for _, seen in bands))


def by_rulers(rulers: Mapping[str, Longs], times: float, plan: Plan, channels: int) -> Priced:
    """What a search costs in which only rows of one ruler meet, by a sample of each ruler's rows and how many times as
    many there are: one ruler is priced, the others by their rows.
    """
    words = max(rulers.values(), key=len)
    sample = Sample(words, max(1, round(len(words) * times)), channels)
    priced = price(sample, plan, sample.of)
    rows = [len(found) for found in rulers.values()]
    alike = sum(count**2 for count in rows) / max(1, len(words)) ** 2
    return replace(priced, images=round(sum(rows) * times), candidates=round(alike * priced.candidates))


def copies(sample: Sample, priced: Priced) -> int:
    """How many pairs of copies there are among the hashes of a price: twice as many in twice the catalogue."""
    drawn = max(1, len(sample.words))
    return round(len(_near(sample.words, priced.plan)) * (sample.of / drawn) ** 2 * priced.images / max(1, sample.of))


def _by_chance(words: Longs, plan: Plan, mask: Mask, near: Longs) -> tuple[float, int]:
    """How many pairs of the sample share the band and are not near, and on how many pairs seen that rests."""
    places = sorted(positions(mask), key=lambda place: plan.order.index(place % plan.bits))

    def met(length: int) -> int:
        """Pairs that agree in so many of the first bits."""
        if not length:
            return len(words) * (len(words) - 1) // 2
        first = mask_of(places[:length], plan.words)
        return int(sort(Table(words), None, first).comparisons(None).sum()) - _sharing(near, first)

    believed = bisect_left(range(len(places) + 1), True, key=lambda length: met(length) < SEEN) - 1
    seen = met(max(0, believed))
    if believed == len(places) or believed < 1:
        return seen, seen
    before = max(0, believed - STEP)
    a_bit = (seen / met(before)) ** (1 / (believed - before))
    return max(met(len(places)), seen * a_bit ** (len(places) - believed)), seen


def _sharing(near: Longs, mask: Mask) -> int:
    """How many of the near pairs share a band."""
    return int((near & np.array(mask) == 0).all(axis=1).sum())


def _largest(words: Longs, plan: Plan, near: Longs, times: float) -> int:
    """Rows of the largest bucket among so many times these hashes.

    The fullest bucket of a sample is the luckiest of many that are as large. So it is read from the tail, the fullest
    ones: where sizes fall off as exp(-size / theta), so many rows and more in the sample have theta / (1 + theta) times
    the buckets of one row less, and theta is the mean of what they have more than the least of them. What chance does
    not explain is no less than its rows but for two deviations. Near pairs are copies: two rows, however many hashes.
    """
    sorts = (sort(Table(words), None, mask) for mask in plan.bands)
    rows = np.sort(np.concatenate([found.stops - found.starts for found in sorts]))
    rows = rows[min(len(rows) - 1, sum(_sharing(near, mask) for mask in plan.bands)) :] if len(rows) else rows
    if not len(rows):
        return 1
    least = int(rows[-TAIL:][0])
    tail = rows[rows >= least] - least
    theta = max(1, int(tail.sum())) / len(tail)
    first = math.log(len(tail)) + least * math.log1p(1 / theta)
    sure = float(rows[-1]) - 2 * math.sqrt(rows[-1])
    return max(1, round(first / math.log1p(1 / (times * theta))), round(times * sure))


def _plans(sample: Sample, max_distance: int) -> list[Plan]:
    orders: list[Sequence[int] | None] = [None, range(sample.bits), _agreeing(sample)]
    return [
        banding.plan(max_distance, sample.channels, sample.bits, even, order)
        for even in ([True, False] if sample.even else [False])
        for order in orders
    ]


def _agreeing(sample: Sample) -> list[int]:
    """The positions of a channel, each followed by the one that agrees with it most often (or least: always unlike)."""
    ones = bits.unpack(sample.words, sample.channels * sample.bits).reshape(-1, sample.bits)
    signs = np.where(ones, np.float32(1), np.float32(-1))
    alike = np.abs(signs.T @ signs)
    np.fill_diagonal(alike, -1)
    order = [int(alike.sum(axis=0).argmax())]
    while len(order) < sample.bits:
        alike[:, order[-1]] = -1
        order.append(int(alike[order[-1]].argmax()))
    return order


def _near(words: Longs, plan: Plan) -> Longs:
    """In which bits the near pairs differ: (n, words)."""
    found = [words[pairs.left] ^ words[pairs.right] for pairs in band_sort.find(words, None, plan)]
    return np.concatenate(found) if found else np.empty((0, words.shape[1]), np.int64)
