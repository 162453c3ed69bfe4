"""A schedule is a night by cron or by Airflow: it gives commands that there are, retries what may pass, and no gate.

Airflow itself is not installed for the tests: what the DAG takes of it stands in as far as it is used here.
"""

import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from dedup_spark import arguments, cli

CONF = Path(__file__).resolve().parents[1] / "conf"
COMMAND = r"""#!/bin/sh
printf '%s\037' "$@" >> "$0.asked"; echo >> "$0.asked"
set -- $(cat "$0.codes")
code=$1; shift; echo "$@" > "$0.codes"
exit $code
"""


class Command:
    """A `dedup-spark` on PATH that ends with these exit codes, one after the other, and tells what it was asked."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.file = folder / "dedup-spark"
        self.file.write_text(COMMAND)
        self.file.chmod(0o755)
        patch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def ends_with(self, *codes: int) -> None:
        Path(f"{self.file}.codes").write_text(" ".join(map(str, codes)))
        Path(f"{self.file}.asked").write_text("")

    def asked(self) -> list[list[str]]:
        """What it was asked, each of which the real one understands."""
        told = Path(f"{self.file}.asked").read_text().split("\n")[:-1]
        lines = [line.split("\037")[:-1] for line in told]
        for line in lines:
            assert arguments.parser().parse_args(line).command in cli.COMMANDS
        return lines


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("codes", "code", "asked"),
    [
        ((0, 0), 0, ["run", "clean"]),
        ((4, 5, 0, 0), 0, ["run", "run", "run", "clean"]),
        ((137, 0, 5, 0, 0), 0, ["run", "run", "clean", "run", "clean"]),
        ((5, 5, 5, 5), 5, ["run"] * 4),
        ((3,), 3, ["run"]),
        ((2,), 2, ["run"]),
        ((1,), 1, ["run"]),
        ((4, 3), 3, ["run", "run"]),
    ],
)
def test_cron_retries_what_may_pass_and_ends_with_the_exit_code(
    command: Command, monkeypatch: pytest.MonkeyPatch, codes: tuple[int, ...], code: int, asked: list[str]
) -> None:
    monkeypatch.setenv("WAIT_SECONDS", "0 0 0")
    command.ends_with(*codes)
    night = [str(CONF / "nightly.sh"), "a b.parquet", "out", "--config", "s3.toml"]
    assert subprocess.run(night).returncode == code
    assert [line[0] for line in command.asked()] == asked


def test_the_line_of_cron_calls_the_night_with_what_a_run_understands() -> None:
    (line,) = [line for line in (CONF / "crontab").read_text().splitlines() if re.match(r"[\d*]", line)]
    minute, hour, *days, job = line.split(None, 5)
    assert 0 <= int(minute) < 60
    assert 0 <= int(hour) < 24
    assert days == ["*"] * 3
    assert "%" not in job  # cron takes it for the end of a line
    night = shlex.split(job.partition(">>")[0].partition("&&")[2])
    assert (CONF.parent / night[0]).stat().st_mode & 0o100
    arguments.parser().parse_args(["run", *night[1:]])
    assert (CONF.parent / night[night.index("--config") + 1]).exists()


class Task:
    """A task as the DAG makes it: called it is put into the DAG, and `>>` says what comes after it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work, self.name = work, work.__name__

    def __call__(self) -> Self:
        TASKS[self.name] = self
        return self

    def __rshift__(self, after: "Task") -> "Task":
        ORDER.append((self.name, after.name))
        return after


TASKS: dict[str, Task] = {}
ORDER: list[tuple[str, str]] = []
DAGS: dict[str, dict[str, Any]] = {}


def dag(**facts: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def decorated(made: Callable[[], None]) -> Callable[[], None]:
        DAGS[made.__name__] = facts
        return made

    return decorated


@pytest.fixture
def night(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The names of conf/airflow_dag.py once Airflow has read it."""
    airflow, sdk, exceptions = (ModuleType(f"airflow{name}") for name in ("", ".sdk", ".sdk.exceptions"))
    vars(sdk).update(dag=dag, task=Task)
    retried = type("AirflowException", (Exception,), {})
    vars(exceptions).update(AirflowException=retried, AirflowFailException=type("AirflowFailException", (retried,), {}))
    for module in (airflow, sdk, exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    yield runpy.run_path(str(CONF / "airflow_dag.py"))
    for known in (TASKS, DAGS, ORDER):
        known.clear()


def test_the_dag_cleans_after_the_run_and_retries(night: dict[str, Any], command: Command) -> None:
    ((name, facts),) = DAGS.items()
    assert name != "dedup_spark"  # which the package is called
    assert (facts["catchup"], facts["max_active_runs"]) == (False, 1)
    assert facts["default_args"]["retries"] > 0
    assert facts["default_args"]["on_failure_callback"] is night["alert"]
    assert ORDER == [("run", "clean")]
    command.ends_with(0, 0)
    for task in TASKS.values():
        task.work()
    assert [line[0] for line in command.asked()] == ["run", "clean"]


@pytest.mark.parametrize(
    ("end", "retried"),
    [*((f"exit {code}", code in (4, 5)) for code in (1, 2, 3, 4, 5, 130)), ("kill -9 $$", True)],
)
def test_the_dag_retries_what_may_pass(night: dict[str, Any], command: Command, end: str, retried: bool) -> None:
    command.file.write_text(f"#!/bin/sh\n{end}\n")
    with pytest.raises(night["AirflowException"]) as caught:
        TASKS["run"].work()
    assert isinstance(caught.value, night["AirflowFailException"]) != retried
