"""A folder catalogue is one row per picture in a folder or under an S3 prefix: `id` and `image`, its path there.

It lets a pile of files go through the flow as if each were an offer of its own.
"""

import io
import posixpath
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dedup_spark.errors import BadInput
from dedup_spark.io import locations, objects
from dedup_spark.settings import S3

ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp")
"""What a picture's name ends with; other files are counted and left out."""


def write(folder: str, file: str, s3: S3) -> tuple[int, int]:
    """Writes the catalogue of the folder as the Parquet file; how many pictures it lists, how many files it left out.

    Raises `BadInput` when the folder holds no picture, or when the file exists or is a folder: nothing is overwritten.
    """
    target = locations.folder(file, "FILE")
    if Path(target).is_dir():
        raise BadInput(f"{file} is a folder: name a new file")
    images, others = pictures(folder, s3)
    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": images, "image": images}), buffer)
    try:
        objects.write(target, buffer.getvalue(), s3, expected=None)
    except objects.Conflict:
        raise BadInput(f"{file} exists: name a new file") from None
    return len(images), others


def pictures(folder: str, s3: S3) -> tuple[list[str], int]:
    """The pictures below a folder or prefix, as paths from there, sorted; how many other files there are.

    Raises `BadInput` when it holds no picture.
    """
    place = locations.folder(folder, "DIR")
    inside = [entry.path[len(place) :].lstrip("/") for entry in objects.listing(f"{place.rstrip('/')}/", s3)]
    images = sorted(path for path in inside if path.lower().endswith(ENDINGS) and not _hidden(path))
    if not images:
        raise BadInput(f"{folder} holds no picture: must hold files that end with {', '.join(ENDINGS)}")
    return images, len(inside) - len(images)


def _hidden(path: str) -> bool:
    return posixpath.basename(path).startswith(".")
