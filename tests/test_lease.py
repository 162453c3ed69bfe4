"""A lease lets one run write to an output: the others are refused within moments, a dead holder's place is taken."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dedup_spark.errors import RunRefused, StorageFailed
from dedup_spark.io import objects
from dedup_spark.output import documents
from dedup_spark.output.lease import Lease
from dedup_spark.settings import S3

RENEW, WATCH = 0.15, 0.9
DISK = S3()
MOMENTS = 10 * WATCH  # generous: two cores are shared with other tests

HOLDER = """
import sys, time
from dedup_spark.output.lease import Lease
from dedup_spark.settings import S3

def lost(error):
    print("lost:", error, flush=True)

with Lease(sys.argv[1], S3(), "the other process", float(sys.argv[2]), float(sys.argv[3]), lost) as lease:
    print("holds", flush=True)
    while True:
        time.sleep(0.01)
        lease.check()
"""


def hold(output: str, s3: S3 = DISK, holder: str = "me", **more: Any) -> Lease:
    return Lease(output, s3, holder, renew=RENEW, watch=WATCH, **more)


def says(output: str, s3: S3 = DISK) -> dict[str, Any]:
    document = documents.read(f"{output}/LEASE", s3)
    assert document is not None
    return document.content


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, S3]:
    """An empty output on a disk, and one on S3."""
    if request.param == "disk":
        return str(tmp_path), DISK
    server = request.getfixturevalue("s3")
    return f"s3://results/{tmp_path.name}", server.settings


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts another process that holds the lease of the folder."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", HOLDER, str(tmp_path), str(RENEW), str(WATCH)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_run_is_refused_within_moments_and_told_who_holds_the_output(place: tuple[str, S3]) -> None:
    output, s3 = place
    with hold(output, s3, "dedup-spark run of Ada") as lease:
        lease.run_id = "20261122T164608Z-0a1b"
        lease.renew()
        began = time.monotonic()
        with pytest.raises(
            RunRefused, match=r"held by dedup-spark run of Ada \(host .+, process \d+, run 20261122"
        ) as e:
            hold(output, s3).__enter__()
        assert time.monotonic() - began < MOMENTS
        assert e.value.exit_code == 5
        lease.check()


def test_a_released_lease_is_taken_at_once(place: tuple[str, S3]) -> None:
    output, s3 = place
    for _ in range(3):
        began = time.monotonic()
        with hold(output, s3):
            assert time.monotonic() - began < MOMENTS
            assert not says(output, s3)["released"]
        assert says(output, s3)["released"]


def test_a_lease_is_released_when_the_run_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold(str(tmp_path)):
        raise KeyError
    assert says(str(tmp_path))["released"]


def test_a_killed_holder_is_followed_after_the_watch_and_not_before(
    tmp_path: Path, holder: Callable[[], "subprocess.Popen[str]"]
) -> None:
    process = holder()
    process.send_signal(signal.SIGKILL)
    process.wait()
    began = time.monotonic()
    with hold(str(tmp_path)) as lease:
        assert time.monotonic() - began >= WATCH
        lease.renew()
        assert says(str(tmp_path))["id"] == lease.id


def test_a_holder_that_was_taken_over_stops_at_its_next_renewal(
    tmp_path: Path, holder: Callable[[], "subprocess.Popen[str]"]
) -> None:
    process = holder()
    process.send_signal(signal.SIGSTOP)
    with hold(str(tmp_path), holder="the successor") as lease:
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=MOMENTS)
        assert out.startswith(f"lost: {tmp_path} was taken over by the successor")
        assert "RunRefused" in err
        time.sleep(2 * RENEW)
        lease.check()  # the old holder has released nothing that is not its own
    assert says(str(tmp_path))["holder"] == "the successor"


@pytest.mark.parametrize("clock", ["1970-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00", None])
def test_no_clock_but_the_watchers_own_matters(tmp_path: Path, clock: str | None) -> None:
    dead = {"id": "dead", "holder": "the dead", "time": clock, "released": False}
    documents.replace(f"{tmp_path}/LEASE", dead, DISK, expected=None)
    began = time.monotonic()
    with hold(str(tmp_path)):
        assert WATCH <= time.monotonic() - began < MOMENTS


def test_a_holder_that_renews_seldom_is_watched_for_longer(tmp_path: Path) -> None:
    with (
        Lease(str(tmp_path), DISK, "the slow one", renew=2 * WATCH, watch=WATCH),
        pytest.raises(RunRefused, match="slow"),
    ):
        hold(str(tmp_path)).__enter__()


@pytest.mark.parametrize("before", ["nothing", "a dead holder", "a released lease"])
def test_of_many_that_come_at_once_exactly_one_holds(place: tuple[str, S3], before: str) -> None:
    output, s3 = place
    if before != "nothing":
        left = {"id": "left", "holder": "the one before", "released": before == "a released lease"}
        documents.replace(f"{output}/LEASE", left, s3, expected=None)
    racers, start, settled = 6, threading.Barrier(6), threading.Barrier(6, timeout=MOMENTS)

    def race(number: int) -> bool:
        lease = hold(output, s3, f"racer {number}")
        start.wait()
        try:
            with lease:
                settled.wait()
                lease.renew()
                return True
        except RunRefused:
            settled.wait()
            return False

    with ThreadPoolExecutor(racers) as pool:
        assert sum(pool.map(race, range(racers))) == 1


def test_a_hiccup_of_the_storage_does_not_end_a_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[RunRefused] = []
    with hold(str(tmp_path), on_lost=lost.append) as lease:
        with monkeypatch.context() as patch:
            patch.setattr(objects, "write", _raising(StorageFailed("no answer"), objects.write, lands=False))
            time.sleep(3 * RENEW)
        count = says(str(tmp_path))["count"]
        time.sleep(3 * RENEW)
        assert says(str(tmp_path))["count"] > count
        lease.check()
    assert not lost
    assert says(str(tmp_path))["released"]


def test_a_renewal_whose_answer_got_lost_does_not_end_a_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hold(str(tmp_path)) as lease:
        with monkeypatch.context() as patch:
            patch.setattr(objects, "write", _raising(StorageFailed("no answer"), objects.write, lands=True))
            time.sleep(3 * RENEW)
        lease.renew()
        lease.renew()
        assert says(str(tmp_path))["id"] == lease.id


def test_deleting_the_file_ends_the_lease(tmp_path: Path) -> None:
    """A person's way to stop a run from elsewhere."""
    told = threading.Event()
    with hold(str(tmp_path), on_lost=lambda _: told.set()) as lease:
        (tmp_path / "LEASE").unlink()
        assert told.wait(MOMENTS)
        with pytest.raises(RunRefused, match="nobody"):
            lease.check()
    assert not (tmp_path / "LEASE").exists()


def _raising(error: Exception, write: Callable[..., str], lands: bool) -> Callable[..., str]:
    def failing(*arguments: Any, **named: Any) -> str:
        if lands:
            write(*arguments, **named)
        raise error

    return failing
