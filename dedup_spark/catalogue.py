"""A row of `catalogue` is one offer showing one image, as it came in; its status says whether to fetch the image.

The catalogue's own columns travel along in `row`, untouched but for the image, which becomes one resolved path.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.functions import pandas_udf

from dedup_spark import forms, settings, tables, workers
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.io import locations
from dedup_spark.pictures import CONTENT_DIGITS

VERSIONS = ("image_etag", "etag", "image_updated_at", "modificationTime", "last_modified", "updated_at")
"""Columns that tell, by their names, when the object at the path is another one; the first that there is counts."""

IDS = (T.StringType, T.ByteType, T.ShortType, T.IntegerType, T.LongType)
ROLES = ("merchant", "brand", "title")
NO_ID = "the id, or a column of it, is null or blank"
SHA = 256  # bits
LOCATED = "image string, status string, detail string"


def compute(rows: DataFrame, root: str, allowed: Sequence[str], columns: settings.Catalogue) -> DataFrame:
    """The rows as `tables.CATALOGUE`: images exploded and resolved, unusable rows marked with the reason.

    `rows` is the user's catalogue, which passed `check`. Relative paths resolve against `root`; what lies outside of
    `allowed` is `not_allowed`. Of the rows that repeat an id and an image, all but one are `same_row`: whichever order
    they came in, the one whose JSON comes first stays `ok`.

    >>> rows = spark.createDataFrame([("a", ["1.jpg", "/etc/passwd"])], "id string, image array<string>")
    >>> columns = settings.load().catalogue
    >>> compute(rows, "/shop", ["/shop"], columns).select("id", "image", "status").orderBy("image").show()
    +---+-----------+-----------+
    | id|      image|     status|
    +---+-----------+-----------+
    |  a|/etc/passwd|not_allowed|
    |  a|/shop/1.jpg|         ok|
    +---+-----------+-----------+
    <BLANKLINE>
    """
    path, carried = _path(rows, columns), _carried(rows, columns)
    packed = rows.select(
        _id(columns).alias("id"),
        F.explode_outer(path).alias("path") if _is_array(rows, columns) else path.alias("path"),
        *(_role(rows, columns, role).alias(role) for role in ROLES),
        _version(rows, columns).alias("version"),
        F.struct(*(_column(name) for name in carried)).alias("packed"),
    )
    located = packed.withColumn("located", _named() if columns.image_bytes else _locator(root, allowed)("path"))
    row = [_field(name, columns).alias(columns.rename.get(name, name)) for name in carried]
    status = F.when(_is_missing(rows, columns), "no_id").otherwise(F.col("located.status"))
    marked = located.select(
        "id",
        "located.image",
        status.alias("status"),
        F.when(status == "no_id", NO_ID).otherwise(F.col("located.detail")).alias("detail"),
        *ROLES,
        "version",
        F.struct(*row).alias("row"),
    )
    turn = Window.partitionBy("id", "image", "status").orderBy(forms.as_json("row"))
    repeated = (F.col("status") == "ok") & (F.row_number().over(turn) > 1)
    return forms.conform(
        marked.withColumn("status", F.when(repeated, "same_row").otherwise(F.col("status"))), tables.CATALOGUE
    )


def versions(rows: DataFrame, columns: settings.Catalogue) -> list[str]:
    """The columns that tell the version of an image: those of the settings, else the first well-known one, else the
    bytes themselves; none where nothing tells.
    """
    known = [name for name in VERSIONS if name in rows.columns][:1]
    return list(columns.version) or known or ([columns.image_bytes] if columns.image_bytes else [])


def held(rows: DataFrame, columns: settings.Catalogue) -> DataFrame:
    """`image`, `version`, `data` of every row of a catalogue that holds the bytes of its pictures."""
    version = _version(rows, columns).alias("version")
    return rows.select(_path(rows, columns).alias("image"), version, _column(columns.image_bytes).alias("data"))


def check(rows: DataFrame, columns: settings.Catalogue) -> None:
    """Raises `BadInput` for a missing column, a wrong type, or a column of a name that an output needs."""
    found = ", ".join(rows.columns)
    _check_letters(rows.columns)
    needed = [*(("id", name) for name in columns.id), *(("version", name) for name in columns.version)]
    for setting, name in [
        *needed,
        ("image_bytes", columns.image_bytes) if columns.image_bytes else ("image", columns.image),
    ]:
        if name not in rows.columns:
            raise BadInput(f"the catalogue has no column {name!r} ([catalogue] {setting}); it has {found}")
    for name in columns.id:
        if not isinstance(rows.schema[name].dataType, IDS):
            raise BadInput(f"column {name!r} is {_type(rows, name)}: an id must be a string or an integer")
    _check_image(rows, columns)
    for name in columns.rename:
        if name not in rows.columns:
            raise BadInput(f"[catalogue] rename names {name!r}, which the catalogue lacks; it has {found}")
    carried = _carried(rows, columns)
    final = [columns.rename.get(name, name).lower() for name in carried]
    added = [column.name for table in (tables.DEDUPLICATED, tables.REMOVED) for column in table.columns]
    for name, lower in zip(carried, final, strict=True):
        if lower in added:
            raise BadInput(
                f"the catalogue's column {name!r} stands in the way of the one that the output adds: "
                f"rename it with --set 'catalogue.rename={{{name} = \"source_{name}\"}}'"
            )
        if final.count(lower) > 1:
            raise BadInput(
                f"two columns of the catalogue would be called {lower!r}: [catalogue] rename tells them apart"
            )


def _check_image(rows: DataFrame, columns: settings.Catalogue) -> None:
    image, held = columns.image, columns.image_bytes
    if held and not isinstance(rows.schema[held].dataType, T.BinaryType):
        raise BadInput(f"column {held!r} is {_type(rows, held)}: must be binary, the bytes of a picture")
    if held and image in rows.columns and not isinstance(rows.schema[image].dataType, T.StringType):
        raise BadInput(f"column {image!r} is {_type(rows, image)}: must be a string, since {held!r} holds one picture")
    if not held and not isinstance(_element(rows, columns), T.StringType):
        raise BadInput(f"column {image!r} is {_type(rows, image)}: must be a string or an array of strings")


def _check_letters(names: Sequence[str]) -> None:
    first: dict[str, str] = {}
    for name in names:
        if name.lower() in first:
            raise BadInput(
                f"columns {first[name.lower()]!r} and {name!r} differ at most in small and capital letters, "
                "and Spark takes them for one: rename one in the catalogue"
            )
        first[name.lower()] = name


def lacking(rows: DataFrame, columns: settings.Catalogue) -> list[str]:
    """Which of merchant, brand and title the catalogue lacks: what needs them is off."""
    return [role for role in ROLES if getattr(columns, role) not in rows.columns]


def _locator(root: str, allowed: Sequence[str]) -> Any:
    """A path as it is written → its location, or why it is none that may be fetched."""

    def locate(text: Any) -> tuple[str | None, str, str | None]:
        written = None if pd.isna(text) else str(text)
        try:
            path = locations.resolve(written, root)
        except BadImage as bad:
            return written, bad.status, bad.detail
        if not locations.within(path, allowed):
            return path, "not_allowed", locations.place(path)
        return path, "ok", None

    def located(paths: pd.Series) -> pd.DataFrame:
        workers.forget_archives()
        return pd.DataFrame([locate(text) for text in paths], columns=["image", "status", "detail"], dtype=object)

    return pandas_udf(located, LOCATED)  # type: ignore[call-overload]


def _column(name: str) -> Column:
    return F.col("`" + name.replace("`", "``") + "`")


def _carried(rows: DataFrame, columns: settings.Catalogue) -> list[str]:
    """The columns that travel along: all but the bytes of the pictures."""
    return [name for name in rows.columns if name != columns.image_bytes]


def _path(rows: DataFrame, columns: settings.Catalogue) -> Column:
    """The path as it is written; pictures whose bytes are there are named by their content where they have none."""
    if columns.image_bytes and columns.image not in rows.columns:
        return _content(columns)
    return _column(columns.image)


def _content(columns: settings.Catalogue) -> Column:
    """As `pictures.facts` names it."""
    return F.sha2(_column(columns.image_bytes), SHA).substr(1, CONTENT_DIGITS)


def _version(rows: DataFrame, columns: settings.Catalogue) -> Column:
    """As text, the same in every time zone; null where nothing, or not everything, is told."""
    names = versions(rows, columns)
    if names == [columns.image_bytes]:
        return _content(columns)
    told = [_told(rows, name) for name in names]
    return F.concat(*told) if told else F.lit(None).cast("string")  # one null makes it null


def _told(rows: DataFrame, name: str) -> Column:
    time = isinstance(rows.schema[name].dataType, T.TimestampType)
    return (F.unix_micros(_column(name)) if time else _column(name)).cast("string")


def _named() -> Column:
    """What `_locator` says, of a picture whose bytes are there: whatever names it will do."""
    missing = F.coalesce(F.trim("path"), F.lit("")) == ""
    return F.struct(
        F.col("path").alias("image"),
        F.when(missing, "no_image").otherwise("ok").alias("status"),
        F.when(missing, "the path is null or blank, or there are no bytes to name it by").alias("detail"),
    )


def _id(columns: settings.Catalogue) -> Column:
    first, *others = (_column(name).alias(name) for name in columns.id)
    return F.struct(first, *others) if others else first


def _is_missing(rows: DataFrame, columns: settings.Catalogue) -> Column:
    """An id that is null or blank, or of several columns of which one is."""
    missing = F.lit(False)
    for name in columns.id:
        part = F.col("id")[name] if len(columns.id) > 1 else F.col("id")
        blank = F.trim(part) == "" if isinstance(rows.schema[name].dataType, T.StringType) else F.lit(False)
        missing = missing | part.isNull() | blank
    return missing


def _role(rows: DataFrame, columns: settings.Catalogue, role: str) -> Column:
    name = getattr(columns, role)
    if name not in rows.columns:
        return F.lit(None).cast("string")
    text = F.trim(_column(name).cast("string"))
    return F.when(text != "", text)  # blank is missing


def _field(name: str, columns: settings.Catalogue) -> Column:
    """A column of the catalogue out of the packed row; the image is the resolved one."""
    return F.col("located")["image"] if name == columns.image else F.col("packed")[name]


def _is_array(rows: DataFrame, columns: settings.Catalogue) -> bool:
    return not columns.image_bytes and isinstance(rows.schema[columns.image].dataType, T.ArrayType)


def _element(rows: DataFrame, columns: settings.Catalogue) -> T.DataType:
    kind = rows.schema[columns.image].dataType
    return kind.elementType if isinstance(kind, T.ArrayType) else kind


def _type(rows: DataFrame, name: str) -> str:
    return rows.schema[name].dataType.simpleString()
