"""A manifest is what run.json says of one run: who it is, how it stands, and where each of its tables lies.

CURRENT names the run that readers see. runs/index.json lists all runs in the order they began, each with a digest of
who it is, so that finding the one to resume does not read them all.

| state | what it means | resumed? |
|---|---|---|
| `running` | at work, or killed | yes |
| `failed` | ended by an error | yes |
| `stopped` | the data failed a gate | no: the next run looks at everything afresh |
| `finished` | all tables written, CURRENT not yet swapped | yes |
| `published` | CURRENT was swapped to it | no |
| `refused` | all tables written and readable, but another run had swapped CURRENT | no |
| `removed` | `dedup-spark clean` took it back: run.json names nothing any more, and stays for the history | no |

Whatever became of a run, the segments that it committed are there for the next one: see `stored`.
"""

import dataclasses
import hashlib
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from dedup_spark import storage
from dedup_spark.errors import BadInput, RunRefused, StorageFailed
from dedup_spark.io.objects import Conflict
from dedup_spark.output import documents, status, store
from dedup_spark.output.documents import Document
from dedup_spark.output.store import Segment
from dedup_spark.settings import S3, Settings
from dedup_spark.storage import Written

RESUMED = ("running", "failed", "finished")
READABLE = ("published", "refused")
"""The states of a run that is over and whose tables are all written."""

REMOVED = "removed"
OWN = (
    *("run_id", "state", "started", "ended", "resumed", "error", "identity", "fresh", "previous"),
    *("tables", "parts", "segments"),
)
"""The keys of run.json that runs.py writes; the flow notes down others."""

FILE = "run.json"
STAMP = "%Y%m%dT%H%M%SZ"


def folder(run_id: str) -> str:
    """Where a run lies in its output."""
    return f"runs/{run_id}"


def path(output: str, run_id: str) -> str:
    """The path of the run.json of a run."""
    return f"{output}/{folder(run_id)}/{FILE}"


def pointer(output: str) -> str:
    """The path of CURRENT."""
    return f"{output}/CURRENT"


def current(output: str, s3: S3) -> str | None:
    """The run that readers see, None before the first is published."""
    document = documents.read(pointer(output), s3)
    return None if document is None else str(document.content["run_id"])


def open(output: str, run_id: str | None, s3: S3) -> dict[str, Any]:
    """The manifest of that run, or of the current one; `BadInput` where there is none."""
    name = run_id if run_id is not None else current(output, s3)
    if name is None:
        raise BadInput(f"{output}: no run is published here")
    found = find(output, name, s3)
    if found is None or found["state"] == REMOVED:
        left = (run_id for run_id, manifest in every(output, s3).items() if manifest and manifest["state"] != REMOVED)
        fate = "has no run" if found is None else "was cleaned of run"
        raise BadInput(f"{output} {fate} {name}: there are {', '.join(left) or 'none'}")
    return found


def readable(output: str, run_id: str | None, s3: S3) -> dict[str, Any]:
    """The same of a run that is over and whose tables are all written; `BadInput` for any other."""
    manifest = open(output, run_id, s3)
    if manifest["state"] not in READABLE:
        raise BadInput(f"run {manifest['run_id']} is {manifest['state']}: must be one of {', '.join(READABLE)}")
    return manifest


def find(output: str, run_id: str, s3: S3) -> dict[str, Any] | None:
    """The manifest of that run; None where it ended before it wrote one, or somebody deleted it."""
    document = read(output, run_id, s3)
    return None if document is None else document.content


def read(output: str, run_id: str, s3: S3) -> Document | None:
    """The manifest of that run with the version to replace it by."""
    return documents.read(path(output, run_id), s3)


def every(output: str, s3: S3) -> dict[str, dict[str, Any] | None]:
    """The manifests of all runs that ever began in the output, as `find` gives them, the newest last."""
    names = history(output, s3)
    with ThreadPoolExecutor(storage.READERS) as readers:
        return dict(zip(names, readers.map(lambda name: find(output, name, s3), names), strict=True))


