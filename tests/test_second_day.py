"""The day after: the ids that people join on stay, what changed is said, and what is known does not come again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dedup_spark import changes, cli, pipeline, read, settings, tables
from dedup_spark.output import manifests
from tests import notebook
from tests.catalogues import TABLES_ALONE
from tests.digests import rows
from tests.notebook import Nights

pytestmark = pytest.mark.flow


def manifest(output: str) -> dict[str, Any]:
    return manifests.open(output, None, settings.load().s3)


def test_the_notebook_is_one_without_outputs() -> None:
    told = json.loads(notebook.NOTEBOOK.read_text())
    assert (told["nbformat"], told["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in told["cells"]]
    assert len(set(names)) == len(names) == len(notebook.cells("code")) + len(notebook.cells("markdown"))
    assert all((cell["outputs"], cell["execution_count"]) == ([], None) for cell in notebook.cells("code"))


def test_ids_stay_and_the_changes_replay(spark: SparkSession, nights: Nights) -> None:
    output = nights.output
    first = manifest(output)["previous"]
    before, now = (read(output, "clusters", run_id=day, spark=spark) for day in (first, None))
    told = read(output, "changes", spark=spark)
    replayed = sorted(map(tuple, changes.replay(before, told).collect()))
    assert replayed == sorted((row["id"], row["cluster_id"]) for row in now.collect())
    said = manifest(output)["changes"]
    assert said["ids"]["before"] >= said["ids"]["kept"] > 10
    assert sum(said["offers"].values()) == told.count() > 10
    assert {"created", "grown"} <= set(said["offers"])


def test_a_row_that_stood_for_others_still_does(spark: SparkSession, nights: Nights) -> None:
    output = nights.output
    first = manifest(output)["previous"]
    stood, stands = (read(output, "removed", run_id=day, spark=spark).collect() for day in (first, None))
    kept = {(row["kept_id"], row["kept_image"]) for row in stood}
    assert len(kept) > 10
    assert kept <= {(row["kept_id"], row["kept_image"]) for row in stands}


def test_the_runs_of_an_output_are_told_and_can_be_taken_back(
    nights: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    output = nights.output
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


def test_what_a_reference_has_does_not_come_again(spark: SparkSession, nights: Nights, tmp_path: Path) -> None:
    """A third night, on which the first one is a reference."""
    output, reference, place = nights.output, f"{tmp_path}/reference", f"{tmp_path}/output"
    first = manifest(output)["previous"]
    prints, small = (read(output, name, run_id=first, spark=spark) for name in ("fingerprints", "thumbnails"))
    prints.join(small.select("image", "square"), on="image", how="left").write.parquet(reference)
    shutil.copytree(output, place)
    few = [f'views.{these}=["whole", "trimmed"]' for these in ("probe", "against")]
    chosen = settings.load(overrides=[f'against.references=["{reference}"]', *few, *TABLES_ALONE])
    said = pipeline.run(str(nights.second), place, chosen, spark=spark)
    assert said["against"] == [reference]
    found, known = rows(place, tables.REPEATS.name), set(pq.read_table(nights.first)["image"].to_pylist())
    kept = {row["image"] for row in rows(place, "deduplicated")}
    suspicious = [row["image"] for row in rows(place, "suspects")]
    assert all(any(path.endswith(image) for path in suspicious) for image in kept & known)
    assert len(kept - known) > 10
    assert len(found) > 50
    assert {"same bytes", "near"} <= {row["reason"] for row in found}
