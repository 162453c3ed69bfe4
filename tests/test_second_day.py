"""The day after: the ids that people join on stay, what changed is said, and what is known does not come again."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dedup_spark import changes, cli, pipeline, read, settings, tables
from dedup_spark.output import manifests
from tests.digests import rows

pytestmark = pytest.mark.flow

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "second_day.ipynb"


@pytest.fixture(scope="module")
def days(drawn: Path) -> tuple[Path, Path]:
    """The catalogues of two days, once `output` is there: the second one has half as many rows more."""
    return drawn / "first.parquet", drawn / "second.parquet"


@pytest.fixture(scope="module")
def output(spark: SparkSession, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the notebook has run two days, each of its cells as it stands there."""
    place, known = str(tmp_path_factory.mktemp("days")), dict[str, Any]()
    for cell in cells("code"):
        code = "".join(cell["source"]).replace("demo/catalogue", str(drawn)).replace("demo/days", place)
        exec(compile(code, f"{NOTEBOOK.name}: {cell['id']}", "exec"), known)
    return place


def cells(kind: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == kind]


def test_the_notebook_is_one_without_outputs() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    names = [cell["id"] for cell in notebook["cells"]]
    assert len(set(names)) == len(names) == len(cells("code")) + len(cells("markdown"))
    assert all((cell["outputs"], cell["execution_count"]) == ([], None) for cell in cells("code"))


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
