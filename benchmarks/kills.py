"""A line of the bench is one kill: of whom, at which stage, with the output where; and what the same command then gave.

python -m benchmarks.kills [--times N] [--place disk s3] [--victim driver executor worker] [--stage STAGE ...]

The driver and Python workers are those of a session on two cores, executors those of a standalone cluster. A driver is
a process of its own; commands of which another is killed run in one shell, where Java is warm. Each must end with the
rows of a run that nobody disturbed, having reused nine tenths of what had been fetched at the kill, and no lease may
have stood for longer than it says. Ends with exit code 1 where one does not.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow.parquet as pq

from benchmarks import shell, victims
from benchmarks.victims import DRIVER, EXECUTOR, VICTIMS, Killed, Strike
from dedup_spark import demo
from dedup_spark.output import documents, manifests, status
from dedup_spark.settings import Settings, load
from tests import cluster, s3_demo, s3_server
from tests.digests import digest

STAGES = ("fingerprints", "duplicate_pairs", "duplicate_sets", "suspects", "clusters")
PLACES = ("disk", "s3")
CATALOGUE = "few.parquet"
EVERY = 4  # so many rows of the demo, one is in the catalogue
CHUNKS, STORED = 12, 10  # of the fetch, and how many of them are stored before it is disturbed
CONF = {
    "spark.buffer.pageSize": "1m",
    "spark.driver.memory": "2g",
    "spark.executor.memory": "900m",
    "spark.executorEnv.PYTHONPATH": str(cluster.ROOT),
    "spark.sql.codegen.cache.maxEntries": "10000",
}
QUICK = ("run.partitions=2", "candidate_pairs.audit=0", "evaluate.sample=0")
"""What changes no row, and makes a run over little data short."""

DELAY = 0.4  # seconds: the first kill comes as the stage begins, each other one so much later
RENEW, WATCH = 1.0, 3.0  # seconds: what the lease says
CLOCK = 1.0  # seconds: how exact the times of documents are
REUSED = 0.9  # of the fetched images, at least
AGAIN = 3  # times that the command may be needed once more
LOCAL = "local[2]"

Run: TypeAlias = Callable[[Sequence[str], Path, Sequence[Strike], Callable[[], None]], Killed]
"""Runs the command of these arguments, what it says going to that file; strikes at it, and looks after each strike."""


@dataclass(frozen=True)
class Place:
    """Where a catalogue lies and outputs are written to, and what a command must be told of it."""

    name: str
    catalogue: str
    outputs: str
    options: tuple[str, ...]
    settings: Settings

    def arguments(self, output: str) -> list[str]:
        """Of the command that runs the catalogue."""
        return ["run", self.catalogue, output]

    def chosen(self, master: str) -> list[str]:
        """The settings, as options."""
        conf = ", ".join(f'"{name}" = "{value}"' for name, value in CONF.items())
        told = [*QUICK, f"session.master={master}", f"session.conf={{{conf}}}", f"fingerprints.chunk={self.chunk}"]
        told += [f"run.lease_renew={RENEW}", f"run.lease_watch={WATCH}"]
        return [*self.options, *(word for setting in told for word in ("--set", setting))]

    @property
    def chunk(self) -> int:
        """Images of a chunk."""
        return self.settings.fingerprints.chunk


@dataclass(frozen=True)
class Outcome:
    """killed: what became of the command that was disturbed; commands: how many it took in all. reused: of the images
    that had been fetched at the kill, the share that was not fetched again, at least. waited: seconds that the next
    command watched the lease for.
    """

    killed: Killed
    commands: int
    digest: str
    reused: float
    waited: float
    released: bool

    def faults(self, expected: str) -> Iterator[str]:
        if not all(self.killed.victims):
            yield "nobody was there"
        if self.digest != expected:
            yield "other rows"
        if self.reused < REUSED:
            yield "fetched again"
        if self.waited > WATCH + CLOCK or not self.released:
            yield "a lease stood"


def disturb(place: Place, victim: str, stage: str, number: int, run: Run, logs: Path) -> Outcome:
    """One run that is disturbed, and the same command again until it is through."""
    output, log = f"{place.outputs}/{victim}-{stage}-{number}", logs / f"{place.name}-{victim}-{stage}-{number}"
    word = f"{stage}: chunk {STORED} of" if stage == STAGES[0] else f"{stage} ..."
    before: list[dict[str, Any]] = []
    strike = Strike(victim, word, DELAY * number)
    killed = run(place.arguments(output), log, [strike], lambda: before.append(_newest(output, place)))
    commands = 1
    while manifests.current(output, place.settings.s3) is None:
        if commands > AGAIN:
            raise RuntimeError(f"{output} is not published after {commands} commands:\n{log.read_text()[-3000:]}")
        commands += 1
        run(place.arguments(output), logs / f"{log.name}-{commands}", [], lambda: None)
    return _outcome(place, output, killed, commands, before[0])


def alone(chosen: Sequence[str]) -> Run:
    """Each command is a process of its own."""

    def run(arguments: Sequence[str], log: Path, strikes: Sequence[Strike], look: Callable[[], None]) -> Killed:
        return victims.kill(strikes, [sys.executable, "-m", "dedup_spark.cli", *arguments, *chosen], log, look=look)

    return run


@contextmanager
def in_shell(chosen: Sequence[str]) -> Iterator[Run]:
    """All commands run in one process."""
    with shell.opened(chosen) as opened:

        def run(arguments: Sequence[str], log: Path, strikes: Sequence[Strike], look: Callable[[], None]) -> Killed:
            command = opened.start([*arguments, *chosen], log)
            fallen = victims.fall(strikes, command, log, look)
            return Killed(command.wait(victims.END_WITHIN), fallen)

        yield run


def _outcome(place: Place, output: str, killed: Killed, commands: int, before: dict[str, Any]) -> Outcome:
    s3, after = place.settings.s3, manifests.open(output, None, place.settings.s3)
    stored = {segment["segment"]: segment["rows"] for segment in before["segments"]}
    kept = sum(segment["rows"] for segment in after["segments"] if segment["segment"] in stored)
    left = sum(segment["rows"] for segment in after["segments"]) - kept
    fetched = sum(stored.values()) + min(place.chunk, left)  # of the chunk at work all may have been fetched
    lease, ended = documents.read(f"{output}/LEASE", s3), status.read(output, s3)
    assert lease is not None
    assert ended is not None
    began = [datetime.fromisoformat(moment) for moment in (*after["resumed"][-1:], ended["started"])]
    waited = (began[0] - began[-1]).total_seconds()
    reused = kept / fetched if fetched else 1.0
    return Outcome(killed, commands, digest(output, place.settings), reused, waited, lease.content["released"])


def _newest(output: str, place: Place) -> dict[str, Any]:
    run_id = manifests.history(output, place.settings.s3)[-1]
    return manifests.find(output, run_id, place.settings.s3) or {}


@contextmanager
def places(names: Sequence[str]) -> Iterator[dict[str, Place]]:
    """The demo on a disk, and on an S3 server whose keys are in the environment until the block ends."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        demo.build(folder / "demo")
        few = _few(folder / "demo")
        chunk = f"fingerprints.chunk={-(-few // CHUNKS)}"
        outputs = str(folder / "outputs")
        found = {"disk": Place("disk", str(folder / "demo" / CATALOGUE), outputs, (), load(overrides=[chunk]))}
        if "s3" in names:
            server = held.enter_context(s3_server.serve(folder / "s3"))
            os.environ.update(server.environment)
            options = ("--config", str(cluster.ROOT / "conf" / "s3.toml"), "--set", f"s3.endpoint={server.endpoint}")
            chosen = load([options[1]], [options[3], chunk])
            s3_demo.upload(folder / "demo", s3_demo.PICTURES, chosen.s3)
            there = f"{s3_demo.PICTURES}/{CATALOGUE}"
            found["s3"] = Place("s3", there, s3_demo.OUTPUT, options, chosen)
        yield {name: found[name] for name in names}


