"""A written table is a folder of Parquet files: written and read here and nowhere else, by Spark or the driver.

Rows are counted on what was written: by the driver while that is small (milliseconds, where Spark takes a tenth of a
second or two), else by a Spark count that reads the footers only. `observe` costs nothing, but counts what went by
and not what lies there; tasks may run twice.
"""

import io
import re
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import from_arrow_schema

from dedup_spark import forms
from dedup_spark.errors import StorageFailed
from dedup_spark.io import objects, read_faults
from dedup_spark.io.objects import Entry
from dedup_spark.settings import Settings

GLOB = re.compile(r"([{}\[\]*?\\])")
READERS = 8  # files that the driver reads at once: hides the latency of a store
SMALL = 1 << 23  # bytes of a table that the driver counts itself: it fetches them whole, for the sake of their footers
ROWS_PER_FILE = 1 << 20  # of what the driver writes, so that more than one task reads it
STAMP = "%Y%m%dT%H%M%S%fZ"  # begins the name of a file that is added
ADDED_BYTES = 4  # of chance in that name

FAULTS = {
    r"AccessDenied|AWSBadRequest|InvalidAccessKeyId|SignatureDoesNotMatch": "Spark's access is refused",
    r"NoAuthWithAWS|NoAwsCredentials|Unable to load credentials": "Spark finds no credentials",
    r"UnknownStore|NoSuchBucket": "there is no such bucket",
    r"No FileSystem for scheme|UnsupportedFileSystem|S3AFileSystem not found": (
        "Spark has no client for this kind of path: see [s3] configure_spark and [storage] s3_scheme"
    ),
    r"PATH_NOT_FOUND": "there is no table",
    r"UNABLE_TO_INFER_SCHEMA": "the folder holds no Parquet file",
    r"UnknownHost|Connection refused|ConnectException|AWSClientIO|SdkClientException": "the store does not answer",
    r"No space left on device": "the disk is full",
}
"""What Spark's many exceptions about storage say, in the order they are looked for."""


@dataclass(frozen=True)
class Written:
    """A table as it was written: where, how many rows, and how many data files and bytes to find there again."""

    path: str
    rows: int
    files: int
    bytes: int


def write(df: DataFrame, path: str, settings: Settings) -> Written:
    """Writes the rows as a new table. What lies there before is half-written, since nothing names it, and is deleted.

    Raises `StorageFailed` when the storage refuses, and `Fault` at a null in a column of a table that may hold none.
    Two writers of one path are kept apart by the lease and found out by `check`.
    """
    _write_files(df, path, settings)
    return _found(path, _count(df.sparkSession, path, df.schema, settings), settings)


def read(
    spark: SparkSession, path: str, settings: Settings, schema: T.StructType | None = None, pattern: bool = False
) -> DataFrame:
    """The table at the path, or what matches it as a pattern.

    With a schema no file is opened yet, and a column that the files lack is null.
    """
    reader = spark.read if schema is None else spark.read.schema(schema)
    place = spark_path(path, settings)
    try:
        rows = reader.parquet(place if pattern else _escaped(place))
        _ = rows.columns  # Connect looks at the files only now
        return rows
    except Exception as error:
        raise (failure(error, path) or error) from error


def read_all(spark: SparkSession, paths: Sequence[str], settings: Settings, schema: T.StructType) -> DataFrame:
    """The rows of several folders of one table; none for no folder."""
    if not paths:
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).parquet(*(_escaped(spark_path(path, settings)) for path in paths))


def write_text(lines: DataFrame, path: str, settings: Settings) -> None:
    """Writes the one column of texts as a folder of text files, in place of what lies there."""
    clear(path, settings)
    try:
        lines.write.mode("append").text(spark_path(path, settings))
    except Exception as error:
        raise (failure(error, path) or error) from error


