"""A run is resumed table by table, published once, and never in part; what is published stays."""

import dataclasses
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from dedup_spark import storage
from dedup_spark.errors import BadInput, DedupError, Fault, GateFailed, RunRefused, StorageFailed
from dedup_spark.io import objects
from dedup_spark.output import documents, manifests, runs, status, store
from dedup_spark.output.lease import Lease
from dedup_spark.output.runs import Run
from dedup_spark.settings import S3, Settings, load

QUICK = load(overrides=["run.lease_renew=0.15", "run.lease_watch=0.9"])
IDENTITY = {"settings": "0a1b", "catalogue": "/offers.parquet", "code": "0.1.0"}


def write(run: Run, table: str, rows: int = 3) -> None:
    """Writes and records a table without Spark."""
    table_rows = pa.table({"n": pa.array(range(rows), pa.int64())})
    run.record(table, storage.write_arrow(table_rows, f"{run.folder}/{table}", QUICK), kind="test")


def work(output: str, *tables: str, **identity: str) -> str:
    """A whole run that writes these tables and is published: its run_id."""
    with runs.working(output, IDENTITY | identity, QUICK) as run:
        for table in tables:
            write(run, table)
        run.publish(QUICK)
        return run.run_id


def fail(output: str, error: BaseException, *tables: str, **identity: str) -> Run:
    """A run that writes these tables and stops by the error, which comes out as it is."""
    begun: list[Run] = []

    def stopped() -> None:
        with runs.working(output, IDENTITY | identity, QUICK) as run:
            begun.append(run)
            for table in tables:
                write(run, table)
            raise error

    with pytest.raises(type(error)) as caught:
        stopped()
    assert caught.value is error
    return begun[0]


def said(output: str, run_id: str) -> dict[str, Any]:
    return manifests.open(output, run_id, S3())


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Settings]:
    """An empty output on a disk, and one on S3."""
    if request.param == "disk":
        return str(tmp_path), QUICK
    server = request.getfixturevalue("s3")
    return f"s3://results/{tmp_path.name}", dataclasses.replace(QUICK, s3=server.settings)


def test_a_run_is_current_only_once_it_is_published(place: tuple[str, Settings]) -> None:
    output, settings = place
    with runs.working(output, IDENTITY, settings) as run:
        table = pa.table({"n": [1, 2]})
        run.record("clusters", storage.write_arrow(table, f"{run.folder}/clusters", settings), carrier="driver")
        run.note(inputs={"rows": 2})
        assert run.has("clusters")
        assert not run.has("removed")
        assert manifests.current(output, settings.s3) is None
        with pytest.raises(BadInput, match="no run is published here"):
            manifests.open(output, None, settings.s3)
        run.publish(settings)
    assert manifests.current(output, settings.s3) == run.run_id
    manifest = manifests.open(output, None, settings.s3)
    assert manifest["state"] == "published"
    assert manifest["inputs"] == {"rows": 2}
    assert manifest["identity"] == IDENTITY | {"previous": None}
    assert manifest["tables"]["clusters"] == {
        "path": f"runs/{run.run_id}/clusters",
        "rows": 2,
        "files": 1,
        "bytes": manifest["tables"]["clusters"]["bytes"],
        "carrier": "driver",
    }
    with pytest.raises(BadInput, match=f"has no run yesterday: there are {run.run_id}"):
        manifests.open(output, "yesterday", settings.s3)


def test_run_ids_sort_in_the_order_of_the_runs(tmp_path: Path) -> None:
    ids = [work(str(tmp_path), number=str(number)) for number in range(4)]
    assert ids == sorted(set(ids)) == manifests.history(str(tmp_path), S3())
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", run_id) for run_id in ids)
    ahead = [{"run_id": "29991231T235959Z-ffff", "identity": "of a machine whose clock is wrong"}]
    (tmp_path / "runs" / "index.json").write_bytes(documents.encoded({"runs": ahead}))
    assert work(str(tmp_path), number="5").startswith("30000101T000000Z-")


