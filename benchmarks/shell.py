"""A shell is one process that runs commands of dedup-spark one after the other, in a Spark session that stays.

python -m benchmarks.shell [--config FILE] [--set section.key=value ...]

Each line of its input is a JSON list: the file for what the command says, then its arguments. When the command has
ended, `<file>.code` holds its exit code.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dedup_spark import cli, settings
from dedup_spark.spark import session

LOOK = 0.05  # seconds between two looks


@dataclass(frozen=True)
class Command:
    """A command that the shell runs, seen as a process of its own."""

    shell: "subprocess.Popen[str]"
    log: Path

    @property
    def pid(self) -> int:
        return self.shell.pid

    def poll(self) -> int | None:
        """Its exit code, None while it runs; that of the shell where this has ended."""
        said = code(self.log)
        return int(said.read_text()) if said.exists() else self.shell.poll()

    def wait(self, timeout: float) -> int:
        end = time.monotonic() + timeout
        while (found := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.log), timeout)
            time.sleep(LOOK)
        return found


@dataclass(frozen=True)
class Shell:
    """A shell that was opened."""

    process: "subprocess.Popen[str]"

    def start(self, arguments: Sequence[str], log: Path) -> Command:
        assert self.process.stdin is not None
        code(log).unlink(missing_ok=True)
        self.process.stdin.write(f"{json.dumps([str(log), *arguments])}\n")
        self.process.stdin.flush()
        return Command(self.process, log)


@contextlib.contextmanager
def opened(options: Sequence[str]) -> Iterator[Shell]:
    """A shell with these settings, ended when the block is left."""
    command = [sys.executable, "-m", "benchmarks.shell", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield Shell(process)
        finally:
            process.kill()


def code(log: Path) -> Path:
    """The file that holds the exit code."""
    return log.with_name(f"{log.name}.code")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    asked = parser.parse_args()
    with session.opened(settings.load(asked.config, asked.set), light=True), open(os.devnull, "w") as nowhere:
        for line in sys.stdin:
            log, *arguments = json.loads(line)
            with open(log, "a") as said, contextlib.redirect_stderr(said), contextlib.redirect_stdout(nowhere):
                ended = cli.main(arguments)
            whole = Path(f"{log}.writing")
            whole.write_text(str(ended))
            whole.rename(code(Path(log)))


if __name__ == "__main__":
    main()
