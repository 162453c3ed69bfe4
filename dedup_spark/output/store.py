"""A segment is a folder of fingerprints that stay true: written once, never changed, named by every run that reads it.

It lies under OUTPUT/store/fingerprints/ and holds whole rows: the columns of `fingerprints`, beside them the small
pictures, and what tells whether a row still holds. `fingerprints` and `thumbnails` are two selections of the same
files: Parquet reads only the columns asked for, so neither pays for the other, and no run copies a picture. A segment
that no run names does not count: a killed write leaves nothing but a folder to be deleted.

Of an earlier run's segment a run reads the rows that hold: those whose status depends on the bytes alone, but for the
rows that its table `unread` names. That table is small, for a catalogue that changes little; nothing is joined where
it has no row.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from dedup_spark import storage, tables
from dedup_spark.errors import OF_BYTES, StorageFailed
from dedup_spark.io import locations
from dedup_spark.settings import Settings
from dedup_spark.storage import Written

FETCHED = T.StructType(
    [
        *tables.FINGERPRINTS.schema().fields,
        *(field for field in tables.THUMBNAILS.schema().fields if field.name in ("thumbnail", "square")),
        T.StructField("version", T.StringType(), True, {"comment": "what the catalogue said of it"}),
        T.StructField("etag", T.StringType(), True, {"comment": "what the storage said of the bytes"}),
    ]
)
"""A row is one image path that was fetched: its fingerprint, and its small pictures where it is usable."""

SEGMENT = T.StructType([*FETCHED.fields, T.StructField("segment", T.StringType(), True, {"comment": "where it lies"})])
"""The same row where it is stored."""

TABLES = ("fingerprints", "thumbnails")
"""The tables that are selections of segments."""

FOLDERS = "folders"
"""What tells of rows which folders on a disk could be read when they were made: a link may lead from one to another."""

FOLDER = "store/fingerprints"
"""Where the segments of an output lie."""


@dataclass(frozen=True)
class Segment:
    """One committed segment, as a run names it.

    chunk: which of its run's images it holds; None: it is an earlier run's. live: how many rows the run reads.
    made: what its usable rows hold, and by which versions, see `covers`.
    """

    segment: str
    rows: int
    files: int
    bytes: int
    chunk: int | None
    live: int = 0
    made: Mapping[str, Any] = field(default_factory=dict)


def write(
    rows: DataFrame, output: str, segment: str, chunk: int, settings: Settings, made: Mapping[str, Any]
) -> Segment:
    """Writes the columns of FETCHED of these rows; the segment counts once a run names it."""
    named = rows.select(*FETCHED.names, F.lit(segment).alias("segment"))
    written = storage.write(named, folder(output, segment), settings)
    return Segment(segment, written.rows, written.files, written.bytes, chunk, written.rows, made)


def covers(made: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether rows that were made like this have all that is asked for: a list holds more, a size is one at all.

    And no link can have led them out of the folders that are allowed today.

    >>> covers({"views": ["whole", "trimmed"], "thumbnail": 128}, {"views": ["whole"], "thumbnail": 64})
    True
    >>> covers({"hash_version": "colour_phash/1"}, {"hash_version": "colour_phash/2"}), covers({}, {"square": True})
    (False, False)
    >>> covers({FOLDERS: ["/shop/tops"]}, {FOLDERS: ["/shop"]}), covers({FOLDERS: ["/shop"]}, {FOLDERS: ["/shop/tops"]})
    (True, False)
    """

    def has(name: str, wanted: Any) -> bool:
        found = made.get(name)
        if name == FOLDERS:
            return found is not None and all(locations.within(folder, wanted) for folder in found)
        if isinstance(wanted, list):
            return set(wanted) <= set(found or ())
        return found == wanted if isinstance(wanted, str) else bool(found) or not wanted

    return all(has(name, wanted) for name, wanted in asked.items())


def check(output: str, segment: Segment, settings: Settings) -> None:
    """Raises `StorageFailed` when the segment is not what it was when it was written."""
    storage.check(Written(folder(output, segment.segment), segment.rows, segment.files, segment.bytes), settings)


def is_intact(output: str, segment: Segment, settings: Settings) -> bool:
    """Whether the segment is what it was when it was written."""
    try:
        check(output, segment, settings)
    except StorageFailed:
        return False
    return True


def known(spark: SparkSession, output: str, segments: Sequence[Segment], settings: Settings) -> DataFrame:
    """What tells of every row of these segments whether it still holds: `image`, `segment`, `status`, `bytes`,
    `pixels`, `version`, `etag`.
    """
    pixels = (F.col("width").cast("long") * F.col("height")).alias("pixels")
    rows = _rows(spark, output, segments, settings)
    return rows.select("image", "segment", "status", "bytes", pixels, "version", "etag")


def read(
    spark: SparkSession,
    output: str,
    segments: Sequence[Segment],
    table: str,
    settings: Settings,
    unread: DataFrame | None = None,
) -> DataFrame:
    """The selection of that name, of the rows that a run with these segments reads. unread: `tables.UNREAD`."""
    rows = _live(spark, output, segments, settings, unread)
    return {"fingerprints": _fingerprints, "thumbnails": _thumbnails}[table](rows)


def folder(output: str, segment: str) -> str:
    """Where a segment lies."""
    return f"{output}/{FOLDER}/{segment}"


def _fingerprints(rows: DataFrame) -> DataFrame:
    """The table `fingerprints`: a row is one distinct image path."""
    return rows.select(*(column.name for column in tables.FINGERPRINTS.columns))


def _thumbnails(rows: DataFrame) -> DataFrame:
    """The table `thumbnails`: a row is one usable image path."""
    return rows.where(F.col("status") == "ok").select(*(column.name for column in tables.THUMBNAILS.columns))


def _live(
    spark: SparkSession, output: str, segments: Sequence[Segment], settings: Settings, unread: DataFrame | None
) -> DataFrame:
    own = [segment for segment in segments if segment.chunk is not None]
    earlier = [segment for segment in segments if segment.chunk is None]
    rows = _rows(spark, output, own, settings)
    if not earlier:
        return rows
    reused = _rows(spark, output, earlier, settings).where(F.col("status").isin(*OF_BYTES))
    if unread is not None:
        reused = reused.join(unread, on=["image", "segment"], how="left_anti")
    return rows.unionByName(reused) if own else reused


def _rows(spark: SparkSession, output: str, segments: Sequence[Segment], settings: Settings) -> DataFrame:
    with ThreadPoolExecutor(storage.READERS) as readers:
        for _ in readers.map(lambda segment: check(output, segment, settings), segments):
            pass
    paths = [folder(output, segment.segment) for segment in segments]
    return storage.read_all(spark, paths, settings, SEGMENT)
