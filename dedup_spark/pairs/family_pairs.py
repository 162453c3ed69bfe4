"""A family pair is two centres of one family that are held against each other, or two members of these.

Bits and colours are metrics, so members x of a centre a and y of a centre b lie at least d(a, b) - d(a, x) - d(b, y)
apart: where that is beyond the limit for the outermost members, nothing need be compared, and else those members only
which lie far enough out. One pair that passes connects the two; to know that none does, all of these are compared, and
where this is more than the budget the run stops.
"""

from collections.abc import Callable, Hashable, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import gates, workers
from dedup_spark.comparing import centres, second_look
from dedup_spark.comparing.verdict import DUPLICATE, LOOKED_AT, Features, Limits, compare, excess
from dedup_spark.comparing.view_verdict import First, look_again
from dedup_spark.images import colour

OPEN = """left string, right string, left_content string, right_content string, passing boolean, near boolean,
bits int, colour double, left_bits int, left_colour double, right_bits int, right_colour double"""
"""Two centres: whether members of them may pass, whether their own hashes do; by how much bits and colours are beyond
the limits; and how far out the members lie, at least, that may pass.
"""

PAIR = "left string, right string"
SIDES = ("left", "right")
BLOCKS_PER_TASK = 4  # of members, that one task holds: many small pairs of centres, or a few blocks of a large one
MOST_AT_ONCE = 4096  # pairs compared before those of centres that are connected are dropped


def hold(chosen: DataFrame, limits: Limits, per_task: int, tossed: bool) -> DataFrame:
    """The pairs of centres of one family that are open, and the nearest one before each: `OPEN`.

    `chosen` has `family`, `key`, `content`, the features, the `number` of the centre in its family, and how far out its
    members lie: `reach_bits`, `reach_colour`. tossed: two centres whose hash is stable are no pair.
    """
    blocks = F.max(F.floor(F.col("number") / per_task)).over(Window.partitionBy("family"))
    dealt = chosen.withColumns({"block": F.floor(F.col("number") / per_task), "last": blocks})
    upward, downward = F.sequence(F.col("block"), F.col("last")), F.sequence(F.lit(0), F.col("block"))
    left = dealt.withColumns({"one": F.col("block"), "two": F.explode(upward)})
    right = dealt.withColumns({"one": F.explode(downward), "two": F.col("block")})
    return _both(left, right, ["family", "one", "two"], partial(_hold, limits=limits, tossed=tossed), OPEN)


def connect(
    spread: DataFrame,
    held: DataFrame,
    limits: Limits,
    per_task: int,
    budget: int,
    scratch: centres.Cutter,
    squares: DataFrame | None,
    apart: DataFrame | None,
) -> DataFrame:
    """`left`, `right`: contents of members that pass, of each open pair of centres that has such; one or a few.

    `spread`: the members with their `centre`, and how far from it they lie: `bits`, `colour`.
    """
    outer = _outer(spread, held.where("passing"), apart)
    if scratch.rows("spread") ** 2 > budget:  # else they are few for certain
        gates.comparisons(_comparisons(outer), budget)
    outer = scratch.cut(outer, "outer")
    tasks = 1 + scratch.rows("outer") // (BLOCKS_PER_TASK * per_task)
    return _connecting(outer, tasks, limits, per_task, squares)


def _hold(left: pd.DataFrame, right: pd.DataFrame, limits: Limits, tossed: bool) -> pd.DataFrame:
    """The centres of two blocks against each other, each pair once: number of the left one < that of the right one."""
    workers.forget_archives()
    if not (len(left) and len(right)):
        return _no_rows(OPEN)
    ours, theirs, found = centres.features(left), centres.features(right), []
    for row, centre in enumerate(left.to_dict("records")):
        after = right["number"].to_numpy() > centre["number"]
        if tossed:
            after &= (ours.unstable_channels[row] | theirs.unstable_channels) != 0
        found.append(_beyond(centre, ours.take([row]), right, theirs, np.flatnonzero(after), limits))
    if not any(map(len, found)):
        return _no_rows(OPEN)
    rows = pd.concat([pairs for pairs in found if len(pairs)], ignore_index=True)
    nearest = rows[rows["near"]].sort_values(["colour", "bits", "left"]).groupby("right").head(1).index
    rows["near"] = rows.index.isin(nearest)
    return rows[rows["passing"] | rows["near"]]