def _few(folder: Path) -> int:
    """Writes the catalogue of every so many rows; how many images it has."""
    whole = pq.read_table(folder / demo.CATALOGUE)
    few = whole.take(list(range(0, whole.num_rows, EVERY)))
    pq.write_table(few, folder / CATALOGUE)
    return len(set(few["image"].to_pylist()))


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=2)
    for name, choices in (("place", PLACES), ("victim", VICTIMS), ("stage", STAGES)):
        parser.add_argument(f"--{name}", nargs="+", choices=choices, default=choices)
    return parser.parse_args()


def main() -> int:
    chosen, bad, expected = asked(), 0, ""
    with places(chosen.place) as found, tempfile.TemporaryDirectory() as logs, ExitStack() as held:
        master = held.enter_context(cluster.standalone()).master if EXECUTOR in chosen.victim else ""
        for name, victim in product(chosen.place, chosen.victim):
            place, options = found[name], found[name].chosen(master if victim == EXECUTOR else LOCAL)
            with nullcontext(alone(options)) if victim == DRIVER else in_shell(options) as run:
                expected = expected or undisturbed(place, run, Path(logs))
                for stage, number in product(chosen.stage, range(chosen.times)):
                    ended = disturb(place, victim, stage, number, run, Path(logs))
                    faults = ", ".join(ended.faults(expected))
                    bad += bool(faults)
                    print(_line((name, victim, stage, str(number + 1)), ended, faults), flush=True)
    print(f"{bad} of them bad" if bad else "one digest")
    return min(bad, 1)


def undisturbed(place: Place, run: Run, logs: Path) -> str:
    """The digest of a run of which nobody is killed."""
    output, log = f"{place.outputs}/undisturbed", logs / "undisturbed"
    if run(place.arguments(output), log, [], lambda: None).code:
        raise RuntimeError(log.read_text())
    print(f"nobody killed: {digest(output, place.settings)[:16]}", flush=True)
    return digest(output, place.settings)


def _line(what: Sequence[str], ended: Outcome, faults: str) -> str:
    name = " ".join(word.ljust(width) for word, width in zip(what, (4, 8, 15, 1), strict=True))
    went_on = "went on" if ended.commands == 1 else f"exit {ended.killed.code}, again x{ended.commands - 1}"
    killed = f"{sum(ended.killed.victims)} killed"
    return (
        f"{name}  {killed:<9}  {went_on:<18}  {ended.digest[:16]}  reused {ended.reused:.1%}  "
        f"lease watched {ended.waited:.0f} s  {faults or 'good'}"
    )


if __name__ == "__main__":
    sys.exit(main())
