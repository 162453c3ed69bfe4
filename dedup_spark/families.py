"""A pair that spans a family is one of few: every two members that pass are connected by such pairs, through others.

A family is what `hot_buckets` would have to compare each with each: 1,200 re-encodings of one photograph are 719,400
true pairs. No clique is written. Its members are first gathered around centres (`centres.choose`: each joins the first
earlier centre that it passes against), which gives each of them one verified pair. Then two centres a and b whose
members are not connected yet are held against each other. Bits and colours are metrics, so members x of a and y of b
lie at least d(a, b) - d(a, x) - d(b, y) apart: where that is beyond the limit for the outermost members, nothing need
be compared, and else those members only which lie far enough out. One pair that passes connects the two; to know that
none does, all of these are compared, and where this is more than the budget the run stops.

Of the pairs that do not pass, the nearest of each centre is kept, to be seen; their number is the square of a family.
"""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import centres, gates, second_look
from dedup_spark.images import colour
from dedup_spark.verdict import DUPLICATE, LOOKED_AT, WORDS, Limits, compare, excess, look_again, stable_words

OPEN = """left string, right string, left_content string, right_content string, passing boolean, near boolean,
bits int, colour double, left_bits int, left_colour double, right_bits int, right_colour double"""
"""Two centres: whether members of them may pass, whether their own hashes do; by how much bits and colours are beyond
the limits; and how far out the members lie, at least, that may pass.
"""

PAIR = "left string, right string"
ORDER = ("pixels", "bytes")
BLOCKS_PER_TASK = 4  # of members, that one task holds: many small pairs of centres, or a few blocks of a large one
MOST_AT_ONCE = 4096  # pairs compared before those of centres that are connected are dropped


def span(
    members: DataFrame,
    limits: Limits,
    members_per_task: int,
    budget: int,
    scratch: centres.Cutter,
    squares: DataFrame | None = None,
    apart: DataFrame | None = None,
    tossed: bool = False,
) -> DataFrame:
    """`left`, `right`: contents, few for each; those that pass connect any two of one family that pass.

    `members` has `family`, `content`, the features of `verdict.Features`, `pixels` and `bytes`; a content may be of
    several families. `squares` has `content` and `square`, for the second look. `apart` has `key` and `other`:
    contents that people keep apart, each pair both ways. tossed: two pictures whose hash is stable need no connection.

    Raises `GateFailed` when more than `budget` pairs of members would have to be compared. Cost: about 10 µs each.
    """
    key = F.concat_ws("/", "family", "content")
    members = scratch.cut(members.withColumn("key", key), "members")
    spread = scratch.cut(_spread(members, limits, members_per_task, scratch, squares, apart), "spread")
    chosen = scratch.cut(_centres(spread), "family_centres")
    gates.comparisons(_pairs_of_centres(chosen), budget)
    met = scratch.cut(_held(chosen, limits, members_per_task, tossed), "held")
    left, right = (scratch.cut(_outer(spread, met, side, apart), "outer") for side in ("left", "right"))
    gates.comparisons(_pairs_of_members(left, right), budget)
    connecting = _connecting(left, right, limits, members_per_task, squares)
    nearest = F.min_by(F.struct("left_content", "right_content"), F.struct("colour", "bits", "left"))
    seen = met.where("near").groupBy("right").agg(nearest.alias("pair")).select("pair.*")
    joined = spread.where((F.col("key") != F.col("centre")) & (F.lit(not tossed) | (F.col("unstable_channels") != 0)))
    joined = joined.select("content", "centre_content")
    return reduce(DataFrame.union, [joined, connecting, seen]).toDF("left", "right").distinct()


def _spread(
    members: DataFrame,
    limits: Limits,
    members_per_task: int,
    scratch: centres.Cutter,
    squares: DataFrame | None,
    apart: DataFrame | None,
) -> DataFrame:
    """The members with their `centre`, its content, and how far out they lie: `bits`, `colour`.

    The members of a centre agree in which channels are stable, so that their bits are one metric.
    """
    grouped = members.withColumn("group", F.concat_ws("/", "family", "unstable_channels"))
    named = members.select("key", "content")
    shown = (
        None
        if squares is None
        else named.join(squares, on="content", how="inner").select(F.col("key").alias("content"), "square")
    )
    order = [F.col(name).desc() for name in ORDER]
    foes = None if apart is None else _of_members(apart, members)
    choices = centres.choose(grouped, order, limits, members_per_task, scratch, shown, foes)
    joined = members.join(
        choices.select("key", "centre", F.col("colour_difference").alias("colour")), on="key", how="inner"
    )
    centre = members.select(*(F.col(name).alias(f"centre_{name}") for name in ("key", "content", "words")))
    met = joined.join(centre, on=F.col("centre") == F.col("centre_key"), how="inner")
    return met.withColumn("bits", _stable_bits()).drop("centre_key", "centre_words")


