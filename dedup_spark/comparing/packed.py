"""What Spark knows of a picture's square, packed into one column (`squares`)."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from dedup_spark.comparing.squares import NO_VIEW, VIEW
from dedup_spark.images.cells import NOTHING


def packed(square: str) -> Column:
    """The square of a picture with `margins`, `width` and `height`; null where there is none.

    >>> from dedup_spark.comparing.squares import shown
    >>> facts = "square binary, margins array<int>, width int, height int"
    >>> rows = spark.createDataFrame([(b"file", [0, 5, 0, 5], 3, 4)], facts)
    >>> shown(rows.select(packed("square")).first()[0])
    Shown(view='', square=b'file', margins=(0, 5, 0, 5), size=(3, 4))
    """
    margins = [F.coalesce(F.get("margins", F.lit(edge)), F.lit(0)) for edge in range(len(NOTHING))]
    line = F.format_string("%d %d %d %d %d %d\n", *margins, "width", "height")
    return F.concat(_named(F.lit(NO_VIEW)), F.encode(line, "UTF-8"), F.col(square))


def in_view(square: str, view: Column) -> Column:
    """The same square as that of one view, which is a picture of its own."""
    return F.concat(_named(view), F.expr(f"substring({square}, {VIEW + 1})"))


def _named(view: Column) -> Column:
    return F.encode(F.rpad(view, VIEW, " "), "UTF-8")
