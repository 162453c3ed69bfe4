"""What the storage says of an image today is its ETag, found without fetching it: by listing, or by a look at each.

A listing takes one request for 1,000 objects, so it is the cheaper one by far where most of what lies in a folder is
wanted; a folder is listed by one task, in its memory. A look takes a HEAD (or `stat`) an image, wherever it lies.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark import settings, workers
from dedup_spark.errors import BadInput, StorageFailed
from dedup_spark.io import checksums, fetch, filesystems, locations, objects
from dedup_spark.io.disk import Entry

LISTERS = 16
"""Tasks that list folders, each `in_flight` of them at a time."""

LOOKS_PER_FETCH = 10
"""So many images are looked at in the time in which one is fetched and hashed."""

ROWS = 10_000  # of a batch that goes back to Spark

NOW = "image string, now string"


T = TypeVar("T")


@dataclass(frozen=True)
class Way:
    """How a changed object is noticed (`column`, `listing`, `head`, `never`), and why so."""

    by: str
    why: str


def choose(limits: settings.Fingerprints, s3: settings.S3, versions: Sequence[str], image: Callable[[], str]) -> Way:
    """The way that the settings name, or what `auto` comes to. versions: the columns of the catalogue that tell;
    image: gives one that is wanted, whose folder shows whether listing is allowed.

    Raises `BadInput` where `column` is asked for and there is none.
    """
    told = f"the catalogue tells by {', '.join(versions)}" if versions else "the catalogue has no column that tells"
    if limits.revalidate == "column" and not versions:
        raise BadInput(f'[fingerprints] revalidate = "column", but {told}: name it, [catalogue] version')
    if limits.revalidate != "auto":
        return Way(limits.revalidate, "the setting")
    if versions:
        return Way("column", told)
    refused = _refusal(image().rpartition("/")[0] or "/", limits, s3)
    return Way("head", f"{told}, and listing is refused: {refused}") if refused else Way("listing", told)


def listed(images: DataFrame, limits: settings.Fingerprints, s3: settings.S3) -> DataFrame:
    """`image`, `now` (its ETag) of all that lies in the folders of these images.

    Raises `StorageFailed` where listing is refused. A folder that cannot be listed for its odd name is left out.
    """

    def found(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        workers.forget_archives()
        folders = (folder for batch in batches for folder in batch.column(0).to_pylist())
        with ThreadPoolExecutor(limits.in_flight) as pool:
            for some in _some(folders, limits.in_flight):
                for lie_there in pool.map(lambda folder: entries(folder, limits, s3), some):
                    yield from _batches((entry.path, checksums.plain(entry.version)) for entry in lie_there)

    folders = images.select(_parent().alias("folder")).distinct().repartition(LISTERS, "folder")
    return folders.mapInArrow(found, NOW)


def looked_at(
    images: DataFrame, allowed: Sequence[str], limits: settings.Fingerprints, s3: settings.S3, tasks: int
) -> DataFrame:
    """The same of these images alone, by one HEAD each; null of one that is not there, or not for us."""

    def found(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        workers.forget_archives()
        paths = (path for batch in batches for path in batch.column(0).to_pylist())
        with closing(fetch.look(paths, limits, s3, allowed)) as looked:
            yield from _batches((image.path, image.etag) for image in looked)

    return images.select("image").repartition(tasks, "image").mapInArrow(found, NOW)


def _refusal(folder: str, limits: settings.Fingerprints, s3: settings.S3) -> str:
    """Why the folder cannot be listed, empty where it can."""
    try:
        if _is_ours(location := locations.parse(folder), limits):
            objects.peek(str(location), s3)
    except BadInput:
        return "an empty segment in a path"
    except StorageFailed as refused:
        return str(refused)
    return ""


def entries(folder: str, limits: settings.Fingerprints, s3: settings.S3) -> list[Entry]:
    """What lies directly in a folder; nothing where an odd name keeps it from being listed."""
    location = locations.parse(folder)
    try:
        if _is_ours(location, limits):
            return objects.folder(folder, s3)
        return list(filesystems.folder(location, s3, limits.deadline))
    except BadInput:
        return []
    except OSError as error:
        raise StorageFailed(f"cannot list {folder}: {type(error).__name__}") from None


def _is_ours(location: locations.Location, limits: settings.Fingerprints) -> bool:
    return location.scheme == "file" or (location.scheme == "s3" and limits.client == "obstore")


def _parent() -> Column:
    """The folder of an image."""
    above = F.regexp_replace("image", "/[^/]*$", "")
    return F.when(above == "", "/").otherwise(above)


def _some(rows: Iterable[T], most: int) -> Iterator[list[T]]:
    """The rows, so many at a time."""
    left = iter(rows)
    while some := list(islice(left, most)):
        yield some


def _batches(rows: Iterable[tuple[str, str | None]]) -> Iterator[pa.RecordBatch]:
    for some in _some(rows, ROWS):
        images, etags = zip(*some, strict=True)
        columns = [pa.array(images, pa.string()), pa.array([etag or None for etag in etags], pa.string())]
        yield pa.RecordBatch.from_arrays(columns, names=["image", "now"])
