"""A pool is the pictures among which pairs are searched, and what every search of it needs.

Two searches look through it: by whole hashes, and by the channels of those that are a coin toss. What the run before
knows (`searched`) is not compared again: its pairs are those of `near_hashes`. Plan, buckets and families are of all
pictures of today, so that the pairs are those of a search that knows nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import pyarrow as pa
from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from dedup_spark import duplicate_pairs, tables
from dedup_spark.bands import banding
from dedup_spark.bands.banding import Plan
from dedup_spark.candidate_pairs import KNOWN
from dedup_spark.comparing import centres
from dedup_spark.comparing.verdict import CHANNELS, Limits
from dedup_spark.pairs import near_hashes, near_pairs, on_driver, searched
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.searched import Known
from dedup_spark.pairs.searches import BY_CHANNEL, BY_HASH, Search
from dedup_spark.settings import Settings
from dedup_spark.spark import session
from dedup_spark.spark.carriers import CLUSTER, DRIVER
from dedup_spark.storage import Scratch


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
    within: tuple[str, ...] = ()
    known: Known | None = None


@dataclass(frozen=True)
class Standing:
    """The representatives, a row for each of their groups, marked with what is known of them.

    tossed: rows whose hash is a coin toss in a channel. known: those that are known in the search that is for them.
    gone: hashes of the run before that no row has any more. repeated: `hash_key` of known ones that several rows have.
    more: those that fewer had in the run before. marked: the rows on the driver, where it has marked them.
    """

    rows: DataFrame
    count: int
    tossed: int
    known: int = 0
    gone: int = 0
    repeated: DataFrame | None = None
    more: int = 0
    marked: pa.Table | None = None

    def counts(self) -> dict[str, int]:
        """How many rows are new and known today, and how many hashes are gone."""
        return {"new": self.count - self.known, "known": self.known, "gone": self.gone}


def stand(representatives: DataFrame, pool: Pool) -> Standing:
    """The rows of a pool that are searched: pictures that stand for themselves, as they are cut for it."""
    seen, tossed = Observation(), F.count_if(F.col("unstable_channels") != 0).alias("tossed")
    views = centres.VIEW_FEATURES if pool.limits.views else ()
    rows = representatives.select("content", *searched.HASH, *views, "low_information", *pool.within)
    cut, count = pool.scratch.cut(rows.observe(seen, tossed), "standing"), pool.scratch.rows("standing")
    found = Standing(cut, count, **seen.get)
    if pool.known is None:
        return found
    chosen, memory = pool.settings.candidate_pairs, session.memory()
    carrier, _ = near_pairs.choose(count + pool.known.rows, memory, session.is_connect(pool.scratch.spark), chosen)
    return (_by_driver if carrier == DRIVER else _by_cluster)(found, pool, pool.known)


def _by_driver(standing: Standing, pool: Pool, known: Known) -> Standing:
    """The rows, marked with what is known of them."""
    found = on_driver.mark(pool.scratch.read_arrow("standing"), known.on_driver(tables.SEARCHED.name), pool.within)
    repeated = pool.scratch.put_arrow(found.repeated, "repeated")
    rows = pool.scratch.put_arrow(found.rows, "standing")
    return replace(standing, rows=rows, marked=found.rows, repeated=repeated, **found.counts)


def _by_cluster(standing: Standing, pool: Pool, known: Known) -> Standing:
    """The same for any number of rows."""
    live, seen = F.col("content").isNotNull(), Observation()
    rows = searched.mark(standing.rows, known.searched, pool.within)
    whole, channels = (F.col(searched.KNOWN_IN[name]) for name in (BY_HASH, BY_CHANNEL))
    told = F.when(F.col("unstable_channels") != 0, channels).otherwise(whole)
    counts = F.count_if(live & told).alias("known"), F.count_if(~live).alias("gone")
    rows = pool.scratch.cut(rows.observe(seen, *counts).where(live), "standing")
    return _with_repeated(replace(standing, rows=rows, **seen.get), pool)


def _with_repeated(standing: Standing, pool: Pool) -> Standing:
    """Known hashes that several rows have: few, and found by numbers alone."""
    known, seen = reduce(Column.__or__, map(F.col, searched.KNOWN_IN.values())), Observation()
    counts = F.count("*").alias("rows"), F.max(searched.STOOD).alias(searched.STOOD)
    repeated = standing.rows.where(known).groupBy(searched.KEY).agg(*counts).where(F.col("rows") > 1)
    told = repeated.observe(seen, F.count_if(F.col("rows") > F.col(searched.STOOD)).alias("more"))
    return replace(standing, repeated=pool.scratch.cut(told, "repeated"), **seen.get)


def by_hash(standing: Standing, pool: Pool, plan: Plan) -> Near:
    """The representatives whose hashes are near, but for those whose hash is a coin toss in a channel."""
    rows = searched.known_in(duplicate_pairs.enters_search(standing.rows), BY_HASH)
    hashes = duplicate_pairs.hashes(rows, _carried(pool))
    calm = _calm(standing, pool, plan)
    found = search(pool, BY_HASH, plan, hashes, None, pool.within, standing.count, calm is not None)
    if calm is not None and found.carrier == CLUSTER:  # it has looked at the buckets with a new row only
        found = replace(found, largest_bucket=max(found.largest_bucket, calm))
    stable = {f"{side}_unstable_channels": F.lit(0) for side in near_hashes.SIDES}
    found = replace(found, pairs=found.pairs.withColumns(stable))
    return _recalled(found, BY_HASH, rows, rows, standing, pool, pool.limits.max_distance)


def by_channel(standing: Standing, pool: Pool) -> Near:
    """The representatives whose hash is a coin toss in a channel, among themselves and with others: two tossed ones
    meet in either order, any two channel by channel.
    """
    most = pool.limits.channel_distance()
    rows = searched.known_in(standing.rows, BY_CHANNEL)
    sides = duplicate_pairs.tossed(rows), rows
    asked, shown = (duplicate_pairs.channels(side, _carried(pool)) for side in sides)
    groups = [duplicate_pairs.CHANNEL, *pool.within]
    count = standing.count * (1 + CHANNELS)
    found = search(pool, BY_CHANNEL, banding.plan(most, channels=1), asked, shown, groups, count)
    whole = near_hashes.with_hashes(found.pairs.select(*near_hashes.SIDES), pool.pictures)
    return _recalled(replace(found, pairs=whole), BY_CHANNEL, *sides, standing, pool, most)


def _carried(pool: Pool) -> list[str]:
    """The columns of a picture that its hash is searched with."""
    return [*pool.within, *([] if pool.known is None else [KNOWN])]


def _calm(standing: Standing, pool: Pool, plan: Plan) -> int | None:
    """How many rows a bucket without a new one has at most, where that is no crowd; None: there may be crowds.

    All its rows were in it in the run before, if the plan was the same and no hash has more rows than it had then.
    """
    known, most = pool.known, pool.settings.candidate_pairs.max_bucket
    calm = known is not None and known.plan == str(plan) and known.largest_bucket <= most and not standing.more
    return known.largest_bucket if known is not None and calm else None


def search(
    pool: Pool,
    name: str,
    plan: Plan,
    left: DataFrame,
    right: DataFrame | None,
    groups: Sequence[str],
    count: int,
    calm: bool = False,
) -> Near:
    """The near pairs of tables with so many rows, as the pool's settings say."""
    chosen = pool.settings.candidate_pairs
    asked = Search(left, right, plan, groups, chosen.max_bucket, chosen.shuffle_bytes, pool.within, name, calm)
    return near_pairs.find(asked, count, pool.scratch, chosen, pool.settings.components)


def _recalled(
    found: Near, name: str, asked: DataFrame, shown: DataFrame, standing: Standing, pool: Pool, most: int
) -> Near:
    """Those pairs, and beside them the ones that were known."""
    if pool.known is None or standing.repeated is None:
        return found
    if standing.marked is not None:
        families = None if found.families is None else pool.scratch.read_arrow("families")
        facts = pool.known.on_driver(tables.NEAR_HASHES.name)
        recalled = on_driver.recall(facts, standing.marked, name, most, families, pool.within)
        pairs = pool.scratch.put_arrow(recalled, "recalled")
    else:
        near = pool.known.near_hashes.where((F.col("search") == name) & (F.col("distance") <= most))
        rows = asked.where(KNOWN), shown.where(KNOWN), standing.repeated
        pairs = pool.scratch.cut(near_hashes.recall(near, *rows, found.families, pool.within), "recalled")
    return replace(found, pairs=found.pairs.unionByName(pairs), recalled=pool.scratch.rows("recalled"))
