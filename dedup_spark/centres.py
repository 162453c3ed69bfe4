"""A choice is one member of a group: the centre it joined, how far it is from it, and why it passes.

In each group, in order, a member joins the first earlier centre it passes against, else it becomes a centre
(Gonzalez-style leader clustering with a fixed order). So representatives of one hash are chosen, and keepers of one
component: whatever path connects two pictures, each was compared with the one that stands for it.

Two that people keep apart never join one centre: a member does not join a centre that it is kept apart from, nor one
that an earlier member, which it is kept apart from, passes against. Whether that one joined there, or another centre
before it, makes no difference: so the rule looks at a few pictures and not at what was decided before.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, Protocol

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import second_look
from dedup_spark.verdict import DUPLICATE, Compared, Features, Limits, compare, look_again

CHOICE = "key string, centre string, distance int, colour_difference double, reason string"
FEATURES = ("words", "colour_signature", "unstable_channels")


class Cutter(Protocol):
    """Somewhere to write a table and read it back: `storage.Scratch`."""

    def cut(self, rows: DataFrame, name: str) -> DataFrame: ...


def choose(
    members: DataFrame,
    order: Sequence[Column],
    limits: Limits,
    members_per_task: int,
    scratch: Cutter,
    squares: DataFrame | None = None,
    apart: DataFrame | None = None,
) -> DataFrame:
    """One row per member: `key`, `centre`, `distance`, `colour_difference`, `reason`.

    `members` has `group`, `key` (a content), the features of `verdict.Features`, and what `order` sorts by; ties of
    the order are broken by `key`. `squares` has `content` and `square`, for the second look; None: no square is known.
    `apart` has `key` and `other`, few pairs of members that must not join one centre, each pair both ways; None: none.
    A centre is its own centre, with reason `centre`.

    In rounds with the same result as one by one: the first `members_per_task` members of each group settle in one
    task, the others are compared with the new centres only; those that pass none go to the next round.
    """
    turn = Window.partitionBy("group").orderBy(*order, "key")
    waiting = members.select("group", "key", *FEATURES, F.row_number().over(turn).alias("turn"))
    waiting = scratch.cut(waiting, "waiting")
    foes = None if apart is None else scratch.cut(_foes(waiting, apart), "foes")
    settled: list[DataFrame] = []
    while True:
        first = waiting.where(F.col("turn") <= members_per_task)
        seen = second_look.with_squares(_with_foes(first, foes), "key", squares)
        chosen = scratch.cut(seen.groupBy("group").applyInPandas(_settler(limits), CHOICE), "chosen")
        settled.append(chosen)
        rest = waiting.where(F.col("turn") > members_per_task)
        if rest.isEmpty():
            return reduce(DataFrame.unionByName, settled)
        centres = first.join(chosen.where(F.col("key") == F.col("centre")).select("key"), on="key", how="left_semi")
        joined = scratch.cut(_join_first(rest, centres, limits, squares, foes), "joined")
        settled.append(joined)
        again = rest.join(joined.select("key"), on="key", how="left_anti")
        again = again.withColumn("turn", F.row_number().over(Window.partitionBy("group").orderBy("turn")))
        waiting = scratch.cut(again, "waiting")  # every waiting member passes against no centre chosen so far


def features(rows: pd.DataFrame, prefix: str = "") -> Features:
    """The features of n pictures out of pandas columns `words`, `colour_signature`, `unstable_channels`."""
    signatures = b"".join(rows[f"{prefix}colour_signature"])
    return Features(
        np.array(rows[f"{prefix}words"].tolist(), dtype=np.int64),
        np.frombuffer(signatures, np.uint8).reshape(len(rows), -1),
        rows[f"{prefix}unstable_channels"].to_numpy(np.uint8),
    )


def take(pictures: Features, rows: Any) -> Features:
    """The features of these rows."""
    return Features(pictures.words[rows], pictures.colour_signature[rows], pictures.unstable_channels[rows])


def _foes(members: DataFrame, apart: DataFrame) -> DataFrame:
    """`group`, `key`, `other` and the features of that one: the earlier members that a member is kept apart from."""
    member = members.select("group", "key", "turn").join(F.broadcast(apart), on="key", how="inner")
    other = members.select("group", F.col("key").alias("other"), F.col("turn").alias("other_turn"), *FEATURES)
    met = other.join(F.broadcast(member), on=["group", "other"], how="inner")
    return met.where(F.col("other_turn") < F.col("turn")).select("group", "key", "other", *FEATURES)


def _with_foes(members: DataFrame, foes: DataFrame | None) -> DataFrame:
    """The members with the keys of their `foes`; and these beside them, without a turn, where they are settled."""
    if foes is None:
        return members.withColumn("foes", F.lit(None).cast("array<string>"))
    asked = foes.join(members.select("key"), on="key", how="left_semi")
    settled = asked.select("group", F.col("other").alias("key"), *FEATURES).dropDuplicates(["key"])
    settled = settled.join(members.select("key"), on="key", how="left_anti")
    listed = foes.groupBy("key").agg(F.collect_list("other").alias("foes"))
    named = members.join(F.broadcast(listed), on="key", how="left")
    return named.unionByName(settled, allowMissingColumns=True)


def _settler(limits: Limits) -> Any:
    """Settles one whole group: the members in their order, centre by centre."""

    def settle(group: pd.DataFrame) -> pd.DataFrame:
        group = group.sort_values("turn", ignore_index=True)
        keys, pictures, squares = group["key"].to_numpy(object), features(group), group["square"].to_numpy(object)
        foes, witnesses = _places(group)
        waiting, choices = np.flatnonzero(group["turn"].notna()), []
        while len(waiting):
            centre, others = waiting[0], waiting[1:]
            asked = np.union1d(others, witnesses)
            compared = compare(take(pictures, np.full(len(asked), centre)), take(pictures, asked), limits)
            passes = compared.verdict == DUPLICATE
            near = np.flatnonzero(passes)
            _, verdict, _ = look_again(
                compared.colour_difference[near], [squares[centre]] * len(near), squares[asked[near]].tolist(), limits
            )
            passes[near] = verdict == DUPLICATE
            taken = {centre, *asked[passes]}
            joins = passes & np.isin(asked, others)
            joins[joins] = [taken.isdisjoint(foes.get(row, ())) for row in asked[joins]]
            choices.append((keys[centre], keys[centre], 0, 0.0, "centre"))
            choices.extend(_joined(keys[asked], keys[centre], compared, np.flatnonzero(joins)))
            waiting = np.setdiff1d(others, asked[joins])  # nobody who waits may join a centre chosen so far
        return pd.DataFrame(choices, columns=["key", "centre", "distance", "colour_difference", "reason"])

    return settle


def _places(group: pd.DataFrame) -> tuple[dict[int, list[int]], Any]:
    """The rows of the foes of a row, and all rows that are foes of some."""
    place = {key: row for row, key in enumerate(group["key"])}
    foes = {row: [place[key] for key in keys] for row, keys in enumerate(group["foes"]) if keys is not None}
    return foes, np.array(sorted({foe for rows in foes.values() for foe in rows}), dtype=np.int64)


def _joined(keys: Any, centre: str, compared: Compared, rows: Any) -> Iterator[tuple[str, str, int, float, str]]:
    for row in rows:
        yield (
            keys[row],
            centre,
            int(compared.distance[row]),
            float(compared.colour_difference[row]),
            compared.reason[row],
        )


def _join_first(
    rest: DataFrame, centres: DataFrame, limits: Limits, squares: DataFrame | None, foes: DataFrame | None
) -> DataFrame:
    """The members that may join one of the new centres of their group, each with the first of these."""
    met = _passing(rest, centres, limits, squares)
    if foes is not None:
        met = met.join(_barred(centres, foes, limits, squares), on=["key", "centre"], how="left_anti")
    nearest = F.min_by(F.struct("centre", "distance", "colour_difference", "reason"), "turn")
    return met.groupBy("key").agg(nearest.alias("first")).select("key", "first.*")


def _passing(members: DataFrame, centres: DataFrame, limits: Limits, squares: DataFrame | None) -> DataFrame:
    """Each member with each centre of its group that it passes against: a choice, and the centre's `turn`."""
    centre = centres.select("group", *(F.col(name).alias(f"left_{name}") for name in ("key", "turn", *FEATURES)))
    member = members.select("group", *(F.col(name).alias(f"right_{name}") for name in ("key", *FEATURES)))
    near = centre.join(member, on="group", how="inner").mapInPandas(_comparer(limits), f"turn long, {CHOICE}")
    near = near.withColumn("verdict", F.lit(DUPLICATE))
    return second_look.look(near, "centre", "key", limits, squares).where(F.col("verdict") == DUPLICATE)


def _barred(centres: DataFrame, foes: DataFrame, limits: Limits, squares: DataFrame | None) -> DataFrame:
    """`key`, `centre`: members and the new centres that are foes of theirs, or that a foe passes against."""
    others = foes.select("group", F.col("other").alias("key"), *FEATURES).dropDuplicates(["key"])
    near = _passing(others, centres, limits, squares).select("centre", F.col("key").alias("other"))
    itself = centres.select(F.col("key").alias("centre"), F.col("key").alias("other"))
    return foes.join(near.unionByName(itself), on="other", how="inner").select("key", "centre")


def _comparer(limits: Limits) -> Any:
    def passing(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for pairs in (batch for batch in batches if len(batch)):
            compared = compare(features(pairs, "left_"), features(pairs, "right_"), limits)
            yield pd.DataFrame(
                {
                    "turn": pairs["left_turn"],
                    "key": pairs["right_key"],
                    "centre": pairs["left_key"],
                    "distance": compared.distance,
                    "colour_difference": compared.colour_difference,
                    "reason": compared.reason,
                }
            )[compared.verdict == DUPLICATE]

    return passing
