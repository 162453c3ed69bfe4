"""A run is a folder OUTPUT/runs/<run_id>/ whose tables never change once its run.json names them.

run.json is replaced by compare-and-swap after every table, so that a run that was taken over cannot undo what its
successor writes. CURRENT is swapped last, against what it was when this run began: readers never see half a run.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from dedup_spark import storage, tables
from dedup_spark.errors import DedupError, Fault, GateFailed, RunRefused
from dedup_spark.io import locations
from dedup_spark.io.objects import Conflict
from dedup_spark.output import documents, manifests, status, store
from dedup_spark.output.documents import Document
from dedup_spark.output.lease import Lease
from dedup_spark.output.store import Segment
from dedup_spark.settings import Settings, load
from dedup_spark.spark import session
from dedup_spark.storage import Written


class Run:
    """A run at work under the lease of its output: whatever it writes raises `RunRefused` once the lease is lost.

    manifest: what run.json says; previous: the run that was current when this one began or was resumed.
    """

    def __init__(self, lease: Lease, manifest: dict[str, Any], version: str | None, current: Document | None) -> None:
        self.lease, self.output, self.manifest = lease, lease.output, manifest
        self.run_id: str = manifest["run_id"]
        self.folder = f"{self.output}/{manifests.folder(self.run_id)}"
        self.previous: str | None = current.content["run_id"] if current else None
        self._version, self._current = version, current.version if current else None
        lease.run_id = self.run_id

    @property
    def segments(self) -> list[Segment]:
        """The segments it reads: those of earlier runs, then those committed so far in the order of their chunks."""
        return manifests.segments(self.manifest)

    def has(self, table: str) -> bool:
        """Whether the table is written; when the run was resumed, it was found intact."""
        return table in self.manifest["tables"]

    def write(self, df: DataFrame, table: str, settings: Settings, **facts: Any) -> Written:
        """Writes the table and records it; what a killed run left of it is deleted first."""
        if self.has(table):
            raise Fault(f"{table} of run {self.run_id} is written: a table never changes")
        self.lease.check()
        written = storage.write(df, f"{self.folder}/{table}", settings)
        self.record(table, written, **facts)
        return written

    def record(self, table: str, written: Written, **facts: Any) -> None:
        """From now on the table counts as written."""
        if written.path != f"{self.folder}/{table}":
            raise Fault(f"{table} lies at {written.path}: must be in the folder of run {self.run_id}")
        found = {"path": f"{manifests.folder(self.run_id)}/{table}", "rows": written.rows}
        found |= {"files": written.files, "bytes": written.bytes}
        self.manifest["tables"][table] = found | facts
        self.save()

    def reuse(self, segments: Sequence[Segment]) -> None:
        """Names the segments of earlier runs that this one reads, in place of those it named before."""
        own = [segment for segment in self.segments if segment.chunk is not None]
        self.save(segments=[dataclasses.asdict(segment) for segment in (*segments, *own)])

    def commit(self, fingerprints: DataFrame, chunk: int, settings: Settings, made: Mapping[str, Any]) -> Segment:
        """Writes one chunk of fetched fingerprints as a segment and names it: they are not fetched again.

        made: see `store.covers`.
        """
        if chunk in self.committed():
            raise Fault(f"chunk {chunk} of run {self.run_id} is committed: a segment never changes")
        self.lease.check()
        segment = store.write(fingerprints, self.output, f"{self.run_id}-{chunk:06d}", chunk, settings, made)
        self.manifest["segments"].append(dataclasses.asdict(segment))
        self.save()
        return segment

    def committed(self) -> set[int]:
        """The chunks that need no fetching."""
        return {segment.chunk for segment in self.segments if segment.chunk is not None}

    def rows(self) -> dict[str, int]:
        """How many rows each table has that is written."""
        written = {table: entry["rows"] for table, entry in self.manifest["tables"].items()}
        return written | {"fingerprints": sum(segment.live for segment in self.segments)}

    def note(self, **facts: Any) -> None:
        """Puts facts of the flow into run.json, beside those that stand there by themselves."""
        taken = set(facts).intersection(manifests.OWN)
        if taken:
            raise Fault(f"run.json says {', '.join(sorted(taken))} by itself")
        self.manifest.update(facts)
        self.save()

    def read(
        self, spark: SparkSession, table: str, settings: Settings, schema: T.StructType | None = None
    ) -> DataFrame:
        """A table of this run that is written, `fingerprints` and `thumbnails` of the segments so far included.

        schema: of a table whose form is known, so that Spark need not look for it in the files.
        """
        return _table(spark, self.output, self.manifest, table, settings, schema)

    def read_previous(
        self, spark: SparkSession, table: str, settings: Settings, schema: T.StructType | None = None
    ) -> DataFrame:
        """A table of the run that was current when this one began. schema: as `read` takes it."""
        manifest = manifests.open(self.output, self.previous, settings.s3)
        return _table(spark, self.output, manifest, table, settings, schema)

    def previous_on_driver(self, settings: Settings, table: str) -> pa.Table:
        """The same on the driver, without Spark; the caller has made sure that it fits."""
        manifest = manifests.open(self.output, self.previous, settings.s3)
        return storage.read_arrow(manifests.written(self.output, manifest, table).path, settings)

    def save(self, **changes: Any) -> None:
        """Replaces run.json; `RunRefused` when another process has done so since."""
        self.lease.check()
        self.manifest.update(changes)
        path = manifests.path(self.output, self.run_id)
        try:
            self._version = documents.replace(path, self.manifest, self.lease.s3, expected=self._version)
        except Conflict as conflict:
            raise RunRefused(f"{path} was changed by another process, which has taken the run over") from conflict

    def publish(self, settings: Settings) -> None:
        """Makes this run the current one, if CURRENT still is what it was when the run began or was resumed.

        Raises `RunRefused` when another run was published meanwhile (this one stays readable by its run_id), and
        `StorageFailed` when a table is no longer what was written.
        """
        self.lease.renew()
        manifests.check(self.output, self.manifest, settings)
        for folder in ("scratch", "parts"):
            storage.clear(f"{self.folder}/{folder}", settings)
        self.save(state="finished", ended=status.now(), parts={})
        content = {"run_id": self.run_id, "published": status.now()}
        try:
            documents.replace(manifests.pointer(self.output), content, self.lease.s3, expected=self._current)
        except Conflict:
            winner = manifests.current(self.output, self.lease.s3)
            refused = f"run {winner} was published in {self.output} while run {self.run_id} was at work"
            self.save(state="refused", error=refused)
            raise RunRefused(f"{refused}, whose tables stay readable by its run_id") from None
        self.save(state="published")

    def fail(self, error: BaseException) -> None:
        """Writes down why the run stopped, if it still may. What it has written is resumed,
        unless the data failed a gate: the next run looks at everything afresh, since somebody may have mended it.
        """
        if self.manifest["state"] == "running":
            with suppress(DedupError):
                state = "stopped" if isinstance(error, GateFailed) else "failed"
                self.save(state=state, ended=status.now(), error=status.message(error))


@contextmanager
def working(
    output: str,
    identity: dict[str, Any],
    settings: Settings,
    fresh: bool = False,
    on_lost: Callable[[RunRefused], None] | None = None,
    holder: str = "dedup-spark run",
) -> Iterator[Run]:
    """A run under its lease: what happens inside ends up in run.json and status.json, whatever it is.

    An exception that arrives after the lease was lost becomes the `RunRefused` that says so. `on_lost` is called from
    another thread when another process has taken over, to end a long Spark job.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as output:
    ...     with working(output, {"catalogue": "offers"}, load()) as run:
    ...         run.note(offers=300)
    ...         run.publish(load())
    ...     manifests.open(output, None, load().s3)["offers"], status.read(output, load().s3)["state"]
    (300, 'done')
    """
    began = status.now()
    renew, watch = settings.run.lease_renew, settings.run.lease_watch
    with Lease(output, settings.s3, holder, renew, watch, on_lost) as lease:
        run: Run | None = None
        try:
            status.write(lease, status.RUNNING, began, None)
            run = start(lease, identity, settings, fresh)
            status.write(lease, status.RUNNING, began, run.run_id)
            yield run
        except BaseException as error:
            if run is not None:
                run.fail(error)
            with suppress(DedupError):
                status.write(lease, status.FAILED, began, run.run_id if run else None, error)
            if lease.lost is not None and error is not lease.lost:
                raise lease.lost from error
            raise
        with suppress(DedupError):  # what is published is done, whoever writes the status now
            status.write(lease, status.DONE, began, run.run_id)


def start(lease: Lease, identity: dict[str, Any], settings: Settings, fresh: bool = False) -> Run:
    """The newest unfinished run of equal identity, all that it has written found intact; else, or if fresh, a new one.

    identity: what makes two runs the same one: the digest of the settings, the catalogue, the version of the code. The
    run that is current belongs to it, since ids and keepers of this one may come from there.

    Raises `StorageFailed` naming the table or segment that is damaged.
    """
    current = documents.read(manifests.pointer(lease.output), lease.s3)
    identity = documents.redacted(identity) | {"previous": current.content["run_id"] if current else None}
    found = None if fresh else manifests.unfinished(lease.output, identity, lease.s3)
    if found is None:
        run = Run(lease, manifests.new(lease.output, identity, lease.s3, fresh), None, current)
    else:
        manifests.check(lease.output, found.content, settings)
        run = Run(lease, found.content, found.version, current)
        run.manifest["resumed"].append(status.now())
    run.save(state="running", ended=None, error=None, previous=run.previous)
    storage.clear(f"{run.folder}/scratch", settings)
    return run


def read(
    output: str | PathLike[str],
    table: str,
    run_id: str | None = None,
    spark: SparkSession | None = None,
    settings: Settings | None = None,
    schema: T.StructType | None = None,
) -> DataFrame:
    """A table of the current run, or of an older one by its run_id: `fingerprints` and `thumbnails` as well.

    output: a folder or `s3://` prefix. Without a session the active one is used, else one is built by the settings.
    schema: of a table whose form is known, so that Spark need not look for it in the files.

    Raises `BadInput` for an unknown run or table, `StorageFailed` when a file of the table is gone or was changed.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as output:
    ...     with working(output, {"catalogue": "offers"}, load()) as run:
    ...         _ = run.write(spark.range(3), "clusters", load())
    ...         run.publish(load())
    ...     read(output, "clusters", spark=spark).count()
    3
    """
    settings = load() if settings is None else settings
    place = locations.folder(output, "OUTPUT")
    manifest = manifests.open(place, run_id, settings.s3)
    return _table(session.get(settings) if spark is None else spark, place, manifest, table, settings, schema)


def _table(
    spark: SparkSession,
    output: str,
    manifest: dict[str, Any],
    table: str,
    settings: Settings,
    schema: T.StructType | None = None,
) -> DataFrame:
    """A table as the run wrote it: found intact, then read."""
    if table in store.TABLES and table not in manifest["tables"]:
        there = tables.UNREAD.name in manifest["tables"]
        unread = _table(spark, output, manifest, tables.UNREAD.name, settings) if there else None
        return store.read(spark, output, manifests.segments(manifest), table, settings, unread)
    written = manifests.written(output, manifest, table)
    storage.check(written, settings)
    return storage.read(spark, written.path, settings, schema)
