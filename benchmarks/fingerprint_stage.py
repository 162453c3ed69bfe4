"""A stage is fetch, decode and hash on Spark: how much of what plain processes do it keeps, from a disk and from S3.

    python -m benchmarks.fingerprint_stage [FOLDER] [--images N] [--rounds N] [--parts disk s3 flow memory]

Every side reads the same files, photographs of FOLDER again and again, each with a comment of its own. The start of
the session, and of the Python workers, is told apart. Processor seconds are those of all processes of a side, the
wall clock is that of a machine with whatever else it does meanwhile.
"""

import argparse
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from pyspark.sql import SparkSession

from benchmarks import cost, distance, processes
from benchmarks.edited_catalogue import photographs
from dedup_spark import fingerprints, pictures, storage
from dedup_spark.io import fetch, objects
from dedup_spark.settings import S3, Settings, load
from dedup_spark.spark import session
from tests import s3_server

PARTS = ("disk", "s3", "flow", "memory")
PROCESSES, WRITERS = 2, 8
IMAGES, FETCHED = 20_000, 1_000
WARM = 64  # images
LATENCY = 0.02  # seconds a request
BUCKET = "pictures"
START, COMMENT = 2, b"\xff\xfe"  # bytes before the first marker of a JPEG; the marker of a comment
LARGE, COPIES = (7_300, 5_475), 48  # pixels: 40 million; files
SEED, GRAIN, QUALITY = 5, 4.0, 85  # of the large picture; grey levels; of JPEG
MILLI, MEGA = 1_000, 1_000_000


