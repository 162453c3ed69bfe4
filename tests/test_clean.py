"""What a run names stays, whatever became of the run; what nothing names goes, but never beside a run at work."""

import dataclasses
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

from dedup_spark import cli, storage
from dedup_spark.commands import clean
from dedup_spark.errors import GateFailed, RunRefused
from dedup_spark.io import objects
from dedup_spark.output import manifests, runs, store
from dedup_spark.output.lease import Lease
from dedup_spark.output.runs import Run
from dedup_spark.output.store import Segment
from dedup_spark.settings import Settings, load

QUICK = load(overrides=["run.lease_renew=0.15", "run.lease_watch=0.9"])
ROWS = pa.table({"n": [1, 2, 3]})


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Settings]:
    """An empty output on a disk, and one on S3."""
    if request.param == "disk":
        return str(tmp_path), QUICK
    server = request.getfixturevalue("s3")
    return f"s3://results/{tmp_path.name}", dataclasses.replace(QUICK, s3=server.settings)


def fill(run: Run, settings: Settings, segment: str = "") -> None:
    """A segment and a table that the run names, and beside them what a killed process leaves."""
    name = segment or f"{run.run_id}-000000"
    written = storage.write_arrow(ROWS, store.folder(run.output, name), settings)
    run.reuse([Segment(name, written.rows, written.files, written.bytes, None, 3)])
    run.record("clusters", storage.write_arrow(ROWS, f"{run.folder}/clusters", settings))
    storage.write_arrow(ROWS, f"{run.folder}/removed", settings)
    storage.write_arrow(ROWS, f"{run.folder}/scratch/of-a-process/wanted-0", settings)
    storage.write_arrow(ROWS, f"{run.folder}/parts/pictures", settings)
    storage.write_arrow(ROWS, f"{run.folder}/report", settings)
    storage.write_arrow(ROWS, store.folder(run.output, f"{run.run_id}-000001"), settings)


def test_only_what_nothing_names_is_deleted(place: tuple[str, Settings]) -> None:
    output, settings = place
    begun = []
    for number, error in enumerate((None, GateFailed("too many"), KeyboardInterrupt())):
        with suppress(GateFailed, KeyboardInterrupt), runs.working(output, {"number": number}, settings) as run:
            begun.append(run)
            fill(run, settings)
            if error is not None:
                raise error
            run.publish(settings)
            storage.write_arrow(ROWS, f"{run.folder}/scratch/of-another/x-0", settings)
    objects.write(f"{output}/store/judgements/a.parquet", b"", settings.s3)
    objects.write(f"{output}/runs/notes/clusters/a.parquet", b"", settings.s3)
    expected = {f"store/fingerprints/{run.run_id}-000001" for run in begun}
    expected |= {f"runs/{run.run_id}/{part}" for run in begun for part in ("removed", "scratch")}
    expected.add(f"runs/{begun[1].run_id}/parts")  # publishing has cleared the first one's, and the last is resumed
    before = {entry.path for entry in objects.listing(output, settings.s3)}
    assert {found.path for found in clean.find(output, settings)} == expected
    said = list(clean.lines(output, settings))
    assert len(said) == len(expected) + 1
    assert {entry.path for entry in objects.listing(output, settings.s3)} == before
    assert list(clean.lines(output, settings, delete=True))[:-1] == said[:-1]
    after = {entry.path for entry in objects.listing(output, settings.s3)}
    gone = {path for path in before if any(path.startswith(f"{output}/{folder}/") for folder in expected)}
    assert before - after == gone
    assert len(gone) == len(expected)
    assert clean.find(output, settings) == []
    for run in begun:
        manifests.check(output, manifests.open(output, run.run_id, settings.s3), settings)


def test_segments_of_an_earlier_run_stay_while_a_later_one_reads_them(tmp_path: Path) -> None:
    with runs.working(str(tmp_path), {"day": 1}, QUICK) as first:
        fill(first, QUICK)
        first.publish(QUICK)
    with runs.working(str(tmp_path), {"day": 2}, QUICK) as second:
        fill(second, QUICK, f"{first.run_id}-000000")
        second.publish(QUICK)
    list(clean.lines(str(tmp_path), QUICK, delete=True))
    assert [path.name for path in (tmp_path / store.FOLDER).iterdir()] == [f"{first.run_id}-000000"]


HOLDS = """
import sys, time
from dedup_spark.output import runs
from dedup_spark.settings import load
settings = load(overrides=["run.lease_renew=0.15", "run.lease_watch=0.9"])
with runs.working(sys.argv[1], {"run": "at work"}, settings) as run:
    print(run.run_id, flush=True)
    time.sleep(600)
"""


def test_nothing_is_deleted_beside_a_run_at_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        run_id = process.stdout.readline().strip()
        left = tmp_path / store.FOLDER / f"{run_id}-000000" / "part-0.parquet"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"being written")
        with pytest.raises(RunRefused, match="held by dedup-spark run"):
            list(clean.lines(str(tmp_path), QUICK, delete=True))
        assert left.exists()
        assert cli.main(["clean", str(tmp_path)]) == 0
        assert f"{store.FOLDER}/{run_id}-000000: 1 files, 13 bytes: no kept run names it" in capsys.readouterr().out
        process.send_signal(signal.SIGKILL)
    assert cli.main(["clean", str(tmp_path), "--yes", "--set", "run.lease_watch=0.9"]) == 0
    assert capsys.readouterr().out.endswith("1 leftovers of 13 bytes: deleted\n")
    assert not left.exists()
    with Lease(str(tmp_path), QUICK.s3, "a test", 0.15, 0.9):
        pass  # it was released
