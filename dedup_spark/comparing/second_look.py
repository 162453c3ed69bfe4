"""A second look is the verdict on a pair that hash and colours let pass, from the squares of both pictures.

The squares (5 kB each) are joined to such pairs only: no search and no first comparison carries them.
"""

from collections.abc import Callable

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from dedup_spark import workers
from dedup_spark.comparing.verdict import DUPLICATE, Limits
from dedup_spark.comparing.view_verdict import First, Looked, ViewPair, look_again
from dedup_spark.images.views import WHOLE

LOOKED = """left_view string, right_view string, distance int, colour_difference double, area double, verdict string,
reason string"""
OF_PAIR, BY_VIEWS = ("distance", "colour_difference", "verdict", "reason"), ("by_left", "by_right", "by_distance")


def look(pairs: DataFrame, left: str, right: str, limits: Limits, squares: DataFrame | None = None) -> DataFrame:
    """The pairs, those that may pass looked at again: `verdict`, `reason` and the other facts are those of the views
    that they are seen in, `left_view` and `right_view`; and the new `differing_area`.

    pairs: what `view_verdict.FACTS` says, and the contents of both pictures in the columns `left` and `right`.
    squares: `content`, `square` (`packed.packed`, null where the store has none); None: no square is known.
    The area is null where no second look was taken. Cost: the squares are shuffled twice.
    """
    asked = (F.col("verdict") == DUPLICATE) | F.col("by_left").isNotNull()
    for side, content in (("left", left), ("right", right)):
        # a key that nobody has, not null, which would gather all vetoed pairs in one task
        wanted = F.when(asked, F.col(content)).otherwise(F.concat(F.lit("no "), content))
        pairs = with_squares(pairs.withColumn("wanted", wanted), "wanted", squares)
        pairs = pairs.withColumnRenamed("square", f"{side}_square").drop("wanted")
    looked = pairs.withColumn("looked", _looker(limits)(*OF_PAIR, *BY_VIEWS, "left_square", "right_square"))
    facts = {name: F.when(asked, F.col(f"looked.{name}")).otherwise(F.col(name)) for name in OF_PAIR}
    facts |= {name: F.when(asked, F.col(f"looked.{name}")).otherwise(WHOLE) for name in ("left_view", "right_view")}
    facts["differing_area"] = F.when(asked & ~F.isnan("looked.area"), F.col("looked.area"))
    return looked.withColumns(facts).drop("looked", *BY_VIEWS, "left_square", "right_square")


def with_squares(rows: DataFrame, content: str, squares: DataFrame | None) -> DataFrame:
    """The rows with the `square` of the picture that the column `content` names, null where there is none."""
    if squares is None:
        return rows.withColumn("square", F.lit(None).cast("binary"))
    return rows.join(squares.withColumnRenamed("content", content), on=content, how="left")


def _looker(limits: Limits) -> Callable[..., Column]:
    def look_at(
        distance: pd.Series,
        colour_difference: pd.Series,
        verdict: pd.Series,
        reason: pd.Series,
        by_left: pd.Series,
        by_right: pd.Series,
        by_distance: pd.Series,
        left: pd.Series,
        right: pd.Series,
    ) -> pd.DataFrame:
        workers.forget_archives()
        by_views = [
            None if pd.isna(one) else ViewPair(one, other, int(apart))
            for one, other, apart in zip(by_left, by_right, by_distance, strict=True)
        ]
        pairs = list(map(First, distance, colour_difference, verdict, reason, by_views))
        return pd.DataFrame(look_again(pairs, list(left), list(right), limits), columns=Looked._fields)

    udf: Callable[..., Column] = pandas_udf(look_at, LOOKED)  # type: ignore[call-overload]
    return udf