def _of_members(apart: DataFrame, members: DataFrame) -> DataFrame:
    """`key`, `other` of members of one family, by those of contents."""
    one = members.select("family", "content", "key")
    other = members.select("family", F.col("content").alias("other_content"), F.col("key").alias("other"))
    named = F.broadcast(apart.toDF("content", "other_content"))
    return one.join(named, on="content", how="inner").join(other, on=["family", "other_content"]).select("key", "other")


def _stable_bits() -> Column:
    """The differing bits of a member and its centre in their stable channels."""
    masks = F.array(*(F.array(*(F.lit(int(word)).cast("long") for word in mask)) for mask in stable_words()))
    mask = masks[F.col("unstable_channels")]
    differing = (F.col("words")[word].bitwiseXOR(F.col("centre_words")[word]) for word in range(WORDS))
    return reduce(add, (F.bit_count(bits.bitwiseAND(mask[word])) for word, bits in enumerate(differing)))


def _centres(spread: DataFrame) -> DataFrame:
    """The centres, numbered in their family, with the reach of their members: `reach_bits`, `reach_colour`."""
    reach = spread.groupBy("centre").agg(F.max("bits").alias("reach_bits"), F.max("colour").alias("reach_colour"))
    number = F.row_number().over(Window.partitionBy("family").orderBy("key")) - 1
    chosen = spread.where(F.col("key") == F.col("centre")).join(reach, on="centre", how="inner")
    facts = ("family", "key", "content", *centres.FEATURES, "reach_bits", "reach_colour")
    return chosen.select(*facts, number.alias("number"))


def _pairs_of_centres(chosen: DataFrame) -> DataFrame:
    """`first` (a content), `pairs`: for each family, how many centres are held against each other."""
    pairs = F.count("*") * (F.count("*") - 1) / 2
    return chosen.groupBy("family").agg(F.min("content").alias("first"), pairs.alias("pairs"))


def _held(chosen: DataFrame, limits: Limits, per_task: int, tossed: bool) -> DataFrame:
    """The pairs of centres of one family that are open, and the nearest one before each: `OPEN`."""
    blocks = F.max(F.floor(F.col("number") / per_task)).over(Window.partitionBy("family"))
    dealt = chosen.withColumns({"block": F.floor(F.col("number") / per_task), "last": blocks})
    upward, downward = F.sequence(F.col("block"), F.col("last")), F.sequence(F.lit(0), F.col("block"))
    left = dealt.withColumns({"one": F.col("block"), "two": F.explode(upward)})
    right = dealt.withColumns({"one": F.explode(downward), "two": F.col("block")})
    return _both(left, right, ["family", "one", "two"], partial(_hold, limits=limits, tossed=tossed), OPEN)


def _hold(left: pd.DataFrame, right: pd.DataFrame, limits: Limits, tossed: bool) -> pd.DataFrame:
    """The centres of two blocks against each other, each pair once: number of the left one < that of the right one."""
    ours, theirs = left["unstable_channels"].to_numpy(), right["unstable_channels"].to_numpy()
    found = []
    for row in range(len(left)):
        after = right["number"].to_numpy() > left["number"].iat[row]
        if tossed:
            after &= (ours[row] | theirs) != 0
        asked = np.flatnonzero(after)
        if len(asked):
            pairs = _beyond(left.iloc[[row]], right.iloc[asked], limits)
            found.append(pairs[pairs["passing"] | pairs["near"]])
    if not found:
        return _no_rows(OPEN)
    rows = pd.concat(found, ignore_index=True)
    nearest = rows[rows["near"]].sort_values(["colour", "bits", "left"]).groupby("right").head(1).index
    rows["near"] = rows.index.isin(nearest)
    return rows[rows["passing"] | rows["near"]]


