"""A near view pair is two pictures of which a view of one is near a view of the other, whatever the whole ones are.

Each view is a row of the search, once for each ruler that it is a mark of (`view_pairs`), and two rows of two pictures
make these a pair, once, through however many views they meet. Which of them it was, and whether they pass, `verify`
finds out.

What the next run knows of it is by the pictures' contents, not by their hashes: a row would be as long as its views.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark import candidate_pairs
from dedup_spark.bands import banding
from dedup_spark.bands.banding import Plan
from dedup_spark.candidate_pairs import FAMILY, KNOWN
from dedup_spark.comparing import packed, words
from dedup_spark.comparing.centres import VIEW_FEATURES
from dedup_spark.comparing.verdict import WORDS, Limits
from dedup_spark.comparing.view_pairs import ViewPairs
from dedup_spark.images import colour
from dedup_spark.pairs import near_pairs
from dedup_spark.pairs.near_hashes import SIDES
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.pool import Pool, Standing, search
from dedup_spark.pairs.searched import FOUND_IN, WITHIN, group
from dedup_spark.pairs.searches import BY_VIEW

RULER = "ruler"
"""Only views of one ruler meet: the group column of their search."""

_BETWEEN = " "


def find(standing: Standing, pool: Pool, plan: Plan) -> Near:
    """The pairs of pictures, `left` < `right`, that meet by views, those known included; families are of `key`s.

    A picture with a view in a family of today is searched afresh: which of its views is of one, no fact tells.
    """
    known = pool.known.near_views if pool.known else None
    rows = standing.rows
    if pool.known and known is not None:
        rows = pool.scratch.cut(marked(rows, pool.known.searched, pool.within), "standing")
    found = _search(rows, standing.count, pool, plan)
    if KNOWN in rows.columns and found.families is not None:
        rows = pool.scratch.cut(_without(rows, found.families), "standing")
        found = _search(rows, standing.count, pool, plan)
    pairs = of_pictures(found.pairs)
    recalled = 0
    if known is not None and KNOWN in rows.columns:
        again = pool.scratch.cut(recall(known, rows, pool.within), "recalled")
        recalled = pool.scratch.rows("recalled")
        pairs = pairs.unionByName(again).distinct()
    return replace(found, pairs=pool.scratch.cut(pairs, "near views"), recalled=recalled)


def _without(rows: DataFrame, families: DataFrame) -> DataFrame:
    """The rows, of which no member of a family is known."""
    members = families.select(content("key").alias("content"), F.lit(True).alias(FAMILY)).distinct()
    met = rows.join(members, on="content", how="left")
    return met.withColumn(KNOWN, F.col(KNOWN) & F.col(FAMILY).isNull()).drop(FAMILY)


def between(wanted: DataFrame, known: DataFrame, limits: Limits) -> DataFrame:
    """`left` (of `wanted`), `right` (of `known`): the contents of two tables of pictures that meet by views."""
    plan = banding.plan(limits.view_distance())

    def find(ours: DataFrame, theirs: DataFrame) -> DataFrame:
        return near_pairs.within(candidate_pairs.find(ours, theirs, plan, same=False, groups=[RULER]), plan)

    return _both_ways(wanted, known, limits, find)


def of_few(drawn: DataFrame, standing: DataFrame, limits: Limits) -> DataFrame:
    """The same for few pictures, each compared with all others."""

    def find(ours: DataFrame, theirs: DataFrame) -> DataFrame:
        one, two = F.broadcast(ours).alias("one"), theirs.alias("two")
        near = words.hamming(F.col("one.words"), F.col("two.words"), WORDS) <= limits.view_distance()
        met = one.join(two, on=(F.col(f"one.{RULER}") == F.col(f"two.{RULER}")) & near, how="inner")
        return met.select(F.col("one.key").alias("left"), F.col("two.key").alias("right"))

    return _both_ways(drawn, standing, limits, find)


def _both_ways(
    left: DataFrame, right: DataFrame, limits: Limits, find: Callable[[DataFrame, DataFrame], DataFrame]
) -> DataFrame:
    """The pairs of unlike pictures whose views are found: those of the left that are looked for, and of the right."""
    pairs = limits.views
    ways = [(pairs.probe, pairs.against), (pairs.against, pairs.probe)][: 1 if pairs.is_even() else 2]
    showing = [pictures.where(~F.col("low_information")) for pictures in (left, right)]
    met = [find(*(nodes(rows, names, pairs) for rows, names in zip(showing, way, strict=True))) for way in ways]
    return _named(reduce(DataFrame.unionByName, met)).distinct()


def _search(rows: DataFrame, count: int, pool: Pool, plan: Plan) -> Near:
    """All views with each other, or those that are looked for with those that they are looked for in."""
    pairs = pool.limits.views
    asked, shown = pairs.rows(pairs.probe), [] if pairs.is_even() else pairs.rows(pairs.against)
    carried = [*pool.within, *(name for name in rows.columns if name == KNOWN)]
    left, right = (nodes(rows, names, pairs, carried) for names in (pairs.probe, pairs.against))
    count *= len(asked) + len(shown)
    return search(pool, BY_VIEW, plan, left, right if shown else None, [RULER, *pool.within], count)


def nodes(pictures: DataFrame, names: Sequence[str], pairs: ViewPairs, carried: Sequence[str] = ()) -> DataFrame:
    """A row for each picture, each of these views that is usable, and each ruler that it is of: `key`, `words`, `ruler`
    and the columns carried along.
    """
    marks = [
        F.struct(F.lit(place).alias("view"), F.lit(ruler).alias(RULER), _words(place).alias("words"))
        for place, ruler in pairs.rows(names)
    ]
    rows = pictures.select("content", *carried, "usable_views", F.explode(F.array(*marks)).alias("one"))
    usable = rows.where(F.expr("usable_views & shiftleft(1L, one.view)") != 0)
    key = F.concat_ws(_BETWEEN, "content", "one.view").alias("key")
    return usable.select(key, *carried, f"one.{RULER}", "one.words")


def _words(view: int) -> Column:
    """The hash of the view at this place."""
    return F.slice("view_words", WORDS * (view - 1) + 1, WORDS) if view else F.col("words")


def content(name: str) -> Column:
    """The picture of a view that is so called."""
    return F.substring_index(name, _BETWEEN, 1)


def members(families: DataFrame, pictures: DataFrame, stored: DataFrame, limits: Limits) -> DataFrame:
    """The views that are of a family, as `families.span` takes members: each is a picture of its own, its `key` the
    `content`; beside that its `picture`, and its `square`. A view whose square is not known passes against none.
    """
    view = F.substring_index("key", _BETWEEN, -1).cast("int")
    named = families.withColumns({"picture": content("key"), "view": view}).withColumnRenamed("key", "content")
    shown = pictures.select("content", "pixels", "bytes", "words", *VIEW_FEATURES)
    met = named.join(shown.withColumnRenamed("content", "picture"), on="picture", how="inner")
    met = met.join(stored.withColumnRenamed("content", "picture"), on="picture", how="inner")
    names = F.array(*map(F.lit, limits.views.stored))
    words = F.expr(f"slice(view_words, (view - 1) * {WORDS} + 1, {WORDS})")
    facts = {
        "words": F.when(F.col("view") == 0, F.col("words")).otherwise(words),
        "unstable_channels": F.lit(0),
        "colour_signature": F.lit(bytes(colour.BYTES)),  # all of one colour: the second look compares those of views
        "square": packed.in_view("square", F.element_at(names, F.col("view") + 1)),
    }
    return met.where(F.col("square").isNotNull()).withColumns(facts).drop(*VIEW_FEATURES, "view")


def apart(members: DataFrame, pictures: DataFrame | None) -> DataFrame | None:
    """`key`, `other` of members, by those of the pictures that people keep apart."""
    if pictures is None:
        return None
    named = members.select("content", "picture").distinct()
    one, other = named.toDF("key_view", "key"), named.toDF("other_view", "other")
    met = one.join(F.broadcast(pictures), on="key", how="inner").join(other, on="other", how="inner")
    return met.select(F.col("key_view").alias("key"), F.col("other_view").alias("other"))


def pictures(families: DataFrame) -> DataFrame:
    """The families, the pictures of their members as `key`."""
    return families.withColumn("key", content("key"))


def of_pictures(pairs: DataFrame) -> DataFrame:
    """`left` < `right`: the pictures that meet in these pairs of views, each pair once, but for two whole ones."""
    named = _named(pairs)
    return named.select(F.least(*SIDES).alias("left"), F.greatest(*SIDES).alias("right")).distinct()


def _named(pairs: DataFrame) -> DataFrame:
    """The contents of pairs of views, `left` and `right`, but for two whole pictures and two views of one."""
    whole = reduce(and_, (F.col(side).endswith(f"{_BETWEEN}0") for side in SIDES))
    met = pairs.where(~whole).select(*(content(side).alias(side) for side in SIDES))
    return met.where(F.col("left") != F.col("right"))


def marked(standing: DataFrame, searched: DataFrame, within: Sequence[str]) -> DataFrame:
    """The rows with `known`: `tables.SEARCHED` of the run before has the picture, in the same group, in no family."""
    row = ["content", WITHIN]
    before = searched.where(FOUND_IN[BY_VIEW]).select(*row, F.lit(True).alias(KNOWN)).distinct()
    grouped = standing.withColumn(WITHIN, group(within))
    return grouped.join(before, on=row, how="left").drop(WITHIN).fillna(False, [KNOWN])


def recall(facts: DataFrame, rows: DataFrame, within: Sequence[str]) -> DataFrame:
    """`left`, `right`: the pairs of `tables.NEAR_VIEWS` that are both known today (`marked`), and of one group."""
    known = rows.where(KNOWN).select("content", *within)
    left, right = (known.withColumnRenamed("content", side) for side in SIDES)
    both = facts.join(left, on="left", how="inner").join(right, on=["right", *within], how="inner")
    return both.select(*SIDES).distinct()
