"""A sample of hashes is drawn from a table of pictures by the bits themselves: what a plan is chosen and priced by."""

import numpy as np
from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from dedup_spark import duplicate_pairs, gates
from dedup_spark.bands import pricing
from dedup_spark.bands.pricing import Priced, Sample
from dedup_spark.comparing import centres
from dedup_spark.comparing.verdict import CHANNELS, WORDS, Limits
from dedup_spark.pairs import near_views

SIZE = 50_000
"""Hashes that come to the driver: 20,000 say the candidates of a million within a tenth, but not its largest bucket."""


def draw(pictures: DataFrame, size: int = SIZE) -> Sample:
    """Distinct hashes of those pictures that the search by bands covers. `pictures`: `distinct_pictures`.

    Their channels all have an even number of ones: that is what makes them stable.
    """
    seen = Observation()
    hashes = duplicate_pairs.enters_search(pictures).select("words").distinct()
    counted = hashes.observe(seen, F.count("*").alias("hashes"))
    taken = counted.orderBy(F.xxhash64("words"), "words").limit(size).collect()
    words = np.array([row["words"] for row in taken], dtype=np.int64).reshape(len(taken), WORDS)
    return Sample(words, seen.get["hashes"], CHANNELS)


def plan(pictures: DataFrame, limits: Limits, budget: float) -> Priced:
    """The cheapest plan for the search among these pictures, and what it will cost; a search by views goes by it, too.

    Raises `GateFailed` where it costs more than `[candidate_pairs] budget`; it says which threshold would not.
    """
    sample = draw(pictures)
    priced = pricing.choose(sample, limits.max_distance, max(1, sample.of))
    gates.budget(pricing.refusal(sample, priced, budget))
    return priced


def of_views(pictures: DataFrame, limits: Limits, priced: Priced, budget: float, size: int = SIZE) -> Priced | None:
    """What the search by views costs, with the plan of whole pictures; None: none meet. Raises as `plan` does."""
    pairs, seen = limits.views, Observation()
    if not pairs:
        return None
    every = pairs.rows({*pairs.probe, *pairs.against})
    shows = pictures.where(~F.col("low_information")).select("content", *centres.VIEW_FEATURES, "words")
    drawn = shows.observe(seen, F.count("*").alias("pictures")).orderBy(F.xxhash64("content")).limit(size // len(every))
    rulers: dict[str, list[list[int]]] = {ruler: [] for ruler in pairs.rulers()}
    for row in near_views.nodes(drawn, pairs.stored, pairs).select(near_views.RULER, "words").collect():
        rulers[row[near_views.RULER]].append(row["words"])
    times = max(1.0, seen.get["pictures"] / (size // len(every)))
    words = {ruler: np.array(found, dtype=np.int64).reshape(-1, WORDS) for ruler, found in rulers.items()}
    found = pricing.by_rulers(words, times, priced.plan, CHANNELS)
    gates.budget(pricing.refusal_of_views(found, seen.get["pictures"], budget))
    return found
