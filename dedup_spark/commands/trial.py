"""A trial is some images of a catalogue, fetched, decoded and hashed here and timed: it tells what all of them cost.

Plain Python on one core, by the code that the workers run; what Spark adds is not in it. The processor time of fetching
and that of hashing are told apart, and so is the time that was spent waiting for the store.
"""

import math
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from dedup_spark import pictures, settings
from dedup_spark.comparing.view_pairs import ViewPairs
from dedup_spark.errors import BadImage
from dedup_spark.io import fetch

CONFIDENCE = 0.95
RGB = 3  # bytes of a pixel
WHOLE_ALONE = ViewPairs()
SIZE = 400
"""Images of a trial by default: some seconds, and 5 % of the mean at pictures of usual variety."""


@dataclass(frozen=True)
class Mean:
    """The mean of what was measured, and by how much the mean of all may be off (two-sided, 95 %)."""

    value: float
    off: float

    def times(self, count: float) -> "Mean":
        """The sum of so many."""
        return Mean(self.value * count, self.off * count)


@dataclass
class Trial:
    """What was measured of n images: bytes and statuses of each; processor seconds of each batch, an image."""

    images: int = 0
    sizes: list[int] = field(default_factory=list)  # bytes of the images that came
    statuses: list[str] = field(default_factory=list)
    fetch_seconds: float = 0.0  # of the processor
    waited: float = 0.0  # seconds of the clock that no processor of ours was at work
    hash_seconds: dict[str, list[float]] = field(default_factory=dict)  # by the way to decode, an image of each batch
    words: list[list[int]] = field(default_factory=list)  # of those that a search by bands covers
    rulers: dict[str, list[list[int]]] = field(default_factory=dict)  # the hashes of views that meet, by their ruler
    largest_picture: int = 0  # bytes of the largest one decoded

    def bytes(self) -> Mean:
        """The size of an image; of one that did not come it is 0."""
        return mean([*self.sizes, *[0] * (self.images - len(self.sizes))])

    def hashing(self, way: str) -> Mean:
        """Processor seconds of decoding and hashing an image."""
        return mean(self.hash_seconds[way])

    def fetching(self) -> float:
        """Processor seconds of fetching an image."""
        return self.fetch_seconds / max(1, self.images)

    def usable(self) -> float:
        """The share of the images that can be used."""
        return self.statuses.count("ok") / max(1, self.images)

    def hashes(self) -> NDArray[np.int64]:
        """The packed hashes of those that a search by bands covers, (n, words)."""
        return np.array(self.words, dtype=np.int64).reshape(len(self.words), -1)


def run(
    images: Generator[fetch.Fetched],
    limits: settings.Fingerprints,
    ways: Sequence[str],
    pairs: ViewPairs = WHOLE_ALONE,
) -> Trial:
    """The trial of these images, decoded in each of the ways and seen in these views; getting one is part of it.

    Raises what they raise: `StorageFailed` where the credentials are refused.
    """
    trial = Trial(hash_seconds={way: [] for way in ways})
    began, used = time.perf_counter(), time.process_time()
    hashed = 0.0
    with closing(images) as fetched:
        while batch := list(islice(fetched, limits.batch)):
            trial.images += len(batch)
            trial.sizes += [len(image.found) for image in batch if not isinstance(image.found, BadImage)]
            before = time.thread_time()
            for way in ways:
                seen = trial if way == ways[0] else None
                trial.hash_seconds[way].append(_timed(batch, limits, way, pairs, seen))
            hashed += time.thread_time() - before
    worked = time.process_time() - used
    trial.fetch_seconds = max(0.0, worked - hashed)
    trial.waited = max(0.0, time.perf_counter() - began - worked)
    return trial


def _timed(
    batch: Sequence[fetch.Fetched], limits: settings.Fingerprints, way: str, pairs: ViewPairs, trial: Trial | None
) -> float:
    """Processor seconds of an image of this batch; into the trial goes what was seen."""
    options = pictures.Options(way, limits.max_pixels, limits.thumbnail, limits.square, pairs.stored)
    before = time.thread_time()
    facts = pictures.facts(((image.path, image.found) for image in batch), options)
    seconds = time.thread_time() - before
    if trial is not None:
        trial.statuses += facts["status"]
        stable = zip(facts["words"], facts["low_information"], facts["unstable_channels"], strict=True)
        trial.words += [words for words, little, unstable in stable if words is not None and not (little or unstable)]
        for seen in filter(None, facts["views"]):
            for ruler, words in pairs.marks({view["view"]: view["words"] for view in seen}):
                trial.rulers.setdefault(ruler, []).append(words)
        pixels = (wide * high for wide, high in zip(facts["width"], facts["height"], strict=True) if wide and high)
        trial.largest_picture = max(trial.largest_picture, *(RGB * number for number in pixels), 0)
    return seconds / len(batch)


def mean(values: Iterable[float]) -> Mean:
    """The mean of independent measurements, and its uncertainty by Student's t; that of a single one is as
    large as itself.

    >>> mean([1.0, 2.0, 3.0])
    Mean(value=2.0, off=2.48...)
    """
    found = np.array(list(values), dtype=float)
    if not len(found):
        return Mean(0.0, 0.0)
    if len(found) == 1:
        return Mean(float(found[0]), float(found[0]))
    spread = found.std(ddof=1) / math.sqrt(len(found))
    return Mean(float(found.mean()), float(spread * student.ppf((1 + CONFIDENCE) / 2, len(found) - 1)))
