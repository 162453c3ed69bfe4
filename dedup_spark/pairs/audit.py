"""An audit is a sample of pictures compared with all others, to see whether the search missed a pair that passes.

The plan proves that it misses none, and `families` that what it does not list is connected; this looks at what came out
of both. The promise is about representatives: two of them that pass are in one component. So each pair of a sampled
one with any other one that passes is looked up among the components of the pairs that were found.
"""

from dataclasses import dataclass
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import duplicate_pairs
from dedup_spark.comparing import centres, words
from dedup_spark.comparing.centres import Cutter
from dedup_spark.comparing.verdict import ALL_CHANNELS, CHANNELS, DUPLICATE, WORDS, Limits, stable_words
from dedup_spark.pairs import near_views, tail

OTHERS = 64
"""Near pictures that a sampled one is compared with, at most, drawn by the hash of their contents: a member of a family
of a hundred thousand has as many.
"""

DEARER = 20
"""Of the sample so much less is compared by views: two pictures have a hundred pairs of them that may meet."""


@dataclass(frozen=True)
class Sample:
    """How many pictures are drawn, and by what: the smallest hashes of content and seed."""

    size: int
    seed: int


@dataclass(frozen=True)
class Audit:
    """What came out: pictures drawn, how many each was held against, pairs that pass, those that are not connected."""

    pictures: int
    against: int
    pairs: int
    missed: tuple[tuple[str, str], ...]

    def said(self) -> dict[str, float]:
        """What run.json says of it; `recall_at_least` is a one-sided bound of 95 % (Clopper and Pearson, 1934).

        >>> Audit(200, 1000, 30, ()).said()["recall_at_least"]
        0.905
        """
        lost = tail.share(len(self.missed), self.pairs)
        return {
            "pictures": self.pictures,
            "against": self.against,
            "pairs": self.pairs,
            "missed": len(self.missed),
            "recall": round(1 - lost.pairs, 3),
            "recall_at_least": round(1 - lost.most, 3),
        }


