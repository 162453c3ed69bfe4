"""A judged pair is two pictures of which people say that they are the same, or different: two contents, left < right.

Few rows: `left`, `right`, `verdict` and `rank`, the order in which they are obeyed, the newest first. Pictures judged
different never share a set; those judged the same share one, whatever hash and colours say, unless that would bring two
together that are judged different. In both `reason` is `judged` where people's word changed the outcome.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import workers
from dedup_spark.comparing import centres, second_look
from dedup_spark.comparing.verdict import DUPLICATE, VETOED, Limits
from dedup_spark.comparing.view_verdict import FACTS, compare
from dedup_spark.people import judgements
from dedup_spark.people.judgements import DIFFERENT, SAME

JUDGED = "judged"
"""The reason of an outcome that is people's word."""


def apart(judged: DataFrame | None) -> DataFrame | None:
    """`key`, `other`: each picture with each that it is kept apart from, either way round."""
    if judged is None:
        return None
    different = judged.where(F.col("verdict") == DIFFERENT)
    return different.select(F.col("left").alias("key"), F.col("right").alias("other")).unionByName(
        different.select(F.col("right").alias("key"), F.col("left").alias("other"))
    )


def with_judged(met: DataFrame, judged: DataFrame | None) -> DataFrame:
    """The pairs that some search met, `left` and `right` in any order, and the judged ones, each once."""
    if judged is None:
        return met
    ordered = met.select(F.least("left", "right").alias("left"), F.greatest("left", "right").alias("right"))
    pairs = judged.select("left", "right")
    return ordered.join(F.broadcast(pairs), on=["left", "right"], how="left_anti").unionByName(pairs)


def mark(pairs: DataFrame, judged: DataFrame | None) -> DataFrame:
    """The pairs (`left_content` < `right_content`) with `judged`, what people say of each; null where nothing."""
    if judged is None:
        return pairs.withColumn(JUDGED, F.lit(None).cast("string"))
    said = judged.select(
        F.col("left").alias("left_content"), F.col("right").alias("right_content"), F.col("verdict").alias(JUDGED)
    )
    return pairs.join(F.broadcast(said), on=["left_content", "right_content"], how="left")


def overrule(marked: DataFrame) -> DataFrame:
    """The marked pairs with the verdict that people's word leaves them with; the mark is gone."""
    passes, said = F.col("verdict") == DUPLICATE, F.col(JUDGED)
    changes = ((said == SAME) & ~passes) | ((said == DIFFERENT) & (F.col("verdict") != VETOED))
    word = F.when(said == SAME, DUPLICATE).otherwise(VETOED)
    return marked.withColumns(
        {
            "verdict": F.when(changes, word).otherwise(F.col("verdict")),
            "reason": F.when(changes, JUDGED).otherwise(F.col("reason")),
        }
    ).drop(JUDGED)


def merge(
    choices: DataFrame,
    members: DataFrame,
    order: Sequence[Column],
    judged: DataFrame,
    limits: Limits,
    scratch: centres.Cutter,
    squares: DataFrame | None = None,
) -> DataFrame:
    """The choices of `centres.choose`, with the sets made one that hold pictures judged the same.

    In the order of their rank, and never two sets that hold pictures judged different. The set whose centre comes first
    in `order` takes the others in: each of their members is compared with that centre, and is there with the reason
    `judged` where it does not pass. A picture that is judged the same so takes its copies along.
    """
    moved = scratch.cut(_moved(choices, members, order, judged, scratch), "moved")
    if moved.isEmpty():
        return choices
    known = members.select("key", *centres.features_of(limits))
    left = known.select(*(F.col(name).alias(f"left_{name}") for name in known.columns))
    right = known.select(*(F.col(name).alias(f"right_{name}") for name in known.columns))
    ends = choices.join(F.broadcast(moved), on="centre", how="inner")
    pairs = ends.select(F.col("into").alias("left_key"), F.col("key").alias("right_key"))
    compared = (
        pairs.join(left, on="left_key", how="inner")
        .join(right, on="right_key", how="inner")
        .mapInPandas(_comparer(limits), f"key string, centre string, {FACTS}")
    )
    looked = second_look.look(compared, "centre", "key", limits, squares)
    reason = F.when(F.col("verdict") == DUPLICATE, F.col("reason")).otherwise(JUDGED)
    taken = looked.withColumn("reason", reason).select(*choices.columns)
    stayed = choices.join(F.broadcast(moved.select("centre")), on="centre", how="left_anti")
    return taken.unionByName(stayed)


def _moved(
    choices: DataFrame, members: DataFrame, order: Sequence[Column], judged: DataFrame, scratch: centres.Cutter
) -> DataFrame:
    """`centre`, `into`: each set that another one takes in."""
    of = choices.select("key", "centre")
    ends = of.toDF("left", "left_centre").join(F.broadcast(judged), on="left", how="inner")
    ends = of.toDF("right", "right_centre").join(F.broadcast(ends), on="right", how="inner")
    ends = scratch.cut(ends, "judged_sets")
    both = F.explode(F.array("left_centre", "right_centre")).alias("key")
    wanted = members.join(F.broadcast(ends.select(both).distinct()), on="key", how="left_semi")
    turn = F.row_number().over(Window.partitionBy("group").orderBy(*order, "key"))
    turns = wanted.select("group", "key", turn.alias("turn"))
    left, right = turns.toDF("group", "left_centre", "left_turn"), turns.toDF("group", "right_centre", "right_turn")
    asked = ends.join(left, on="left_centre", how="inner").join(right, on=["group", "right_centre"], how="inner")
    return asked.groupBy("group").applyInPandas(_united, "centre string, into string")


def _united(group: pd.DataFrame) -> pd.DataFrame:
    """What takes in what among the sets of one component."""
    workers.forget_archives()
    group = group.sort_values("rank")
    turns = dict(zip(group["left_centre"], group["left_turn"], strict=True))
    turns |= dict(zip(group["right_centre"], group["right_turn"], strict=True))
    pairs = {
        verdict: list(zip(rows["left_centre"], rows["right_centre"], strict=True))
        for verdict, rows in group.groupby("verdict")
    }
    united, _ = judgements.unite(pairs.get(SAME, []), pairs.get(DIFFERENT, []))
    first: dict[str, str] = {}
    for centre in sorted(united, key=lambda centre: int(turns[centre])):
        first.setdefault(united[centre], centre)
    moved = [(centre, first[one]) for centre, one in united.items() if first[one] != centre]
    return pd.DataFrame(moved, columns=["centre", "into"], dtype=object)


def _comparer(limits: Limits) -> Any:
    def compared(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        workers.forget_archives()
        for pairs in (batch for batch in batches if len(batch)):
            found = compare(centres.features(pairs, "left_"), centres.features(pairs, "right_"), limits)
            yield pd.DataFrame({"key": pairs["right_key"], "centre": pairs["left_key"]} | found.columns())

    return compared