def _beyond(
    centre: dict[Hashable, Any], one: Features, right: pd.DataFrame, theirs: Features, asked: Any, limits: Limits
) -> pd.DataFrame:
    """One centre against those asked of many: the columns of `OPEN`, of pairs that are open or near."""
    bits = excess(one, theirs.take(asked), limits)
    reached = bits <= centre["reach_bits"] + right["reach_bits"].to_numpy()[asked]  # most are not, in a loose family
    asked, bits = asked[reached], bits[reached]
    colours = colour.difference(one.colour_signature, theirs.colour_signature[asked])
    colours = colours - limits.max_colour_difference - 1 / colour.STEPS  # the difference was rounded up by less
    others = right.iloc[asked]
    left_colour = colours - others["reach_colour"].to_numpy()
    pairs = pd.DataFrame(
        {
            "left": centre["key"],
            "right": others["key"].to_numpy(),
            "left_content": centre["content"],
            "right_content": others["content"].to_numpy(),
            "passing": left_colour <= centre["reach_colour"],
            "near": bits <= 0,
            "bits": bits,
            "colour": colours,
            "left_bits": bits - others["reach_bits"].to_numpy(),
            "left_colour": left_colour,
            "right_bits": bits - centre["reach_bits"],
            "right_colour": colours - centre["reach_colour"],
        }
    )
    return pairs[pairs["passing"] | pairs["near"]]


def _outer(spread: DataFrame, opened: DataFrame, apart: DataFrame | None) -> DataFrame:
    """The members of each open pair that lie far enough out: `left`, `right`, their `side`, numbered on it."""
    pairs = reduce(DataFrame.unionByName, (opened.select("left", "right", *_bounds(side)) for side in SIDES))
    joined = spread.join(pairs, on="centre", how="inner")
    outer = joined.where((F.col("bits") >= F.col("least_bits")) & (F.col("colour") >= F.col("least_colour")))
    if apart is None:
        foes = outer.withColumn("foes", F.lit(None).cast("array<string>"))
    else:
        listed = apart.groupBy(F.col("key").alias("content")).agg(F.collect_set("other").alias("foes"))
        foes = outer.join(F.broadcast(listed), on="content", how="left")
    turn = Window.partitionBy("left", "right", "side").orderBy(F.col("colour").desc(), "key")
    names = ("family", "left", "right", "side", "content", *centres.FEATURES, "bits", "colour")
    beyond = ("beyond_bits", "beyond_colour", "foes")
    return foes.select(*names, *beyond, (F.row_number().over(turn) - 1).alias("number"))


def _bounds(side: str) -> list[Column]:
    """Whose members these are, how far out they lie at least, and how far the pair is beyond the limits."""
    return [
        F.lit(side).alias("side"),
        F.col(side).alias("centre"),
        F.col(f"{side}_bits").alias("least_bits"),
        F.col(f"{side}_colour").alias("least_colour"),
        F.col("bits").alias("beyond_bits"),
        F.col("colour").alias("beyond_colour"),
    ]


def _comparisons(outer: DataFrame) -> DataFrame:
    """`first` (a content), `pairs`: for each family, how many members would have to be compared."""
    ours, theirs = (F.count(F.when(F.col("side") == side, 1)) for side in SIDES)
    counted = outer.groupBy("family", "left", "right").agg(
        F.min("content").alias("first"), (ours * theirs).alias("pairs")
    )
    return counted.groupBy("family").agg(F.min("first").alias("first"), F.sum("pairs").alias("pairs"))


def _connecting(outer: DataFrame, tasks: int, limits: Limits, per_task: int, squares: DataFrame | None) -> DataFrame:
    """`left`, `right`: a pair of contents that pass, for each block of each open pair that has one."""
    bundle = F.pmod(F.xxhash64("left", "right"), F.lit(tasks))  # most pairs of centres have few members
    known = second_look.with_squares(outer.withColumn("bundle", bundle), "content", squares)
    left, right = (known.where(F.col("side") == side) for side in SIDES)
    ours, theirs = _in_blocks(left, right, per_task, "one", "two"), _in_blocks(right, left, per_task, "two", "one")
    return _both(ours, theirs, ["bundle", "one", "two"], partial(_first_passing, limits=limits), PAIR)


