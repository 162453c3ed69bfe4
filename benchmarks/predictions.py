"""A line of the bench is one table of hashes: what its search was predicted to cost, and what it did.

    python -m benchmarks.predictions [--counts N ...] [--known K]

The prediction is made from `hash_sample.SIZE` of the first K hashes, as `dedup-spark plan` makes one from those of an
earlier run, for the whole table; the search is that of the driver. Seconds are those of a core, which other work on the
machine hardly changes.
"""

import argparse
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks import drawn_hashes
from dedup_spark.bands import band_sort, pricing
from dedup_spark.bands.band_sort import Tally
from dedup_spark.bands.pricing import Sample
from dedup_spark.pairs import hash_sample
from dedup_spark.spark.carriers import DRIVER

WORK = Path("build") / "bench_predictions"
COUNTS, KNOWN = (1_000_000,), 100_000
THRESHOLDS, GROUNDS = (10, 14), (False, True)
CORES = 2
TITLES = ("hashes", "t", "on white", "rows", "candidates predicted / met", "largest bucket", "core-seconds")


def line(count: int, t: int, on_white: bool, known: int) -> Iterator[str]:
    """The cells of one table."""
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / "hashes.parquet"
    drawn_hashes.write(path, count, t, on_white)
    words = np.unique(drawn_hashes.read(path), axis=0)
    np.random.default_rng(drawn_hashes.SEED).shuffle(words)
    sample = Sample(words[:known][: hash_sample.SIZE], min(known, len(words)))
    priced = pricing.choose(sample, t, len(words))
    tally, began = Tally(), time.process_time()
    for _ in band_sort.find(words, None, priced.plan, threads=CORES, tally=tally):
        pass
    seconds = time.process_time() - began
    yield from (f"{count:,}", str(t), "yes" if on_white else "no", f"{priced.rows:,}")
    yield _beside(priced.candidates, tally.candidates)
    yield _beside(priced.largest_bucket, tally.largest)
    yield _beside(round(priced.core_seconds(DRIVER), 1), round(seconds, 1))


def _beside(predicted: float, met: float) -> str:
    return f"{predicted:,} / {met:,} = {predicted / max(met, 1e-9):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="*", default=COUNTS)
    parser.add_argument("--thresholds", type=int, nargs="*", default=THRESHOLDS)
    parser.add_argument("--known", type=int, default=KNOWN)
    asked = parser.parse_args()
    print("| " + " | ".join(TITLES) + " |\n" + "|---" * len(TITLES) + "|")
    for count, t, on_white in product(asked.counts, asked.thresholds, GROUNDS):
        print("| " + " | ".join(line(count, t, on_white, asked.known)) + " |", flush=True)


if __name__ == "__main__":
    main()