def write_arrow(table: pa.Table, path: str, settings: Settings) -> Written:
    """Writes the rows as a new table, from the driver, without Spark: for what is small enough to be there."""
    clear(path, settings)
    for number, start in enumerate(range(0, max(table.num_rows, 1), ROWS_PER_FILE)):
        buffer = io.BytesIO()
        pq.write_table(table.slice(start, ROWS_PER_FILE), buffer)
        objects.write(f"{path}/part-{number:05d}.parquet", buffer.getvalue(), settings.s3)
    return _found(path, table.num_rows, settings)


def append_arrow(table: pa.Table, path: str, settings: Settings) -> str:
    """Adds the rows to a table that only grows, as one more file, in one piece and under a name of its own: its path.

    Needs no lease: two who add at one moment both succeed. Files sort by the time they were added.
    """
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    file = f"{path}/{datetime.now(UTC).strftime(STAMP)}-{secrets.token_hex(ADDED_BYTES)}.parquet"
    objects.write(file, buffer.getvalue(), settings.s3)
    return file


def read_arrow(path: str, settings: Settings, columns: Sequence[str] | None = None) -> pa.Table:
    """The rows of a table on the driver, without Spark; the caller has made sure that they fit."""
    names = None if columns is None else list(columns)
    paths = [entry.path for entry in data_files(path, settings)]
    if not paths:
        raise StorageFailed(f"{path}: there is no table")
    with ThreadPoolExecutor(READERS) as readers:
        return pa.concat_tables(readers.map(lambda file: read_file(file, settings, names), paths))


def read_file(path: str, settings: Settings, columns: list[str] | None = None) -> pa.Table:
    """The rows of one Parquet file on the driver. Raises `StorageFailed` when it is gone, or is none."""
    found = objects.read(path, settings.s3)
    if found is None:
        raise StorageFailed(f"{path}: a file of a table is gone")
    try:
        return pq.read_table(pa.BufferReader(found.data), columns=columns)
    except pa.ArrowInvalid as error:
        raise StorageFailed(f"{path}: a file of a table is damaged: {error}") from error


def check(written: Written, settings: Settings) -> None:
    """Raises `StorageFailed` when the table is not what it was when it was written.

    Finds a deleted and a truncated file, which Spark reads over in silence under the `_SUCCESS` of the folder, and one
    that somebody added. Costs one listing.
    """
    found = _found(written.path, written.rows, settings)
    if found != written:
        raise StorageFailed(
            f"{written.path} is damaged: {found.files} files of {found.bytes} bytes lie there, "
            f"{written.files} of {written.bytes} were written"
        )


def clear(path: str, settings: Settings) -> None:
    """Deletes the folder with all that is in it, where there is one."""
    objects.delete_folder(path, settings.s3)


def data_files(path: str, settings: Settings) -> list[Entry]:
    """The files below a folder that Spark would read, sorted by path: not what writers leave beside them."""
    below = ((entry, entry.path[len(path) :].split("/")) for entry in objects.listing(path, settings.s3))
    return [entry for entry, parts in below if not any(part.startswith(("_", ".")) for part in parts)]


def spark_path(path: str, settings: Settings) -> str:
    """What Spark calls a path: a local one with its scheme, since a cluster's default may be another.

    >>> from dedup_spark.settings import load
    >>> spark_path("s3://bucket/a b", load()), spark_path("/data/x", load())
    ('s3a://bucket/a b', 'file:///data/x')
    """
    scheme, separator, rest = path.partition("://")
    if not separator:
        return f"file://{path}"
    return f"{settings.storage.s3_scheme if scheme == 's3' else scheme}://{rest}"


def failure(error: BaseException, path: str) -> StorageFailed | None:
    """What an exception of Spark says about the storage, without its text, which may hold anything; None: it does not.

    It names the file that Spark was reading where it says so (`Unreadable` when that is no Parquet), else the path.

    >>> print(failure(RuntimeError("java.nio.file.AccessDeniedException: s3a://b/x"), "s3://b/x"))
    s3://b/x: Spark's access is refused
    """
    text = str(error)
    said = next((meaning for pattern, meaning in FAULTS.items() if re.search(pattern, text)), None)
    return StorageFailed(f"{read_faults.file(text) or path}: {said}") if said else read_faults.find(error, path)


