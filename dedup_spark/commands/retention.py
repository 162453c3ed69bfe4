"""A retention says how long a run is kept, and how one that is no longer kept is taken back.

Kept are the current run and all that began after it, the newest whole ones before it ([run] keep_runs), and all that
ended a short while ago ([run] keep_days). No kept run needs another one: each names its segments itself, and took the
names of its clusters from the run before while it was at work. A run that could be resumed began after the current one.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dedup_spark import settings
from dedup_spark.errors import RunRefused
from dedup_spark.io.objects import Conflict
from dedup_spark.output import documents, manifests, status
from dedup_spark.output.documents import Document
from dedup_spark.settings import S3

NOTHING: dict[str, Any] = {"tables": {}, "parts": {}, "segments": []}
"""What a run names that was taken back."""


def expired(found: Mapping[str, dict[str, Any] | None], current: str | None, kept: settings.Run) -> list[str]:
    """The runs that are no longer kept, the oldest first; `found`: `manifests.every`. None where none is current."""
    since = datetime.now(UTC) - timedelta(days=kept.keep_days)
    before = [manifest for run_id, manifest in found.items() if manifest and run_id < (current or "")]
    whole = [manifest["run_id"] for manifest in before if manifest["state"] in manifests.READABLE]
    newest = set(sorted(whole, reverse=True)[: kept.keep_runs])
    left = (manifest for manifest in before if manifest["state"] != manifests.REMOVED and _last(manifest) <= since)
    return [manifest["run_id"] for manifest in left if manifest["run_id"] not in newest]


def take_back(output: str, current: Document, run_ids: Sequence[str], s3: S3) -> None:
    """Takes out of the run.json of each run all that it names, so that it is nobody's: no half of a run looks whole.

    To be called under the lease of the output, before anything is deleted. current: CURRENT as it was when the runs
    were chosen. A roll-back needs no lease: where one came between, nothing is taken back, and `RunRefused` raised.
    """
    taken = []
    for run_id in run_ids:
        if was := manifests.read(output, run_id, s3):
            named = was.content | NOTHING | {"state": manifests.REMOVED}
            path = manifests.path(output, run_id)
            taken.append((path, was.content, documents.replace(path, named, s3, expected=was.version)))
    try:
        content = current.content | {"cleaned": status.now()}
        documents.replace(manifests.pointer(output), content, s3, expected=current.version)
    except Conflict as conflict:
        for path, content, version in taken:
            documents.replace(path, content, s3, expected=version)
        raise RunRefused(f"{output}: another run became current at the same moment, none is removed") from conflict


def _last(manifest: Mapping[str, Any]) -> datetime:
    """When the run was last known to be at work."""
    return datetime.fromisoformat(manifest["ended"] or max([manifest["started"], *manifest["resumed"]]))