def _beyond(left: pd.DataFrame, right: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """One centre against many: the columns of `OPEN`."""
    one, many = centres.features(left), centres.features(right)
    bits = excess(one, many, limits)
    colours = colour.difference(one.colour_signature, many.colour_signature)
    colours = colours - limits.max_colour_difference - 1 / colour.STEPS  # the difference was rounded up by less
    reach = left.iloc[0]
    return pd.DataFrame(
        {
            "left": reach["key"],
            "right": right["key"].to_numpy(),
            "left_content": reach["content"],
            "right_content": right["content"].to_numpy(),
            "bits": bits,
            "colour": colours,
            "left_bits": bits - right["reach_bits"].to_numpy(),
            "left_colour": colours - right["reach_colour"].to_numpy(),
            "right_bits": bits - reach["reach_bits"],
            "right_colour": colours - reach["reach_colour"],
        }
    ).assign(
        passing=lambda pairs: (
            (pairs["left_bits"] <= reach["reach_bits"]) & (pairs["left_colour"] <= reach["reach_colour"])
        ),
        near=bits <= 0,
    )[_names(OPEN)]


def _outer(spread: DataFrame, met: DataFrame, side: str, apart: DataFrame | None) -> DataFrame:
    """The members on one side of each open pair that lie far enough out, numbered: `left`, `right`, `number`."""
    pairs = met.where("passing").select("left", "right", *_bounds(side))
    joined = spread.join(pairs, on=F.col("centre") == F.col(side), how="inner")
    outer = joined.where((F.col("bits") >= F.col("least_bits")) & (F.col("colour") >= F.col("least_colour")))
    if apart is None:
        foes = outer.withColumn("foes", F.lit(None).cast("array<string>"))
    else:
        listed = apart.groupBy(F.col("key").alias("content")).agg(F.collect_set("other").alias("foes"))
        foes = outer.join(F.broadcast(listed), on="content", how="left")
    turn = Window.partitionBy("left", "right").orderBy(F.col("colour").desc(), "key")
    names = ("family", "left", "right", "content", *centres.FEATURES, "bits", "colour", "beyond_bits", "beyond_colour")
    return foes.select(*names, "foes", (F.row_number().over(turn) - 1).alias("number"))


def _bounds(side: str) -> list[Column]:
    return [
        F.col(f"{side}_bits").alias("least_bits"),
        F.col(f"{side}_colour").alias("least_colour"),
        F.col("bits").alias("beyond_bits"),
        F.col("colour").alias("beyond_colour"),
    ]


def _pairs_of_members(left: DataFrame, right: DataFrame) -> DataFrame:
    """`first` (a content), `pairs`: for each family, how many members would have to be compared."""
    pair = ["left", "right"]
    ours = left.groupBy(*pair, "family").agg(F.count("*").alias("ours"), F.min("content").alias("first"))
    both = ours.join(right.groupBy(*pair).agg(F.count("*").alias("theirs")), on=pair, how="inner")
    return both.groupBy("family").agg(
        F.min("first").alias("first"), F.sum(F.col("ours") * F.col("theirs")).alias("pairs")
    )


def _connecting(
    left: DataFrame, right: DataFrame, limits: Limits, per_task: int, squares: DataFrame | None
) -> DataFrame:
    """`left`, `right`: a pair of contents that pass, for each block of each open pair that has one."""
    ours = _in_blocks(left, right, per_task, "one", "two")
    theirs = _in_blocks(right, left, per_task, "two", "one")
    tasks = 1 + (left.count() + right.count()) // (BLOCKS_PER_TASK * per_task)
    bundle = F.pmod(F.xxhash64("left", "right"), F.lit(tasks)).alias("bundle")  # most pairs of centres have few members
    ours, theirs = (second_look.with_squares(rows.select("*", bundle), "content", squares) for rows in (ours, theirs))
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
    waiting = _far_out(left, right)
    ours, theirs = (centres.features(rows) if len(rows) else None for rows in (left, right))
    found, at_once = [], LOOKED_AT
    while ours and theirs and len(waiting):
        asked, waiting = waiting.iloc[:at_once], waiting.iloc[at_once:]
        one, other = asked["ours"].to_numpy(), asked["theirs"].to_numpy()
        compared = compare(centres.take(ours, one), centres.take(theirs, other), limits)
        near = np.flatnonzero(compared.verdict == DUPLICATE)
        mine: list[Any] = left["square"].iloc[one[near]].tolist()
        others: list[Any] = right["square"].iloc[other[near]].tolist()
        _, verdict, _ = look_again(compared.colour_difference[near], mine, others, limits)
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