@dataclass
class Scratch:
    """A folder of tables that live while one run works: they cut the lineage of a query, or take rows to the driver.

    Each name stands for the last table cut or put under it.

    >>> from tempfile import TemporaryDirectory
    >>> from dedup_spark.settings import load
    >>> with TemporaryDirectory() as folder:
    ...     scratch = Scratch(spark, folder, load())
    ...     numbers = scratch.cut(spark.range(3), "numbers")
    ...     numbers.count(), scratch.rows("numbers"), scratch.read_arrow("numbers").num_rows
    (3, 3, 3)
    """

    spark: SparkSession
    folder: str
    settings: Settings
    _paths: dict[str, str] = field(default_factory=dict)
    _number: "count[int]" = field(default_factory=count)

    def cut(self, df: DataFrame, name: str) -> DataFrame:
        """The same rows, written and read back: the plan that made them is cut off, and never runs again."""
        path = self._new(name)
        _write_files(df, path, self.settings)
        return read(self.spark, path, self.settings, df.schema)

    def keep(
        self, name: str, rows: Callable[[], DataFrame], facts: Callable[[], dict[str, Any]] = dict
    ) -> tuple[DataFrame, dict[str, Any]]:
        """The rows as `cut` gives them, and facts that are known once they are written.

        Those of a run outlive a kill (`parts`): then nothing is called, so a name is given once.
        """
        return self.cut(rows(), name), facts()

    def rows(self, name: str) -> int:
        """How many rows the last table of that name has: a count that reads footers only."""
        return _count(self.spark, self._paths[name], None, self.settings)

    def read_arrow(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The last table of that name on the driver; the caller has made sure that it fits."""
        return read_arrow(self._paths[name], self.settings, columns)

    def put_arrow(self, table: pa.Table, name: str) -> DataFrame:
        """A table of the driver, written there and read by Spark."""
        path = self._new(name)
        write_arrow(table, path, self.settings)
        return read(self.spark, path, self.settings, from_arrow_schema(table.schema))

    def clear(self) -> None:
        """Deletes all of it."""
        clear(self.folder, self.settings)
        self._paths.clear()

    def _new(self, name: str) -> str:
        path = f"{self.folder}/{name}-{next(self._number)}"
        self._paths[name] = path
        return path


def _write_files(df: DataFrame, path: str, settings: Settings) -> None:
    clear(path, settings)
    try:
        # Nothing is there to append to; "errorifexists" would take the folders that some stores keep for a table.
        df.write.mode("append").parquet(spark_path(path, settings))
    except Exception as error:
        raise (forms.fault(error) or failure(error, path) or error) from error


def _count(spark: SparkSession, path: str, schema: T.StructType | None, settings: Settings) -> int:
    files = data_files(path, settings)
    if sum(file.bytes for file in files) > SMALL:
        return read(spark, path, settings, schema).count()
    with ThreadPoolExecutor(READERS) as readers:
        return sum(readers.map(lambda file: _rows(file.path, settings), files))


def _rows(path: str, settings: Settings) -> int:
    found = objects.read(path, settings.s3)
    if found is None:
        raise StorageFailed(f"{path}: a file of a table is gone")
    return int(pq.read_metadata(pa.BufferReader(found.data)).num_rows)


def _found(path: str, rows: int, settings: Settings) -> Written:
    files = data_files(path, settings)
    return Written(path, rows, len(files), sum(file.bytes for file in files))


def _escaped(path: str) -> str:
    """Spark takes a path to read for a pattern."""
    return GLOB.sub(r"\\\1", path)
