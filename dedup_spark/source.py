"""A source is a user's catalogue as it lies: a Parquet file, folder or glob, a table by name, or a DataFrame.

It is looked for before Spark starts, so that a wrong path or credential is told within seconds.
"""

import fnmatch
import hashlib
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import locations, objects, storage
from dedup_spark.errors import BadInput, DedupError, StorageFailed
from dedup_spark.settings import Settings

WILDCARD = re.compile(r"[*?\[{]")


@dataclass(frozen=True)
class Source:
    """What is known of a catalogue before it is read.

    name: as a person calls it. path: canonical, None for a table or DataFrame. folder: the folder that holds it.
    identity: changes when the catalogue does; None where nobody can tell, and then no run of it is resumed.
    """

    name: str
    path: str | None = None
    folder: str | None = None
    identity: str | None = None
    rows: DataFrame | None = None


def find(catalogue: str | DataFrame, settings: Settings) -> Source:
    """The source, found to be there. Raises `BadInput` when nothing lies at the path, `StorageFailed` when refused."""
    if not isinstance(catalogue, str):
        return Source("a DataFrame", rows=catalogue)
    if not _is_path(catalogue):
        return Source(catalogue)
    path = locations.folder(catalogue, "CATALOGUE")
    files = _files(path, settings)
    if not files:
        raise BadInput(f"catalogue {catalogue}: no Parquet file lies there")
    listed = "\n".join(f"{file.path} {file.bytes} {file.version}" for file in files)
    alone = [file.path for file in files] == [path]
    folder = posixpath.dirname(_fixed(path)) if alone or _fixed(path) != path else path
    return Source(catalogue, path, folder, hashlib.sha256(listed.encode()).hexdigest()[:16])


def read(source: Source, spark: SparkSession, settings: Settings) -> DataFrame:
    """The rows as they are. Raises `BadInput` when they cannot be read as a table, or are none."""
    try:
        if source.rows is not None:
            rows = source.rows
        elif source.path is not None:
            rows = storage.read(spark, source.path, settings, pattern=bool(WILDCARD.search(source.path)))
        else:
            rows = spark.read.table(source.name)
            rows.schema  # noqa: B018 - Connect looks the table up only now
    except AnalysisException as error:
        raise BadInput(f"catalogue {source.name}: no such table, and no path either (a path has a '/')") from error
    except StorageFailed as failed:
        raise _unreadable(source, failed) from failed
    if _is_empty(rows, source):
        raise BadInput(f"catalogue {source.name} is empty: it must have at least one row")
    return rows


def _is_empty(rows: DataFrame, source: Source) -> bool:
    """Whether there is no row. Raises `BadInput` when a file is no Parquet, `StorageFailed` when it is refused."""
    try:
        return rows.isEmpty()
    except Exception as error:
        failed = storage.failure(error, source.name)
        raise _unreadable(source, failed) if failed else error from error


def _unreadable(source: Source, failed: StorageFailed) -> DedupError:
    if any(word in str(failed) for word in ("damaged", "no Parquet file", "no table")):
        return BadInput(f"catalogue {source.name} cannot be read as Parquet: {failed}")
    return failed


def places(source: Source, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Where relative paths start, and the places that may be fetched from.

    By default the folder of the catalogue; on an object store the whole bucket. A table name or DataFrame lies nowhere:
    then `BadInput` names the setting.
    """
    root = settings.catalogue.image_root
    if root:
        root = locations.folder(root, "[catalogue] image_root")
    elif source.folder is not None:
        root = source.folder
    allowed = tuple(locations.folder(place, "[fingerprints] allowed") for place in settings.fingerprints.allowed)
    if not allowed:
        allowed = tuple(dict.fromkeys(_bucket(place) for place in (source.folder, root) if place))
    if not allowed:
        raise BadInput(
            f"catalogue {source.name} lies in no folder, so nothing says where its pictures may lie: "
            "set [fingerprints] allowed (and [catalogue] image_root for relative paths)"
        )
    return root or allowed[0], allowed


def _is_path(catalogue: str) -> bool:
    return "/" in catalogue or catalogue.endswith(".parquet") or Path(catalogue).exists()


def _files(path: str, settings: Settings) -> list[objects.Entry]:
    """The Parquet files at the path, sorted; of a glob those below its fixed part that match."""
    fixed = _fixed(path)
    if fixed != path:
        return [file for file in storage.data_files(posixpath.dirname(fixed), settings) if _matches(file.path, path)]
    single = objects.stat(path, settings.s3)
    return [single] if single else storage.data_files(path, settings)


def _matches(path: str, pattern: str) -> bool:
    """Whether the glob takes in this path, or a folder above it. Braces are Hadoop's: too wide is no harm here."""
    plain = re.sub(r"\{[^}]*\}", "*", pattern)
    return fnmatch.fnmatchcase(path, plain) or fnmatch.fnmatchcase(path, f"{plain}/*")


def _fixed(path: str) -> str:
    """The path up to where its first wildcard's segment begins, with that segment."""
    found = WILDCARD.search(path)
    return path if found is None else path[: path.rindex("/", 0, found.start())] + "/*"


def _bucket(folder: str) -> str:
    location = locations.parse(folder)
    return folder if location.scheme == "file" else f"{location.scheme}://{location.bucket}"
