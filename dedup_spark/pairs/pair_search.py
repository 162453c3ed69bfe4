"""A verified pair is two contents that some search, or a person, brought together, with the verdict on them.

Three searches bring pictures together: equal hashes, near hashes, and near channels where a hash is a coin toss. Each
runs over representatives only: a picture that is none has one pair, to its representative. Where a search meets a
family, it gives the pairs that span it (`families`) in place of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from dedup_spark import candidate_pairs, duplicate_pairs
from dedup_spark.bands import banding
from dedup_spark.bands.banding import Plan
from dedup_spark.bands.pricing import Priced
from dedup_spark.comparing.verdict import ALL_CHANNELS, CHANNELS, Limits
from dedup_spark.errors import BadInput
from dedup_spark.pairs import families, near_pairs
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.searches import Search
from dedup_spark.people import judged
from dedup_spark.settings import Settings
from dedup_spark.storage import Scratch

GROUPS = "groups"
"""The column of a picture that names all the groups that show it."""


@dataclass(frozen=True)
class Pool:
    """What every search needs: pictures and squares, limits and settings, where to cut, people's word, and the columns
    that two pictures agree on.
    """

    pictures: DataFrame
    squares: DataFrame
    limits: Limits
    settings: Settings
    scratch: Scratch
    judgements: DataFrame | None
    within: tuple[str, ...]


@dataclass(frozen=True)
class Searched:
    """The pairs, as `tables.DUPLICATE_PAIRS`; the families that some of them span: how many, how large.

    near: the search by bands, and how many representatives it was for.
    """

    pairs: DataFrame
    families: dict[str, int]
    near: Near
    representatives: int

    def said(self, priced: Priced, cores: int | None) -> dict[str, Any]:
        """What run.json says of the search: who carried it and why, what it was to cost beside what it did."""
        near, seconds = self.near, priced.core_seconds(self.near.carrier)
        predicted: dict[str, Any] = {
            "hashes": priced.images,
            "rows": priced.rows,
            "bytes": priced.bytes,
            "candidates": priced.candidates,
            "largest_bucket": priced.largest_bucket,
            "seconds": round(seconds / cores, 3) if cores else None,
        }
        actual: dict[str, Any] = {
            "hashes": self.representatives,
            "rows": self.representatives * len(priced.plan.bands),
            "candidates": near.candidates,
            "largest_bucket": near.largest_bucket,
            "seconds": round(near.seconds, 3),
        }
        return {"carrier": near.carrier, "why": near.why, "predicted": predicted, "actual": actual}


def among(
    pictures: DataFrame,
    squares: DataFrame,
    limits: Limits,
    settings: Settings,
    scratch: Scratch,
    judgements: DataFrame | None = None,
    groups: DataFrame | None = None,
    plan: Plan | None = None,
) -> Searched:
    """The pairs of one table of pictures, by this plan; None: that of the threshold.

    `pictures` comes from `fingerprints.distinct_pictures`, `squares` from `fingerprints.squares`. `judgements` are the
    judged pairs (`judged`), which are pairs whatever the search finds; None: nobody said anything.

    groups: `content` and columns that two pictures agree on, a row for each group that shows a picture: only pictures
    with a group in common are compared, and a picture without one with none. None: all are.

    Raises `GateFailed` when the families would take more comparisons than [candidate_pairs] family_budget.
    """
    within = () if groups is None else tuple(name for name in groups.columns if name != "content")
    pool = Pool(pictures, squares, limits, settings, scratch, judgements, within)
    showing = pictures.where(~F.col("low_information") & (F.col("unstable_channels") != ALL_CHANNELS))
    if groups is not None:
        every = F.to_json(F.sort_array(F.collect_set(F.struct(*within))))
        showing = showing.join(groups.groupBy("content").agg(every.alias(GROUPS)), on="content", how="inner")
    at_once, alike = settings.duplicate_sets.round, [GROUPS] if within else []
    choices, _ = scratch.keep(
        "choices", lambda: duplicate_pairs.represent(showing, limits, at_once, scratch, squares, judgements, alike)
    )
    standing = duplicate_pairs.representatives(showing, choices)
    standing = standing if groups is None else standing.join(groups, on="content", how="inner")
    seen = Observation()
    told = standing.observe(seen, F.count(F.when(F.col("unstable_channels") != 0, 1)).alias("tossed"))
    standing = scratch.cut(told, "standing")
    near = by_hash(standing, pool, plan or banding.plan(limits.max_distance))
    searches = [near, by_channel(standing, pool)] if seen.get["tossed"] else [near]
    met = reduce(DataFrame.unionByName, (found.pairs for found in searches), duplicate_pairs.of_one_hash(choices))
    met = met.distinct() if within else met  # two pictures meet in each group that shows both
    pairs = duplicate_pairs.verify(judged.with_judged(met, judgements), pictures, limits, squares, judgements)
    families = _counted([found.families for found in searches if found.families is not None])
    return Searched(pairs, families, near, scratch.rows("standing"))


def groups(offers: DataFrame, images: DataFrame, columns: Sequence[str]) -> DataFrame | None:
    """`content` and `within_0`, `within_1` ...: the values of these columns, a row for each offer's that shows it.

    `offers` is `tables.CATALOGUE`, `images` has `image` and `content`. Small and capital letters are one. An offer that
    lacks a value is of no group: nobody knows which it belongs to. Without columns there are no groups: None.
    """
    if not columns:
        return None
    texts = {
        f"within_{place}": F.lower(F.trim(F.col("row")[name].cast("string"))) for place, name in enumerate(columns)
    }
    values = [F.when(text != "", text).alias(name) for name, text in texts.items()]
    shown = offers.where(F.col("status").isin("ok", "same_row")).join(images, on="image", how="inner")
    return shown.select("content", *values).dropna().distinct()


def check(columns: Sequence[str], within: Sequence[str]) -> None:
    """Raises `BadInput` for a column of [candidate_pairs] within that the catalogue, whose columns these are, lacks."""
    for name in within:
        if name not in columns:
            raise BadInput(f"[candidate_pairs] within names {name!r}, which the catalogue lacks: {', '.join(columns)}")


def by_hash(standing: DataFrame, pool: Pool, plan: Plan) -> Near:
    """The representatives whose hashes are near, but for those whose hash is a coin toss in a channel."""
    hashes = duplicate_pairs.hashes(duplicate_pairs.enters_search(standing), pool.within)
    return _with_families(_search(pool, plan, hashes, None, pool.within), pool, tossed=False)


def by_channel(standing: DataFrame, pool: Pool) -> Near:
    """The representatives whose hash is a coin toss in a channel, among themselves and with others; each pair once."""
    plan = banding.plan(pool.limits.channel_distance(), channels=1)
    tables = duplicate_pairs.tossed(standing), standing
    tossed, shown = (duplicate_pairs.channels(rows, pool.within) for rows in tables)
    found = _search(pool, plan, tossed, shown, [duplicate_pairs.CHANNEL, *pool.within])
    both = _with_families(found, pool, tossed=True)
    ordered = both.pairs.select(F.least("left", "right").alias("left"), F.greatest("left", "right").alias("right"))
    return replace(both, pairs=ordered.distinct())  # two tossed ones meet in either order, any two channel by channel


def between(wanted: DataFrame, known: DataFrame, limits: Limits) -> DataFrame:
    """`left` (of `wanted`), `right` (of `known`): the contents of two tables of pictures that may be near."""
    ours, theirs = (duplicate_pairs.hashes(duplicate_pairs.enters_search(pictures)) for pictures in (wanted, known))
    plan = banding.plan(limits.max_distance)
    whole = near_pairs.within(candidate_pairs.find(ours, theirs, plan, same=False), plan)
    plan, groups = banding.plan(limits.channel_distance(), channels=1), [duplicate_pairs.CHANNEL]
    ours, theirs = (duplicate_pairs.channels(pictures.where(~F.col("low_information"))) for pictures in (wanted, known))
    by_channels = near_pairs.within(candidate_pairs.find(ours, theirs, plan, same=False, groups=groups), plan)
    return whole.unionByName(by_channels).distinct()


def _search(pool: Pool, plan: Plan, left: DataFrame, right: DataFrame | None, groups: Sequence[str]) -> Near:
    chosen = pool.settings.candidate_pairs
    name = "near" if right is None else "near-channels"
    search = Search(left, right, plan, groups, chosen.max_bucket, chosen.shuffle_bytes, pool.within, name)
    rows = pool.scratch.rows("standing") * (1 if right is None else 1 + CHANNELS)
    return near_pairs.find(search, rows, pool.scratch, chosen, pool.settings.components)


def _with_families(met: Near, pool: Pool, tossed: bool) -> Near:
    """Those pairs, and beside them the pairs that span the families."""
    if met.families is None:
        return met
    members = pool.pictures.join(met.families.withColumnRenamed("key", "content"), on="content", how="inner")
    spanning = families.span(
        members,
        pool.limits,
        pool.settings.duplicate_sets.round,
        pool.settings.candidate_pairs.family_budget,
        pool.scratch,
        pool.squares,
        judged.apart(pool.judgements),
        tossed,
    )
    return replace(met, pairs=met.pairs.unionByName(spanning))


def _counted(found: Sequence[DataFrame]) -> dict[str, int]:
    """What run.json says of the families: how many, how many members, the size of the largest."""
    sizes = [
        rows.groupBy("family").count().agg(F.count("*"), F.sum("count"), F.max("count")).collect()[0] for rows in found
    ]
    return {
        "count": sum(row[0] for row in sizes),
        "members": sum(row[1] for row in sizes),
        "largest": max((row[2] for row in sizes), default=0),
    }