def test_a_published_run_is_over_and_an_unfinished_one_of_equal_identity_goes_on(tmp_path: Path) -> None:
    output, settings = str(tmp_path), QUICK
    published = work(output, "clusters")
    first = fail(output, KeyboardInterrupt(), "fingerprints").run_id
    other = fail(output, KeyboardInterrupt(), "fingerprints", catalogue="/more.parquet").run_id
    assert len({published, first, other}) == 3
    with runs.working(output, IDENTITY, settings) as run:
        assert run.run_id == first
        assert run.previous == published
        assert run.has("fingerprints")
        assert len(run.manifest["resumed"]) == 1
        run.publish(settings)
    assert said(output, other)["state"] == "failed"
    with runs.working(output, IDENTITY | {"catalogue": "/more.parquet"}, settings, fresh=True) as newest:
        assert newest.run_id not in {published, first, other}
    with runs.working(output, IDENTITY | {"catalogue": "/more.parquet"}, settings) as run:
        assert run.run_id == newest.run_id
    with runs.working(output, IDENTITY, settings) as run:
        assert run.run_id not in {published, first, other}
        assert run.previous == first


KILLED = """
import sys, time
import pyarrow as pa
from dedup_spark import storage
from dedup_spark.output import runs
from dedup_spark.settings import load

settings = load(overrides=["run.lease_renew=0.15", "run.lease_watch=0.9"])
identity = {"settings": "0a1b", "catalogue": "/offers.parquet", "code": "0.1.0"}
table = pa.table({"n": [1, 2, 3]})
with runs.working(sys.argv[1], identity, settings) as run:
    run.record("clusters", storage.write_arrow(table, f"{run.folder}/clusters", settings))
    storage.write_arrow(table, f"{run.folder}/removed", settings)
    print(run.run_id, flush=True)
    time.sleep(600)
"""


def test_a_killed_run_is_resumed_table_by_table(spark: SparkSession, tmp_path: Path) -> None:
    output = str(tmp_path)
    command = [sys.executable, "-c", KILLED, output]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        killed = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
    before = (tmp_path / "status.json").read_text()
    assert '"running"' in before
    (tmp_path / "runs" / killed / "removed" / "part-00009.parquet").write_bytes(b"half")
    with runs.working(output, IDENTITY, QUICK) as run:
        assert run.run_id == killed
        assert run.has("clusters")
        assert not run.has("removed")  # its folder is there, but nothing names it
        with pytest.raises(Fault, match=r"clusters of run .* is written"):
            run.write(spark.range(3), "clusters", QUICK)
        assert run.write(spark.range(7), "removed", QUICK, kind="policy").rows == 7
        assert run.manifest["tables"]["removed"]["kind"] == "policy"
        run.publish(QUICK)
    assert runs.read(output, "clusters", spark=spark, settings=QUICK).count() == 3
    assert runs.read(output, "removed", spark=spark, settings=QUICK).count() == 7


def test_an_interrupted_run_says_so_with_the_exit_code_of_the_command(tmp_path: Path) -> None:
    fail(str(tmp_path), KeyboardInterrupt())
    found = status.read(str(tmp_path), S3())
    assert found is not None
    assert (found["state"], found["exit_code"], found["message"]) == ("failed", 130, "interrupted")


@pytest.mark.parametrize("damage", ["deleted", "truncated"])
def test_a_damaged_table_of_a_resumed_run_is_named(tmp_path: Path, damage: str) -> None:
    output = str(tmp_path)
    run = fail(output, StorageFailed("the disk is full"), "clusters", "removed")
    file = next((tmp_path / "runs" / run.run_id / "removed").glob("*.parquet"))
    file.unlink() if damage == "deleted" else file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StorageFailed, match=r"/removed is damaged.*--fresh"), runs.working(output, IDENTITY, QUICK):
        raise AssertionError
    found = status.read(output, S3())
    assert found is not None
    assert (found["state"], found["exit_code"]) == ("failed", 4)


def test_a_table_that_changed_under_way_is_not_published(tmp_path: Path) -> None:
    """As when a process that was taken over writes on for a moment."""
    with runs.working(str(tmp_path), IDENTITY, QUICK) as run:
        write(run, "clusters")
        (Path(run.folder) / "clusters" / "part-00009.parquet").write_bytes(b"late")
        with pytest.raises(StorageFailed, match="clusters is damaged"):
            run.publish(QUICK)
    assert manifests.current(str(tmp_path), S3()) is None


