"""A second look is the verdict on a pair that hash and colours let pass, from the squares of both pictures.

The squares (5 kB each) are joined to such pairs only: no search and no first comparison carries them.
"""

from collections.abc import Callable

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from dedup_spark import workers
from dedup_spark.comparing.verdict import DUPLICATE, Limits, look_again

LOOKED = "area double, verdict string, reason string"


def look(pairs: DataFrame, left: str, right: str, limits: Limits, squares: DataFrame | None = None) -> DataFrame:
    """The pairs, those with verdict `duplicate` looked at again: `verdict`, `reason` and the new `differing_area`.

    pairs: has `verdict`, `reason`, `colour_difference`, and the contents of both pictures in the columns `left` and
    `right`. squares: `content`, `square` (lossless WebP, null where the store has none); None: no square is known.
    The area is null where no second look was taken. Cost: the squares are shuffled twice.
    """
    names, passed = pairs.columns, F.col("verdict") == DUPLICATE
    for side, content in (("left", left), ("right", right)):
        # a key that nobody has, not null, which would gather all vetoed pairs in one task
        wanted = F.when(passed, F.col(content)).otherwise(F.concat(F.lit("no "), content))
        pairs = with_squares(pairs.withColumn("wanted", wanted), "wanted", squares)
        pairs = pairs.withColumnRenamed("square", f"{side}_square").drop("wanted")
    pairs = pairs.withColumn("looked", _looker(limits)("colour_difference", "left_square", "right_square"))
    refused = F.when(F.col("looked.reason") != "", F.col("looked.reason"))
    return pairs.select(
        *(name for name in names if name not in ("verdict", "reason")),
        F.when(passed, F.col("looked.verdict")).otherwise(F.col("verdict")).alias("verdict"),
        F.coalesce(F.when(passed, refused), F.col("reason")).alias("reason"),
        F.when(passed & ~F.isnan("looked.area"), F.col("looked.area")).alias("differing_area"),
    )


def with_squares(rows: DataFrame, content: str, squares: DataFrame | None) -> DataFrame:
    """The rows with the `square` of the picture that the column `content` names, null where there is none."""
    if squares is None:
        return rows.withColumn("square", F.lit(None).cast("binary"))
    return rows.join(squares.withColumnRenamed("content", content), on=content, how="left")


def _looker(limits: Limits) -> Callable[..., Column]:
    def look_at(colour_difference: pd.Series, left: pd.Series, right: pd.Series) -> pd.DataFrame:
        workers.forget_archives()
        area, verdict, reason = look_again(colour_difference.to_numpy(float), list(left), list(right), limits)
        return pd.DataFrame({"area": area, "verdict": verdict, "reason": reason})

    udf: Callable[..., Column] = pandas_udf(look_at, LOOKED)  # type: ignore[call-overload]
    return udf
