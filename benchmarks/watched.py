"""A watched command is one that ran to its end: how long it took, and how much of the machine all its processes did."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes

EVERY = 0.2  # seconds between two looks at the processes


@dataclass(frozen=True)
class Watched:
    seconds: float
    peak: int  # bytes of all processes together, pages that they share counted once
    processor: float  # seconds of all processes together, as of the last look


def run(command: Sequence[str], log: Path) -> Watched:
    """Runs the command with what it says going to `log`; `CalledProcessError` when it fails. Needs Linux's /proc."""
    started = time.monotonic()
    peak, processor = 0, 0.0
    with log.open("w") as said, subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT) as process:
        while process.poll() is None:
            peak = max(peak, sum(processes.memory(number) for number in processes.family(process.pid)))
            processor = max(processor, processes.processor(process.pid))
            time.sleep(EVERY)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, log.read_text()[-2000:])
    return Watched(time.monotonic() - started, peak, processor)