def test_chunks_are_committed_one_by_one(spark: SparkSession, tmp_path: Path) -> None:
    output = str(tmp_path)
    known = {"status": "ok", "content": "c" * 32, "thumbnail": b"small"}
    schema = T.StructType([T.StructField(field.name, field.dataType) for field in store.FETCHED])
    rows = [tuple((known | {"image": image}).get(name) for name in schema.names) for image in ("/a", "/b")]
    first, second = (spark.createDataFrame([row], schema) for row in rows)
    killed = start(output, QUICK)
    killed.commit(first, 0, QUICK, {})
    with runs.working(output, IDENTITY, QUICK) as run:
        assert run.committed() == {0}
        with pytest.raises(Fault, match="chunk 0"):
            run.commit(first, 0, QUICK, {})
        run.commit(second, 1, QUICK, {})
        write(run, "clusters", rows=5)
        assert run.rows() == {"clusters": 5, "fingerprints": 2}
        assert run.read(spark, "fingerprints", QUICK).count() == 2
        run.publish(QUICK)
    assert [segment.chunk for segment in run.segments] == [0, 1]
    for table in ("fingerprints", "thumbnails"):
        found = runs.read(output, table, spark=spark, settings=QUICK)
        assert sorted(row.image for row in found.collect()) == ["/a", "/b"]
    next((tmp_path / "store" / "fingerprints").rglob("*.parquet")).unlink()
    with pytest.raises(StorageFailed, match="is damaged"):
        runs.read(output, "fingerprints", spark=spark, settings=QUICK)


