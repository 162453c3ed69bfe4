"""A leftover is a folder of an output that no kept run refers to: what killed runs began, runs that are no longer kept.

What a kept run names stays, published or not: its tables are readable by its run_id, and its segments are reused by the
next run. What is no run, scratch or segment of ours is not touched. Leftovers are deleted under the lease of the
output only, so never beside a run at work, and only once nothing names them: a run is not there at all, or whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dedup_spark import storage, tables
from dedup_spark.commands import retention
from dedup_spark.errors import BadInput
from dedup_spark.io import locations, objects
from dedup_spark.io.disk import Entry
from dedup_spark.output import documents, manifests, store
from dedup_spark.output.lease import Lease
from dedup_spark.settings import Settings

TABLES = {table.name for table in tables.ALL}
"""The folders of a run that hold a table."""


@dataclass(frozen=True)
class Leftover:
    """path: below the output; why: what is missing to it. is_run: a whole run, of which run.json stays."""

    path: str
    why: str
    files: int
    bytes: int
    is_run: bool = False


def lines(output: str, settings: Settings, delete: bool = False) -> Iterator[str]:
    """The leftovers as text, deleted if so asked.

    Raises `BadInput` where no run ever began, `RunRefused` when they are to be deleted and a run is at work.

    >>> from tempfile import TemporaryDirectory
    >>> from dedup_spark.settings import load
    >>> with TemporaryDirectory() as output:
    ...     list(lines(output, load()))
    Traceback (most recent call last):
    dedup_spark.errors.BadInput: ...: no run ever began here
    """
    place = locations.folder(output, "OUTPUT")
    if not manifests.history(place, settings.s3):
        raise BadInput(f"{place}: no run ever began here")
    if not delete:
        found = find(place, settings)
        yield from map(_line, found)
        yield f"{_sum(found)}: --yes deletes them, unless a run is at work that is about to name them"
        return
    with Lease(place, settings.s3, "dedup-spark clean", settings.run.lease_renew, settings.run.lease_watch) as lease:
        _take_back(place, settings)
        found = find(place, settings)
        for leftover in found:
            lease.check()
            _delete(place, leftover, settings)
            yield _line(leftover)
    yield f"{_sum(found)}: deleted"


def find(output: str, settings: Settings) -> list[Leftover]:
    """The leftovers of an output, sorted by path. What a run at work has not named yet looks like one."""
    runs, current = manifests.every(output, settings.s3), manifests.current(output, settings.s3)
    gone = {run_id for run_id, manifest in runs.items() if manifest and manifest["state"] == manifests.REMOVED}
    gone.update(retention.expired(runs, current, settings.run))
    kept = (manifest for run_id, manifest in runs.items() if manifest and run_id not in gone)
    named = {segment.segment for manifest in kept for segment in manifests.segments(manifest)}
    segments, folders = f"{output}/{store.FOLDER}", f"{output}/runs"
    stored = _folders(objects.listing(segments, settings.s3), segments)
    found = [
        _leftover(f"{store.FOLDER}/{name}", "no kept run names it", entries)
        for name, entries in stored.items()
        if name not in named
    ]
    for run_id, entries in _folders(objects.listing(folders, settings.s3), folders).items():
        if run_id in gone:
            found += _whole(output, run_id, entries)
        elif run_id in runs:
            found += _parts(output, run_id, runs[run_id], entries)
    return sorted(found, key=lambda leftover: leftover.path)


def _take_back(output: str, settings: Settings) -> None:
    """From now on nothing names what the runs wrote that are no longer kept."""
    current = documents.read(manifests.pointer(output), settings.s3)
    if current is None:
        return
    found = manifests.every(output, settings.s3)
    old = retention.expired(found, str(current.content["run_id"]), settings.run)
    if old:
        retention.take_back(output, current, old, settings.s3)


def _delete(output: str, leftover: Leftover, settings: Settings) -> None:
    path = f"{output}/{leftover.path}"
    if not leftover.is_run:
        storage.clear(path, settings)
        return
    for name in _folders(objects.listing(path, settings.s3), path):
        storage.clear(f"{path}/{name}", settings)
    files = (entry.path for entry in objects.listing(path, settings.s3))
    objects.delete([file for file in files if file != f"{path}/{manifests.FILE}"], settings.s3)


def _whole(output: str, run_id: str, entries: list[Entry]) -> list[Leftover]:
    """A run that is no longer kept, if anything lies there but its run.json."""
    inside = [entry for entry in entries if entry.path != manifests.path(output, run_id)]
    return [_leftover(manifests.folder(run_id), "the run is no longer kept", inside, is_run=True)] if inside else []


def _parts(output: str, run_id: str, manifest: dict[str, Any] | None, entries: list[Entry]) -> list[Leftover]:
    """What lies in a run that is kept, and its run.json does not name."""
    folder = manifests.folder(run_id)
    why = {name: (_why(name, manifest), inside) for name, inside in _folders(entries, f"{output}/{folder}").items()}
    return [_leftover(f"{folder}/{name}", word, inside) for name, (word, inside) in why.items() if word]


def _why(name: str, manifest: dict[str, Any] | None) -> str:
    """Why a folder of a run is a leftover, empty when it is none."""
    if name == "scratch":
        return "nobody reads it after the run"
    if name == "parts" and manifest is not None and manifest["state"] not in manifests.RESUMED:
        return "the run is through, or not resumed"
    if name in TABLES and (manifest is None or name not in manifest["tables"]):
        return "run.json does not name it"
    return ""


def _folders(entries: Iterable[Entry], above: str) -> dict[str, list[Entry]]:
    """The files that lie in a folder below the one above, by that folder."""
    found = defaultdict(list)
    for entry in entries:
        folder, separator, _ = entry.path[len(above) + 1 :].partition("/")
        if separator:
            found[folder].append(entry)
    return found


def _leftover(path: str, why: str, entries: list[Entry], is_run: bool = False) -> Leftover:
    return Leftover(path, why, len(entries), sum(entry.bytes for entry in entries), is_run)


def _line(leftover: Leftover) -> str:
    return f"{leftover.path}: {leftover.files:,} files, {leftover.bytes:,} bytes: {leftover.why}"


def _sum(found: list[Leftover]) -> str:
    size = sum(leftover.bytes for leftover in found)
    return f"{len(found):,} leftovers of {size:,} bytes"
