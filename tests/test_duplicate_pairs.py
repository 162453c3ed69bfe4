"""Pairs of a handful of pictures that a person can check: equal hashes, near hashes, near channels, and the veto."""

from tempfile import TemporaryDirectory

from pyspark.sql import DataFrame, SparkSession

from dedup_spark import duplicate_pairs
from dedup_spark.comparing.verdict import Limits
from dedup_spark.pairs import pair_search
from dedup_spark.settings import load
from dedup_spark.storage import Scratch
from tests.tables_of import a_table, picture, pictures

LIMITS = Limits(10, 5.0)


def judged(found: DataFrame) -> list[tuple[str, str, int, str, str]]:
    names = ("left_content", "right_content", "distance", "verdict", "reason")
    return sorted(tuple(row[name] for name in names) for row in found.collect())


def whole_search(table: DataFrame) -> list[tuple[str, str, int, str, str]]:
    """What the pipeline finds, without squares."""
    squares = a_table(table.sparkSession, [], "content string, square binary")
    with TemporaryDirectory() as folder:
        scratch = Scratch(table.sparkSession, folder, load())
        return judged(pair_search.among(table, squares, LIMITS, load(), scratch).pairs)


def test_equal_hashes_of_unlike_colours_are_vetoed_and_stay_in_the_table(spark: SparkSession) -> None:
    table = pictures(spark, [picture("a", 3, grey=128), picture("b", 3, grey=130), picture("c", 3, grey=60)])
    assert whole_search(table) == [
        ("a", "b", 0, "duplicate", "same hash"),
        ("a", "c", 0, "vetoed", "colour"),
    ]


def test_a_family_of_one_hash_has_one_pair_each_not_a_clique(spark: SparkSession) -> None:
    family = [picture(f"p{n:02d}", 3, pixels=1000 - n) for n in range(20)]
    found = whole_search(pictures(spark, family))
    assert len(found) == 19
    assert all(left == "p00" for left, *_ in found)  # most pixels: it represents the others


def test_near_hashes_meet_within_the_threshold_only(spark: SparkSession) -> None:
    near, far = 2**10 - 1, 2**12 - 1
    table = pictures(spark, [picture("a", 0), picture("b", near), picture("c", far), picture("d", near, grey=60)])
    assert whole_search(table) == [
        ("a", "b", 10, "duplicate", "near"),
        ("a", "d", 10, "vetoed", "colour"),
        ("b", "c", 2, "duplicate", "near"),
        ("b", "d", 0, "vetoed", "colour"),
        ("c", "d", 2, "vetoed", "colour"),
    ]


def test_what_shows_nothing_is_in_no_pair(spark: SparkSession) -> None:
    table = pictures(spark, [picture("a", low_information=True), picture("b", low_information=True)])
    assert whole_search(table) == []
    assert duplicate_pairs.tossed(table).isEmpty()


def test_a_coin_toss_in_one_channel_is_found_by_the_others(spark: SparkSession) -> None:
    red = 2**63 - 1  # 63 bits of the red channel, all different: a coin toss
    tossed = {"unstable_channels": 1}
    table = pictures(
        spark,
        [
            picture("a", 0, **tossed),
            picture("b", red, **tossed),
            picture("c", red, grey=60, **tossed),
            picture("d", 0, words=[0, 0, 2**20 - 1, 0, 0], **tossed),  # 20 bits of another channel
            picture("e", 2**63 - 2**23),  # stable, but for the eyes of the others it may be a copy like theirs
        ],
    )
    assert whole_search(table) == [
        ("a", "b", 63, "duplicate", "fallback"),
        ("a", "c", 63, "vetoed", "colour"),
        ("a", "e", 40, "duplicate", "fallback"),
        ("b", "c", 0, "vetoed", "colour"),
        ("b", "e", 23, "duplicate", "fallback"),
        ("c", "e", 23, "vetoed", "colour"),
    ]


def test_two_pictures_that_meet_in_two_channels_are_one_pair(spark: SparkSession) -> None:
    green, blue = [0, 3 << 20, 0, 0, 0], [0, 0, 0, 0, 3 << 30]  # in one channel a comes first, in the other b
    tossed = {"unstable_channels": 1}
    table = pictures(spark, [picture("a", words=green, **tossed), picture("b", words=blue, **tossed)])
    assert whole_search(table) == [("a", "b", 4, "duplicate", "fallback")]
