"""A pair that spans a family is one of few: every two members that pass are connected by such pairs, through others.

A family is what `hot_buckets` would have to compare each with each: 1,200 re-encodings of one photograph are 719,400
true pairs. No clique is written. Its members are first gathered around centres (`centres.choose`: each joins the first
earlier centre that it passes against), which gives each of them one verified pair. Then the centres are held against
each other, and their members where these may pass (`family_pairs`).

Of the pairs of centres that do not pass, the nearest of each is kept, to be seen; their number is the square of a
family.
"""

from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame, Observation, Window
from pyspark.sql import functions as F

from dedup_spark.comparing import centres
from dedup_spark.comparing.verdict import WORDS, Limits, stable_words
from dedup_spark.pairs import family_pairs

ORDER = ("pixels", "bytes")


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

    Raises `GateFailed` when more than `budget` pairs of members would have to be compared: around centres, or of two
    centres. Cost: about 10 µs each.
    """
    key = F.concat_ws("/", "family", "content")
    members = scratch.cut(members.withColumn("key", key), "members")
    spread = scratch.cut(_spread(members, limits, members_per_task, budget, scratch, squares, apart), "spread")
    seen = Observation()
    held = family_pairs.hold(_centres(spread), limits, members_per_task, tossed)
    held = scratch.cut(held.observe(seen, F.count(F.when(F.col("passing"), 1)).alias("open")), "held")
    joined = spread.where((F.col("key") != F.col("centre")) & (F.lit(not tossed) | (F.col("unstable_channels") != 0)))
    found = [joined.select("content", "centre_content"), _nearest(held)]
    if seen.get["open"]:
        found.append(family_pairs.connect(spread, held, limits, members_per_task, budget, scratch, squares, apart))
    return reduce(DataFrame.union, found).toDF("left", "right").distinct()


def _nearest(held: DataFrame) -> DataFrame:
    """Of each centre the nearest one before it whose hash is near."""
    nearest = F.min_by(F.struct("left_content", "right_content"), F.struct("colour", "bits", "left"))
    return held.where("near").groupBy("right").agg(nearest.alias("pair")).select("pair.*")


def _spread(
    members: DataFrame,
    limits: Limits,
    members_per_task: int,
    budget: int,
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
    choices = centres.choose(grouped, order, limits.of_whole(), members_per_task, scratch, shown, foes, budget)
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
