"""A long stage says how far it is, in images or tasks, and a short one says nothing."""

import time

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dedup_spark.spark import progress, session


@pytest.mark.parametrize(
    ("seconds", "tasks", "images", "line"),
    [
        (7261.0, (1, 4), 0, "pairs ... 2 h 1 min: 1 of 4 tasks"),
        (5.0, (0, 8), 400, "pairs ... 5 s: 0 of 400 images of this chunk"),
        (5.0, (8, 8), 400, "pairs ... 5 s: 400 of 400 images of this chunk, 80 a second, 0 s left"),
        (
            100.0,
            (1, 1000),
            10**9,
            "pairs ... 1 min 40 s: 1,000,000 of 1,000,000,000 images of this chunk, 10,000 a second, 27 h 45 min left",
        ),
        (61.4, None, 400, "pairs ... 1 min 1 s"),
    ],
)
def test_a_line_says_what_is_known(seconds: float, tasks: tuple[int, int] | None, images: int, line: str) -> None:
    assert progress.describe("pairs", seconds, tasks, images) == line


@pytest.mark.any_spark
def test_only_a_long_stage_speaks(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    with progress.lines(spark, "clusters", told.append):
        pass
    assert told == []
    monkeypatch.setattr(progress, "EVERY", 0.05)
    slow = spark.range(4).repartition(4).select(F.expr("java_method('java.lang.Thread', 'sleep', 400L)"))
    with progress.lines(spark, "clusters", told.append):
        slow.collect()
    assert any(line.endswith((" of 4 tasks", " of 3 tasks")) for line in told), told
    silent = len(told)
    time.sleep(0.2)
    assert len(told) == silent


def test_on_spark_connect_it_says_the_stage_and_its_seconds(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "is_connect", lambda spark: True)
    monkeypatch.setattr(progress, "EVERY", 0.05)
    told: list[str] = []
    with progress.lines(spark, "clusters", told.append):
        time.sleep(0.2)
    assert set(told) == {"clusters ... 0 s"}