@dataclass(frozen=True)
class Spent:
    """On one pass over all images: seconds of the clock, and of the processor in all processes of the side."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Place:
    """Where images lie: their paths, the one folder that may be read, and how S3 is reached."""

    paths: list[str]
    root: str
    s3: S3


def copies(sources: Sequence[Path], number: int, folder: Path) -> list[str]:
    """Writes so many files that differ in their bytes, not in what they show; their paths."""
    folder.mkdir(parents=True)
    made = []
    for count, source in zip(range(number), cycle(sources), strict=False):
        data, text = source.read_bytes(), f"copy {count}".encode()
        comment = COMMENT + (START + len(text)).to_bytes(START, "big") + text
        path = folder / f"{count:06d}.jpg"
        path.write_bytes(data[:START] + comment + data[START:])
        made.append(str(path))
    return made


def plain(paths: Sequence[str], settings: Settings) -> Spent:
    """Two processes that do nothing else, started before the clock is."""
    limits = settings.fingerprints
    options = pictures.Options(limits.decode, limits.max_pixels, limits.thumbnail, limits.square)
    batches = [paths[start : start + limits.batch] for start in range(0, len(paths), limits.batch)]
    with get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(partial(_look, options=options), [paths[: limits.batch]] * PROCESSES, chunksize=1)
        began = time.perf_counter()
        used = sum(pool.imap_unordered(partial(_look, options=options), batches))
        return Spent(time.perf_counter() - began, used)


def _look(paths: Sequence[str], options: pictures.Options) -> float:
    began = time.process_time()
    pictures.facts([(path, Path(path).read_bytes()) for path in paths], options)
    return time.process_time() - began


def stage(spark: SparkSession, place: Place, work: Path, settings: Settings) -> Spent:
    """The stage of a run: the images of one chunk dealt to tasks, fetched, looked at, written."""
    listed = work / "wanted.parquet"
    pq.write_table(pa.table({"image": place.paths}), listed)
    processor, began = processes.processor(os.getpid()), time.perf_counter()
    wanted = storage.read(spark, str(listed), settings)
    tasks = fingerprints.tasks(len(place.paths), settings.fingerprints, session.cores(spark))
    part = fingerprints.chunk(wanted, 0, 1, tasks)
    rows = fingerprints.compute(part, [place.root], settings.fingerprints, place.s3)
    written = storage.write(rows, str(work / "written"), settings)
    spent = Spent(time.perf_counter() - began, processes.processor(os.getpid()) - processor)
    assert written.rows == len(place.paths)
    return spent


def opened(held: ExitStack, place: Place, work: Path, settings: Settings) -> SparkSession:
    """A session whose Python workers have started."""
    began = time.perf_counter()
    spark = held.enter_context(session.opened(settings, light=True))  # as a run over so few images is
    started = time.perf_counter()
    stage(spark, replace(place, paths=place.paths[:WARM]), work, settings)
    print(f"session {started - began:.1f} s, first {WARM} images {time.perf_counter() - started:.1f} s", flush=True)
    return spark


def from_disk(spark: SparkSession, place: Place, work: Path, settings: Settings, rounds: int) -> None:
    """What plain processes do beside what the stage does."""
    sides = {"two plain processes": partial(plain, place.paths, settings)}
    sides["Spark on local[2]"] = partial(stage, spark, place, work, settings)
    tell(len(place.paths), _turns(sides, rounds))


def from_s3(spark: SparkSession, place: Place, server: s3_server.Server, work: Path, settings: Settings) -> None:
    """The stage on the same images from a disk, and from S3 twenty milliseconds away; what fetching alone costs."""
    near = put(place.paths, server)
    few = near.paths[:FETCHED]
    processor, began = time.process_time(), time.perf_counter()
    deque(fetch.fetch(few, settings.fingerprints, near.s3, [near.root]), maxlen=0)
    wall, used = time.perf_counter() - began, time.process_time() - processor
    print(f"{len(few):,} fetches from S3: {used:.2f} s CPU, {wall:.2f} s", flush=True)
    with distance.at(urlsplit(server.endpoint).port or 0, LATENCY) as port:
        far = replace(near, s3=replace(near.s3, endpoint=f"http://{distance.HOST}:{port}"))
        sides = {"from a disk": partial(stage, spark, place, work, settings)}
        sides[f"from S3 with {LATENCY * MILLI:.0f} ms"] = partial(stage, spark, far, work, settings)
        tell(len(place.paths), _turns(sides, 1))


def put(paths: Sequence[str], server: s3_server.Server) -> Place:
    """The same files in a bucket."""
    root = f"s3://{BUCKET}"
    there = [f"{root}/{Path(path).name}" for path in paths]
    with ThreadPoolExecutor(WRITERS) as writers:
        files = writers.map(Path.read_bytes, map(Path, paths))
        deque(writers.map(lambda path, data: objects.write(path, data, server.settings), there, files), maxlen=0)
    return Place(there, root, server.settings)


def from_large(spark: SparkSession, folder: Path, work: Path, settings: Settings) -> None:
    """The stage on pictures of 40 million pixels, and how much memory its workers took at most."""
    large = folder / "large"
    large.mkdir()
    grey = np.random.default_rng(SEED).normal(np.linspace(0, np.iinfo(np.uint8).max, LARGE[0]), GRAIN, LARGE[::-1])
    drawn = large / "drawn.jpg"
    Image.fromarray(grey.clip(0, np.iinfo(np.uint8).max).astype(np.uint8)).convert("RGB").save(drawn, quality=QUALITY)
    paths = copies([drawn], COPIES, large / "copies")
    print(f"{COPIES} pictures of {LARGE[0]} x {LARGE[1]} pixels and {drawn.stat().st_size / MEGA:.1f} MB")
    tell(COPIES, {"Spark on local[2]": [stage(spark, Place(paths, str(large), S3()), work, settings)]})
    tell_memory()


def tell(images: int, spent: Mapping[str, Sequence[Spent]]) -> None:
    """The medians of each side, and what the last keeps of the throughput of the first."""
    walls = {name: median(one.wall for one in turns) for name, turns in spent.items()}
    used = {name: median(one.processor for one in turns) for name, turns in spent.items()}
    print(f"\n| {images:,} images | s | images a second | ms CPU an image |\n|---|---|---|---|")
    for name in spent:
        each = used[name] / images * MILLI
        print(f"| {name} | {walls[name]:.1f} | {images / walls[name]:.0f} | {each:.2f} |")
    if len(spent) == 1:
        return
    first, *_, last = spent
    kept = f"{walls[first] / walls[last]:.0%} by the clock, {used[first] / used[last]:.0%} by the processor"
    print(f"throughput kept: {kept}\n", flush=True)


def tell_memory() -> None:
    workers = processes.named(os.getpid(), "pyspark.daemon")
    peaks = ", ".join(f"{processes.peak(worker) / MEGA:.0f}" for worker in workers)
    print(f"peak memory of the Python workers and their daemon so far, MB: {peaks}", flush=True)


def _turns(sides: Mapping[str, Callable[[], Spent]], rounds: int) -> dict[str, list[Spent]]:
    """All sides by turns, so that what else the machine does meets them all."""
    turns = [{name: side() for name, side in sides.items()} for _ in range(rounds)]
    return {name: [turn[name] for turn in turns] for name in sides}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=cost.DEFAULT)
    parser.add_argument("--images", type=int, default=IMAGES, metavar="N")
    parser.add_argument("--rounds", type=int, default=1, metavar="N")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    asked = parser.parse_args(arguments)
    settings = load(overrides=[f"session.master=local[{PROCESSES}]"])
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="fingerprint-stage-")))
        work, root = folder / "work", folder / "copies"
        work.mkdir()
        place = Place(copies(photographs(asked.folder), asked.images, root), str(root), S3())
        server = held.enter_context(s3_server.serve(folder / "s3", [BUCKET])) if "s3" in asked.parts else None
        os.environ.update(server.environment if server else {})
        if "flow" in asked.parts:
            print(cost.table(cost.measure(root, work)), flush=True)
        spark = opened(held, place, work, settings)
        if "disk" in asked.parts:
            from_disk(spark, place, work, settings, asked.rounds)
            tell_memory()
        if server:
            from_s3(spark, place, server, work, settings)
        if "memory" in asked.parts:
            from_large(spark, folder, work, settings)


if __name__ == "__main__":
    main()