def test_old_runs_stay_readable(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = str(tmp_path / "out")
    old, new = work(output, "clusters", day="1"), work(output, "clusters", "removed", day="2")
    monkeypatch.chdir(tmp_path)
    assert runs.read("out", "clusters", old, spark, QUICK).inputFiles()[0].find(old) > 0
    assert runs.read("out/", "clusters", spark=spark).inputFiles()[0].find(new) > 0
    with pytest.raises(BadInput, match=f"run {old} .*has no table 'removed': there are clusters, fingerprints"):
        runs.read("out", "removed", old, spark, QUICK)
    with pytest.raises(BadInput, match="no run is published here"):
        runs.read("elsewhere", "removed", spark=spark)


class Unguarded(Lease):
    """As if every holder's renewal had been late at the same moment."""

    def renew(self) -> None:
        pass


def start(output: str, settings: Settings, **identity: str) -> Run:
    lease = Unguarded(output, settings.s3, "a racer", 1.0, 1.0)
    return runs.start(lease, IDENTITY | identity, settings)


def race(racers: list[Run], settings: Settings) -> list[DedupError | None]:
    """All publish at once; what became of each."""
    together = threading.Barrier(len(racers))

    def publish(run: Run) -> DedupError | None:
        together.wait()
        try:
            run.publish(settings)
        except DedupError as error:
            return error
        return None

    with ThreadPoolExecutor(len(racers)) as pool:
        return list(pool.map(publish, racers))


def test_of_many_that_publish_at_once_exactly_one_wins(place: tuple[str, Settings]) -> None:
    output, settings = place
    for _ in range(3):
        racers = [start(output, settings, racer=str(number)) for number in range(6)]
        ends = race(racers, settings)
        (winner,) = [run for run, end in zip(racers, ends, strict=True) if end is None]
        assert manifests.current(output, settings.s3) == winner.run_id
        for run, end in zip(racers, ends, strict=True):
            state = manifests.open(output, run.run_id, settings.s3)["state"]
            assert state == ("published" if run is winner else "refused")
            assert end is None or isinstance(end, RunRefused)
            assert end is None or winner.run_id in str(end)
        assert start(output, settings, racer="0").run_id != racers[0].run_id  # neither of the two states is resumed
        start(output, settings, racer="0").publish(settings)


@settings(max_examples=15)
@given(order=st.permutations([(racer, step) for racer in range(3) for step in ("start", "publish")]))
def test_in_any_order_who_began_before_the_last_publishing_is_refused(
    tmp_path_factory: pytest.TempPathFactory, order: list[tuple[int, str]]
) -> None:
    output, begun, seen = str(tmp_path_factory.mktemp("race")), dict[int, Run](), dict[int, str | None]()
    published: str | None = None
    for racer, step in order:
        if step == "start" or racer not in begun:
            begun[racer], seen[racer] = start(output, QUICK, racer=str(racer)), published
        else:
            (end,) = race([begun[racer]], QUICK)
            assert (end is None) == (seen[racer] == published)
            published = begun[racer].run_id if end is None else published
        assert manifests.current(output, S3()) == published


def test_whoever_was_taken_over_cannot_undo_what_the_successor_writes(tmp_path: Path) -> None:
    old = start(str(tmp_path), QUICK)
    successor = start(str(tmp_path), QUICK)
    assert successor.run_id == old.run_id
    write(successor, "clusters")
    with pytest.raises(RunRefused, match="taken the run over"):
        old.note(fact=1)
    old.fail(KeyError("late"))
    manifest = said(str(tmp_path), old.run_id)
    assert manifest["state"] == "running"
    assert list(manifest["tables"]) == ["clusters"]


def test_status_says_how_the_newest_run_stands(tmp_path: Path) -> None:
    output = str(tmp_path)
    assert status.read(output, S3()) is None
    with runs.working(output, IDENTITY, QUICK) as run:
        running = status.read(output, S3())
        run.publish(QUICK)
    assert running is not None
    assert running["run_id"] == run.run_id
    assert (running["state"], running["exit_code"], running["ended"]) == ("running", None, None)
    done = status.read(output, S3())
    assert done is not None
    assert (done["state"], done["exit_code"], done["message"]) == ("done", 0, "")
    assert done["started"] == running["started"] <= done["ended"]


@pytest.mark.parametrize(
    ("error", "code", "state", "message"),
    [
        (GateFailed("too many rejects"), 3, "stopped", "too many rejects"),  # which is never resumed
        (KeyError("column"), 1, "failed", "KeyError: 'column'"),
        (StorageFailed("no answer of https://me:secret@host/x"), 4, "failed", "no answer of https://***@host/x"),
    ],
)
def test_a_failure_is_written_down(tmp_path: Path, error: Exception, code: int, state: str, message: str) -> None:
    with pytest.raises(type(error)), runs.working(str(tmp_path), IDENTITY, QUICK) as run:
        raise error
    found = status.read(str(tmp_path), S3())
    assert found is not None
    assert (found["state"], found["exit_code"], found["message"]) == ("failed", code, message)
    manifest = said(str(tmp_path), run.run_id)
    assert (manifest["state"], manifest["error"]) == (state, message)


def test_a_refused_run_changes_nothing(tmp_path: Path) -> None:
    output = str(tmp_path)
    with runs.working(output, IDENTITY, QUICK) as run:
        before = (tmp_path / "status.json").read_bytes()
        with pytest.raises(RunRefused, match=run.run_id), runs.working(output, {"other": 1}, QUICK):
            raise AssertionError
        assert (tmp_path / "status.json").read_bytes() == before
        assert manifests.history(output, S3()) == [run.run_id]


def test_a_run_that_loses_its_lease_stops_with_that_reason(tmp_path: Path) -> None:
    """The command line interrupts a long Spark job from `on_lost`; what comes out is the reason, with its exit code."""
    taken = {"id": "other", "holder": "somebody else", "host": "h", "pid": 1, "released": False}
    lost = threading.Event()

    def interrupted() -> None:
        with runs.working(str(tmp_path), IDENTITY, QUICK, on_lost=lambda _: lost.set()) as run:
            objects.write(f"{tmp_path}/LEASE", documents.encoded(taken), S3())
            assert lost.wait(30)
            with pytest.raises(RunRefused):
                write(run, "clusters")
            with pytest.raises(RunRefused):
                run.publish(QUICK)
            raise KeyboardInterrupt

    with pytest.raises(RunRefused, match="was taken over by somebody else") as caught:
        interrupted()
    assert isinstance(caught.value.__cause__, KeyboardInterrupt)
    found = status.read(str(tmp_path), S3())
    assert found is not None
    assert found["state"] == "running"  # as the other one may have written it
    assert manifests.current(str(tmp_path), S3()) is None


def test_no_secret_enters_an_output(tmp_path: Path) -> None:
    for _ in range(2):  # an identity without its secret is still the same
        fail(str(tmp_path), KeyError("s3://key:hidden-1@bucket"), endpoint="https://me:hidden-2@minio:9000")
    run = start(str(tmp_path), QUICK, endpoint="https://me:hidden-2@minio:9000")
    run.note(settings={"session": {"conf": {"spark.hadoop.fs.s3a.secret.key": "hidden-3"}}})
    assert len(manifests.history(str(tmp_path), S3())) == 1
    written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"hidden" not in written
    assert b"https://***@minio:9000" in written


def test_facts_never_hide_what_the_run_says_itself(tmp_path: Path) -> None:
    with runs.working(str(tmp_path), IDENTITY, QUICK) as run:
        with pytest.raises(Fault, match="tables by itself"):
            run.note(tables={})
        with pytest.raises(Fault, match="must be in the folder of run"):
            run.record("clusters", storage.Written("/elsewhere/clusters", 1, 1, 1))