def history(output: str, s3: S3) -> list[str]:
    """All runs that ever began in the output, the newest last."""
    index = documents.read(_index(output), s3)
    return [entry["run_id"] for entry in index.content["runs"]] if index else []


def new(output: str, identity: dict[str, Any], s3: S3, fresh: bool = False) -> dict[str, Any]:
    """The manifest of a new run, entered in the index, not yet written; its run_id sorts after all before it."""
    index = documents.read(_index(output), s3)
    runs = index.content["runs"] if index else []
    run_id = _new_id(runs[-1]["run_id"] if runs else None)
    entry = {"run_id": run_id, "identity": _digest(identity)}
    try:
        documents.replace(_index(output), {"runs": [*runs, entry]}, s3, expected=index.version if index else None)
    except Conflict as conflict:
        raise RunRefused(f"{output}: another run began at the same moment") from conflict
    return {
        "run_id": run_id,
        "state": "running",
        "started": status.now(),
        "ended": None,
        "resumed": [],
        "error": None,
        "previous": None,
        "identity": identity,
        "fresh": fresh,
        "tables": {},
        "parts": {},
        "segments": [],
    }


def unfinished(output: str, identity: dict[str, Any], s3: S3) -> Document | None:
    """The manifest of the newest run of equal identity that is to be resumed."""
    index = documents.read(_index(output), s3)
    digest, now = _digest(identity), current(output, s3)
    for entry in reversed(index.content["runs"] if index else []):
        found = read(output, entry["run_id"], s3) if entry["identity"] == digest else None
        if found and found.content["state"] in RESUMED and entry["run_id"] != now:
            return found
    return None


def segments(manifest: dict[str, Any]) -> list[Segment]:
    """The segments that the run reads: those of earlier runs, then its own in the order of their chunks."""
    found = (Segment(**entry) for entry in manifest["segments"])
    return sorted(found, key=lambda segment: (segment.chunk is not None, segment.chunk or 0, segment.segment))


def stored(output: str, run_id: str, s3: S3) -> list[Segment]:
    """The segments that this run may reuse, each once: those of the current run, of all that came later, and of those
    that were never published. What an older one published and the current one does not read is out of date.
    """
    now = current(output, s3) or ""
    others = (manifest for name, manifest in every(output, s3).items() if manifest and name != run_id)
    useful = (manifest for manifest in others if manifest["run_id"] >= now or manifest["state"] != "published")
    found = (segment for manifest in useful for segment in segments(manifest))
    named = {segment.segment: dataclasses.replace(segment, chunk=None, live=0) for segment in found}
    return [named[name] for name in sorted(named)]


def written(output: str, manifest: dict[str, Any], table: str) -> Written:
    """The table as the run wrote it; `BadInput` when it did not."""
    if table not in manifest["tables"]:
        known = sorted({*manifest["tables"], *store.TABLES})
        raise BadInput(f"run {manifest['run_id']} of {output} has no table {table!r}: there are {', '.join(known)}")
    entry = manifest["tables"][table]
    return Written(f"{output}/{entry['path']}", entry["rows"], entry["files"], entry["bytes"])


def check(output: str, manifest: dict[str, Any], settings: Settings) -> None:
    """Raises `StorageFailed` naming the table or segment that is no longer what was written."""
    try:
        for table in manifest["tables"]:
            storage.check(written(output, manifest, table), settings)
        for segment in segments(manifest):
            store.check(output, segment, settings)
    except StorageFailed as failure:
        raise StorageFailed(f"run {manifest['run_id']}: {failure}; --fresh begins a new run") from failure


def _index(output: str) -> str:
    return f"{output}/runs/index.json"


def _digest(identity: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def _new_id(last: str | None) -> str:
    """Sorts by time: after the last one even where the clock of its machine was ahead."""
    moment = datetime.now(UTC)
    if last is not None:
        before = datetime.strptime(last.partition("-")[0], STAMP).replace(tzinfo=UTC)
        moment = max(moment, before + timedelta(seconds=1))
    return f"{moment.strftime(STAMP)}-{secrets.token_hex(2)}"
