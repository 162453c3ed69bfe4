"""A review is what people said in one place: judgements, and pictures that they excluded or allowed.

A place is a sheet, a table by name, one JSON document of all three, or a file of the store: OUTPUT/store/judgements/,
store/excluded/ and store/allowed/ only grow, by one file for each review that is added. Every run on OUTPUT obeys all
that lies there when it begins, and what the settings name beside it.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from dedup_spark import storage
from dedup_spark.errors import BadInput
from dedup_spark.io import locations, objects
from dedup_spark.people import judgements, lists, sheets
from dedup_spark.people.judgements import Judgement
from dedup_spark.people.lists import ALLOWED, EXCLUDED, Listed
from dedup_spark.settings import Settings

JUDGEMENTS = "judgements"
COLUMNS = {EXCLUDED: lists.COLUMNS, ALLOWED: lists.COLUMNS, JUDGEMENTS: judgements.COLUMNS}
"""The tables that people write, each with its columns."""

LETTERS = 200
"""Letters of either end of an error, at most."""

Row = Mapping[str, Any]


@dataclass
class Reviews:
    """All that people said, as far as it is read.

    read: which places, with table and rows. tables: (table, name) of each that Spark has yet to read.
    """

    judgements: list[Judgement] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    read: list[dict[str, Any]] = field(default_factory=list)
    tables: list[tuple[str, str]] = field(default_factory=list)

    def add(self, table: str, rows: Iterable[Row], place: str, settings: Settings) -> None:
        """Adds what the rows of a place say. Raises `BadInput` naming the place, the row and the column."""
        number = 0
        for number, row in enumerate(rows, start=1):
            try:
                _check(row, table)
                if table == JUDGEMENTS:
                    self.judgements.append(judgements.parse(row, place, settings.catalogue.id))
                else:
                    self.listed.append(lists.parse(row, table, place))
            except ValueError as error:
                raise BadInput(f"{place}, row {number} of {table}: {_brief(str(error))}") from None
        self.read.append({"table": table, "place": place, "rows": number})

    def rows(self, table: str) -> list[Row]:
        """The rows of one table, with its columns."""
        said = self.judgements if table == JUDGEMENTS else [one for one in self.listed if one.verdict == table]
        return [{column: getattr(one, column) for column in COLUMNS[table]} for one in said]

    def identity(self) -> str:
        """Changes when what people say does, wherever it stands and however often; of tables not yet read nobody can
        tell.
        """
        if self.tables:
            return secrets.token_hex()
        said = sorted({f"{table} {list(row.values())}" for table in COLUMNS for row in self.rows(table)})
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def find(output: str, settings: Settings) -> Reviews:
    """What a run on OUTPUT is to obey: the store, and what the settings name. Spark is not needed yet.

    Raises `BadInput` for a sheet that is not there or cannot be read, and for a row that says nothing clear.
    """
    found = Reviews()
    for table in COLUMNS:
        for entry in storage.data_files(_store(output, table), settings):
            rows = storage.read_file(entry.path, settings).to_pylist()
            found.add(table, rows, entry.path.removeprefix(f"{output}/"), settings)
        for name in getattr(settings.judgements, table):
            if sheets.is_path(name):
                found.add(table, sheets.read(name, settings), name, settings)
            else:
                found.tables.append((table, name))
    return found


def document(name: str, settings: Settings) -> Reviews:
    """What a JSON document says: an object of `judgements`, `excluded` and `allowed`, each a list of objects.

    A row without a time is said now. Raises `BadInput`, as `find` does.
    """
    file = objects.read(locations.folder(name, "FILE"), settings.s3)
    if file is None:
        raise BadInput(f"{name}: there is no such file")
    try:
        content = json.loads(sheets.text(file.data, name))
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate, which JSON can name, is no text
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name}: must be JSON, but is not: {error}") from None
    must = f"must be a JSON object of {', '.join(sorted(COLUMNS))}, each a list of objects"
    if not isinstance(content, dict) or not content.keys() <= COLUMNS.keys():
        raise BadInput(f"{name}: {must}")
    found, now = Reviews(), datetime.now(UTC).isoformat()
    for table, rows in content.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadInput(f"{name}: {must}; {table} is not")
        found.add(table, _dated(rows, now), name, settings)
    return found


def append(review: Reviews, output: str, settings: Settings) -> list[str]:
    """Adds a review to the store of OUTPUT; the paths of the files that it became.

    What keeps pictures apart comes first, should the last file not be reached.
    """
    stored = {table: review.rows(table) for table in COLUMNS}
    return [
        storage.append_arrow(pa.Table.from_pylist(rows, _schema(table)), _store(output, table), settings)
        for table, rows in stored.items()
        if rows
    ]


def _store(output: str, table: str) -> str:
    return f"{output}/store/{table}"


def _schema(table: str) -> pa.Schema:
    time = pa.timestamp("us", tz="UTC")
    return pa.schema([(column, time if column == "time" else pa.string()) for column in COLUMNS[table]])


def _brief(error: str) -> str:
    """An error that quotes a value of any length: its beginning, and its end, which says what would be right."""
    return error if len(error) <= 2 * LETTERS else f"{error[:LETTERS]} … {error[-LETTERS:]}"


def _check(row: Row, table: str) -> None:
    strange = [column for column in row if column not in COLUMNS[table]]
    if strange:
        raise ValueError(f"unknown column {strange[0]!r}: must be of {', '.join(COLUMNS[table])}")


def _dated(rows: Iterable[Row], now: str) -> Iterator[Row]:
    for row in rows:
        yield {**row, "time": row.get("time") or now}
