"""A row of the table that this prints is one catalogue of representatives, and what its pair search takes.

    python -m benchmarks.skew [--pictures N] [--crowd K] [--only NAME ...] [--carrier driver|cluster]

The uniform one has unrelated hashes. The others have as many, but K of them are of a bucket or a family that would be
compared each with each: hashes that agree in one band, a family of near hashes in two colours, a white one in a single
colour, a placeholder encoded again and again whose red channel is a coin toss, a cloud whose members are too far from
each other to pass. The time is beside that of the uniform one, in the same session: of the clock, and of all
processors. Of each the stage with the longest task is told, and of a few pictures how many of the pairs that pass, by
brute force, are not connected.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks import processes
from benchmarks.tasks import Log
from dedup_spark.bands.banding import plan
from dedup_spark.comparing import centres, verdict
from dedup_spark.errors import GateFailed
from dedup_spark.hashing import bits
from dedup_spark.images import colour
from dedup_spark.pairs import pair_search
from dedup_spark.settings import Settings, load
from dedup_spark.spark import session
from dedup_spark.storage import Scratch

PICTURE = """content string, image string, images long, pixels long, bytes long, phash string, words array<bigint>,
colour_signature binary, low_information boolean, unstable_channels int"""
SHARE = 10  # one picture in so many is of the crowd
GREYS = (128, 150)  # too far from each other to pass
WHITE = (250,)
LIMITS = verdict.Limits(10, 5.5)
FAR = 5  # twos of bits that a member of a cloud has of its own: it is 20 bits from the others
ASKED = 20  # pictures that are compared with all others, by brute force
SEED = 5
PARTS = 8  # tasks of a shuffle
WARM = 5_000

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


def near(rng: np.random.Generator, count: int, twos: int = int(LIMITS.max_distance) // 4) -> Bits:
    """Hashes within some bits of one, as those of a photograph that is encoded again and again."""
    rows = np.repeat(strangers(rng, 1), count, axis=0)
    every = np.arange(count)
    for _ in range(twos):
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


CROWDS: dict[str, Callable[[np.random.Generator, int], Bits]] = {
    "uniform": strangers,
    "one band": of_one_band,
    "family": near,
    "white": near,
    "placeholder": tossed,
    "cloud": partial(near, twos=FAR),
}


def catalogue(name: str, count: int, crowd: int) -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    rows = np.concatenate([strangers(rng, count - crowd), CROWDS[name](rng, crowd)])
    return pictures(rows, WHITE if name == "white" else GREYS, crowd if name == "placeholder" else 0)


def pictures(rows: Bits, shades: Sequence[int], unstable: int) -> pd.DataFrame:
    """Representatives with these hashes and greys, in turn; the last ones have a red channel that is a coin toss."""
    words = bits.pack(rows)
    side = colour.GRID
    greys = [colour.signature(np.full((1, side, side, 3), grey, np.uint8)).tobytes() for grey in shades]
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


def search(rows: DataFrame, settings: Settings, scratch: Scratch) -> tuple[pd.DataFrame, dict[str, int]]:
    """The pairs that pass (`left_content`, `right_content`), how many there are in all, and the families."""
    squares = rows.sparkSession.createDataFrame([], "content string, square binary")
    found = pair_search.among(rows, squares, LIMITS, settings, scratch)
    pairs = scratch.cut(found.pairs, "pairs")
    return pairs.where("verdict = 'duplicate'").select("left_content", "right_content").toPandas(), found.families


def missed(frame: pd.DataFrame, pairs: pd.DataFrame) -> tuple[int, int]:
    """Of the last pictures, which are of the crowd: pairs that pass and are not connected, of how many."""
    place = {content: row for row, content in enumerate(frame["content"])}
    ends = np.array([[place[content] for content in pairs[side]] for side in pairs.columns], np.int64)
    graph = coo_array((np.ones(len(pairs)), ends), (len(frame), len(frame)))
    _, component = connected_components(graph, directed=False)
    known, passing = centres.features(frame), 0
    wrong = 0
    for asked in range(len(frame) - ASKED, len(frame)):
        one = centres.take(known, [asked])
        close = np.flatnonzero(verdict.near(one, known, LIMITS))
        passes = close[verdict.compare(one, known.take(close), LIMITS).verdict == verdict.DUPLICATE]
        passing += len(passes) - 1
        wrong += int((component[passes] != component[asked]).sum())
    return wrong, passing


@dataclass(frozen=True)
class Took:
    """Seconds of a clock, and of all processors together."""

    seconds: float
    cpu: float


def now() -> Took:
    return Took(time.monotonic(), processes.processor(os.getpid()))


def line(name: str, count: int, crowd: int, settings: Settings, scratch: Scratch, log: Log) -> tuple[str, Took]:
    """What the search among one catalogue said, and what it took."""
    frame = catalogue(name, count, crowd)
    rows = scratch.cut(scratch.spark.createDataFrame(frame, PICTURE).repartition(PARTS), "pictures")
    log.stages()
    began = now()
    try:
        pairs, families = search(rows, settings, scratch)
    except GateFailed as refused:
        pairs, families = None, str(refused).partition("\n")[0]
    ended = now()
    took = Took(ended.seconds - began.seconds, ended.cpu - began.cpu)
    stages = log.stages()
    said = f"{len(stages):3} stages, {max(stages, key=lambda stage: stage.longest)}  {families}"
    if pairs is not None:
        said += "  missed {} of {:,}".format(*missed(frame, pairs))
    return said, took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--crowd", type=int, default=0)
    parser.add_argument("--only", nargs="*", choices=CROWDS, default=[name for name in CROWDS if name != "cloud"])
    parser.add_argument("--carrier", default="auto")
    parser.add_argument("--memory", default="3g")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as events, tempfile.TemporaryDirectory() as folder:
        log = Log(Path(events))
        conf = f'"spark.driver.memory" = "{chosen.memory}", "spark.sql.shuffle.partitions" = "{PARTS}", {log.conf}'
        overrides = ["session.master=local[2]", f"session.conf={{{conf}}}", f"candidate_pairs.carrier={chosen.carrier}"]
        settings = load(overrides=overrides)
        with session.opened(settings) as spark:
            scratch, uniform = Scratch(spark, folder, settings), None
            line("placeholder", WARM, WARM // 2, settings, scratch, log)  # what is compiled first counts against no one
            for name in chosen.only:
                crowd = chosen.crowd or chosen.pictures // SHARE
                said, took = line(name, chosen.pictures, crowd, settings, scratch, log)
                uniform = uniform or took
                beside = (
                    f"x {took.seconds / uniform.seconds:5.2f}, cpu {took.cpu:6.1f} s x {took.cpu / uniform.cpu:5.2f}"
                )
                print(f"{name:12} {took.seconds:6.1f} s {beside}  {said}", flush=True)


if __name__ == "__main__":
    main()
