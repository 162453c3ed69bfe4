"""A cost is the seconds and the memory of a whole flow over one folder: ours, and the notebook's, in one run.

    python -m benchmarks.cost [FOLDER] [--work DIR]

Ours starts Java and a session, writes every table, thumbnails included, and looks for near pictures; the notebook's
finds equal hashes only.
"""

import argparse
import sys
from pathlib import Path

from benchmarks import watched

DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "clothing"
WORK = Path("build") / "bench_quality"
MEGABYTE = 1_000_000


def measure(folder: Path, work: Path) -> dict[str, watched.Watched]:
    """The flow's name → what it cost."""
    work.mkdir(parents=True, exist_ok=True)
    command = str(Path(sys.executable).with_name("dedup-spark"))
    catalogue, output = str(work / "originals.parquet"), str(work / "originals")
    watched.run([command, "catalogue", "folder", str(folder), catalogue], work / "catalogue.log")
    root = f"catalogue.image_root={folder.resolve()}"
    return {
        "dedup-spark run": watched.run(
            [command, "run", "--fresh", catalogue, output, "--set", root, "--set", "session.master=local[2]"],
            work / "run.log",
        ),
        "the notebook's steps": watched.run(
            [sys.executable, "-m", "benchmarks.notebook_flow", str(folder)], work / "notebook.log"
        ),
    }


def table(costs: dict[str, watched.Watched]) -> str:
    """The costs as a Markdown table."""
    lines = ["| flow | seconds | seconds CPU | peak memory of all its processes, MB |", "|---|---|---|---|"]
    for name, cost in costs.items():
        lines.append(f"| {name} | {cost.seconds:.0f} | {cost.processor:.0f} | {cost.peak / MEGABYTE:.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--work", type=Path, default=WORK)
    asked = parser.parse_args()
    print(table(measure(asked.folder, asked.work)))
