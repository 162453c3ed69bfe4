"""A watched command is one that ran to its end: how long it took, and how much memory all its processes had at most."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.2  # seconds between two looks at the memory
KILOBYTE = 1024
CPU = slice(11, 15)  # of the fields of a stat: of the process and of its children that ended, user and system


@dataclass(frozen=True)
class Watched:
    seconds: float
    peak: int  # bytes of all processes together, pages that they share counted once


def run(command: Sequence[str], log: Path) -> Watched:
    """Runs the command with what it says going to `log`; `CalledProcessError` when it fails. Needs Linux's /proc."""
    started = time.monotonic()
    peak = 0
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
        while process.poll() is None:
            peak = max(peak, sum(_memory(number) for number in _family(process.pid)))
            time.sleep(EVERY)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, log.read_text()[-2000:])
    return Watched(time.monotonic() - started, peak)


def cpu(parent: int) -> float:
    """Seconds of processor time of a process and all that descend or descended from it. Needs Linux's /proc."""
    fields = (Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()[CPU] for member in _family(parent))
    return sum(int(ticks) for four in fields for ticks in four) / os.sysconf("SC_CLK_TCK")


def _family(parent: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    family = [parent]
    for member in family:
        family.extend(children.get(member, []))
    return family


def _memory(process: int) -> int:
    """Bytes in use, each shared page divided among those that share it."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it has ended
    return sum(int(line.split()[1]) * KILOBYTE for line in lines if line.startswith("Pss:"))
