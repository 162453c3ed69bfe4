"""A command ends with one exit code and one message, which says what can be done about it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup_spark import cli, errors

ROOT = Path(__file__).resolve().parents[1]


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "a.parquet", "out"], "dedup-spark: interrupted; the same command resumes the run\n"),
        (["query", "out", "a.jpg"], "dedup-spark: interrupted\n"),
        (["doctor"], "dedup-spark: interrupted\n"),
    ],
)
def test_only_a_run_is_resumed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.setitem(cli.COMMANDS, arguments[0], interrupted)
    assert cli.main(arguments) == errors.INTERRUPTED == 130
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nosuch", "out"], "catalogue nosuch is no path here"),
        (["run", "a.parquet", "gs://bucket/out"], "OUTPUT = 'gs://bucket/out': must be a folder or s3://bucket/prefix"),
        (["run", "gs://bucket/a.parquet", "out"], "CATALOGUE = 'gs://bucket/a.parquet': must be a folder or s3://"),
        (["run", "a.parquet", "out", "--set", "session.master=bogus"], "session.master = 'bogus': must be"),
        (["run", "a.parquet", "out", "--set", "s3.endpoint=ftp://x"], "s3.endpoint = 'ftp://x': must be"),
        (["catalogue", "folder", ".", "."], ". is a folder: name a new file"),
    ],
)
def test_what_is_wrong_is_named_before_anything_starts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"dedup-spark: {said}")


def test_a_damaged_catalogue_is_said_in_one_line(tmp_path: Path) -> None:
    """What Spark logs comes from another process: in one of its own, all of it is seen."""
    shop = pa.table({"id": ["a", "b"] * 500, "image": [f"{n}.jpg" for n in range(1000)]})
    for name in ("1.parquet", "2.parquet"):
        pq.write_table(shop, tmp_path / name)
    damaged = tmp_path / "2.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-2000] + b"0" * 1000 + damaged.read_bytes()[-1000:])
    command = [sys.executable, "-m", "dedup_spark.cli", "run", str(tmp_path), str(tmp_path / "out")]
    done = subprocess.run(
        [*command, "--set", "session.master=local[2]"], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 2
    said = done.stderr.splitlines()
    assert said[-1].startswith("dedup-spark: catalogue")
    assert [line for line in said if line.startswith(("\t", "Caused by")) or " ERROR " in line] == []
