"""A sheet is a small table that people made: a Parquet, CSV or JSON lines file, or a folder of Parquet files.

It is read on the driver, row by row, without Spark.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dedup_spark import storage
from dedup_spark.errors import BadInput
from dedup_spark.io import locations, objects
from dedup_spark.settings import Settings

Row = dict[str, Any]

PARQUET = ".parquet"


def is_path(name: str) -> bool:
    """Whether the name is that of a file or folder; else it may be that of a table.

    >>> is_path("mine.csv"), is_path("s3://shop/reviews"), is_path("shop.reviews")
    (True, True, False)
    """
    return "/" in name or Path(name).suffix.lower() in READERS or Path(name).exists()


def read(name: str, settings: Settings) -> Iterator[Row]:
    """The rows of the sheet that a person calls so; an empty cell of a CSV file is None.

    Raises `BadInput` when nothing lies there, or what lies there is no sheet; the message begins with the name.

    >>> from tempfile import TemporaryDirectory
    >>> from dedup_spark.settings import load
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "mine.csv").write_text("left,right,source\\na,b,\\n")
    ...     list(read(f"{folder}/mine.csv", load()))
    [{'left': 'a', 'right': 'b', 'source': None}]
    """
    path, suffix = locations.folder(name, "a file of people's judgements"), Path(name).suffix.lower()
    if suffix in READERS and (data := objects.read(path, settings.s3)) is not None:
        yield from READERS[suffix](data.data, name)
        return
    files = [entry.path for entry in storage.data_files(path, settings)]
    if not files and objects.stat(path, settings.s3) is None:
        raise BadInput(f"{name}: there is no such file")
    if not files or not all(file.endswith(PARQUET) for file in files):
        raise BadInput(f"{name}: must be a file that ends with {', '.join(READERS)}, or a folder of Parquet files")
    for file in files:
        yield from storage.read_file(file, settings).to_pylist()


def text(data: bytes, name: str) -> str:
    """The text of a file. Raises `BadInput` when it is none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: must be UTF-8: {error}") from None


def _parquet(data: bytes, name: str) -> Iterator[Row]:
    try:
        yield from pq.read_table(pa.BufferReader(data)).to_pylist()
    except pa.ArrowInvalid as error:
        raise BadInput(f"{name} cannot be read as Parquet: {error}") from None


def _csv(data: bytes, name: str) -> Iterator[Row]:
    for number, row in enumerate(csv.DictReader(io.StringIO(text(data, name), newline="")), start=1):
        if None in row:
            raise BadInput(f"{name}, row {number}: has more cells than there are columns")
        yield {column: value or None for column, value in row.items()}


def _json_lines(data: bytes, name: str) -> Iterator[Row]:
    for number, line in enumerate(text(data, name).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadInput(f"{name}, line {number}: must be a JSON object: {error}") from None
        if not isinstance(row, dict):
            raise BadInput(f"{name}, line {number}: must be a JSON object, but is {line.strip()}")
        yield row


READERS: dict[str, Callable[[bytes, str], Iterator[Row]]] = {
    PARQUET: _parquet,
    ".csv": _csv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_lines,  # as Spark names its JSON lines
}
