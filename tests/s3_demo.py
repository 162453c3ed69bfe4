"""A demo on S3: catalogue and pictures of a demo folder are put into a bucket, and a run writes into another.

    python -m tests.s3_server -- python -m tests.s3_demo FOLDER {endpoint}

Judged against the truth in the folder. Ends with the exit code of the run.
"""

import subprocess
import sys
from pathlib import Path

from dedup_spark import settings
from dedup_spark.io import objects
from dedup_spark.settings import S3

ROOT = Path(__file__).resolve().parents[1]
PICTURES, OUTPUT = "s3://pictures/demo", "s3://results/demo"


def upload(folder: Path, prefix: str, s3: S3) -> None:
    """Every file below the folder becomes an object of the same relative path."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            objects.write(f"{prefix}/{file.relative_to(folder).as_posix()}", file.read_bytes(), s3)


def main(folder: str, endpoint: str) -> int:
    chosen = ["--config", str(ROOT / "conf" / "s3.toml"), "--set", f"s3.endpoint={endpoint}"]
    upload(Path(folder), PICTURES, settings.load([chosen[1]], [chosen[3]]).s3)
    command = [sys.executable, "-m", "dedup_spark.cli"]
    ended = subprocess.run([*command, "run", f"{PICTURES}/catalogue.parquet", OUTPUT, *chosen]).returncode
    return ended or subprocess.run([*command, "demo", folder, "--judge", OUTPUT, *chosen]).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
