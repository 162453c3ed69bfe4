"""A source is a user's catalogue as it lies: a Parquet file, folder or glob, a table by name, or a DataFrame.

It is looked for before Spark starts, so that a wrong path or credential is told within seconds.
"""

import fnmatch
import hashlib
import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import storage
from dedup_spark.errors import BadInput, DedupError, StorageFailed
from dedup_spark.io import locations, objects
from dedup_spark.io.read_faults import Unreadable
from dedup_spark.settings import Settings

WILDCARD = re.compile(r"[*?\[{]")
PARQUET = ".parquet"
TWICE = re.compile(r"COLUMN_ALREADY_EXISTS.*?`([^`]+)`")


@dataclass(frozen=True)
class Source:
    """What is known of a catalogue before it is read.

    name: as a person calls it. path: canonical, None for a table or DataFrame. pattern: whether the path is one, and
    not a name. folder: the folder that holds it. identity: changes when the catalogue does; None where nobody can tell,
    and then no run of it is resumed. bytes: of its files, None where nobody can tell.
    """

    name: str
    path: str | None = None
    pattern: bool = False
    folder: str | None = None
    identity: str | None = None
    bytes: int | None = None
    rows: DataFrame | None = None


def find(catalogue: str | DataFrame, settings: Settings) -> Source:
    """The source, found to be there; a path counts as a pattern only where nothing lies under it as a name.

    Raises `BadInput` when nothing lies at the path, `StorageFailed` when refused.
    """
    if not isinstance(catalogue, str):
        return Source("a DataFrame", rows=catalogue)
    if not _is_path(catalogue):
        return Source(catalogue)
    path = locations.folder(catalogue, "CATALOGUE")
    files, folder = _named(path, settings)
    pattern = not files and bool(WILDCARD.search(path))
    if pattern:
        files, folder = _matching(path, settings)
    if not files:
        raise BadInput(f"catalogue {catalogue}: no Parquet file lies there")
    listed = "\n".join(f"{file.path} {file.bytes} {file.version}" for file in files)
    identity = hashlib.sha256(listed.encode()).hexdigest()[:16]
    return Source(catalogue, path, pattern, folder, identity, sum(file.bytes for file in files))


def is_small(source: Source, settings: Settings) -> bool:
    """Whether it is known to be so small that Spark's JVM has little to do."""
    return source.bytes is not None and source.bytes <= settings.session.light_below


def read(source: Source, spark: SparkSession, settings: Settings) -> DataFrame:
    """The rows as they are. Raises `BadInput` when they cannot be read as a table, or are none."""
    try:
        if source.rows is not None:
            rows = source.rows
        elif source.path is not None:
            rows = storage.read(spark, source.path, settings, pattern=source.pattern)
        else:
            rows = spark.read.table(source.name)
        _ = rows.schema  # Connect looks the table up only now
        if rows.isEmpty():
            raise BadInput(f"catalogue {source.name} is empty: it must have at least one row")
    except AnalysisException as error:
        said = str(error).partition("\n")[0]
        if source.path is None and "TABLE_OR_VIEW_NOT_FOUND" in said:
            said = "no such table, and no path either (a path has a '/')"
        if twice := TWICE.search(said):
            said = f"two columns are called {twice[1]!r} but for small and capital letters, which Spark takes for one"
        raise BadInput(f"catalogue {source.name}: {said}") from error
    except StorageFailed as failed:
        if isinstance(failed.__cause__, AnalysisException):  # nothing lies there, or what Spark knows no type for
            raise BadInput(f"catalogue {source.name} cannot be read: {failed}") from failed
        raise
    return rows


@contextmanager
def reading(source: Source, output: str) -> Iterator[None]:
    """Inside, Spark reads the catalogue: now, or when what is made of it is written to `output`.

    Raises `BadInput` when a file of it cannot be read as Parquet. Storage that refuses stays `StorageFailed`, and so do
    files below `output`.
    """
    try:
        yield
    except Exception as error:
        failed = error if isinstance(error, DedupError) else storage.failure(error, source.name)
        if isinstance(failed, Unreadable) and not (failed.file and locations.within(failed.file, [output])):
            said = f"{failed.file}: {failed.why}" if failed.file else failed.why
            raise BadInput(f"catalogue {source.name} cannot be read: {said}") from error
        if failed is None or failed is error:
            raise
        raise failed from error


