"""The search equals brute force: at every threshold, with and without even channels, however the rows are laid out."""

from functools import reduce
from itertools import combinations, product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark.bands.banding import plan
from dedup_spark.candidate_pairs import find, is_odd
from dedup_spark.comparing.words import hamming
from dedup_spark.errors import Fault
from tests.tables_of import a_table

CHANNELS, BITS, LONGS = 3, 100, 5
CASES = 8  # searched at once: each is a group, so none may meet another
Bits = npt.NDArray[np.uint8]


def a_case(seed: int, t: int, even: bool) -> Bits:
    """Hashes of which some stand at t and t + 2 from others, some on top of each other, some further along a chain."""
    rng = np.random.default_rng(seed)
    bands = np.stack([unpack(band) for band in plan(t, even=even).bands]).astype(bool)
    bases = [*some_hashes(rng, int(rng.integers(1, 5)), even), np.zeros(CHANNELS * BITS, np.uint8)]
    copies = [moved(rng, base, distance, bands, even) for base, distance in product(bases, (0, t, t + 2))]
    return np.stack([*bases, *copies, moved(rng, copies[1], t, bands, even), np.ones_like(bases[0])])


def some_hashes(rng: np.random.Generator, count: int, even: bool) -> list[Bits]:
    """Random hashes; with `even` each channel has 50 ones, as every ordinary picture's."""
    if not even:
        return list(rng.integers(0, 2, (count, CHANNELS * BITS), dtype=np.uint8))
    fifty = np.repeat(np.array([0, 1], np.uint8), BITS // 2)
    return [np.concatenate([rng.permutation(fifty) for _ in range(CHANNELS)]) for _ in range(count)]


def moved(rng: np.random.Generator, bits: Bits, distance: int, bands: npt.NDArray[np.bool_], even: bool) -> Bits:
    """A copy so far away that breaks as many bands as it can; with `even` two bits of one channel change at a time."""
    copy = bits.copy()
    step = 2 if even else 1
    for _ in range(distance // step):
        options = np.repeat(copy[None], 8, axis=0)
        for option in options:
            channel = rng.integers(CHANNELS) * BITS
            unchanged = channel + np.flatnonzero((copy == bits)[channel : channel + BITS])
            option[rng.choice(unchanged, step, replace=False)] ^= 1
        broken = ((options != bits)[:, None] & bands).any(axis=2).sum(axis=1)
        copy = options[broken.argmax()]
    return copy


def unpack(mask: tuple[int, ...]) -> Bits:
    return np.unpackbits(np.array(mask, np.int64).astype(">i8").view(np.uint8))[: CHANNELS * BITS]


def words(bits: Bits, longs: int = LONGS) -> list[int]:
    padded = np.pad(bits, (0, longs * 64 - bits.size))
    return [int(word) for word in np.packbits(padded).view(">i8")]


def key(case: int, row: int) -> str:
    return f"{(7919 * row) % 101:03d}/{case}"  # in another order than the rows


def table(spark: SparkSession, cases: list[Bits]) -> DataFrame:
    rows = [(case, key(case, row), words(bits)) for case, rows in enumerate(cases) for row, bits in enumerate(rows)]
    return a_table(spark, rows, "case int, key string, words array<bigint>")


def brute(cases: list[Bits], t: int) -> list[tuple[str, str]]:
    near = [
        sorted((key(case, one), key(case, two)))
        for case, rows in enumerate(cases)
        for one, two in combinations(range(len(rows)), 2)
        if (rows[one] != rows[two]).sum() <= t
    ]
    return sorted((left, right) for left, right in near)


def within(pairs: DataFrame, t: int, longs: int = LONGS) -> DataFrame:
    return pairs.where(hamming(F.col("left_words"), F.col("right_words"), longs) <= t).select("left", "right")


def met(pairs: DataFrame) -> list[tuple[Any, Any]]:
    """The pairs as they come, one found twice included."""
    return sorted((row.left, row.right) for row in pairs.select("left", "right").collect())


@pytest.mark.parametrize("t", [0, 2, 6, 10, 12, 16, 22])
def test_the_search_equals_brute_force(spark: SparkSession, t: int) -> None:
    """At t by the parity plan, at t and t + 1 by the plain one; in one job, to be quick."""
    assert plan(t).bands == plan(t + 1).bands  # of the parity plan, t + 1 is t
    searches = [(t, True), (t, False), (t + 1, False)]
    cases = [[a_case(CASES * t + number, near, even) for number in range(CASES)] for near, even in searches]
    pairs = (
        within(find(table(spark, rows).repartition(1 + t % 7), None, plan(near, even=even), True, ["case"]), near)
        for (near, even), rows in zip(searches, cases, strict=True)
    )
    tagged = reduce(DataFrame.unionAll, (found.withColumn("search", F.lit(n)) for n, found in enumerate(pairs)))
    expected = [(n, *pair) for n, (near, _) in enumerate(searches) for pair in brute(cases[n], near)]
    assert len(expected) > CASES * len(searches)
    assert sorted((row.search, row.left, row.right) for row in tagged.collect()) == expected


HASHES = "key string, words array<bigint>, brand string"
FEW = plan(2, channels=1, bits=64)


def test_rows_that_a_person_can_check(spark: SparkSession) -> None:
    """b is 2 bits from a and from c, which are 4 apart; d stands alone; without words or key nothing is searched."""
    rows = [("a", [0b0000], "x"), ("b", [0b0011], "x"), ("c", [0b1111], "y"), ("d", [~0], "y"), ("e", None, "x")]
    hashes = a_table(spark, [*rows, (None, [0], "x")], HASHES)
    assert met(within(find(hashes, None, FEW, same=True), 2, longs=1)) == [("a", "b"), ("b", "c")]


def test_inside_groups_only_rows_that_agree_are_compared_and_null_agrees_with_nothing(spark: SparkSession) -> None:
    brands = {"a": "x", "b": "x", "c": "y", "d": None, "e": None}
    hashes = a_table(spark, [(key, [0], brand) for key, brand in brands.items()], HASHES)
    assert met(find(hashes, None, FEW, same=True, groups=["brand"])) == [("a", "b")]


def test_two_tables_are_searched_as_given_and_no_key_meets_itself(spark: SparkSession) -> None:
    new = a_table(spark, [("b", [0b0011], "x"), ("z", [0b0000], "x")], HASHES)
    old = a_table(spark, [("a", [0b0000], "x"), ("b", [0b0011], "x"), ("c", [0b1111], "y")], HASHES)
    expected = [("b", "a"), ("b", "c"), ("z", "a"), ("z", "b")]
    assert met(within(find(new, old, FEW, same=False), 2, longs=1)) == expected
    assert met(find(new, old, FEW, same=False, groups=["brand"])) == [("b", "a"), ("z", "a"), ("z", "b")]


def test_equal_hashes_that_share_every_band_are_one_pair(spark: SparkSession) -> None:
    words = [2**63 - 1, -1, 0, -(2**63), 0]
    hashes = a_table(spark, [(number, words) for number in (3, 20, 100)], "key bigint, words array<bigint>")
    assert met(find(hashes, None, plan(23, even=False), same=True)) == [(3, 20), (3, 100), (20, 100)]


@pytest.mark.parametrize(("channels", "bits"), [(1, 64), (1, 100), (4, 256)])
def test_other_hashes_than_the_colour_phash(spark: SparkSession, channels: int, bits: int) -> None:
    longs, t = -(-channels * bits // 64), 7
    rng = np.random.default_rng(channels * bits)
    base = rng.integers(0, 2, channels * bits, dtype=np.uint8)
    near, far = base.copy(), base.copy()
    near[rng.choice(base.size, t, replace=False)] ^= 1
    far[rng.choice(base.size, t + 1, replace=False)] ^= 1
    rows = [(name, words(hashed, longs), "") for name, hashed in (("base", base), ("far", far), ("near", near))]
    found = find(a_table(spark, rows, HASHES), None, plan(t, channels, bits, even=False), same=True)
    near_ones = met(within(found, t, longs))
    assert ("base", "near") in near_ones
    assert ("base", "far") not in near_ones


def test_a_hash_that_the_parity_plan_would_miss_fails_the_query(spark: SparkSession) -> None:
    hashes = a_table(spark, [("even", [0b11], ""), ("odd", [0b111], "")], HASHES)
    assert [row.key for row in hashes.where(is_odd(F.col("words"), FEW)).collect()] == ["odd"]
    with pytest.raises(Exception, match="odd number of ones"):  # Spark's or py4j's, as the stages happen to fail
        find(hashes, None, FEW, same=True).collect()
    plain = plan(1, channels=1, bits=64, even=False)
    assert met(within(find(hashes, None, plain, same=True), 1, longs=1)) == [("even", "odd")]


def test_no_row_leaves_the_jvm(spark: SparkSession, capsys: pytest.CaptureFixture[str]) -> None:
    hashes = spark.range(10**7).selectExpr("cast(id as string) as key", "array(id, id, id, id, id) as words")
    find(hashes, None, plan(10), same=True).explain()
    shown = capsys.readouterr().out
    assert "SortMergeJoin" in shown
    assert not any(word in shown for word in ("Python", "Arrow", "Window"))


def test_a_table_is_searched_with_itself_or_with_another(spark: SparkSession) -> None:
    hashes = a_table(spark, [("a", [0], "x")], HASHES)
    with pytest.raises(Fault, match="same = True"):
        find(hashes, hashes, FEW, same=True)
    with pytest.raises(Fault, match="same = False"):
        find(hashes, None, FEW, same=False)
