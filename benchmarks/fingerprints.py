"""A speed is what one picture costs, from its file to its fingerprint: ours, the notebook's functions, other packages.

    python -m benchmarks.fingerprints [FOLDER] [--rounds N]

One process, files in the cache of the disk, every side in every round, medians over the rounds; how many times faster
than the notebook is told round by round, since other processes come and go. *Small* are the
photographs of FOLDER as they are; *large* are 1600 × 2133, sixteen photographs side by side at their own resolution
with the noise of a sensor, so that a decoder has as much to do as with a real original. Ours makes content id, MD5,
hash and colour signature; the notebook makes hash and MD5; the others make their hash. imagededup is not among them:
its hashes are imported together with PyTorch.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import notebook_flow
from benchmarks.cost import DEFAULT
from dedup_spark import pictures
from dedup_spark.images import ways
from dedup_spark.settings import load

SEED = 5
SMALL, LARGE = 32, 4  # files
ACROSS, TILE = 4, (400, 533)  # photographs side by side; pixels of one
GRAIN = 1.0  # grey levels, the standard deviation of a sensor's noise
QUALITY = 85
MOST = 1 << 30  # pixels: the bench reads its own pictures
BATCH = 32
MILLI = 1000
NOTEBOOK = "the notebook: hash, MD5"
Side = Callable[[Sequence[Path]], object]


@dataclass(frozen=True)
class Cost:
    """Of one picture: seconds of the processor, of the clock, and how many times faster than the notebook."""

    cpu: float
    wall: float
    times: float


def originals(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Large pictures with as much detail as there is in sixteen small ones."""
    draw = random.Random(SEED)
    grain = np.random.default_rng(SEED)
    made = []
    for number in range(LARGE):
        sheet = Image.new("RGB", (ACROSS * TILE[0], ACROSS * TILE[1] + 1))
        for place, source in enumerate(draw.sample(sources, ACROSS * ACROSS)):
            sheet.paste(Image.open(source).convert("RGB"), (place % ACROSS * TILE[0], place // ACROSS * TILE[1]))
        noisy = np.asarray(sheet) + grain.normal(0, GRAIN, (sheet.height, sheet.width, 3))
        path = folder / f"{number}.jpg"
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(path, quality=QUALITY)
        made.append(path)
    return made


def ours(paths: Sequence[Path], options: pictures.Options) -> None:
    """As a worker does it, batch by batch."""
    for start in range(0, len(paths), BATCH):
        pictures.facts([(str(path), path.read_bytes()) for path in paths[start : start + BATCH]], options)


def each(paths: Sequence[Path], of: Callable[[Path], object]) -> None:
    for path in paths:
        of(path)


def sides() -> dict[str, Side]:
    """All that can be measured here."""
    of_one: dict[str, Callable[[Path], object]] = {NOTEBOOK: _notebook, **_rivals()}
    made: dict[str, Side] = {name: partial(each, of=of) for name, of in of_one.items()}
    for way in ways.names():
        made[f"dedup-spark, {way}"] = partial(ours, options=pictures.Options(way, MOST))
        seen = pictures.Options(way, MOST, views=load().views.stored)
        made[f"dedup-spark, {way}, all views"] = partial(ours, options=seen)
        kept = pictures.Options(way, MOST, thumbnail=128, square=True)
        made[f"dedup-spark, {way}, thumbnail and square"] = partial(ours, options=kept)
    return made


def measure(paths: Sequence[Path], rounds: int) -> dict[str, Cost]:
    """The median cost of a picture by each side."""
    compared = sides()
    cpu, wall = np.zeros((2, len(compared), rounds))
    for turn in range(rounds):
        for row, side in enumerate(compared.values()):
            clock, processor = time.perf_counter(), time.process_time()
            side(paths)
            cpu[row, turn], wall[row, turn] = time.process_time() - processor, time.perf_counter() - clock
    times = np.median(cpu[list(compared).index(NOTEBOOK)] / cpu, axis=1)
    costs = zip(np.median(cpu, axis=1) / len(paths), np.median(wall, axis=1) / len(paths), times, strict=True)
    return {name: Cost(*map(float, cost)) for name, cost in zip(compared, costs, strict=True)}


def table(costs: dict[str, dict[str, Cost]]) -> Iterator[str]:
    """The costs by size of picture, as a Markdown table."""
    yield "| |" + "".join(f" {size}: ms CPU | wall | × the notebook |" for size in costs)
    yield "|---|" + "---|---|---|" * len(costs)
    for name in next(iter(costs.values())):
        cells = []
        for of in costs.values():
            cost = of[name]
            cells.append(f"{cost.cpu * MILLI:.2f} | {cost.wall * MILLI:.2f} | {cost.times:.2f}")
        yield f"| {name} | {' | '.join(cells)} |"


def _notebook(path: Path) -> object:
    return notebook_flow.phash(path), notebook_flow.md5(path)


def _rivals() -> dict[str, Callable[[Path], object]]:
    """Other packages that are installed, each as its documentation calls it, and what a decoder alone needs."""
    import cv2
    import imagehash
    import pdqhash
    from perception.hashers import PHash

    cv2.setNumThreads(1)
    perception = PHash()
    return {
        "decode only": lambda path: Image.open(path).load(),
        "decode at 1/8 only": _eighth,
        "imagehash pHash, 8 × 8": lambda path: imagehash.phash(Image.open(path)),
        "imagehash pHash, 16 × 16": lambda path: imagehash.phash(Image.open(path), hash_size=16),
        "perception PHash": lambda path: perception.compute(str(path)),
        "PDQ": lambda path: pdqhash.compute(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)),
    }


def _eighth(path: Path) -> object:
    picture = Image.open(path)
    picture.draft(None, (picture.width // 8, picture.height // 8))
    return picture.load()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--rounds", type=int, default=9, metavar="N")
    asked = parser.parse_args(arguments)
    sources = sorted(asked.folder.rglob("*.jpg"))
    small = random.Random(SEED).sample(sources, SMALL)
    with tempfile.TemporaryDirectory() as folder:
        files = {"small": small, "large": originals(sources, Path(folder))}
        for size, paths in files.items():
            kilobytes = statistics.mean(path.stat().st_size for path in paths) / MILLI
            print(f"{size}: {len(paths)} files, {kilobytes:,.0f} kB on average")
        costs = {size: measure(paths, asked.rounds) for size, paths in files.items()}
    print("\n".join(table(costs)))


if __name__ == "__main__":
    main()
