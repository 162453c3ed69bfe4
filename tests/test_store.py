"""Fingerprints and thumbnails are two selections of the same segments."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from dedup_spark import store, tables
from dedup_spark.errors import StorageFailed
from dedup_spark.settings import load

SETTINGS = load()


def fetched(spark: SparkSession, *images: str, status: str = "ok") -> DataFrame:
    """What the flow makes of these paths: more columns than a segment keeps, in another order."""
    usable = status == "ok"
    known: dict[str, Any] = {"status": status, "bytes": 7, "thumbnail": b"small" if usable else None}
    known |= {"content": "c" * 32} if usable else {"detail": "why"}
    rows = [tuple({**known, "image": image}.get(name) for name in store.SEGMENT.names) for image in images]
    nullable = T.StructType([T.StructField(field.name, field.dataType) for field in store.SEGMENT])
    frame = spark.createDataFrame(rows, nullable)
    return frame.selectExpr("1 AS chunk", *reversed(frame.columns))


def test_two_selections_of_the_same_files(spark: SparkSession, tmp_path: Path) -> None:
    output = str(tmp_path)
    segments = [
        store.write(fetched(spark, "/a", "/b"), output, "s-0", 0, SETTINGS),
        store.write(fetched(spark, "/c", status="not_found"), output, "s-1", 1, SETTINGS),
    ]
    assert [(segment.segment, segment.rows, segment.chunk) for segment in segments] == [("s-0", 2, 0), ("s-1", 1, 1)]
    found = store.fingerprints(spark, output, segments, SETTINGS)
    assert found.columns == [column.name for column in tables.FINGERPRINTS.columns]
    assert sorted((row.image, row.status, row.detail) for row in found.collect()) == [
        ("/a", "ok", None),
        ("/b", "ok", None),
        ("/c", "not_found", "why"),
    ]
    small = store.thumbnails(spark, output, segments, SETTINGS)
    assert small.columns == [column.name for column in tables.THUMBNAILS.columns]
    assert sorted((row.image, bytes(row.thumbnail)) for row in small.collect()) == [("/a", b"small"), ("/b", b"small")]


def test_a_segment_that_nobody_names_does_not_count(spark: SparkSession, tmp_path: Path) -> None:
    output = str(tmp_path)
    store.write(fetched(spark, "/a"), output, "left-over", 0, SETTINGS)
    named = store.write(fetched(spark, "/b"), output, "named", 0, SETTINGS)
    assert [row.image for row in store.fingerprints(spark, output, [named], SETTINGS).collect()] == ["/b"]
    assert store.fingerprints(spark, output, [], SETTINGS).count() == 0
    again = store.write(fetched(spark, "/a", "/c"), output, "left-over", 0, SETTINGS)
    assert store.fingerprints(spark, output, [again], SETTINGS).count() == 2


def test_a_segment_that_lost_a_file_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    segment = store.write(fetched(spark, "/a"), str(tmp_path), "s-0", 0, SETTINGS)
    for file in (tmp_path / "store" / "fingerprints" / "s-0").glob("*.parquet"):
        file.unlink()
    with pytest.raises(StorageFailed, match="s-0 is damaged"):
        store.thumbnails(spark, str(tmp_path), [segment], SETTINGS)
