"""A verified pair is two contents that some search, or a person, brought together, with the verdict on them.

Three searches bring pictures together: equal hashes, near hashes, and near channels where a hash is a coin toss. Each
runs over representatives only: a picture that is none has one pair, to its representative. Where a search meets a
family, it gives the pairs that span it (`families`) in place of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import banding, candidate_pairs, duplicate_pairs, families, hot_buckets, judged
from dedup_spark.banding import Plan
from dedup_spark.errors import BadInput
from dedup_spark.hot_buckets import Search
from dedup_spark.settings import Settings
from dedup_spark.storage import Scratch
from dedup_spark.verdict import ALL_CHANNELS, Limits

GROUPS = "groups"
"""The column of a picture that names all the groups that show it."""


@dataclass(frozen=True)
class Work:
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
class Met:
    """`left`, `right`: contents; and the families among them as `families` and their members, None: there are none."""

    pairs: DataFrame
    families: DataFrame | None


@dataclass(frozen=True)
class Searched:
    """The pairs, as `tables.DUPLICATE_PAIRS`, and the families that some of them span: how many, how large."""

    pairs: DataFrame
    families: dict[str, int]


def among(
    pictures: DataFrame,
    squares: DataFrame,
    limits: Limits,
    settings: Settings,
    scratch: Scratch,
    judgements: DataFrame | None = None,
    groups: DataFrame | None = None,
) -> Searched:
    """The pairs of one table of pictures.

    `pictures` comes from `fingerprints.distinct_pictures`, `squares` from `fingerprints.squares`. `judgements` are the
    judged pairs (`judged`), which are pairs whatever the search finds; None: nobody said anything.

    groups: `content` and columns that two pictures agree on, a row for each group that shows a picture: only pictures
    with a group in common are compared, and a picture without one with none. None: all are.

    Raises `GateFailed` when the families would take more comparisons than [candidate_pairs] family_budget.
    """
    within = () if groups is None else tuple(name for name in groups.columns if name != "content")
    work = Work(pictures, squares, limits, settings, scratch, judgements, within)
    showing = pictures.where(~F.col("low_information") & (F.col("unstable_channels") != ALL_CHANNELS))
    if groups is not None:
        every = F.to_json(F.sort_array(F.collect_set(F.struct(*within))))
        showing = showing.join(groups.groupBy("content").agg(every.alias(GROUPS)), on="content", how="inner")
    at_once, alike = settings.duplicate_sets.round, [GROUPS] if within else []
    chosen = duplicate_pairs.represent(showing, limits, at_once, scratch, squares, judgements, alike)
    choices = scratch.cut(chosen, "choices")
    standing = duplicate_pairs.representatives(showing, choices)
    standing = scratch.cut(standing if groups is None else standing.join(groups, on="content", how="inner"), "standing")
    searches = [by_hash(standing, work), by_channel(standing, work)]
    met = reduce(DataFrame.unionByName, (found.pairs for found in searches), duplicate_pairs.of_one_hash(choices))
    met = met.distinct() if within else met  # two pictures meet in each group that shows both
    pairs = duplicate_pairs.verify(judged.with_judged(met, judgements), pictures, limits, squares, judgements)
    return Searched(pairs, _counted([found.families for found in searches if found.families is not None]))


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


def by_hash(standing: DataFrame, work: Work) -> Met:
    """The representatives whose hashes are near, but for those whose hash is a coin toss in a channel."""
    plan, within = banding.plan(work.limits.max_distance), work.within
    hashes = duplicate_pairs.hashes(duplicate_pairs.enters_search(standing), within)
    found = _search(work, plan, standing, hashes, None, within)
    met = _written(work, [duplicate_pairs.of_hashes(near, work.limits) for near in found.pairs])
    return _with_families(met, found.families, work, tossed=False)


def by_channel(standing: DataFrame, work: Work) -> Met:
    """The representatives whose hash is a coin toss in a channel, among themselves and with others; each pair once."""
    plan, within = banding.plan(work.limits.channel_distance(), channels=1), work.within
    if duplicate_pairs.tossed(standing).isEmpty():  # as in most catalogues: then nothing is counted or shuffled
        none = standing.where(F.lit(False))
        return Met(none.select(F.col("content").alias("left"), F.col("content").alias("right")), None)
    tossed, shown = (duplicate_pairs.channels(those, within) for those in (duplicate_pairs.tossed(standing), standing))
    found = _search(work, plan, standing, tossed, shown, [duplicate_pairs.CHANNEL, *within])
    met = _written(work, [duplicate_pairs.of_channels(near, work.limits) for near in found.pairs])
    both = _with_families(met, found.families, work, tossed=True)
    ordered = both.pairs.select(F.least("left", "right").alias("left"), F.greatest("left", "right").alias("right"))
    return Met(ordered.distinct(), both.families)  # two tossed ones meet in either order, any two channel by channel


def between(wanted: DataFrame, known: DataFrame, limits: Limits) -> DataFrame:
    """`left` (of `wanted`), `right` (of `known`): the contents of two tables of pictures that may be near."""
    ours, theirs = (duplicate_pairs.hashes(duplicate_pairs.enters_search(pictures)) for pictures in (wanted, known))
    near = candidate_pairs.find(ours, theirs, banding.plan(limits.max_distance), same=False)
    plan, groups = banding.plan(limits.channel_distance(), channels=1), [duplicate_pairs.CHANNEL]
    ours, theirs = (duplicate_pairs.channels(pictures.where(~F.col("low_information"))) for pictures in (wanted, known))
    by_channels = candidate_pairs.find(ours, theirs, plan, same=False, groups=groups)
    whole = duplicate_pairs.of_hashes(near, limits)
    return whole.unionByName(duplicate_pairs.of_channels(by_channels, limits)).distinct()


def _search(
    work: Work, plan: Plan, standing: DataFrame, left: DataFrame, right: DataFrame | None, groups: Sequence[str]
) -> hot_buckets.Found:
    chosen = work.settings.candidate_pairs
    search = Search(left, right, plan, groups, chosen.max_bucket, chosen.shuffle_bytes, work.within)
    return hot_buckets.find(search, work.scratch, work.settings.components, standing.count())


def _written(work: Work, parts: Sequence[DataFrame]) -> DataFrame:
    """The pairs of several searches, each written before the next begins."""
    parts = [work.scratch.cut(part, "met") for part in parts] if len(parts) > 1 else parts
    return reduce(DataFrame.unionByName, parts)


def _with_families(met: DataFrame, found: DataFrame | None, work: Work, tossed: bool) -> Met:
    """Those pairs, and beside them the pairs that span the families."""
    if found is None:
        return Met(met, None)
    members = work.pictures.join(found.withColumnRenamed("key", "content"), on="content", how="inner")
    spanning = families.span(
        members,
        work.limits,
        work.settings.duplicate_sets.round,
        work.settings.candidate_pairs.family_budget,
        work.scratch,
        work.squares,
        judged.apart(work.judgements),
        tossed,
    )
    return Met(met.unionByName(work.scratch.cut(spanning, "spanning")), found)


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
