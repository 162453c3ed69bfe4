"""A candidate pair is two keys whose hashes share a band: every pair within the plan's threshold, and some beyond it.

A row's bucket in a band is a hash of its words under the band's mask, with the band's number in the lowest bits: rows
that meet in a bucket met in one band, and a collision of the hash only adds candidates. Each row is exploded into its
buckets, the buckets are joined, and a pair that meets in several is kept by the first band that it truly shares: no
`distinct` over the pairs. All of it is SQL expressions; no row leaves the JVM. What a bucket costs grows with the
square of its rows: `hot_buckets` is the search that divides the large ones.

Nobody tells Spark how to join. It broadcasts a small side (a query), and sorts and merges large ones, which spills
where a hash table would fail: at 1 M hashes, 8 shuffle partitions and Spark's default memory `shuffle_hash` ran out of
it, and at 200 partitions it took 0.85 (t = 10) to 1.2 (t = 14) of the processor time of the merge join. A session may
let Spark choose by the sizes it sees: `spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add, and_, or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark.bands.banding import Plan
from dedup_spark.errors import Fault

FAMILY = "family"
"""The column of rows that belong to a family, null for all others."""

KNOWN = "known"
"""The column that is true for rows whose pairs with each other are known: there are none where nothing is known."""


def find(left: DataFrame, right: DataFrame | None, plan: Plan, same: bool, groups: Sequence[str] = ()) -> DataFrame:
    """The pairs of keys that share a band of the plan: `left`, `right`, `left_words`, `right_words`, each pair once.

    A table has one row per `key` (any type with an order, the same in both), its hash as `words` (array of longs, as
    the plan counts them) and the columns `groups`; rows with a null in any of these are not searched. With groups,
    only rows that agree on all of them are compared. Nothing within `plan.max_distance` is missed: see `banding`.

    same: `left` with itself, left key < right key, and `right` is None; else `left` with `right`, and no pair of one
    key. The caller keeps those within the threshold: `words.hamming` of the two words.

    The plan's even numbers of ones are checked as the query runs: a hash with an odd one fails it, since its pairs
    would be missed. A table that may have such hashes is tested by `is_odd` first, and takes a plan with `even=False`.

    Cost: rows × bands are shuffled once (key, words and 8 bytes each), plus the candidates. 1 M hashes of which 5 %
    are planted copies, t = 10, on two cores and 1 GB: 9 M rows, 0.05 M pairs, 20 s; t = 14 26 s.

    >>> from dedup_spark.bands.banding import plan
    >>> hashes = spark.createDataFrame(
    ...     [("a", [0b0000]), ("b", [0b0110]), ("c", [0b1111])], "key string, words array<bigint>"
    ... )
    >>> near = find(hashes, None, plan(2, channels=1, bits=64), same=True)
    >>> near.select("left", "right").orderBy("left").show()
    +----+-----+
    |left|right|
    +----+-----+
    |   a|    b|
    |   b|    c|
    +----+-----+
    <BLANKLINE>
    """
    if same != (right is None):
        raise Fault(f"same = {same}: a table is searched with itself, or with a second one")
    one = bucketed(left, plan, groups)
    two = one if right is None else bucketed(right, plan, groups)
    return named(meet(one, two, plan, same, groups, lambda ours, differing: own(ours, differing, plan)), plan)


def meet(
    one: DataFrame, two: DataFrame, plan: Plan, same: bool, groups: Sequence[str], keep: Callable[..., Column]
) -> DataFrame:
    """The rows `one` and `two` (both as structs) that meet in a bucket of their group and that `keep` says yes to.

    keep: takes the columns of `one` by name, and the differing bits word by word. Where rows have a `family`, two of
    one family do not meet: `families` connects them; nor do two that are `known`.
    """
    ours, theirs = ({name: F.col(f"{side}.{name}") for name in one.columns} for side in ("one", "two"))
    on = [ours[name] == theirs[name] for name in ("bucket", *groups)]
    on.append(ours["key"] < theirs["key"] if same else ours["key"] != theirs["key"])
    if FAMILY in one.columns:
        on.append(F.coalesce(ours[FAMILY] != theirs[FAMILY], F.lit(True)))
    if KNOWN in one.columns:
        on.append(~(ours[KNOWN] & theirs[KNOWN]))
    on.append(keep(ours, [ours[name].bitwiseXOR(theirs[name]) for name in word_names(plan)]))
    return one.alias("one").join(two.alias("two"), on=reduce(and_, on), how="inner")


def own(ours: Mapping[str, Column], differing: Sequence[Column], plan: Plan) -> Column:
    """Whether the bucket is of the first band that the two share: there they are a pair, in no other one."""
    return band(ours["bucket"], plan) == _first_shared(differing, plan)


def named(met: DataFrame, plan: Plan) -> DataFrame:
    """What `meet` gives as `find` gives it."""
    words = ([F.col(f"{side}.{name}") for name in word_names(plan)] for side in ("one", "two"))
    return met.select(
        F.col("one.key").alias("left"),
        F.col("two.key").alias("right"),
        *(F.array(*longs).alias(f"{side}_words") for side, longs in zip(("left", "right"), words, strict=True)),
    )


def is_odd(words: Column, plan: Plan) -> Column:
    """Whether a hash has a channel with an odd number of ones: no such row may enter a plan with `even`."""
    longs = [words[number] for number in range(plan.words)]
    return reduce(or_, (_ones(longs, mask) % 2 == 1 for mask in plan.channel_masks))


def bucketed(
    table: DataFrame, plan: Plan, groups: Sequence[str], bands: Sequence[int] | None = None, carried: Sequence[str] = ()
) -> DataFrame:
    """A row per row and band: key, groups, the words as columns of their own (an array would be larger), the bucket.

    bands: the numbers of the bands, None: all. carried: columns that travel along.
    """
    searched = reduce(and_, (F.col(name).isNotNull() for name in ("key", "words", *groups)))
    longs = [F.col("words")[number] for number in range(plan.words)]
    numbers = range(len(plan.bands)) if bands is None else bands
    buckets = F.array(*(_bucket(longs, plan.bands[number], number, plan) for number in numbers))
    if plan.even:
        odd = "a hash has a channel with an odd number of ones: this plan would miss its pairs, one with even=False not"
        buckets = F.when(is_odd(F.col("words"), plan), F.raise_error(F.lit(odd))).otherwise(buckets)
    return table.where(searched).select(
        "key",
        *groups,
        *carried,
        *(long.alias(name) for long, name in zip(longs, word_names(plan), strict=True)),
        F.explode(buckets).alias("bucket"),
    )


def _bucket(words: Sequence[Column], mask: Sequence[int], number: int, plan: Plan) -> Column:
    hashed = F.xxhash64(*_under(words, mask))
    return F.shiftleft(hashed, _band_bits(plan)).bitwiseOR(F.lit(number).cast("bigint"))


def band(bucket: Column, plan: Plan) -> Column:
    """The number of the band that a bucket is of."""
    return bucket.bitwiseAND(F.lit(2 ** _band_bits(plan) - 1).cast("bigint"))


def _first_shared(differing: Sequence[Column], plan: Plan) -> Column:
    """The number of the first band in which no bit differs; -1 where there is none (a collision)."""
    first = F.lit(-1)
    for number, mask in reversed(list(enumerate(plan.bands))):
        alike = reduce(Column.bitwiseOR, _under(differing, mask)) == 0
        first = F.when(alike, F.lit(number)).otherwise(first)
    return first


def _ones(words: Sequence[Column], mask: Sequence[int]) -> Column:
    return reduce(add, (F.bit_count(part) for part in _under(words, mask)))


def _under(words: Sequence[Column], mask: Sequence[int]) -> list[Column]:
    """The words under a mask, those without a bit of it left out."""
    return [word.bitwiseAND(F.lit(bits).cast("bigint")) for word, bits in zip(words, mask, strict=True) if bits]


def word_names(plan: Plan) -> list[str]:
    """The columns that `bucketed` gives the words."""
    return [f"word_{number}" for number in range(plan.words)]


def _band_bits(plan: Plan) -> int:
    """How many of the lowest bits of a bucket name its band."""
    return (len(plan.bands) - 1).bit_length()