def places(source: Source, settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Where relative paths start, and the places that may be fetched from.

    By default the folder of the catalogue; on an object store the whole bucket. A table name or DataFrame lies nowhere:
    then `BadInput` names the setting. Of a catalogue that holds the bytes of its pictures nothing is fetched.
    """
    if settings.catalogue.image_bytes:
        return "/", ()
    root = settings.catalogue.image_root
    if root:
        root = locations.folder(root, "[catalogue] image_root", elsewhere=True)
    elif source.folder is not None:
        root = source.folder
    named = settings.fingerprints.allowed
    allowed = tuple(locations.folder(place, "[fingerprints] allowed", elsewhere=True) for place in named)
    if not allowed:
        allowed = tuple(dict.fromkeys(_bucket(place) for place in (source.folder, root) if place))
    if not allowed:
        lies = "lies in no folder" if source.rows is not None else "is no path here; a table of that name has no folder"
        raise BadInput(
            f"catalogue {source.name} {lies}, so nothing says where its pictures may lie: "
            "set [fingerprints] allowed (and [catalogue] image_root for relative paths)"
        )
    return root or allowed[0], allowed


def _is_path(catalogue: str) -> bool:
    return "/" in catalogue or catalogue.endswith(PARQUET) or Path(catalogue).exists()


def _named(path: str, settings: Settings) -> tuple[list[objects.Entry], str]:
    """The Parquet files at the path, taken as a name, and the folder that holds them."""
    single = objects.stat(path, settings.s3)
    files = [single] if single else storage.data_files(path, settings)
    return _read_together(files, path.rstrip("/").split("/"), path), posixpath.dirname(path) if single else path


def _matching(path: str, settings: Settings) -> tuple[list[objects.Entry], str]:
    """The Parquet files that the path takes in as a pattern, and the folder above its first wildcard.

    Braces are Hadoop's: too wide is no harm here.
    """
    above = WILDCARD.split(path, maxsplit=1)[0].rpartition("/")[0] or "/"
    pattern = re.sub(r"\{[^}]*\}", "*", path).split("/")
    parted = [(file, file.path.split("/")) for file in storage.data_files(above, settings)]
    deep = [(file, parts) for file, parts in parted if len(parts) >= len(pattern)]
    files = [file for file, parts in deep if all(map(fnmatch.fnmatchcase, parts, pattern))]
    return _read_together(files, pattern, path), above


def _read_together(found: Sequence[objects.Entry], above: Sequence[str], path: str) -> list[objects.Entry]:
    """Those of the files that Spark will read; `above` are the segments of the path that is read.

    Raises `BadInput` for files that it would leave out in silence: empty ones, and Parquet in subfolders that are no
    partitions (`key=value`), or not partitions by the same keys.
    """
    parted = {file: _keys(file.path, len(above)) for file in found}
    read = {file: keys for file, keys in parted.items() if None not in keys}
    first = next(iter(read.values()), ())
    for file, keys in parted.items():
        if file.path.endswith(PARQUET) and (file not in read or keys != first):
            raise BadInput(
                f"catalogue {path}: {file.path} lies in a folder that Spark does not read with the others: "
                "give a pattern that names all files, or move it"
            )
        if file in read and not file.bytes:
            raise BadInput(f"catalogue {path}: {file.path} is empty, no Parquet file: complete or delete it")
    return list(read)


def _keys(file: str, depth: int) -> tuple[str | None, ...]:
    """The keys of the partitions that a file lies in below its first so many segments, None for another subfolder.

    >>> _keys("/shop/day=1/a.parquet", 2), _keys("/shop/old/a.parquet", 2)
    (('day',), (None,))
    """
    return tuple(part.partition("=")[0] if "=" in part else None for part in file.split("/")[depth:-1])


def _bucket(folder: str) -> str:
    location = locations.parse(folder)
    return folder if location.scheme == "file" else f"{location.scheme}://{location.bucket}"
