"""A row of the table that this prints is one catalogue of representatives, and what its pair search takes.

The uniform one has unrelated hashes. The others have as many, but a bucket or a family that would be compared each with
each: hashes that agree in one band, a family of near hashes in two colours, a placeholder encoded again and again whose
red channel is a coin toss. The time is beside that of the uniform one, in the same session.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from dedup_spark import pair_search, session, verdict
from dedup_spark.banding import plan
from dedup_spark.hashing import bits
from dedup_spark.images import colour
from dedup_spark.settings import Settings, load
from dedup_spark.storage import Scratch

PICTURE = """content string, image string, images long, pixels long, bytes long, phash string, words array<bigint>,
colour_signature binary, low_information boolean, unstable_channels int"""
SHARE = 10  # one picture in so many is of the crowd
GREYS = (128, 150)  # too far from each other to pass
SEED = 5

Bits = NDArray[np.bool_]


def strangers(rng: np.random.Generator, count: int) -> Bits:
    """Hashes that have nothing to do with each other; 50 ones a channel."""
    channel = np.tile(np.repeat([False, True], verdict.CHANNEL_BITS // 2), (count, 1))
    return np.concatenate([rng.permuted(channel, axis=1) for _ in range(verdict.CHANNELS)], axis=1)


def of_one_band(rng: np.random.Generator, count: int) -> Bits:
    """Strangers that agree in the first band of the plan, which lies in the first channel."""
    rows = strangers(rng, count)
    band = np.flatnonzero(bits.unpack(np.array([plan(load().candidate_pairs.max_distance).bands[0]]))[0])
    rows[:, band] = rows[0, band]
    odd = rows[:, : verdict.CHANNEL_BITS].sum(axis=1) % 2 == 1
    rows[odd, np.setdiff1d(np.arange(verdict.CHANNEL_BITS), band)[0]] ^= True
    return rows


def near(rng: np.random.Generator, count: int) -> Bits:
    """Hashes within 4 bits of one, as those of a photograph that is encoded again and again."""
    rows = np.repeat(strangers(rng, 1), count, axis=0)
    every = np.arange(count)
    for _ in range(int(load().candidate_pairs.max_distance) // 4):
        start = verdict.CHANNEL_BITS * rng.integers(0, verdict.CHANNELS, count)
        one = rng.integers(0, verdict.CHANNEL_BITS, count)
        other = (one + rng.integers(1, verdict.CHANNEL_BITS, count)) % verdict.CHANNEL_BITS
        rows[every, start + one] ^= True
        rows[every, start + other] ^= True
    return rows


def tossed(rng: np.random.Generator, count: int) -> Bits:
    """Near hashes with a red channel of their own."""
    rows = near(rng, count)
    rows[:, : verdict.CHANNEL_BITS] = strangers(rng, count)[:, : verdict.CHANNEL_BITS]
    return rows


def catalogues(count: int) -> Iterator[tuple[str, pd.DataFrame]]:
    rng = np.random.default_rng(SEED)
    crowd = count // SHARE
    others = strangers(rng, count - crowd)
    yield "uniform", pictures(np.concatenate([others, strangers(rng, crowd)]))
    yield "one band", pictures(np.concatenate([others, of_one_band(rng, crowd)]))
    yield "family", pictures(np.concatenate([others, near(rng, crowd)]))
    yield "placeholder", pictures(np.concatenate([others, tossed(rng, crowd)]), unstable=crowd)


def pictures(rows: Bits, unstable: int = 0) -> pd.DataFrame:
    """Representatives with these hashes, in two greys in turn; the last ones have a red channel that is a coin toss."""
    words = bits.pack(rows)
    side = colour.GRID
    greys = [colour.signature(np.full((1, side, side, 3), grey, np.uint8)).tobytes() for grey in GREYS]
    count = len(rows)
    names = [f"{place:032x}" for place in range(count)]
    return pd.DataFrame(
        {
            "content": names,
            "image": names,
            "images": 1,
            "pixels": 1,
            "bytes": 1,
            "phash": bits.to_text(words),
            "words": list(words),
            "colour_signature": [greys[place % len(greys)] for place in range(count)],
            "low_information": False,
            "unstable_channels": np.where(np.arange(count) < count - unstable, 0, 1),
        }
    )


def search(rows: DataFrame, settings: Settings, scratch: Scratch) -> tuple[int, dict[str, int]]:
    """How many pairs are found, and the families."""
    squares = rows.sparkSession.createDataFrame([], "content string, square binary")
    found = pair_search.among(rows, squares, verdict.Limits(10, 5.5), settings, scratch)
    return scratch.cut(found.pairs, "pairs").count(), found.families


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--memory", default="3g")
    chosen = parser.parse_args()
    conf = f'session.conf={{"spark.driver.memory" = "{chosen.memory}", "spark.sql.shuffle.partitions" = "8"}}'
    settings = load(overrides=["session.master=local[2]", conf])
    with session.opened(settings) as spark, tempfile.TemporaryDirectory() as folder:
        scratch, uniform = Scratch(spark, folder, settings), 0.0
        for name, frame in catalogues(chosen.pictures):
            rows = scratch.cut(spark.createDataFrame(frame, PICTURE).repartition(8), "pictures")
            if not uniform:
                search(rows, settings, scratch)  # what is compiled first would count against the uniform one
            began = time.monotonic()
            found, families = search(rows, settings, scratch)
            took = time.monotonic() - began
            uniform = uniform or took
            print(f"{name:12} {took:7.1f} s  x {took / uniform:4.2f}  {found:9,} pairs  families {families}")


if __name__ == "__main__":
    main()