def _both(left: DataFrame, right: DataFrame, by: Sequence[str], function: Callable[..., Any], schema: str) -> DataFrame:
    """What the function says of the rows of two tables that agree in these columns."""
    ours, theirs = (rows.toDF(*rows.columns) for rows in (left, right))  # else columns of one origin are ambiguous
    return ours.groupBy(*by).cogroup(theirs.groupBy(*by)).applyInPandas(function, schema)


def _in_blocks(rows: DataFrame, others: DataFrame, per_task: int, own: str, other: str) -> DataFrame:
    """The rows in their block, once for each block of the other side of their pair."""
    last = others.groupBy("left", "right").agg(F.max(F.floor(F.col("number") / per_task)).alias("last"))
    dealt = rows.join(last, on=["left", "right"], how="inner")
    every = F.explode(F.sequence(F.lit(0).cast("long"), F.col("last")))
    return dealt.withColumns({own: F.floor(F.col("number") / per_task), other: every})


def _first_passing(left: pd.DataFrame, right: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Of each pair of centres the first two members that pass, the outermost first; none, where none do."""
    workers.forget_archives()
    waiting = _far_out(left, right)
    ours, theirs = (centres.features(rows) if len(rows) else None for rows in (left, right))
    found, at_once = [], LOOKED_AT
    while ours and theirs and len(waiting):
        asked, waiting = waiting.iloc[:at_once], waiting.iloc[at_once:]
        one, other = asked["ours"].to_numpy(), asked["theirs"].to_numpy()
        compared = compare(ours.take(one), theirs.take(other), limits)
        near = np.flatnonzero(compared.verdict == DUPLICATE)
        mine, others = left["square"].iloc[one[near]].tolist(), right["square"].iloc[other[near]].tolist()
        firsts = [First(0, far, DUPLICATE, DUPLICATE) for far in compared.colour_difference[near].tolist()]
        verdict = np.array([looked.verdict for looked in look_again(firsts, mine, others, limits)], dtype=object)
        passing = asked.iloc[near[verdict == DUPLICATE]].drop_duplicates("pair")
        found.append(passing)
        waiting = waiting[~waiting["pair"].isin(passing["pair"])]
        at_once = min(2 * at_once, MOST_AT_ONCE)
    if not found:
        return _no_rows(PAIR)
    met = pd.concat(found)
    contents = (rows["content"].to_numpy(object)[met[side]] for rows, side in ((left, "ours"), (right, "theirs")))
    return pd.DataFrame(dict(zip(_names(PAIR), contents, strict=True)))


def _far_out(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """The members that may pass, as places in `left` and `right`: `ours`, `theirs`, and the `pair` of their centres."""
    pair, facts = ["left", "right"], ["left", "right", "number", "bits", "colour"]
    beyond = left[[*facts, "beyond_bits", "beyond_colour", "foes"]].assign(ours=range(len(left)))
    met = beyond.merge(right[[*facts, "content"]].assign(theirs=range(len(right))), on=pair, suffixes=("", "_other"))
    far = met["bits"] + met["bits_other"] >= met["beyond_bits"]
    far &= met["colour"] + met["colour_other"] >= met["beyond_colour"]
    met = met[far]
    if met["foes"].notna().any():
        known = zip(met["content"], met["foes"], strict=True)
        met = met[[foes is None or content not in foes for content, foes in known]]
    met = met.assign(pair=met.groupby(pair).ngroup(), turn=met["number"] + met["number_other"])
    return met.sort_values(["turn", "number", "left", "right"])[["ours", "theirs", "pair"]]


def _names(schema: str) -> list[str]:
    return [column.split()[0] for column in schema.split(",")]


def _no_rows(schema: str) -> pd.DataFrame:
    return pd.DataFrame([], columns=_names(schema))
