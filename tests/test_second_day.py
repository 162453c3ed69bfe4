"""The day after: the ids that people join on stay, what changed is said, and what is known does not come again."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dedup_spark import changes, cli, demo, pipeline, read, settings, tables
from dedup_spark.output import manifests
from tests.digests import rows

pytestmark = pytest.mark.flow

KEEPERS = 'duplicate_sets.keeper=["was_keeper", "image"]'
STEP, FIRST = 2, 3
"""Every so many rows of the demo are the second day; of these all but every so many, the first."""


@pytest.fixture(scope="module")
def days(drawn: Path) -> tuple[Path, Path]:
    """The catalogues of two days: the second one has a third more rows."""
    table = pq.read_table(drawn / demo.CATALOGUE)
    second = table.take(pa.array(range(0, table.num_rows, STEP)))
    first = second.take(pa.array([row for row in range(second.num_rows) if row % FIRST]))
    for name, day in (("first", first), ("second", second)):
        pq.write_table(day, drawn / f"{name}.parquet")
    return drawn / "first.parquet", drawn / "second.parquet"


@pytest.fixture(scope="module")
def output(spark: SparkSession, days: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    place = str(tmp_path_factory.mktemp("days"))
    for day in days:
        pipeline.run(str(day), place, settings.load(overrides=[KEEPERS]), spark=spark)
    return place


def manifest(output: str) -> dict[str, Any]:
    return manifests.open(output, None, settings.load().s3)


def test_ids_stay_and_the_changes_replay(spark: SparkSession, output: str) -> None:
    first = manifest(output)["previous"]
    before, now = (read(output, "clusters", run_id=day, spark=spark) for day in (first, None))
    told = read(output, "changes", spark=spark)
    replayed = sorted(map(tuple, changes.replay(before, told).collect()))
    assert replayed == sorted((row["id"], row["cluster_id"]) for row in now.collect())
    said = manifest(output)["changes"]
    assert said["ids"]["before"] >= said["ids"]["kept"] > 10
    assert sum(said["offers"].values()) == told.count() > 10
    assert {"created", "grown"} <= set(said["offers"])


def test_a_row_that_stood_for_others_still_does(spark: SparkSession, output: str) -> None:
    first = manifest(output)["previous"]
    stood, stands = (read(output, "removed", run_id=day, spark=spark).collect() for day in (first, None))
    kept = {(row["kept_id"], row["kept_image"]) for row in stood}
    assert len(kept) > 10
    assert kept <= {(row["kept_id"], row["kept_image"]) for row in stands}


def test_the_runs_of_an_output_are_told_and_can_be_taken_back(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    now, first = manifest(output)["run_id"], manifest(output)["previous"]
    assert cli.main(["history", output, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [run["run_id"] for run in told] == [first, now]
    assert told[1]["rows"] == manifest(output)["balance"]["catalogue"]
    today = rows(output, "clusters")
    try:
        assert cli.main(["rollback", output]) == 0
        assert manifest(output)["run_id"] == first
        assert rows(output, "clusters") != today
    finally:
        assert cli.main(["rollback", output, now]) == 0
    assert rows(output, "clusters") == today


def test_what_a_reference_has_does_not_come_again(
    spark: SparkSession, days: tuple[Path, Path], output: str, tmp_path: Path
) -> None:
    first, reference, place = manifest(output)["previous"], f"{tmp_path}/reference", f"{tmp_path}/output"
    prints, small = (read(output, name, run_id=first, spark=spark) for name in ("fingerprints", "thumbnails"))
    prints.join(small.select("image", "square"), on="image", how="left").write.parquet(reference)
    said = pipeline.run(
        str(days[1]), place, settings.load(overrides=[f'against.references=["{reference}"]']), spark=spark
    )
    assert said["against"] == [reference]
    found, known = rows(place, tables.REPEATS.name), set(pq.read_table(days[0])["image"].to_pylist())
    kept = {row["image"] for row in rows(place, "deduplicated")}
    suspicious = [row["image"] for row in rows(place, "suspects")]
    assert all(any(path.endswith(image) for path in suspicious) for image in kept & known)
    assert len(kept - known) > 10
    assert len(found) > 50
    assert {"same bytes", "near"} <= {row["reason"] for row in found}
