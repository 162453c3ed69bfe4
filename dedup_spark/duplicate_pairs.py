"""A duplicate pair is two pictures within the threshold, left < right, and what the colour veto says of them.

Equal hashes are not equal pictures: a copy 30 % darker has distance 0 in a third of the cases. So the pictures of one
hash are first reduced to representatives (`represent`); the band search runs over these. A picture that
is no representative has exactly one pair, to its representative: a thousand re-encodings of one photograph give a
thousand pairs, never half a million.

A picture whose hash is a coin toss in some channel stays out of that search; it is looked for by its stable channels
(`channels`) among those of all. Wherever a pair comes from, `verify` compares the two pictures and has the word.
"""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import workers
from dedup_spark.comparing import centres, second_look, words
from dedup_spark.comparing.verdict import CHANNEL_BITS, CHANNELS, Limits
from dedup_spark.comparing.view_verdict import FACTS, compare
from dedup_spark.people import judged
from dedup_spark.people.judgements import SAME

CHANNEL = "channel"
"""The channels of a hash are compared with their like only: the group column of their search."""


def enters_search(pictures: DataFrame) -> DataFrame:
    """The pictures that the band search covers: they show something, and no channel of their hash is a coin toss."""
    return pictures.where(~F.col("low_information") & (F.col("unstable_channels") == 0))


def represent(
    pictures: DataFrame,
    limits: Limits,
    pictures_per_task: int,
    scratch: centres.Cutter,
    squares: DataFrame | None = None,
    judgements: DataFrame | None = None,
    alike: Sequence[str] = (),
) -> DataFrame:
    """One row per picture: `key` (its content), `centre` (its representative's content) and how far that is.

    Among the pictures of one hash, in the fixed order most pixels, most bytes, content, each joins the first
    representative it passes against, or becomes one; none stands for a picture that is judged different.
    `squares` has `content` and `square`, for the second look; None: no square is known. `judgements` are the judged
    pairs (`judged`); None: nobody said anything. alike: columns that a picture and its representative agree on, too.
    """
    # a picture searched by bands stands for none searched by channels
    group = F.concat_ws(" ", "phash", "unstable_channels", *alike)
    copies = F.count("*").over(Window.partitionBy(group))
    counted = pictures.select(
        group.alias("group"), "content", "pixels", "bytes", *centres.FEATURES, copies.alias("copies")
    )
    alone = counted.where(F.col("copies") == 1).select(
        F.col("content").alias("key"),
        F.col("content").alias("centre"),
        F.lit(0).alias("distance"),
        F.lit(0.0).alias("colour_difference"),
        F.lit("centre").alias("reason"),
    )
    members = counted.where(F.col("copies") > 1).withColumnRenamed("content", "key")
    order = [F.col("pixels").desc(), F.col("bytes").desc()]
    apart = judged.apart(judgements)
    chosen = centres.choose(members, order, limits.of_whole(), pictures_per_task, scratch, squares, apart)
    return alone.unionByName(chosen)


def of_one_hash(choices: DataFrame) -> DataFrame:
    """`left`, `right`: each picture that is no representative, and its representative."""
    return choices.where(F.col("key") != F.col("centre")).select(
        F.col("key").alias("left"), F.col("centre").alias("right")
    )


def representatives(pictures: DataFrame, choices: DataFrame) -> DataFrame:
    """The pictures that stand for others or for themselves."""
    centres_only = choices.where(F.col("key") == F.col("centre")).select(F.col("key").alias("content"))
    return pictures.join(centres_only, on="content", how="left_semi")


def hashes(pictures: DataFrame, groups: Sequence[str] = ()) -> DataFrame:
    """One row per picture, its content as `key`, its hash as `words`: what `candidate_pairs.find` takes."""
    return pictures.select(F.col("content").alias("key"), "words", *groups)


def tossed(pictures: DataFrame) -> DataFrame:
    """The pictures that show something, but whose hash is a coin toss in some channel: looked for by the others."""
    return pictures.where(~F.col("low_information") & (F.col("unstable_channels") != 0))


def channels(pictures: DataFrame, groups: Sequence[str] = ()) -> DataFrame:
    """One row per picture and stable channel: the content as `key`, `channel`, and as `words` those of it alone."""
    each = [
        F.struct(
            F.lit(channel).alias(CHANNEL),
            words.part(F.col("words"), CHANNEL_BITS * channel, CHANNEL_BITS).alias("words"),
            (F.col("unstable_channels").bitwiseAND(F.lit(1 << channel)) == 0).alias("stable"),
        )
        for channel in range(CHANNELS)
    ]
    rows = pictures.select("content", *groups, F.explode(F.array(*each)).alias("one")).where("one.stable")
    return rows.select(F.col("content").alias("key"), *groups, f"one.{CHANNEL}", "one.words")


def verify(
    pairs: DataFrame,
    pictures: DataFrame,
    limits: Limits,
    squares: DataFrame | None = None,
    judgements: DataFrame | None = None,
) -> DataFrame:
    """The pairs of contents within the threshold, as `tables.DUPLICATE_PAIRS`: each with its verdict and reason.

    `squares` has `content` and `square`, for the second look; None: no square is known. `judgements` are the judged
    pairs (`judged`), whose word is the last one; None: nobody said anything.

    Pairs that turn out to be too far apart (met in one channel only) are no rows, unless they are judged the same.
    """

    def compared(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        workers.forget_archives()
        for rows in (batch for batch in batches if len(batch)):
            found = compare(centres.features(rows, "left_"), centres.features(rows, "right_"), limits)
            yield rows[names].assign(**found.columns())

    names = ["left_image", "right_image", "left_content", "right_content"]
    schema = "left_image string, right_image string, left_content string, right_content string"
    shown = pictures.select("content", "image", *centres.features_of(limits))
    left = shown.select(*(F.col(name).alias(f"left_{name}") for name in shown.columns))
    right = shown.select(*(F.col(name).alias(f"right_{name}") for name in shown.columns))
    named = (
        pairs.select(F.least("left", "right").alias("left_content"), F.greatest("left", "right").alias("right_content"))
        .join(left, on="left_content", how="inner")
        .join(right, on="right_content", how="inner")
    )
    said = judged.mark(named.mapInPandas(compared, f"{schema}, {FACTS}"), judgements)
    met = (F.col("reason") != "distance") | F.col("by_left").isNotNull()
    near = said.where(met | F.col(judged.JUDGED).eqNullSafe(SAME))
    return judged.overrule(second_look.look(near, "left_content", "right_content", limits, squares))
