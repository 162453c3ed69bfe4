"""A verified pair is two contents that some search, or a person, brought together, with the verdict on them.

Three searches bring pictures together: equal hashes, near hashes, and near channels where a hash is a coin toss. Each
runs over representatives only: a picture that is none has one pair, to its representative.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import banding, candidate_pairs, duplicate_pairs, judged
from dedup_spark.storage import Scratch
from dedup_spark.verdict import ALL_CHANNELS, Limits


def among(
    pictures: DataFrame,
    squares: DataFrame,
    limits: Limits,
    pictures_per_task: int,
    scratch: Scratch,
    judgements: DataFrame | None = None,
) -> DataFrame:
    """The pairs of one table of pictures, as `tables.DUPLICATE_PAIRS`.

    `pictures` comes from `fingerprints.distinct_pictures`, `squares` from `fingerprints.squares`. `judgements` are the
    judged pairs (`judged`), which are pairs whatever the search finds; None: nobody said anything.
    """
    entering = duplicate_pairs.enters_search(pictures)
    showing = pictures.where(~F.col("low_information") & (F.col("unstable_channels") != ALL_CHANNELS))
    chosen = duplicate_pairs.represent(showing, limits, pictures_per_task, scratch, squares, judgements)
    choices = scratch.cut(chosen, "choices")
    hashes = scratch.cut(duplicate_pairs.hashes(entering, choices), "hashes")
    near = candidate_pairs.find(duplicate_pairs.keys(hashes), None, banding.plan(limits.max_distance), same=True)
    met = duplicate_pairs.of_one_hash(choices).unionByName(duplicate_pairs.of_hashes(near, hashes, limits))
    met = met.unionByName(by_channel(duplicate_pairs.representatives(showing, choices), limits))
    return duplicate_pairs.verify(judged.with_judged(met, judgements), pictures, limits, squares, judgements)


def by_channel(pictures: DataFrame, limits: Limits) -> DataFrame:
    """`left`, `right`: pictures whose hash is a coin toss in a channel, among themselves and with others.

    `pictures` show something, and have a stable channel.
    """
    plan, groups = banding.plan(limits.channel_distance(), channels=1), [duplicate_pairs.CHANNEL]
    tossed, shown = (duplicate_pairs.channels(those) for those in (duplicate_pairs.tossed(pictures), pictures))
    near = candidate_pairs.find(
        duplicate_pairs.keys(tossed), duplicate_pairs.keys(shown), plan, same=False, groups=groups
    )
    met = duplicate_pairs.of_channels(near, tossed, limits, shown).where(F.col("left") != F.col("right"))
    ordered = met.select(F.least("left", "right").alias("left"), F.greatest("left", "right").alias("right"))
    return ordered.distinct()  # two tossed ones meet in either order, any two channel by channel


def between(wanted: DataFrame, known: DataFrame, limits: Limits) -> DataFrame:
    """`left` (of `wanted`), `right` (of `known`): the contents of two tables of pictures that may be near."""
    ours, theirs = (_hashes(pictures) for pictures in (wanted, known))
    plan = banding.plan(limits.max_distance)
    near = candidate_pairs.find(duplicate_pairs.keys(ours), duplicate_pairs.keys(theirs), plan, same=False)
    whole = duplicate_pairs.of_hashes(near, ours, limits, theirs)
    plan, groups = banding.plan(limits.channel_distance(), channels=1), [duplicate_pairs.CHANNEL]
    ours, theirs = (duplicate_pairs.channels(pictures.where(~F.col("low_information"))) for pictures in (wanted, known))
    near = candidate_pairs.find(
        duplicate_pairs.keys(ours), duplicate_pairs.keys(theirs), plan, same=False, groups=groups
    )
    return whole.unionByName(duplicate_pairs.of_channels(near, ours, limits, theirs)).distinct()


def _hashes(pictures: DataFrame) -> DataFrame:
    entering = duplicate_pairs.enters_search(pictures)
    return entering.select(F.col("phash").alias("key"), "words", "content")