def compute(
    pictures: DataFrame,
    squares: DataFrame,
    pairs: DataFrame,
    components: DataFrame,
    sample: Sample,
    limits: Limits,
    scratch: Cutter,
    judgements: DataFrame | None = None,
    groups: DataFrame | None = None,
) -> Audit:
    """The audit of `pairs`, whose components have `node` and `component`; the other tables are those of `pair_search`.

    Cost: the representatives once more, sample times pictures, 10 ns each, without a shuffle of the pictures; by views
    some ten times as much.
    """
    standing = representatives(pictures, pairs)
    if groups is not None:
        standing = standing.join(groups.select("content").distinct(), on="content", how="left_semi")
    views = (*centres.VIEW_FEATURES, "low_information") if limits.views else ()
    standing = scratch.cut(standing.select("content", "words", "unstable_channels", *views), "audited")
    drawn = standing.orderBy(F.xxhash64("content", F.lit(sample.seed)), "content").limit(sample.size)
    near = _near(drawn, standing, limits)
    if limits.views:
        few = standing.orderBy(F.xxhash64("content", F.lit(sample.seed)), "content").limit(-(-sample.size // DEARER))
        near = near.unionByName(near_views.of_few(few, standing, limits)).distinct()
    near = _in_one_group(near, groups)
    verified = duplicate_pairs.verify(_few(near, sample.seed), pictures, limits, squares, judgements)
    passing = verified.where(F.col("verdict") == DUPLICATE).select("left_content", "right_content")
    found = [tuple(row) for row in _placed(passing, components).collect()]  # at most sample times OTHERS
    missed = tuple(sorted((left, right) for left, right, together in found if not together))
    against = standing.count()
    return Audit(min(sample.size, against), against, len(found), missed)


def representatives(pictures: DataFrame, pairs: DataFrame) -> DataFrame:
    """The pictures that the search is about: those that no earlier picture of their hash stands for."""
    facts = F.struct(-F.col("pixels"), -F.col("bytes"), "content", "phash", "unstable_channels")
    known = pictures.select("content", facts.alias("facts"))
    same = pairs.where((F.col("distance") == 0) & (F.col("verdict") == DUPLICATE))
    left, right = (known.toDF(f"{side}_content", side) for side in ("left", "right"))
    met = same.join(left, on="left_content", how="inner").join(right, on="right_content", how="inner")
    alike = [F.col(f"left.{name}") == F.col(f"right.{name}") for name in ("phash", "unstable_channels")]
    later = F.greatest("left", "right")["content"]  # in the order of `duplicate_pairs.represent`
    stood_for = met.where(alike[0] & alike[1]).select(later.alias("content")).distinct()
    showing = pictures.where(~F.col("low_information") & (F.col("unstable_channels") != ALL_CHANNELS))
    return showing.join(stood_for, on="content", how="left_anti")


def _near(drawn: DataFrame, standing: DataFrame, limits: Limits) -> DataFrame:
    """`left` (drawn), `right`: all that the hashes let pass."""
    one, two = F.broadcast(drawn).alias("one"), standing.alias("two")
    met = one.join(two, on=(F.col("one.content") != F.col("two.content")) & _passes(limits), how="inner")
    return met.select(F.col("one.content").alias("left"), F.col("two.content").alias("right"))


def _passes(limits: Limits) -> Column:
    """Whether the hashes of `one` and `two` are near: whole ones, or the channels stable in both."""
    left, right = F.col("one.words"), F.col("two.words")
    tossed = F.col("one.unstable_channels").bitwiseOR(F.col("two.unstable_channels"))
    masks = [F.array(*(F.lit(int(mask[word])).cast("long") for mask in stable_words())) for word in range(WORDS)]
    stable = [(left[word].bitwiseXOR(right[word])).bitwiseAND(masks[word][tossed]) for word in range(WORDS)]
    most = F.array(*(F.lit(_most(mask, limits)) for mask in range(ALL_CHANNELS + 1)))[tossed]
    whole = words.hamming(left, right, WORDS) <= limits.max_distance
    return F.when(tossed == 0, whole).otherwise(reduce(add, map(F.bit_count, stable)) <= most)


def _most(tossed: int, limits: Limits) -> int:
    """How many bits of the stable channels may differ; -1 without any."""
    stable = CHANNELS - tossed.bit_count()
    return int(limits.stable_distance()[stable]) if stable else -1


def _in_one_group(near: DataFrame, groups: DataFrame | None) -> DataFrame:
    if groups is None:
        return near
    within = [name for name in groups.columns if name != "content"]
    both = near.join(groups.withColumnRenamed("content", "left"), on="left", how="inner")
    right = groups.withColumnRenamed("content", "right")
    return both.join(right, on=["right", *within], how="left_semi").select("left", "right").distinct()


def _few(near: DataFrame, seed: int) -> DataFrame:
    """Up to `OTHERS` for each drawn picture; two drawn ones meet twice, and are one pair."""
    turn = F.row_number().over(Window.partitionBy("left").orderBy(F.xxhash64("right", F.lit(seed)), "right"))
    few = near.withColumn("turn", turn).where(F.col("turn") <= OTHERS)
    return few.select(F.least("left", "right").alias("left"), F.greatest("left", "right").alias("right")).distinct()


def _placed(pairs: DataFrame, components: DataFrame) -> DataFrame:
    """The pairs with `together`: whether both are in one component."""
    left, right = (
        components.select(F.col("node").alias(f"{side}_content"), F.col("component").alias(side))
        for side in ("left", "right")
    )
    placed = pairs.join(left, on="left_content", how="left").join(right, on="right_content", how="left")
    together = F.coalesce(F.col("left") == F.col("right"), F.lit(False))
    return placed.select("left_content", "right_content", together.alias("together"))
