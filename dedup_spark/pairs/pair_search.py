"""A verified pair is two contents that some search, or a person, brought together, with the verdict on them.

Four searches bring pictures together: equal hashes, near hashes, near channels where a hash is a coin toss, and near
views. Each runs over representatives only: a picture that is none has one pair, to its representative. Where a search
meets a family, it gives the pairs that span it (`families`) in place of all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import candidate_pairs, duplicate_pairs
from dedup_spark.bands import banding
from dedup_spark.bands.banding import Plan
from dedup_spark.bands.pricing import Priced
from dedup_spark.comparing.verdict import ALL_CHANNELS, Limits
from dedup_spark.errors import BadInput
from dedup_spark.pairs import families, near_hashes, near_pairs, near_views, pool, searched
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.pool import Pool
from dedup_spark.pairs.searched import Known
from dedup_spark.pairs.searches import BY_CHANNEL, BY_HASH, BY_VIEW
from dedup_spark.people import judged
from dedup_spark.settings import Settings
from dedup_spark.storage import Scratch

GROUPS = "groups"
"""The column of a picture that names all the groups that show it."""


@dataclass(frozen=True)
class Searched:
    """The pairs, as `tables.DUPLICATE_PAIRS`; the families that some of them span: how many, how large.

    searches: by name; the first one is that by whole hashes. counts: the rows that are new and known, the hashes that
    are gone. What the next run knows by it: `near_hashes`, `searched`, and `near_views` where views are compared.
    """

    pairs: DataFrame
    families: dict[str, int]
    searches: dict[str, Near]
    counts: dict[str, int]
    near_hashes: DataFrame
    searched: DataFrame
    near_views: DataFrame | None

    def reused(self) -> dict[str, Any]:
        """What run.json says of the pairs that were known: hashes, pairs, and what had to be compared."""
        met = self.searches.values()
        recalled, compared = sum(near.recalled for near in met), sum(near.compared for near in met)
        return {"hashes": self.counts, "pairs": recalled, "compared": compared}

    def said(self, priced: Priced, cores: int | None, name: str = BY_HASH) -> dict[str, Any]:
        """What run.json says of a search: who carried it and why, what it was to cost beside what it did."""
        near = self.searches[name]
        seconds = priced.core_seconds(near.carrier)
        predicted: dict[str, Any] = {
            "hashes": priced.images,
            "rows": priced.rows,
            "bytes": priced.bytes,
            "candidates": priced.candidates,
            "largest_bucket": priced.largest_bucket,
            "seconds": round(seconds / cores, 3) if cores else None,
        }
        actual: dict[str, Any] = {
            "hashes": near.rows,
            "rows": near.rows * len(priced.plan.bands),
            "candidates": near.candidates,
            "compared": near.compared,
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
    known: Known | None = None,
) -> Searched:
    """The pairs of one table of pictures, by this plan; None: that of the threshold.

    `pictures` comes from `fingerprints.distinct_pictures`, `squares` from `fingerprints.squares`. `judgements` are the
    judged pairs (`judged`), which are pairs whatever the search finds; None: nobody said anything.

    groups: `content` and columns that two pictures agree on, a row for each group that shows a picture: only pictures
    with a group in common are compared, and a picture without one with none. None: all are.

    known: what the run before found out; the pairs are the same without.

    Raises `GateFailed` when the families would take more comparisons than [candidate_pairs] family_budget.
    """
    within = () if groups is None else tuple(name for name in groups.columns if name != "content")
    shared = Pool(pictures, squares, limits, settings, scratch, judgements, within, known)
    showing = pictures.where(~F.col("low_information") & (F.col("unstable_channels") != ALL_CHANNELS))
    if groups is not None:
        every = F.to_json(F.sort_array(F.collect_set(F.struct(*within))))
        showing = showing.join(groups.groupBy("content").agg(every.alias(GROUPS)), on="content", how="inner")
    at_once, alike = settings.duplicate_sets.round, [GROUPS] if within else []
    choices, _ = scratch.keep(
        "choices", lambda: duplicate_pairs.represent(showing, limits, at_once, scratch, squares, judgements, alike)
    )
    representatives = duplicate_pairs.representatives(showing, choices)
    if groups is not None:
        representatives = representatives.join(groups, on="content", how="inner")
    standing = pool.stand(representatives, shared)
    plan = plan or banding.plan(limits.max_distance)
    found = {BY_HASH: pool.by_hash(standing, shared, plan)}
    if standing.tossed:
        found[BY_CHANNEL] = pool.by_channel(standing, shared)
    hashes = near_hashes.rows({name: near.pairs for name, near in found.items()})
    if limits.views:
        found[BY_VIEW] = near_views.find(standing, shared, plan)
    spanned = [_with_families(near, name, shared) for name, near in found.items()]
    met = reduce(DataFrame.unionByName, spanned, duplicate_pairs.of_one_hash(choices))
    met = _once(met) if within or len(found) > 1 else met  # two pictures meet in each group that shows both
    pairs = duplicate_pairs.verify(judged.with_judged(met, judgements), pictures, limits, squares, judgements)
    families = {name: near.families for name, near in found.items() if near.families is not None}
    in_families = {name: near_views.pictures(rows) if name == BY_VIEW else rows for name, rows in families.items()}
    return Searched(
        pairs,
        _counted(list(families.values())),
        found,
        standing.counts(),
        hashes,
        searched.rows(standing.rows, in_families, within),
        found[BY_VIEW].pairs if limits.views else None,
    )


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


def between(wanted: DataFrame, known: DataFrame, limits: Limits) -> DataFrame:
    """`left` (of `wanted`), `right` (of `known`): the contents of two tables of pictures that may be near."""
    ours, theirs = (duplicate_pairs.hashes(duplicate_pairs.enters_search(pictures)) for pictures in (wanted, known))
    plan = banding.plan(limits.max_distance)
    whole = near_pairs.within(candidate_pairs.find(ours, theirs, plan, same=False), plan)
    plan, groups = banding.plan(limits.channel_distance(), channels=1), [duplicate_pairs.CHANNEL]
    ours, theirs = (duplicate_pairs.channels(pictures.where(~F.col("low_information"))) for pictures in (wanted, known))
    by_channels = near_pairs.within(candidate_pairs.find(ours, theirs, plan, same=False, groups=groups), plan)
    found = whole.unionByName(by_channels).select("left", "right")
    if limits.views:
        found = found.unionByName(near_views.between(wanted, known, limits))
    return found.distinct()


def _with_families(met: Near, name: str, shared: Pool) -> DataFrame:
    """Those pairs, and beside them the pairs that span the families."""
    pairs = met.pairs.select("left", "right")
    if met.families is None:
        return pairs
    squares, apart = shared.squares, judged.apart(shared.judgements)
    if name == BY_VIEW:
        members = near_views.members(met.families, shared.pictures, shared.squares, shared.limits)
        members = shared.scratch.cut(members, "views of families")
        squares, apart = members.select("content", "square").distinct(), near_views.apart(members, apart)
        members = members.drop("square")
    else:
        members = shared.pictures.join(met.families.withColumnRenamed("key", "content"), on="content", how="inner")
    spanning = families.span(
        members,
        shared.limits,
        shared.settings.duplicate_sets.round,
        shared.settings.candidate_pairs.family_budget,
        shared.scratch,
        squares,
        apart,
        tossed=name == BY_CHANNEL,
    )
    return pairs.unionByName(near_views.of_pictures(spanning) if name == BY_VIEW else spanning)


def _once(pairs: DataFrame) -> DataFrame:
    ordered = F.least("left", "right").alias("left"), F.greatest("left", "right").alias("right")
    return pairs.select(*ordered).distinct()


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
