"""A line of the bench is one run whose catalogue has as many rows as asked, all of which show one file: what it took.

python -m benchmarks.one_file [--rows N]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.tasks import Log
from dedup_spark import pipeline
from dedup_spark.settings import load

ROWS, MERCHANTS, BRANDS, SIDE, SEED = 1_000_000, 1_000, 100, 120, 5


def write(folder: Path, rows: int) -> Path:
    """The catalogue, beside its only file."""
    drawn = np.random.default_rng(SEED).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    Image.fromarray(drawn).save(folder / "one.png")
    number = np.arange(rows)
    named = {
        "id": [f"{place:08d}" for place in number],
        "image": ["one.png"] * rows,
        "merchant": [f"merchant {place % MERCHANTS}" for place in number],
        "brand": [f"brand {place % BRANDS}" for place in number],
        "title": [f"product {place}" for place in number],
    }
    pq.write_table(pa.table(named), folder / "offers.parquet")
    return folder / "offers.parquet"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as events, tempfile.TemporaryDirectory() as folder:
        log = Log(Path(events))
        conf = f'session.conf={{"spark.driver.memory" = "3g", {log.conf}}}'
        offers, began = write(Path(folder), rows), time.monotonic()
        found = pipeline.run(str(offers), f"{folder}/output", load(overrides=["session.master=local[2]", conf]))
        stages = sorted(found["seconds"].items(), key=lambda stage: -stage[1])
        print(
            f"{rows:,} rows: {time.monotonic() - began:.0f} s; {', '.join(f'{name} {took}' for name, took in stages)}"
        )
        worst = max((stage for stage in log.stages() if len(stage.tasks) > 1), key=lambda stage: stage.longest)
        print(f"deduplicated {found['tables']['deduplicated']['rows']:,}; {worst}")


if __name__ == "__main__":
    main()
