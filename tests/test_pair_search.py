"""Inside groups only pictures with a group in common are compared; how many bands are searched at once is no matter."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark.comparing.verdict import Limits
from dedup_spark.errors import BadInput
from dedup_spark.pairs import pair_search
from dedup_spark.settings import load
from dedup_spark.storage import Scratch
from tests.tables_of import a_table, picture, pictures

Pairs = list[tuple[str, str]]


def search(rows: DataFrame, folder: Path, groups: DataFrame | None, *overrides: str) -> pair_search.Searched:
    chosen = load(overrides=overrides)
    squares = a_table(rows.sparkSession, [], "content string, square binary")
    scratch = Scratch(rows.sparkSession, str(folder), chosen)
    return pair_search.among(rows, squares, Limits(10, 5.0), chosen, scratch, groups=groups)


def pairs(found: pair_search.Searched) -> Pairs:
    return sorted((row["left_content"], row["right_content"]) for row in found.pairs.collect())


def test_the_groups_of_a_picture_are_what_its_offers_say(spark: SparkSession) -> None:
    """Small and capital letters are one, a missing value is no group, and two offers are two groups."""
    rows = [
        ("/a", "ok", ("Acme", 1)),
        ("/a", "ok", ("acme ", 1)),
        ("/a", "ok", ("Bolt", 1)),
        ("/b", "same_row", ("acme", None)),
        ("/c", "ok", (" ", 2)),
        ("/d", "outside", ("acme", 1)),
    ]
    offers = a_table(spark, rows, "image string, status string, row struct<brand: string, line: int>")
    images = a_table(spark, [(f"/{name}", name) for name in "abcd"], "image string, content string")
    one, both = (pair_search.groups(offers, images, names) for names in (("brand",), ("brand", "line")))
    assert one is not None
    assert both is not None
    assert sorted(tuple(row) for row in one.collect()) == [("a", "acme"), ("a", "bolt"), ("b", "acme")]
    assert sorted(tuple(row) for row in both.collect()) == [("a", "acme", "1"), ("a", "bolt", "1")]
    assert pair_search.groups(offers, images, ()) is None


def test_a_column_that_the_catalogue_lacks_is_named() -> None:
    with pytest.raises(BadInput, match="within names 'maker', which the catalogue lacks: id, brand"):
        pair_search.check(["id", "brand"], ["brand", "maker"])


@pytest.mark.parametrize("limit", [2, 256])
def test_only_pictures_with_a_group_in_common_are_pairs(spark: SparkSession, tmp_path: Path, limit: int) -> None:
    """`a` to `g` are near; `f` and `g` have one hash. `t` is a coin toss in red. With the limit all are families."""
    near = [picture(name, 2 ** (2 * place) - 1) for place, name in enumerate("abcde")]
    table = pictures(spark, [*near, picture("f", 3 << 60), picture("g", 3 << 60), picture("t", 0, unstable_channels=1)])
    brands = {"a": "xy", "b": "xy", "c": "y", "d": "z", "f": "x", "g": "y", "t": "z"}  # e has none
    rows = [(name, brand) for name, those in brands.items() for brand in those]
    groups = a_table(spark, rows, "content string, within_0 string")
    found = search(table, tmp_path, groups, f"candidate_pairs.max_bucket={limit}")
    inside = {(one, two) for one in brands for two in brands if one < two and set(brands[one]) & set(brands[two])}
    if limit > len(brands):
        assert pairs(found) == sorted(inside)  # a-b once, though both brands show both
        assert found.families == {"count": 0, "members": 0, "largest": 0}
    else:
        assert found.families["count"] == 2  # of brand x and of brand y
        assert set(pairs(found)) <= inside
        assert {frozenset(pair) for pair in pairs(found)} >= {frozenset("dt")}


def test_band_by_band_gives_the_same_pairs(spark: SparkSession, tmp_path: Path) -> None:
    table = pictures(spark, [picture(f"p{place:02d}", 2 ** (2 * place) - 1) for place in range(12)])
    at_once, one_by_one = (
        pairs(search(table, tmp_path, None, f"candidate_pairs.shuffle_bytes={budget}")) for budget in (10**9, 1)
    )
    assert at_once == one_by_one
    assert len(at_once) == sum(min(5, 11 - place) for place in range(12))
