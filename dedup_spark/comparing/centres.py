"""A choice is one member of a group: the centre it joined, how far it is from it, and why it passes.

In each group, in order, a member joins the first earlier centre it passes against, else it becomes a centre
(Gonzalez-style leader clustering with a fixed order). So representatives of one hash are chosen, and keepers of one
component: whatever path connects two pictures, each was compared with the one that stands for it.

Two that people keep apart never join one centre: a member does not join a centre that it is kept apart from, nor one
that an earlier member, which it is kept apart from, passes against. Whether that one joined there, or another centre
before it, makes no difference: so the rule looks at a few pictures and not at what was decided before.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Protocol

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import gates, workers
from dedup_spark.comparing import second_look
from dedup_spark.comparing.verdict import DUPLICATE, Features, Limits, OfViews
from dedup_spark.comparing.view_verdict import compare, look_again, near

CHOICE = "key string, centre string, distance int, colour_difference double, reason string"
GROUPS_PER_TASK = 10
"""A task that groups share has room for so many at least; a larger group has one for itself."""

FEATURES = ("words", "colour_signature", "unstable_channels")
VIEW_FEATURES = ("view_words", "usable_views")


class Cutter(Protocol):
    """Somewhere to write a table and read it back: `storage.Scratch`."""

    def cut(self, rows: DataFrame, name: str) -> DataFrame: ...

    def rows(self, name: str) -> int: ...


def choose(
    members: DataFrame,
    order: Sequence[Column],
    limits: Limits,
    members_per_task: int,
    scratch: Cutter,
    squares: DataFrame | None = None,
    apart: DataFrame | None = None,
    budget: int | None = None,
) -> DataFrame:
    """One row per member: `key`, `centre`, `distance`, `colour_difference`, `reason`.

    `members` has `group`, `key` (a content), the features of `verdict.Features`, and what `order` sorts by; ties of
    the order are broken by `key`. `squares` has `content` and `square`, for the second look; None: no square is known.
    `apart` has `key` and `other`, few pairs of members that must not join one centre, each pair both ways; None: none.
    A centre is its own centre, with reason `centre`.

    In rounds with the same result as one by one: the members of a group are dealt in their order into blocks of
    `members_per_task`; the first block settles, the others meet its centres, each block in a task of its own; whoever
    passes none of them goes to the next round. Small groups share a task, where all of them are compared at once. A
    task holds about two blocks at most, with 6 kB a member. Cost: one shuffle of the squares in all, and in each round
    one of the members that still wait.

    A centre is compared with all that waited with it, so where most members are far from each other the comparisons
    are as the square of a group. Raises `GateFailed` before they are more than the budget; None: any number may be.
    """
    of_group = Window.partitionBy("group")
    turn, size = F.row_number().over(of_group.orderBy(*order, "key")), F.count("*").over(of_group)
    waiting = members.select("group", "key", *features_of(limits), turn.alias("turn"), size.alias("size"))
    waiting = scratch.cut(second_look.with_squares(waiting, "key", squares), "waiting")
    left, compared = scratch.rows("waiting"), 0
    waiting = waiting.withColumn("bundle", _bundle(left, members_per_task)).drop("size")
    foes = None if apart is None else scratch.cut(_foes(waiting, apart), "foes")
    settled: list[DataFrame] = []
    while True:
        dealt = waiting.withColumn("block", F.floor((F.col("turn") - 1) / members_per_task))
        first, rest = dealt.where(F.col("block") == 0), dealt.where(F.col("block") > 0)
        chosen = scratch.cut(_in_blocks(_with_foes(first, foes), _settler(limits)), "chosen")
        settled.append(chosen)
        if budget is not None and left * left > budget - compared:  # else they are few for certain
            compared = gates.comparisons(_comparisons(waiting, chosen), budget, compared)
        left -= scratch.rows("chosen")
        if left:
            centres = first.join(chosen.where(F.col("key") == F.col("centre")).select("key"), on="key", how="left_semi")
            beside = _with_foes(_with_centres(rest, centres), foes)
            joined = scratch.cut(_in_blocks(beside, _joiner(limits, members_per_task)), "joined")
            settled.append(joined)
            left -= scratch.rows("joined")
        if not left:
            return reduce(DataFrame.unionByName, settled)
        again = rest.drop("block").join(joined.select("key"), on="key", how="left_anti")
        again = again.withColumn("turn", F.row_number().over(Window.partitionBy("group").orderBy("turn")))
        waiting = scratch.cut(again, "waiting")  # every waiting member passes against no centre chosen so far


def _comparisons(waiting: DataFrame, chosen: DataFrame) -> DataFrame:
    """`first` (a content), `pairs`: for each group, how many comparisons the centres of a round make."""
    centres = chosen.where(F.col("key") == F.col("centre")).select("key", F.lit(1).alias("centre"))
    counted = waiting.select("group", "key").join(centres, on="key", how="left").groupBy("group")
    content = F.substring_index(F.min("key"), "/", -1)  # before it stands the family, where it may be of several
    return counted.agg(content.alias("first"), (F.count("*") * F.count("centre")).alias("pairs"))


def features_of(limits: Limits) -> tuple[str, ...]:
    """The columns of a picture that these limits are about."""
    return FEATURES + VIEW_FEATURES if limits.views else FEATURES


def features(rows: pd.DataFrame, prefix: str = "") -> Features:
    """The features of n pictures out of pandas columns: `FEATURES`, and `VIEW_FEATURES` where there are any."""
    words = np.array(rows[f"{prefix}words"].tolist(), dtype=np.int64)
    signatures = np.frombuffer(b"".join(rows[f"{prefix}colour_signature"]), np.uint8).reshape(len(rows), -1)
    whole = Features(words, signatures, rows[f"{prefix}unstable_channels"].to_numpy(np.uint8))
    if f"{prefix}view_words" not in rows:
        return whole
    more = np.array(rows[f"{prefix}view_words"].tolist(), dtype=np.int64).reshape(len(rows), -1)
    shape = len(rows), 1 + more.shape[1] // words.shape[1], -1
    every = np.hstack([words, more]).reshape(shape)
    return replace(whole, views=OfViews(every, rows[f"{prefix}usable_views"].to_numpy(np.int64)))


def _foes(members: DataFrame, apart: DataFrame) -> DataFrame:
    """`bundle`, `group`, `key`, `other` and what is known of that: earlier members that a member is kept apart from."""
    member = members.select("group", "key", "turn").join(F.broadcast(apart), on="key", how="inner")
    other = members.withColumnsRenamed({"key": "other", "turn": "other_turn"})
    met = other.join(F.broadcast(member), on=["group", "other"], how="inner")
    earlier = met.where(F.col("other_turn") < F.col("turn"))
    return earlier.drop("turn", "other_turn")


def _bundle(members: int, members_per_task: int) -> Column:
    """The groups that share a task: a large one has it for itself, the others are as many as fill one."""
    shared = F.pmod(F.xxhash64("group"), F.lit(1 + members // members_per_task)).cast("string")
    return F.when(GROUPS_PER_TASK * F.col("size") > members_per_task, F.concat(F.lit("of "), "group")).otherwise(shared)


def _with_centres(blocks: DataFrame, centres: DataFrame) -> DataFrame:
    """The members of each block, and beside them the new centres of their group."""
    number = blocks.select("group", "block").distinct()  # few: one row for `members_per_task` members
    return blocks.unionByName(centres.drop("block").join(F.broadcast(number), on="group", how="inner"))


def _with_foes(members: DataFrame, foes: DataFrame | None) -> DataFrame:
    """The members with the keys of their `foes`; and these beside them, without a turn, where they are in no block."""
    if foes is None:
        return members.withColumn("foes", F.lit(None).cast("array<string>"))
    asked = foes.join(members.select("block", "key"), on="key", how="inner").drop("key")
    beside = asked.withColumnRenamed("other", "key").dropDuplicates(["block", "key"])
    beside = beside.join(members.select("block", "key"), on=["block", "key"], how="left_anti")
    listed = foes.groupBy("key").agg(F.collect_list("other").alias("foes"))
    named = members.join(F.broadcast(listed), on="key", how="left")
    return named.unionByName(beside, allowMissingColumns=True)


@dataclass(frozen=True)
class _Block:
    """The members that one task holds, in their order group by group: row i of all."""

    groups: Any  # whole numbers
    keys: Any
    turns: Any  # those of centres among them; NaN for who is only a foe of others
    pictures: Features
    squares: Any
    foes: dict[int, list[int]]  # a row → the rows that it is kept apart from
    witnesses: Any  # all rows that some row is kept apart from


def _block(rows: pd.DataFrame) -> _Block:
    rows = rows.sort_values(["group", "turn"], ignore_index=True)
    groups, (keys, squares) = rows["group"].factorize()[0], (rows[name].to_numpy(object) for name in ("key", "square"))
    place = {member: row for row, member in enumerate(zip(groups, keys, strict=True))}
    listed = ((row, keys) for row, keys in enumerate(rows["foes"]) if keys is not None)
    foes = {row: [place[groups[row], key] for key in others] for row, others in listed}
    witnesses = np.array(sorted({foe for listed in foes.values() for foe in listed}), dtype=np.int64)
    return _Block(groups, keys, rows["turn"].to_numpy(np.float64), features(rows), squares, foes, witnesses)


Choice = tuple[str, str, int, float, str]


def _in_blocks(rows: DataFrame, choices: Callable[[_Block], Iterator[Choice]]) -> DataFrame:
    """The choices of each block, made in one task."""

    def chosen(block: pd.DataFrame) -> pd.DataFrame:
        workers.forget_archives()
        names = ["key", "centre", "distance", "colour_difference", "reason"]
        return pd.DataFrame(list(choices(_block(block))), columns=names)

    return rows.groupBy("bundle", "block").applyInPandas(chosen, CHOICE)


def _settler(limits: Limits) -> Callable[[_Block], Iterator[Choice]]:
    """The members of first blocks in their order, centre by centre, all groups at once."""

    def settle(block: _Block) -> Iterator[Choice]:
        waiting = np.flatnonzero(~np.isnan(block.turns))
        while len(waiting):
            centres = waiting[_first_of(block.groups[waiting])]
            yield from ((block.keys[centre], block.keys[centre], 0, 0.0, "centre") for centre in centres.tolist())
            waiting = np.setdiff1d(waiting, centres)
            joined = _joined(block, centres, waiting, limits)
            yield from joined.values()
            waiting = np.setdiff1d(waiting, list(joined))  # nobody who waits may join a centre chosen so far

    return settle


def _joiner(limits: Limits, members_per_task: int) -> Callable[[_Block], Iterator[Choice]]:
    """The members of later blocks that may join one of the new centres, each with the first of these."""

    def join(block: _Block) -> Iterator[Choice]:
        waiting = np.flatnonzero(block.turns > members_per_task)
        asked = np.flatnonzero(block.turns <= members_per_task)
        while len(asked):
            centres = asked[_first_of(block.groups[asked])]
            asked = np.setdiff1d(asked, centres)
            joined = _joined(block, centres, waiting, limits)
            yield from joined.values()
            waiting = np.setdiff1d(waiting, list(joined))

    return join


def _first_of(groups: Any) -> Any:
    """The place of the first of each run of equal numbers."""
    return np.flatnonzero(np.diff(groups, prepend=-1))


def _joined(block: _Block, centres: Any, waiting: Any, limits: Limits) -> dict[int, Choice]:
    """Which of the waiting rows join the centre of their group: they pass against it, and nobody bars them from it."""
    of_group = np.full(len(block.groups), -1)
    of_group[block.groups[centres]] = centres
    asked = np.union1d(waiting, block.witnesses).astype(np.int64)
    asked = asked[of_group[block.groups[asked]] >= 0]
    asked = asked[near(*_pictures(block, centres, of_group, asked), limits)]
    found = compare(*_pictures(block, centres, of_group, asked), limits)
    passes = found.rows()
    against = of_group[block.groups[asked]]
    ours, theirs = (block.squares[rows[passes]].tolist() for rows in (against, asked))
    looked = look_again([found.first(at) for at in passes.tolist()], ours, theirs, limits)
    joined = {int(asked[at]): each for at, each in zip(passes, looked, strict=True) if each.verdict == DUPLICATE}
    taken, bound = {*centres.tolist(), *joined}, set(waiting.tolist())
    centre = dict(zip(asked.tolist(), against.tolist(), strict=True))
    return {
        row: (block.keys[row], block.keys[centre[row]], each.distance, each.colour_difference, each.reason)
        for row, each in joined.items()
        if row in bound and taken.isdisjoint(block.foes.get(row, ()))
    }


def _pictures(block: _Block, centres: Any, of_group: Any, asked: Any) -> tuple[Features, Features]:
    """The centre of each asked row, and these; one centre alone stands against all of them, and is looked at once."""
    against = centres if len(centres) == 1 else of_group[block.groups[asked]]
    return block.pictures.take(against), block.pictures.take(asked)
