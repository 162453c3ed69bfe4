"""A victim is a process of a run that is killed with SIGKILL at a stage: the driver, an executor, or a Python worker.

The driver goes with all that it started. Processes are found by Linux's /proc.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from benchmarks import processes

DRIVER, EXECUTOR, WORKER = VICTIMS = ("driver", "executor", "worker")
EXECUTOR_CLASS = "CoarseGrainedExecutorBackend"
WORKER_MODULE = "pyspark.daemon"
LOOK = 0.02  # seconds between two looks
STAGE_WITHIN, END_WITHIN, FOUND_WITHIN = 300.0, 600.0, 3.0  # seconds


@dataclass(frozen=True)
class Strike:
    """Who is killed, at the line that begins with the word, or so many seconds later."""

    victim: str
    word: str
    delay: float = 0.0


class Running(Protocol):
    """A command at work, a process of its own or not."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...


@dataclass(frozen=True)
class Killed:
    """How a command ended of which somebody was killed, and how many each strike killed."""

    code: int
    victims: list[int]


def kill(
    strikes: Sequence[Strike],
    command: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    look: Callable[[], None] = lambda: None,
) -> Killed:
    """Runs the command, what it says going to the log, and kills its victims: see `fall`."""
    with (
        log.open("w") as said,
        subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, start_new_session=True, env=environment
        ) as process,
    ):
        try:
            victims = fall(strikes, process, log, look)
            process.wait(END_WITHIN)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return Killed(process.returncode, victims)


def fall(strikes: Sequence[Strike], process: Running, log: Path, look: Callable[[], None] = lambda: None) -> list[int]:
    """Kills the victims of a command that was just started, one after the other; how many fell at each strike.

    An executor is the oldest one of a cluster that this process has started. Workers are those that compute as soon as
    one does; where none does so within `FOUND_WITHIN`, all that wait: a stage may need none. look: called right after.
    """
    victims = []
    for strike in strikes:
        _until(partial(_is_at, strike.word, log, process), STAGE_WITHIN)
        time.sleep(strike.delay)
        victims.append(_strike(strike.victim, process))
        look()
    return victims


def _strike(victim: str, process: Running) -> int:
    if process.poll() is not None:
        return 0
    if victim == DRIVER:
        os.killpg(process.pid, signal.SIGKILL)
        return 1
    return sum(_ended(number) for number in (_executor() if victim == EXECUTOR else _at_work(process)))


def _executor() -> list[int]:
    """The oldest of the executors, as soon as there is one."""
    _until(lambda: bool(_executors()), FOUND_WITHIN)
    return _executors()[:1]


def _at_work(process: Running) -> list[int]:
    """The workers that compute at one moment; where none does so for a while, all that there are."""
    found: list[int] = []

    def seen() -> bool:
        found[:] = filter(processes.is_busy, _workers([process.pid, *_executors()]))
        return bool(found) or process.poll() is not None

    _until(seen, FOUND_WITHIN)
    return found or _workers([process.pid, *_executors()])


def _executors() -> list[int]:
    """The executors of the cluster, the oldest first."""
    return sorted(processes.named(os.getpid(), EXECUTOR_CLASS))


def _workers(above: Sequence[int]) -> list[int]:
    """The workers below these processes: what Spark's daemons have forked, and not the daemons."""
    daemons = {number for process in above for number in processes.named(process, WORKER_MODULE)}
    return sorted(number for number in daemons if processes.parent(number) in daemons)


def _ended(number: int) -> bool:
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _is_at(word: str, log: Path, process: Running) -> bool:
    """Whether the command has said the word, or has ended."""
    return process.poll() is not None or _says(word, log)


def _says(word: str, log: Path) -> bool:
    return log.exists() and any(line.startswith(word) for line in log.read_text().splitlines())


def _until(true: Callable[[], bool], seconds: float) -> bool:
    """Waits until it is true, and no longer than that; whether it is."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(LOOK)
    return true()
