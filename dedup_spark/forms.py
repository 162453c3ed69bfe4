"""A form is what rows and columns are brought into: that of their table before they are written, that of a text.

What a null breaks is said as a fault of the program, by the table and the column.
"""

import re

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from dedup_spark.errors import Fault
from dedup_spark.tables import ID, ROW, Column, Table

NULL = re.compile(r"\w+\.\w+ holds a null: it may hold none")


def conform(rows: DataFrame, table: Table) -> DataFrame:
    """The rows with the table's columns in order, cast and commented, after the catalogue's own where it has them.

    A null in a column that may hold none fails whatever reads the rows (see `fault`); no pass over them is added.
    """
    own = {column.name for column in table.columns}
    carried = [F.col(_quoted(name)) for name in rows.columns if name not in own] if table.carries_catalogue else []
    return rows.select(*carried, *(_column(column, table) for column in table.columns))


def fault(error: BaseException) -> Fault | None:
    """What an exception of Spark says of a null that `conform` met; None: it speaks of something else."""
    found = NULL.search(str(error))
    return Fault(found.group()) if found else None


def as_json(name: str) -> SparkColumn:
    """A struct as text, whole microseconds included: what rows that agree on all else are told apart by."""
    exact = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"}
    return F.to_json(name, exact)


def as_text(rows: DataFrame, name: str) -> SparkColumn:
    """The id of this column as a text that no other id has."""
    column = F.col(name)
    return F.to_json(column) if isinstance(rows.schema[name].dataType, T.StructType) else column.cast("string")


def usable(fingerprints: DataFrame) -> DataFrame:
    """`image`, `content` of every usable path of `FINGERPRINTS`."""
    return fingerprints.where(F.col("status") == "ok").select("image", "content")


def _column(column: Column, table: Table) -> SparkColumn:
    value = F.col(column.name) if column.type in (ID, ROW) else F.col(column.name).cast(column.type)
    if not column.nullable:
        value = F.coalesce(value, F.raise_error(F.lit(f"{table.name}.{column.name} holds a null: it may hold none")))
    return value.alias(column.name, metadata={"comment": column.comment})


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
