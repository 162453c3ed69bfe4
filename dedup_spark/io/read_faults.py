"""A read fault is one Parquet file that Spark could not read: which one, and why, as far as Spark says.

Spark opens a file when a task gets to it, often while a table of another place is being written: what the exception
comes out of says nothing about whose file it was.
"""

import re

from dedup_spark.errors import StorageFailed
from dedup_spark.io import locations

FILE = re.compile(
    r"(?:reading file|converted in file|footer for file:?) (?P<named>\S.*?)\.?(?:\s\s|\s[A-Z]|\n|$)"
    r"|RuntimeException: (?P<refused>\S.*?) is not a Parquet file"
)
MISMATCH = re.compile(r"olumn:? \[(?P<column>[^\]\n]*)\][.,] Expected.*?(?:Parquet type|Found:) (?P<type>\w+)")
ILLEGAL = re.compile(r"Illegal Parquet type: (?P<type>[^\n]*?)\.(?:\s|$)")
OTHER_TYPE = re.compile(r"Invalid Spark read type|ParquetReadSupport|ParquetToSparkSchemaConverter")
DAMAGED = re.compile(r"is not a Parquet file|CANNOT_READ_FILE|FAILED_READ_FILE|reading file")
GONE = re.compile(r"FileNotFoundException|FILE_NOT_EXIST")


class Unreadable(StorageFailed):
    """A file that Spark could not read as Parquet: `file` is canonical, None where Spark does not name it.

    The message then names the `path` that was at work.
    """

    def __init__(self, file: str | None, path: str, why: str) -> None:
        super().__init__(f"{file or path}: {why}")
        self.file, self.why = file, why


def find(error: BaseException, path: str) -> Unreadable | None:
    """What an exception of Spark 3.5 to 4.1 says about a file that it could not read; None: nothing.

    >>> text = "[FAILED_READ_FILE.NO_HINT] Encountered error while reading file s3a://shop/2.parquet.  SQLSTATE: KD001"
    >>> print(find(RuntimeError(text), "s3://shop/output"))
    s3://shop/2.parquet: it is damaged, or a column is of another type than in other files
    """
    text = str(error)
    why = _why(text)
    return Unreadable(file(text), path, why) if why else None


def file(text: str) -> str | None:
    """The file that Spark was reading, by the text of an exception."""
    found = FILE.search(text)
    if found is None:
        return None
    try:
        return str(locations.parse(found["named"] or found["refused"]))
    except ValueError:
        return None


def _why(text: str) -> str | None:
    if found := ILLEGAL.search(text):
        return f"a column is of type {found['type']}, which Spark cannot read"
    if found := MISMATCH.search(text):
        return f"column {found['column']!r} is {found['type']} there, and of another type in other files"
    if GONE.search(text):
        return "it is gone"
    if DAMAGED.search(text):
        return "it is damaged, or a column is of another type than in other files"
    return "a column is of another type than in other files" if OTHER_TYPE.search(text) else None
