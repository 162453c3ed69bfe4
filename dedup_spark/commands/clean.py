"""A leftover is a folder of an output that nothing refers to: what killed runs began, and segments that no run names.

Whatever a run names stays, published or not: its tables are readable by its run_id, and its segments are reused by the
next run. What is no table, scratch or segment of ours is not touched. Leftovers are deleted under the lease of the
output only, so never beside a run at work.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dedup_spark import storage, tables
from dedup_spark.errors import BadInput
from dedup_spark.io import locations, objects
from dedup_spark.io.disk import Entry
from dedup_spark.output import manifests, store
from dedup_spark.output.lease import Lease
from dedup_spark.settings import Settings

TABLES = {table.name for table in vars(tables).values() if isinstance(table, tables.Table)}
"""The folders of a run that hold a table."""


@dataclass(frozen=True)
class Leftover:
    """path: below the output; why: what is missing to it."""

    path: str
    why: str
    files: int
    bytes: int


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
        found = find(place, settings)
        for leftover in found:
            lease.check()
            storage.clear(f"{place}/{leftover.path}", settings)
            yield _line(leftover)
    yield f"{_sum(found)}: deleted"


def find(output: str, settings: Settings) -> list[Leftover]:
    """The leftovers of an output, sorted by path. What a run at work has not named yet looks like one."""
    runs = {run_id: manifests.find(output, run_id, settings.s3) for run_id in manifests.history(output, settings.s3)}
    named = {segment.segment for manifest in runs.values() if manifest for segment in manifests.segments(manifest)}
    segments = _folders(objects.listing(f"{output}/{store.FOLDER}", settings.s3), f"{output}/{store.FOLDER}", 1)
    found = [
        _leftover(f"{store.FOLDER}/{name}", "no run names it", entries)
        for (name,), entries in segments.items()
        if name not in named
    ]
    parts = _folders(objects.listing(f"{output}/runs", settings.s3), f"{output}/runs", 2)
    for (run_id, name), entries in parts.items():
        if run_id in runs and (why := _why(name, runs[run_id])):
            found.append(_leftover(f"{manifests.folder(run_id)}/{name}", why, entries))
    return sorted(found, key=lambda leftover: leftover.path)


def _why(name: str, manifest: dict[str, Any] | None) -> str:
    """Why a folder of a run is a leftover, empty when it is none."""
    if name == "scratch":
        return "nobody reads it after the run"
    if name == "parts" and manifest is not None and manifest["state"] not in manifests.RESUMED:
        return "the run is through, or not resumed"
    if name in TABLES and (manifest is None or name not in manifest["tables"]):
        return "run.json does not name it"
    return ""


def _folders(entries: Iterable[Entry], above: str, depth: int) -> dict[tuple[str, ...], list[Entry]]:
    """The files that lie deeper than so many folders below the one above, by these folders."""
    found = defaultdict(list)
    for entry in entries:
        parts = entry.path[len(above) + 1 :].split("/")
        if len(parts) > depth:
            found[tuple(parts[:depth])].append(entry)
    return found


def _leftover(path: str, why: str, entries: list[Entry]) -> Leftover:
    return Leftover(path, why, len(entries), sum(entry.bytes for entry in entries))


def _line(leftover: Leftover) -> str:
    return f"{leftover.path}: {leftover.files:,} files, {leftover.bytes:,} bytes: {leftover.why}"


def _sum(found: list[Leftover]) -> str:
    size = sum(leftover.bytes for leftover in found)
    return f"{len(found):,} leftovers of {size:,} bytes"
