"""Runs that are no longer kept go, and never what a kept one needs; who is killed at it leaves no half of a run."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dedup_spark import cli, storage
from dedup_spark.commands import clean, history, retention
from dedup_spark.errors import BadInput, GateFailed, RunRefused
from dedup_spark.io import objects
from dedup_spark.output import documents, manifests, runs, store
from dedup_spark.output.store import Segment
from dedup_spark.settings import Settings, load

QUICK = load(overrides=["run.lease_renew=0.15", "run.lease_watch=0.9", "run.keep_runs=1", "run.keep_days=0"])
ROWS = pa.table({"n": [1, 2, 3]})


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Settings]:
    """An empty output on a disk, and one on S3."""
    if request.param == "disk":
        return str(tmp_path), QUICK
    server = request.getfixturevalue("s3")
    return f"s3://results/{tmp_path.name}", dataclasses.replace(QUICK, s3=server.settings)


def publish(place: tuple[str, Settings], *earlier: str, error: BaseException | None = None) -> str:
    """A run with a table, a file and a segment of its own, that reads those of earlier runs; or one that fails."""
    output, settings = place
    named = [f"{run_id}-000000" for run_id in earlier]
    with runs.working(output, {"day": datetime.now(UTC).isoformat()}, settings) as run:
        named.append(f"{run.run_id}-000000")
        written = storage.write_arrow(ROWS, store.folder(output, named[-1]), settings)
        run.reuse([Segment(name, written.rows, written.files, written.bytes, None, 3) for name in named])
        run.record("clusters", storage.write_arrow(ROWS, f"{run.folder}/clusters", settings))
        run.note(balance={"catalogue": 9, "deduplicated": 7}, seconds={"clusters": 2.0})
        objects.write(f"{run.folder}/clusters.json", b"[]", settings.s3)
        if error is not None:
            raise error
        run.publish(settings)
    return str(run.run_id)


def fail(place: tuple[str, Settings], error: BaseException, *earlier: str) -> str:
    with pytest.raises(type(error)):
        publish(place, *earlier, error=error)
    return manifests.history(place[0], place[1].s3)[-1]


def files(place: tuple[str, Settings]) -> set[str]:
    return {entry.path.removeprefix(f"{place[0]}/") for entry in objects.listing(place[0], place[1].s3)}


def yes(place: tuple[str, Settings]) -> list[str]:
    return list(clean.lines(*place, delete=True))


def test_old_runs_go_with_the_segments_that_no_kept_run_reads(place: tuple[str, Settings]) -> None:
    output, settings = place
    oldest, old = publish(place), publish(place)
    before = publish(place, oldest)
    broken = fail(place, GateFailed("too many"))
    current = publish(place)
    stopped = fail(place, KeyboardInterrupt())
    objects.write(f"{output}/store/judgements/a.parquet", b"", settings.s3)
    was, said = files(place), list(clean.lines(output, settings))
    assert files(place) == was
    assert [line.split(":")[0] for line in said[:-1]] == [
        *(f"runs/{run_id}" for run_id in (oldest, old, broken)),
        *(f"store/fingerprints/{run_id}-000000" for run_id in (old, broken)),
    ]
    assert yes(place)[:-1] == said[:-1]
    gone = was - files(place)
    removed = tuple(f"runs/{run_id}/" for run_id in (oldest, old, broken))
    assert {path for path in was - gone if path.startswith(removed)} == {f"{folder}run.json" for folder in removed}
    assert {path for path in gone if not path.startswith(removed)} == {
        path for path in was if path.startswith((f"{store.FOLDER}/{old}", f"{store.FOLDER}/{broken}"))
    }
    for run_id in (before, current, stopped):
        manifests.check(output, manifests.open(output, run_id, settings.s3), settings)
    assert clean.find(output, settings) == []
    told = {line["run_id"]: line for line in history.lines(output, settings)}
    assert [line["state"] for line in told.values()] == [
        *["removed"] * 2,
        "published",
        "removed",
        "published",
        "failed",
    ]
    assert (told[old]["rows"], told[old]["kept"], told[old]["seconds"]) == (9, 7, 2.0)


def test_a_run_that_was_removed_is_said_to_be(place: tuple[str, Settings]) -> None:
    output, settings = place
    oldest, before, current = (publish(place) for _ in range(3))
    yes(place)
    assert history.rollback(output, None, settings) == (current, before)
    for ask in (
        lambda: history.rollback(output, oldest, settings),
        lambda: manifests.open(output, oldest, settings.s3),
    ):
        with pytest.raises(BadInput, match=f"was cleaned of run {oldest}: there are {before}, {current}$"):
            ask()
    with pytest.raises(BadInput, match=f"was cleaned of run {oldest}"):
        history.rollback(output, None, settings)
    assert {segment.segment for segment in manifests.stored(output, "", settings.s3)} == {
        f"{run_id}-000000" for run_id in (before, current)
    }


def test_what_came_after_the_current_run_is_kept_whatever_it_is(tmp_path: Path) -> None:
    """As after a roll-back: who rolls forward again finds all, and a killed run is resumed."""
    place = str(tmp_path), dataclasses.replace(QUICK, run=dataclasses.replace(QUICK.run, keep_runs=0))
    oldest, current, later = (publish(place) for _ in range(3))
    killed = fail(place, KeyboardInterrupt())
    history.rollback(str(tmp_path), current, place[1])
    assert yes(place)[0].startswith(f"runs/{oldest}: 2 files")
    for run_id in (current, later, killed):
        manifests.check(str(tmp_path), manifests.open(str(tmp_path), run_id, place[1].s3), place[1])


def test_nothing_is_removed_where_no_run_is_current(tmp_path: Path) -> None:
    place = str(tmp_path), QUICK
    fail(place, KeyboardInterrupt())
    assert yes(place) == ["0 leftovers of 0 bytes: deleted"]


@pytest.mark.parametrize("state", ["published", "refused", "failed", "stopped", "finished", "running"])
def test_the_newest_whole_runs_and_all_young_ones_are_kept(state: str) -> None:
    now = datetime.now(UTC)

    def manifest(days: int, state: str) -> dict[str, Any]:
        ended = (now - timedelta(days=days, minutes=-1)).isoformat()
        return {
            "run_id": f"{9999 - days}",
            "state": state,
            "started": ended,
            "ended": None if state == "running" else ended,
            "resumed": [],
        }

    found = {run["run_id"]: run for run in (manifest(days, state) for days in (50, 40, 31, 30, 1, 0))}
    expired = retention.expired(found | {"9900": None}, "9999", load(overrides=["run.keep_runs=4"]).run)
    assert expired == (["9949"] if state in manifests.READABLE else ["9949", "9959", "9968"])
    everything = load(overrides=["run.keep_runs=0", "run.keep_days=36500"]).run
    assert retention.expired(found, "9999", everything) == []


def test_a_run_that_was_resumed_is_as_young_as_that() -> None:
    long_ago, now = "2020-01-01T00:00:00+00:00", datetime.now(UTC).isoformat()
    killed = {"run_id": "1", "state": "running", "started": long_ago, "ended": None, "resumed": [now]}
    assert retention.expired({"1": killed, "2": None}, "2", load().run) == []
    assert retention.expired({"1": killed | {"resumed": []}, "2": None}, "2", load().run) == ["1"]


@pytest.mark.parametrize("step", range(5))
@pytest.mark.parametrize("module", [documents, storage, objects], ids=["marks", "folders", "files"])
def test_who_is_killed_at_it_leaves_no_half_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, step: int
) -> None:
    place = output, settings = str(tmp_path), QUICK
    oldest = publish(place)
    old, before = publish(place, oldest), publish(place, oldest)
    current = publish(place)
    name = {documents: "replace", storage: "clear", objects: "delete"}[module]
    with monkeypatch.context() as patch:
        patch.setattr(module, name, _killed_after(step, getattr(module, name)))
        killed = _interrupted(lambda: yes(place))
    assert manifests.current(output, settings.s3) == current
    states = {run["run_id"]: run["state"] for run in history.lines(output, settings)}
    for run_id in (run_id for run_id, state in states.items() if state != "removed"):
        manifests.check(output, manifests.open(output, run_id, settings.s3), settings)
    yes(place)
    assert clean.find(output, settings) == []
    assert not (tmp_path / "runs" / old / "clusters").exists()
    for run_id in (before, current):
        manifests.check(output, manifests.open(output, run_id, settings.s3), settings)
    assert killed or step > 0


def test_a_roll_back_at_the_same_moment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = output, settings = str(tmp_path), QUICK
    oldest, _, current = (publish(place) for _ in range(3))
    take_back = retention.take_back

    def meanwhile(*given: Any) -> None:
        assert history.rollback(output, oldest, settings) == (current, oldest)
        take_back(*given)

    monkeypatch.setattr(retention, "take_back", meanwhile)
    with pytest.raises(RunRefused, match="none is removed"):
        yes(place)
    assert manifests.open(output, None, settings.s3)["run_id"] == oldest
    manifests.check(output, manifests.open(output, None, settings.s3), settings)


def test_a_run_whose_manifest_is_gone_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path), QUICK
    lost, _ = publish(place), publish(place)
    Path(manifests.path(str(tmp_path), lost)).unlink()
    assert cli.main(["history", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == [lost, "unknown"]
    with pytest.raises(BadInput, match=f"has no run {lost}: there are "):
        history.rollback(str(tmp_path), lost, QUICK)


def _killed_after(steps: int, call: Callable[..., Any]) -> Callable[..., Any]:
    """The call, but for a KeyboardInterrupt in place of the one after so many."""
    made: list[int] = []

    def calling(*given: Any, **named: Any) -> Any:
        if "LEASE" not in str(given[0]):  # which lives on
            made.append(1)
            if len(made) > steps:
                raise KeyboardInterrupt
        return call(*given, **named)

    return calling


def _interrupted(work: Callable[[], object]) -> bool:
    try:
        work()
    except KeyboardInterrupt:
        return True
    return False
