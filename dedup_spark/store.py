"""A segment is a folder of fingerprints that stay true: written once, never changed, named by every run that reads it.

It lies under OUTPUT/store/fingerprints/ and holds whole rows: the columns of `fingerprints`, and beside them the small
pictures. `fingerprints` and `thumbnails` are two selections of the same files: Parquet reads only the columns asked
for, so neither pays for the other, and no run copies a picture. A segment that no run names does not count: a killed
write leaves nothing but a folder to be deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from dedup_spark import storage, tables
from dedup_spark.settings import Settings
from dedup_spark.storage import Written

SEGMENT = T.StructType(
    [
        *tables.FINGERPRINTS.schema().fields,
        *(field for field in tables.THUMBNAILS.schema().fields if field.name in ("thumbnail", "square")),
    ]
)
"""A row is one image path that was fetched: its fingerprint, and its small pictures where it is usable."""


TABLES = ("fingerprints", "thumbnails")
"""The tables that are selections of segments."""


@dataclass(frozen=True)
class Segment:
    """One committed segment: its name, what was written, and which chunk of its run's images it holds."""

    segment: str
    rows: int
    files: int
    bytes: int
    chunk: int


def write(rows: DataFrame, output: str, segment: str, chunk: int, settings: Settings) -> Segment:
    """Writes the columns of SEGMENT of these rows; the segment counts once a run names it."""
    written = storage.write(rows.select(*SEGMENT.names), _folder(output, segment), settings)
    return Segment(segment, written.rows, written.files, written.bytes, chunk)


def check(output: str, segment: Segment, settings: Settings) -> None:
    """Raises `StorageFailed` when the segment is not what it was when it was written."""
    storage.check(Written(_folder(output, segment.segment), segment.rows, segment.files, segment.bytes), settings)


def read(spark: SparkSession, output: str, segments: Sequence[Segment], table: str, settings: Settings) -> DataFrame:
    """The selection of that name."""
    return {"fingerprints": fingerprints, "thumbnails": thumbnails}[table](spark, output, segments, settings)


def fingerprints(spark: SparkSession, output: str, segments: Sequence[Segment], settings: Settings) -> DataFrame:
    """The table `fingerprints` of these segments: a row is one distinct image path."""
    return _rows(spark, output, segments, settings).select(*(column.name for column in tables.FINGERPRINTS.columns))


def thumbnails(spark: SparkSession, output: str, segments: Sequence[Segment], settings: Settings) -> DataFrame:
    """The table `thumbnails` of these segments: a row is one usable image path."""
    rows = _rows(spark, output, segments, settings).where(F.col("status") == "ok")
    return rows.select(*(column.name for column in tables.THUMBNAILS.columns))


def _rows(spark: SparkSession, output: str, segments: Sequence[Segment], settings: Settings) -> DataFrame:
    for segment in segments:
        check(output, segment, settings)
    paths = [_folder(output, segment.segment) for segment in segments]
    return storage.read_all(spark, paths, settings, SEGMENT)


def _folder(output: str, segment: str) -> str:
    return f"{output}/store/fingerprints/{segment}"
