"""A status says how the newest run of an output stands: the file status.json, for schedulers that lose exit codes.

| state | exit_code | when |
|---|---|---|
| `running` | null | a run holds the lease; if it was killed, the lease stands still |
| `done` | 0 | the run was published |
| `failed` | 1 to 5, 130 | the run stopped, `message` says why |
"""

from datetime import UTC, datetime
from typing import Any

from dedup_spark.errors import INTERRUPTED, DedupError
from dedup_spark.io import objects
from dedup_spark.output import documents
from dedup_spark.output.lease import Lease
from dedup_spark.settings import S3

RUNNING, DONE, FAILED = "running", "done", "failed"
FAULT = 1  # the exit code of an exception that nobody raised on purpose


def now() -> str:
    """The time in UTC, to the second, as every document writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def exit_code(error: BaseException) -> int:
    """What the command line ends with.

    >>> from dedup_spark.errors import RunRefused
    >>> exit_code(RunRefused("another run")), exit_code(KeyError("column")), exit_code(KeyboardInterrupt())
    (5, 1, 130)
    """
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return error.exit_code if isinstance(error, DedupError) else FAULT


def message(error: BaseException) -> str:
    """What went wrong in one text.

    >>> message(KeyError("column")), message(KeyboardInterrupt())
    ("KeyError: 'column'", 'interrupted')
    """
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return str(error) if isinstance(error, DedupError) else f"{type(error).__name__}: {error}"


def read(output: str, s3: S3) -> dict[str, Any] | None:
    """The status of the newest run, None when there was none."""
    document = documents.read(f"{output}/status.json", s3)
    return None if document is None else document.content


def write(lease: Lease, state: str, started: str, run_id: str | None, error: BaseException | None = None) -> None:
    """Replaces status.json, as the holder of the lease: `RunRefused` when another holds it, whose word it is now."""
    content = {
        "state": state,
        "run_id": run_id,
        "exit_code": None if state == RUNNING else 0 if error is None else exit_code(error),
        "message": "" if error is None else message(error),
        "started": started,
        "ended": None if state == RUNNING else now(),
    }
    lease.renew()
    objects.write(f"{lease.output}/status.json", documents.encoded(content), lease.s3)
