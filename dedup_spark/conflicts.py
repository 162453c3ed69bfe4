"""A conflict is one set of pictures whose offers differ in a column that says they are not one product.

Two kinds of columns, both named by settings. Offers that differ in one of `apart` (a brand, say) are never in one
cluster, whatever they share; offers that differ in one of `apart_when_near` (a colour, say) are joined by the same file
only, not by pictures that are merely near. A set with a conflict falls into parts, one for each value and one for the
offers that have none: the parts connect what the set connected before, and rows of one part alone stand for each other.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import settings
from dedup_spark.errors import BadInput
from dedup_spark.forms import as_text

KEPT_APART, REVIEW = "apart", "review"
VALUES = 20
"""Values of a column that a row of the table shows at most."""


def check(columns: Sequence[str], chosen: settings.Conflicts) -> None:
    """Raises `BadInput` for a column that the catalogue, whose columns these are, lacks."""
    for setting, names in (("apart", chosen.apart), ("apart_when_near", chosen.apart_when_near)):
        for name in names:
            if name not in columns:
                raise BadInput(f"[conflicts] {setting} names {name!r}, which the catalogue lacks: {', '.join(columns)}")


def part(shown: DataFrame, chosen: settings.Conflicts) -> DataFrame:
    """The rows of `duplicate_sets.show` with `part`: which part of its set the row belongs to.

    Without a conflict, and where conflicts are only listed for review, it is the `set_id`.
    """
    names = (*chosen.apart, *chosen.apart_when_near) if chosen.action == KEPT_APART else ()
    if not names:
        return shown.withColumn("part", F.col("set_id"))
    values = [
        F.when(_differs(name), F.concat(F.lit(f" {name}="), F.coalesce(_value(name), F.lit("")))) for name in names
    ]
    return shown.withColumn("part", F.concat_ws("", "set_id", *values))


def same_files(shown: DataFrame, chosen: settings.Conflicts) -> DataFrame:
    """The rows once more, with the file as their `part`, of sets that fell apart by a column of `apart_when_near` only.

    So offers of unlike colours that show one file stay connected.
    """
    apart = reduce(Column.__or__, (_differs(name) for name in chosen.apart), F.lit(False))
    near = reduce(Column.__or__, (_differs(name) for name in chosen.apart_when_near), F.lit(False))
    rows = shown.withColumn("of_files", near & ~apart).where("of_files").drop("of_files")
    return rows.withColumn("part", F.concat(F.lit("file "), "content"))


def compute(shown: DataFrame, chosen: settings.Conflicts) -> DataFrame:
    """The conflicts, as `tables.CONFLICTS`: one row per set and column in which its offers differ."""
    each = [
        F.struct(F.lit(kind).alias("kind"), F.lit(name).alias("column"), _value(name).alias("value"))
        for kind, names in (("apart", chosen.apart), ("apart_when_near", chosen.apart_when_near))
        for name in names
    ]
    if not each:
        each = [F.struct(*(F.lit(None).cast("string").alias(name) for name in ("kind", "column", "value")))]
        shown = shown.limit(0)  # nothing is read
    found = shown.select("set_id", "id", F.explode(F.array(*each)).alias("said")).select("set_id", "id", "said.*")
    place = ["set_id", "kind", "column"]
    counted = found.groupBy(*place).agg(
        F.countDistinct("value").alias("differing"), F.countDistinct("id").alias("offers")
    )
    turn = F.row_number().over(Window.partitionBy(*place).orderBy("value"))
    first = found.where(F.col("value").isNotNull()).select(*place, "value").distinct().withColumn("turn", turn)
    values = F.array_sort(F.collect_list("value")).alias("values")  # a placeholder has a million of them
    listed = first.where(F.col("turn") <= VALUES).groupBy(*place).agg(values)
    unlike = counted.where(F.col("differing") > 1).withColumn("action", F.lit(chosen.action))
    return unlike.join(listed, on=place, how="inner")


def unlike(shown: DataFrame, chosen: settings.Conflicts) -> DataFrame | None:
    """`offer` (as text), `column`, `value`: what offers say in the columns of `apart`; None: they keep nobody apart."""
    if chosen.action != KEPT_APART or not chosen.apart:
        return None
    each = F.explode(
        F.array(*(F.struct(F.lit(name).alias("column"), _value(name).alias("value")) for name in chosen.apart))
    )
    said = shown.select(as_text(shown, "id").alias("offer"), each.alias("said")).select("offer", "said.*")
    return said.where(F.col("value").isNotNull()).distinct()


def _value(name: str) -> Column:
    """What an offer says in this column of the catalogue, in small letters; null where it says nothing."""
    text = F.lower(F.trim(F.col("row")[name].cast("string")))
    return F.when(text != "", text)


def _differs(name: str) -> Column:
    whole = Window.partitionBy("set_id")
    return F.coalesce(F.min(_value(name)).over(whole) != F.max(_value(name)).over(whole), F.lit(False))
