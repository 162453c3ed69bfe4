"""A run stops when more of its data than the share cannot be used, and says what, where and how to mend it."""

import json

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import gates
from dedup_spark.errors import GateFailed


def rows(spark: SparkSession, counts: dict[tuple[str, str | None], int]) -> DataFrame:
    """So many rows of each status and detail."""
    listed = [key for key, count in counts.items() for _ in range(count)]
    return spark.createDataFrame(listed, "status string, detail string")


def test_a_share_is_at_most(spark: SparkSession) -> None:
    half = rows(spark, {("ok", None): 4, ("same_row", None): 1, ("no_image", None): 5})
    assert gates.outside(half, ["/shop"], 0.5) == {"no_image": 5, "ok": 4, "same_row": 1}
    with pytest.raises(GateFailed, match=r"of the catalogue rows 5 of 10 cannot .* = 0\.4, before .*: no_image 5"):
        gates.outside(half, ["/shop"], 0.4)
    images = rows(spark, {("ok", None): 3, ("truncated", "x"): 1, ("empty", "y"): 2})
    assert gates.unusable(images, 0.5) == {"empty": 2, "ok": 3, "truncated": 1}
    with pytest.raises(GateFailed, match=r"of the images 3 of 6 cannot .* = 0\.4: empty 2, truncated 1"):
        gates.unusable(images, 0.4)


def test_nothing_and_all_of_it_are_shares_too(spark: SparkSession) -> None:
    gates.unusable(rows(spark, {}), 0.0)
    gates.unusable(rows(spark, {("empty", None): 2}), 1.0)
    gates.outside(rows(spark, {("ok", None): 2, ("same_row", None): 2}), [], 0.0)


def test_places_outside_are_counted_and_the_setting_that_allows_them_is_printed(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "PLACES", 2)
    places = {("not_allowed", "s3://one"): 1, ("not_allowed", "s3://two"): 3, ("not_allowed", "/data/three"): 2}
    with pytest.raises(GateFailed) as stopped:
        gates.outside(rows(spark, places | {("no_image", None): 1}), ["s3://shop"], 0.5)
    said = str(stopped.value)
    assert "not_allowed 6" in said
    assert "lie s3://two (3), /data/three (2) and 1 more places." in said
    setting = said.partition("--set 'fingerprints.allowed=")[2].rstrip("'")
    assert json.loads(setting) == ["s3://shop", "s3://two", "/data/three"]


def test_no_estimate_stops_nothing() -> None:
    gates.wrong_merges(None, 1.0)
    gates.wrong_merges(5.0, 0.0)
    with pytest.raises(GateFailed, match="some 5 wrong merges"):
        gates.wrong_merges(5.0, 1.0)
