"""A stored row is reused while it is what a fetch of today would give, and not a day longer."""

from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import settings, wanted
from tests.tables_of import a_table

LIMITS = replace(settings.load().fingerprints, max_bytes=1000, max_pixels=100)
STORED = "image string, segment string, status string, bytes long, pixels long, version string, etag string"


def stored(spark: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    """(image, segment, status) and what else is known, by default of a small picture of version 1 and ETag e."""
    full = [(*row, *(10, 10, "1", "e")[len(row) - 3 :]) for row in rows]
    return a_table(spark, full, STORED)


def fates(
    spark: SparkSession,
    images: dict[str, str | None],
    known: DataFrame,
    by: str = "column",
    limits: settings.Fingerprints = LIMITS,
    now: dict[str, str] | None = None,
) -> dict[str, tuple[str, str | None]]:
    """What becomes of the images with these versions: their fate, and the segment whose row is reused."""
    named = a_table(spark, list(images.items()), "image string, version string")
    told = None if now is None else a_table(spark, list(now.items()), "image string, now string")
    rows = wanted.compute(named, known, by, told, limits).collect()
    assert all((row["segment"] is None) == (row["status"] is None) for row in rows)
    assert {row["image"]: row["version"] for row in rows} == images
    return {row["image"]: (row["fate"], row["segment"]) for row in rows}


def test_only_what_may_be_fetched_is_wanted_and_once(spark: SparkSession) -> None:
    rows = [
        ("a", "/1", "ok", "1"),
        ("b", "/1", "ok", "2"),
        ("b", "/1", "same_row", "9"),
        ("c", "/2", "not_allowed", "1"),
    ]
    schema = "id string, image string, status string, version string"
    found = wanted.images(a_table(spark, [*rows, ("d", "/3", "ok", None), ("e", None, "no_image", None)], schema))
    assert sorted(tuple(row) for row in found.collect()) == [("/1", "2"), ("/3", None)]


def test_the_newest_row_that_holds_is_reused(spark: SparkSession) -> None:
    known = stored(
        spark,
        ("/same", "s-1", "ok"),
        ("/twice", "s-1", "ok"),
        ("/twice", "s-2", "ok"),
        ("/back", "s-1", "ok"),  # as it was before it was changed
        ("/back", "s-2", "ok", 10, 10, "2"),
        ("/other", "s-2", "ok", 10, 10, "0"),
        ("/untold", "s-2", "ok", 10, 10, None),
        ("/none", "s-2", "not_found"),
        ("/nobody's", "s-2", "ok"),
    )
    images: dict[str, str | None] = dict.fromkeys(["/same", "/twice", "/back", "/other", "/none", "/new"], "1")
    assert fates(spark, images | {"/untold": None}, known) == {
        "/same": ("reused", "s-1"),
        "/twice": ("reused", "s-2"),
        "/back": ("reused", "s-1"),
        "/other": ("changed", None),
        "/untold": ("changed", None),
        "/none": ("retried", None),
        "/new": ("new", None),
    }


def test_the_storage_may_be_asked_instead_or_nothing(spark: SparkSession) -> None:
    known = stored(spark, ("/same", "s-1", "ok"), ("/other", "s-1", "ok"), ("/gone", "s-1", "ok"))
    images: dict[str, str | None] = dict.fromkeys(["/same", "/other", "/gone"])
    now = {"/same": "e", "/other": "f", "/nobody's": "e"}
    for by in ("listing", "head"):
        assert fates(spark, images, known, by, now=now) == {
            "/same": ("reused", "s-1"),
            "/other": ("changed", None),
            "/gone": ("changed", None),
        }
    later = known.unionByName(stored(spark, ("/gone", "s-2", "not_found"), ("/other", "s-2", "ok")))
    assert fates(spark, images, later, "never") == {
        "/same": ("reused", "s-1"),
        "/other": ("reused", "s-2"),
        "/gone": ("retried", None),  # it was not there when it was last seen
    }


@pytest.mark.parametrize(
    ("status", "limits", "retried", "reused"),
    [
        ("corrupt", LIMITS, False, True),
        ("corrupt", LIMITS, True, False),
        ("access_denied", LIMITS, False, False),
        ("timeout", LIMITS, False, False),
        ("ok", replace(LIMITS, max_bytes=10, max_pixels=10), True, True),
        ("ok", replace(LIMITS, max_bytes=9), False, False),
        ("ok", replace(LIMITS, max_pixels=9), False, False),
        ("corrupt", replace(LIMITS, max_bytes=9), False, False),
    ],
)
def test_only_what_depends_on_the_bytes_alone_is_final(
    spark: SparkSession, status: str, limits: settings.Fingerprints, retried: bool, reused: bool
) -> None:
    found = fates(spark, {"/a": "1"}, stored(spark, ("/a", "s", status)), limits=replace(limits, retry_rejects=retried))
    assert (found["/a"][0] == "reused") == reused


def test_what_is_too_large_stays_so_until_the_limit_is_raised_above_it(spark: SparkSession) -> None:
    known = stored(
        spark,
        ("/long", "s", "too_many_bytes", 5000, None),
        ("/wide", "s", "too_many_pixels", 10, 500),
        ("/bomb", "s", "too_many_pixels", 10, None),  # how large, nobody knows
    )
    images: dict[str, str | None] = dict.fromkeys(["/long", "/wide", "/bomb"], "1")
    for limits, reused in (
        (LIMITS, {"/long", "/wide"}),
        (replace(LIMITS, max_bytes=4999, max_pixels=499), {"/long", "/wide"}),
        (replace(LIMITS, max_bytes=5000), {"/wide"}),
        (replace(LIMITS, max_pixels=500), {"/long"}),
    ):
        found = fates(spark, images, known, limits=limits)
        assert {image for image, (fate, _) in found.items() if fate == "reused"} == reused


def test_rows_that_nobody_wants_are_not_read(spark: SparkSession) -> None:
    known = stored(
        spark, ("/a", "s-1", "ok"), ("/a", "s-2", "ok"), ("/gone", "s-2", "corrupt"), ("/none", "s-2", "timeout")
    )
    named = a_table(spark, [("/a", "1")], "image string, version string")
    found = wanted.unread(wanted.compute(named, known, "column", None, LIMITS), known)
    assert sorted(tuple(row) for row in found.collect()) == [("/a", "s-1"), ("/gone", "s-2")]
