"""A line of the bench is one search for the near pairs of one table: seconds and memory, each beside faiss's.

    python -m benchmarks.pairs [--counts N ...] [--thresholds T ...] [--carriers NAME ...] [--on-white]

Every carrier runs in a process of its own, on the same tables, one after the other. One that does not find all the
planted pairs fails the bench.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import drawn_hashes, watched
from benchmarks.drawn_hashes import Longs
from benchmarks.pair_carriers import CARRIERS, faiss_multi_hash

COUNTS, THRESHOLDS = (100_000, 1_000_000), (10, 14)
MOST = {"faiss_flat": 100_000, "numpy_argsort": 1_000_000}
"""Hashes up to which a carrier is asked; the others always are."""
RIVAL = faiss_multi_hash.__name__
GIGABYTE = 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="*", default=COUNTS, help="hashes of a table")
    parser.add_argument("--thresholds", type=int, nargs="*", default=THRESHOLDS, help="differing bits, at most")
    parser.add_argument("--carriers", nargs="*", default=list(CARRIERS), choices=list(CARRIERS))
    parser.add_argument("--on-white", action="store_true", help="hashes of few outlines instead of photographs")
    asked = parser.parse_args()
    print("| hashes | t | carrier | seconds | of faiss's | peak memory, GB | pairs | planted found |")
    print("|---|---|---|---|---|---|---|---|")
    for count in asked.counts:
        for t in asked.thresholds:
            with TemporaryDirectory() as folder:
                measure(Path(folder), count, t, asked.on_white, asked.carriers)


def measure(folder: Path, count: int, t: int, on_white: bool, carriers: list[str]) -> None:
    """Prints a line for each carrier; faiss goes first, so that the others can be said in its time."""
    table = folder / "hashes.parquet"
    planted = drawn_hashes.write(table, count, t, on_white)
    rival = float("nan")
    for name in sorted(carriers, key=lambda name: name != RIVAL):
        if count > MOST.get(name, count):
            continue
        pairs, log = folder / name, folder / f"{name}.log"
        command = [sys.executable, "-m", "benchmarks.pair_carriers", name, str(table), str(pairs), str(t)]
        peak = watched.run(command, log).peak
        seconds = float(log.read_text().split()[-1])
        rival = seconds if name == RIVAL else rival
        found = _keys(pq.read_table(pairs), count)
        recall = np.isin(planted @ [count, 1], found).mean()
        print(
            f"| {count:,} | {t} | {name} | {seconds:.2f} | {seconds / rival:.3f} | {peak / GIGABYTE:.1f} "
            f"| {len(found):,} | {100 * recall:.2f} % |",
            flush=True,
        )
        if recall < 1:
            raise SystemExit(f"{name} missed planted pairs")


def _keys(pairs: pa.Table, count: int) -> Longs:
    """One number a pair, whichever row stands left."""
    ends = np.sort(np.stack([pairs["left"].to_numpy(), pairs["right"].to_numpy()], axis=1), axis=1)
    return ends @ [count, 1]


if __name__ == "__main__":
    main()
