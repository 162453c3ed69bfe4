"""A near hash pair is two unlike hashes that a search found near: a fact that no policy changes, for the next run.

A row is about hashes, not pictures: who stands for a hash today, whether the colours pass, and what people say of the
two is decided anew each time. The distance is that of the search: of whole hashes, or of the nearest channel that is
stable in both.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark.candidate_pairs import FAMILY
from dedup_spark.comparing import words
from dedup_spark.comparing.verdict import CHANNEL_BITS, CHANNELS, WORDS
from dedup_spark.pairs.searched import HASH, KEY
from dedup_spark.pairs.searches import BY_CHANNEL

CHANNEL_WORDS = -(-CHANNEL_BITS // words.WORD)
SIDES = ("left", "right")
COLUMNS = (*SIDES, *(f"{side}_{name}" for side in SIDES for name in HASH))


def with_hashes(pairs: DataFrame, pictures: DataFrame) -> DataFrame:
    """The pairs `left`, `right` (contents) with the hash of each: `left_words`, `left_unstable_channels` ..."""
    for side in SIDES:
        hashes = pictures.select(F.col("content").alias(side), *(F.col(name).alias(f"{side}_{name}") for name in HASH))
        pairs = pairs.join(hashes, on=side, how="inner")
    return pairs


def rows(found: Mapping[str, DataFrame]) -> DataFrame:
    """`tables.NEAR_HASHES` of the pairs (`with_hashes`) that each search by name found."""
    pairs = reduce(DataFrame.unionByName, (each.withColumn("search", F.lit(name)) for name, each in found.items()))
    one, two = (F.struct(*(F.col(f"{side}_{name}").alias(name) for name in HASH)) for side in SIDES)
    unlike = pairs.where(one != two).select("search", F.least(one, two).alias("one"), F.greatest(one, two).alias("two"))
    places = zip(("one", "two"), SIDES, strict=True)
    sides = [F.col(f"{place}.{name}").alias(f"{side}_{name}") for place, side in places for name in HASH]
    return unlike.distinct().select("search", *sides).withColumn("distance", _distance())


def recall(
    facts: DataFrame,
    asked: DataFrame,
    known: DataFrame,
    repeated: DataFrame,
    families: DataFrame | None,
    within: Sequence[str],
) -> DataFrame:
    """The pairs of known rows (`with_hashes`), in each group once, but for those inside of a family of today.

    `facts` are near hashes of one search, `known` the rows that are known in it (`searched.mark`), `asked` those of
    them whose pairs it looks for. Two asked rows of one hash are a pair, too, and need no fact for it: their `hash_key`
    is in `repeated`.

    Cost: each fact is joined twice, with the rows that are in any; all rows are shuffled where facts are no broadcast.
    """
    facts = reduce(_keyed, SIDES, facts)
    rows = known.select("content", *HASH, *within, F.xxhash64(*HASH).alias(KEY))
    ends = reduce(DataFrame.unionByName, (facts.select(*_of(side, KEY, *HASH)) for side in SIDES)).distinct()
    near, rows = facts, rows.join(ends, on=[KEY, *HASH], how="left_semi")
    for side, shared in zip(SIDES, ((), within), strict=True):
        content = F.col("content").alias(side)
        named = rows.select(content, *within, *(F.col(name).alias(f"{side}_{name}") for name in (KEY, *HASH)))
        near = near.join(named, on=[*(f"{side}_{name}" for name in (KEY, *HASH)), *shared], how="inner")
    pairs = near.select(*COLUMNS, *within).unionByName(_of_one_hash(asked, repeated, within))
    return _apart(pairs, families, within).select(*COLUMNS)


def _keyed(facts: DataFrame, side: str) -> DataFrame:
    return facts.withColumn(f"{side}_{KEY}", F.xxhash64(*(f"{side}_{name}" for name in HASH)))


def _of(side: str, *names: str) -> list[Column]:
    return [F.col(f"{side}_{name}").alias(name) for name in names]


def _of_one_hash(asked: DataFrame, repeated: DataFrame, within: Sequence[str]) -> DataFrame:
    """The pairs of rows of one hash and group."""
    row = [KEY, *HASH, *within]
    some = asked.join(repeated.select(KEY), on=KEY, how="left_semi")
    left, right = (some.select(F.col("content").alias(side), *row) for side in SIDES)
    met = left.join(right, on=row, how="inner").where(F.col("left") < F.col("right"))
    both = (F.col(name).alias(f"{side}_{name}") for side in SIDES for name in HASH)
    return met.select(*SIDES, *both, *within)


def _apart(pairs: DataFrame, families: DataFrame | None, within: Sequence[str]) -> DataFrame:
    """The pairs that are not inside of one family."""
    if families is None:
        return pairs
    for side in SIDES:
        member = families.select(F.col("key").alias(side), *within, F.col(FAMILY).alias(f"{side}_{FAMILY}"))
        pairs = pairs.join(member, on=[side, *within], how="left")
    return pairs.where(F.coalesce(F.col(f"left_{FAMILY}") != F.col(f"right_{FAMILY}"), F.lit(True)))


def _distance() -> Column:
    """By how many bits the search counts the two as apart."""
    whole = words.hamming(F.col("left_words"), F.col("right_words"), WORDS)
    tossed = F.col("left_unstable_channels").bitwiseOR(F.col("right_unstable_channels"))
    channels = [F.when(tossed.bitwiseAND(1 << channel) == 0, _apart_in(channel)) for channel in range(CHANNELS)]
    return F.when(F.col("search") == BY_CHANNEL, F.least(*channels)).otherwise(whole)


def _apart_in(channel: int) -> Column:
    left, right = (words.part(F.col(f"{side}_words"), CHANNEL_BITS * channel, CHANNEL_BITS) for side in SIDES)
    return words.hamming(left, right, CHANNEL_WORDS)
