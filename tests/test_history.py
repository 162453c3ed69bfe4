"""The runs of an output as a person reads them, and CURRENT pointed back at one of them."""

import json
import shutil
from pathlib import Path

import pytest

from dedup_spark import cli, settings
from dedup_spark.commands import history
from dedup_spark.errors import BadInput, RunRefused, StorageFailed
from dedup_spark.output import documents, manifests, runs
from dedup_spark.storage import Written

CHOSEN = settings.load()
CHANGES = {"ids": {"before": 1200, "kept": 1190}, "offers": {"created": 4, "merged": 3}, "clusters": {"created": 2}}


def publish(output: str, day: int, table: Path | None = None) -> str:
    """A run of one day, of which only the notes matter; `table` stands where its table `clusters` would."""
    with runs.working(output, {"day": day}, CHOSEN) as run:
        run.note(catalogue="offers.parquet", clusters=1200 + day, seconds={"fingerprints": 1.24, "clusters": 2.0})
        if day:
            run.note(changes=CHANGES, revalidate={"fetched": 10, "reused": 990})
        if table:
            folder = Path(run.folder) / "clusters"
            folder.mkdir()
            shutil.copy(table, folder)
            run.record("clusters", Written(str(folder), 2, 1, table.stat().st_size))
        run.publish(CHOSEN)
    return str(run.run_id)


def test_each_run_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (publish(str(tmp_path), day) for day in range(2))
    with pytest.raises(KeyboardInterrupt), runs.working(str(tmp_path), {"day": 2}, CHOSEN):
        raise KeyboardInterrupt
    assert cli.main(["history", str(tmp_path)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "state", "rows", "kept", "clusters", "ids", "kept", "changed", "fetched", "seconds"]
    assert [line.split() for line in lines[:2]] == [
        [first, "published", "-", "-", "1,200", "-", "-", "-", "3.2"],
        [
            ">",
            second,
            "published",
            "-",
            "-",
            "1,201",
            *["1,190", "of", "1,200,", "99.2%", "4", "created,", "3", "merged", "10", "of", "1,000", "3.2"],
        ],
    ]
    assert "failed" in lines[2]
    assert cli.main(["history", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [run["current"] for run in told] == [False, True, False]
    assert told[1]["changed"] == CHANGES["offers"]
    assert told[2]["error"] == "interrupted"


def test_roll_back_points_at_the_run_before_or_at_one_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path)
    first, second, third = (publish(output, day) for day in range(3))
    assert cli.main(["rollback", output]) == 0
    assert f"run {second} is current; it was run {third}" in capsys.readouterr().out
    assert manifests.current(output, CHOSEN.s3) == second
    assert history.rollback(output, third, CHOSEN) == (second, third)
    assert history.rollback(output, first, CHOSEN) == (third, first)
    with pytest.raises(BadInput, match=f"run {first} is the first one"):
        history.rollback(output, None, CHOSEN)
    with runs.working(output, {"day": 3}, CHOSEN) as run:
        assert run.previous == first


def test_only_a_finished_run_that_is_whole_is_rolled_back_to(tmp_path: Path) -> None:
    output, file = str(tmp_path / "output"), tmp_path / "part.parquet"
    with pytest.raises(BadInput, match="no run ever began here"):
        history.lines(output, CHOSEN)
    with pytest.raises(BadInput, match="no run is published here"):
        history.rollback(output, None, CHOSEN)
    file.write_bytes(b"rows")
    first, second = publish(output, 0, file), publish(output, 1)
    with pytest.raises(KeyboardInterrupt), runs.working(output, {"day": 2}, CHOSEN) as run:
        raise KeyboardInterrupt
    with pytest.raises(BadInput, match="is failed: must be one of published, refused"):
        history.rollback(output, run.run_id, CHOSEN)
    with pytest.raises(BadInput, match="has no run yesterday"):
        history.rollback(output, "yesterday", CHOSEN)
    (Path(output) / "runs" / first / "clusters" / file.name).unlink()
    with pytest.raises(StorageFailed, match="clusters"):
        history.rollback(output, None, CHOSEN)
    assert manifests.current(output, CHOSEN.s3) == second


def test_who_swaps_the_pointer_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = str(tmp_path)
    first, second = (publish(output, day) for day in range(2))
    check = manifests.check

    def meanwhile(*given: object) -> None:
        check(*given)  # type: ignore[arg-type]
        pointer = documents.read(manifests.pointer(output), CHOSEN.s3)
        assert pointer is not None
        documents.replace(manifests.pointer(output), {"run_id": second, "n": 1}, CHOSEN.s3, expected=pointer.version)

    monkeypatch.setattr(manifests, "check", meanwhile)
    with pytest.raises(RunRefused, match="published at the same moment"):
        history.rollback(output, first, CHOSEN)
    assert manifests.current(output, CHOSEN.s3) == second
