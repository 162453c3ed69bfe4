"""Fingerprints and thumbnails are two selections of the same segments."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from dedup_spark import tables
from dedup_spark.errors import StorageFailed
from dedup_spark.output import store
from dedup_spark.settings import load

SETTINGS = load()
MADE = {"views": ["whole"], "square": True}


def fetched(spark: SparkSession, *images: str, status: str = "ok") -> DataFrame:
    """What the flow makes of these paths: more columns than a segment keeps, in another order."""
    usable = status == "ok"
    known: dict[str, Any] = {"status": status, "bytes": 7, "thumbnail": b"small" if usable else None}
    known |= {"content": "c" * 32} if usable else {"detail": "why"}
    rows = [tuple({**known, "image": image}.get(name) for name in store.FETCHED.names) for image in images]
    nullable = T.StructType([T.StructField(field.name, field.dataType) for field in store.FETCHED])
    frame = spark.createDataFrame(rows, nullable)
    return frame.selectExpr("1 AS chunk", *reversed(frame.columns))


def test_two_selections_of_the_same_files(spark: SparkSession, tmp_path: Path) -> None:
    output = str(tmp_path)
    segments = [
        store.write(fetched(spark, "/a", "/b"), output, "s-0", 0, SETTINGS, MADE),
        store.write(fetched(spark, "/c", status="not_found"), output, "s-1", 1, SETTINGS, MADE),
    ]
    assert [(segment.segment, segment.rows, segment.chunk) for segment in segments] == [("s-0", 2, 0), ("s-1", 1, 1)]
    found = store.read(spark, output, segments, "fingerprints", SETTINGS)
    assert found.columns == [column.name for column in tables.FINGERPRINTS.columns]
    assert sorted((row.image, row.status, row.detail) for row in found.collect()) == [
        ("/a", "ok", None),
        ("/b", "ok", None),
        ("/c", "not_found", "why"),
    ]
    small = store.read(spark, output, segments, "thumbnails", SETTINGS)
    assert small.columns == [column.name for column in tables.THUMBNAILS.columns]
    assert sorted((row.image, bytes(row.thumbnail)) for row in small.collect()) == [("/a", b"small"), ("/b", b"small")]


def test_a_segment_that_nobody_names_does_not_count(spark: SparkSession, tmp_path: Path) -> None:
    output = str(tmp_path)
    store.write(fetched(spark, "/a"), output, "left-over", 0, SETTINGS, MADE)
    named = store.write(fetched(spark, "/b"), output, "named", 0, SETTINGS, MADE)
    assert [row.image for row in store.read(spark, output, [named], "fingerprints", SETTINGS).collect()] == ["/b"]
    assert store.read(spark, output, [], "fingerprints", SETTINGS).count() == 0
    again = store.write(fetched(spark, "/a", "/c"), output, "left-over", 0, SETTINGS, MADE)
    assert store.read(spark, output, [again], "fingerprints", SETTINGS).count() == 2


def test_a_segment_that_lost_a_file_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    segment = store.write(fetched(spark, "/a"), str(tmp_path), "s-0", 0, SETTINGS, MADE)
    for file in (tmp_path / "store" / "fingerprints" / "s-0").glob("*.parquet"):
        file.unlink()
    with pytest.raises(StorageFailed, match="s-0 is damaged"):
        store.read(spark, str(tmp_path), [segment], "thumbnails", SETTINGS)


def test_of_an_earlier_segment_the_rows_count_that_hold(spark: SparkSession, tmp_path: Path) -> None:
    """An image in two segments, one that is gone, one that was not found and one that is a corrupt file."""
    output = str(tmp_path)
    first = fetched(spark, "/a", "/b", "/gone").unionByName(fetched(spark, "/none", status="not_found"))
    old = store.write(first.unionByName(fetched(spark, "/bad", status="corrupt")), output, "s-0", 0, SETTINGS, MADE)
    own = store.write(fetched(spark, "/b", "/new", "/none"), output, "s-1", 0, SETTINGS, MADE)
    segments = [replace(old, chunk=None, live=2), own]
    unread = spark.createDataFrame([("/b", "s-0"), ("/gone", "s-0"), ("/a", "s-1")], "image string, segment string")
    found = store.read(spark, output, segments, "fingerprints", SETTINGS, unread)
    assert found.columns == [column.name for column in tables.FINGERPRINTS.columns]
    assert sorted((row.image, row.status) for row in found.collect()) == [
        ("/a", "ok"),
        ("/b", "ok"),
        ("/bad", "corrupt"),
        ("/new", "ok"),
        ("/none", "ok"),
    ]
    small = store.read(spark, output, segments, "thumbnails", SETTINGS, unread)
    assert sorted(row.image for row in small.collect()) == ["/a", "/b", "/new", "/none"]
    alone = store.read(spark, output, segments[:1], "fingerprints", SETTINGS)
    assert sorted(row.image for row in alone.collect()) == ["/a", "/b", "/bad", "/gone"]


def test_what_is_known_of_rows_says_where_they_lie(spark: SparkSession, tmp_path: Path) -> None:
    segment = store.write(fetched(spark, "/a"), str(tmp_path), "s-0", 0, SETTINGS, MADE)
    assert (segment.live, segment.made) == (1, MADE)
    (row,) = store.known(spark, str(tmp_path), [segment], SETTINGS).collect()
    assert row.asDict() == {
        "image": "/a",
        "segment": "s-0",
        "status": "ok",
        "bytes": 7,
        "pixels": None,
        "version": None,
        "etag": None,
    }
