"""The whole flow on the demo, as its user runs it: no wrong merge, and every row accounted for."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from benchmarks import explained
from dedup_spark import cli, demo, pipeline, read, settings, tables
from dedup_spark.errors import BadInput
from dedup_spark.output import manifests
from dedup_spark.report import pages, tasks
from dedup_spark.spark import session
from tests import catalogues
from tests.catalogues import FEW_VIEWS
from tests.digests import rows

pytestmark = pytest.mark.flow
ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def output(spark: SparkSession, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a run of the demo was published, with AQE as users have it."""
    place = tmp_path_factory.mktemp("output")
    (place / "word.jsonl").write_text(catalogues.kept_apart(*catalogues.copies(drawn)))
    asked = ['conflicts.apart=["brand"]', f"judgements.judgements={json.dumps([str(place / 'word.jsonl')])}"]
    with session.told(spark, {"spark.sql.adaptive.enabled": "true"}):
        pipeline.run(str(drawn / demo.CATALOGUE), str(place), settings.load(overrides=asked), spark=spark)
    return str(place)  # of a run in which no table is empty


@pytest.mark.any_spark
def test_no_two_offers_are_merged_that_a_person_would_keep_apart(drawn: Path, output: str) -> None:
    judged = demo.judge_output(drawn, output)
    assert judged.trustworthy, judged.text
    assert judged.right_merges > 100
    assert all("(symmetric:" in missed for missed in judged.missed), judged.text  # a coin toss in all three channels


def plans(spark: SparkSession) -> list[str]:
    """The physical plans of the last thousand queries of this session, as they ended."""
    executions = spark._jsparkSession.sharedState().statusStore().executionsList()
    return [executions.apply(number).physicalPlanDescription() for number in range(executions.size())]


def test_no_plan_has_a_window_over_everything(spark: SparkSession, output: str) -> None:
    """Of a window in a plan the partition is named first, then the order, then the frame."""
    whole = re.compile(r"windowspecdefinition\((?:\S+ (?:ASC|DESC) NULLS|specifiedwindowframe)")
    ours = [plan for plan in plans(spark) if f"{output}/" in plan]
    assert {table.name for table in tables.OF_EVERY_RUN} <= {
        name for plan in ours for name in re.findall(rf"Arguments: file:{output}/(?:store|runs/[^/]+)/(\w+)", plan)
    }
    assert sum("windowspecdefinition(" in plan for plan in ours) > 5
    assert [plan for plan in ours if whole.search(plan)] == []
    for spec in (Window.orderBy("id"), Window.partitionBy()):
        spark.range(3).select(F.count("*").over(spec)).collect()
        assert whole.search(plans(spark)[-1])


@pytest.mark.any_spark
def test_every_row_is_accounted_for(drawn: Path, output: str) -> None:
    came = pq.read_table(drawn / demo.CATALOGUE).num_rows
    assert came == sum(len(rows(output, name)) for name in ("deduplicated", "removed", "rejects"))
    kept = {(row["id"], row["image"]) for row in rows(output, "deduplicated")}
    assert {(row["kept_id"], row["kept_image"]) for row in rows(output, "removed")} <= kept
    labels = {row["label"] for row in rows(output, "deduplicated")}
    assert labels == set(range(len(labels)))
    (manifest,) = Path(output).glob("runs/*/run.json")
    said = json.loads(manifest.read_text())
    assert said["balance"]["catalogue"] == came
    assert said["state"] == "published"


def test_tables_are_what_they_say(output: str) -> None:
    for table in tables.OF_EVERY_RUN:
        found = rows(output, table.name)
        for column in table.columns:
            assert found, table.name
            assert column.name in found[0], f"{table.name}.{column.name}"
            if not column.nullable:
                assert all(row[column.name] is not None for row in found), f"{table.name}.{column.name}"


def test_a_pair_is_one_row(output: str) -> None:
    pairs = [(row["left_content"], row["right_content"]) for row in rows(output, "duplicate_pairs")]
    assert len(set(pairs)) == len(pairs)
    assert all(left < right for left, right in pairs)


def test_clusters_json_is_the_table(output: str) -> None:
    (path,) = Path(output).glob("runs/*/clusters.json")
    lists = json.loads(path.read_text())
    assert {offer for cluster in lists for offer in cluster} == {row["id"] for row in rows(output, "clusters")}
    assert [len(cluster) for cluster in lists] == sorted((len(cluster) for cluster in lists), reverse=True)


def test_the_report_says_what_run_json_and_the_tables_say(spark: SparkSession, output: str) -> None:
    manifest = manifests.open(output, None, settings.load().s3)
    folder = Path(output) / "runs" / manifest["run_id"] / "report"
    said = dict(re.findall(r'data-count="(\w+)">([\d,]+)<', (folder / "index.html").read_text("utf-8")))
    tables_of = {name: read(output, name, spark=spark) for name in ("duplicate_pairs", "duplicate_sets", "clusters")}
    assert {word: int(number.replace(",", "")) for word, number in said.items()} == {
        "catalogue": manifest["balance"]["catalogue"],
        "fingerprints": manifest["balance"]["images"],
        "pairs": tables_of["duplicate_pairs"].count(),
        "sets": tables_of["duplicate_sets"].select("set_id").distinct().count(),
        "clusters": tables_of["clusters"].select("cluster_id").distinct().count(),
        "kept": manifest["balance"]["deduplicated"],
    }
    vetoed = tables_of["duplicate_pairs"].where("verdict = 'vetoed'").count()
    assert f"of {vetoed} pairs" in (folder / "pairs.html").read_text("utf-8")
    for page in folder.glob("*.*"):
        assert output not in page.read_text("utf-8")
        assert manifest["image_root"] not in page.read_text("utf-8")
    for picture in folder.glob("pictures/*"):
        with Image.open(picture) as shown:
            assert shown.format == "WEBP"
            assert not shown.info.keys() & {"exif", "icc_profile", "xmp"}


def test_a_report_that_is_made_again_can_be_sent_around(output: str) -> None:
    assert cli.main(["report", output, "--sanitised"]) == 0
    (bare,) = Path(output).glob("runs/*/report-sanitised")
    told = "".join(page.read_text("utf-8") for page in bare.glob("*.*") if page.name not in pages.STATIC)
    merchants = {row["merchant"] for row in rows(output, "deduplicated")} - {None}
    assert len(merchants) > 2
    assert [name for name in merchants if name in told] == []
    assert "merchant 1" in told
    assert [file for file in bare.rglob("*") if file.suffix == ".webp"] == []
    assert "<img" not in told


def test_a_table_of_the_current_run_is_read_by_its_name(spark: SparkSession, output: str) -> None:
    assert read(output, "clusters", spark=spark).count() == len(rows(output, "clusters"))
    assert read(output, "thumbnails", spark=spark).where("thumbnail is null").isEmpty()


def test_bytes_in_the_catalogue_an_id_of_several_columns_and_columns_in_the_way(
    spark: SparkSession, drawn: Path, tmp_path: Path
) -> None:
    """Two offers that show copies of one picture, one with the bytes of another, and one with none."""
    sets = [row for row in pq.read_table(drawn / "truth.parquet").to_pylist() if row["case"] == "copies"]
    one = next(row for row in sets if row["status"] == "ok")
    copy = next(row for row in sets if row["picture"] == one["picture"] and row["image"] != one["image"])
    other = next(row for row in sets if row["picture"] != one["picture"])
    shown = [(drawn / row["image"]).read_bytes() for row in (one, copy, other, other)]
    keys = [("a", 10), ("a", 9), ("b", 9), ("b", 10), ("c", 1)]
    offers = [(*key, data, 7) for key, data in zip(keys, [*shown, None], strict=True)]
    catalogue = spark.createDataFrame(offers, "shop string, number int, content binary, label int")
    overrides = ['catalogue.id=["shop", "number"]', "catalogue.image_bytes=content", *FEW_VIEWS]
    output = str(tmp_path)
    with pytest.raises(BadInput, match="'label' stands in the way"):
        pipeline.run(catalogue, output, settings.load(overrides=overrides), spark=spark)
    overrides.append('catalogue.rename={label = "class"}')
    said = pipeline.run(catalogue, output, settings.load(overrides=overrides), spark=spark)["revalidate"]
    assert (said["fetched"], said["decoded"]) == (3, 3)
    clusters = {(row["id"]["shop"], row["id"]["number"]): row["cluster_id"] for row in rows(output, "clusters")}
    first, last = (f'{{"shop":"{shop}","number":9}}' for shop in "ab")
    assert clusters == {("a", 9): first, ("a", 10): first, ("b", 9): last, ("b", 10): last}
    gone = [(row["kept_id"]["shop"], row["kept_id"]["number"]) for row in rows(output, "removed")]
    assert len(gone) == 2
    assert set(gone) <= set(keys)
    assert [row["status"] for row in rows(output, "rejects")] == ["no_image"]
    assert set(rows(output, "deduplicated")[0]) == {"shop", "number", "class", "phash", "md5", "label"}
    written = [pq.read_schema(file).names for file in tmp_path.glob("runs/*/catalogue/*.parquet")]
    assert all("content" not in names for names in written)


def test_every_merge_is_explained_by_what_the_pictures_say(output: str, spark: SparkSession) -> None:
    within, across = explained.pairs(pd.DataFrame(rows(output, "clusters")))
    found = explained.told(within, across, output, spark, settings.load())
    assert len(within) > 100
    assert list(explained.faults(found, within, across, settings.load())) == []


@pytest.mark.any_spark
def test_offers_that_a_person_keeps_apart_share_no_cluster_and_no_row(drawn: Path, output: str) -> None:
    left, right = catalogues.copies(drawn)
    cluster = {row["id"]: row["cluster_id"] for row in rows(output, "clusters")}
    assert cluster.get(left, left) != cluster.get(right, right)
    assert not {(left, right), (right, left)} & {(row["id"], row["kept_id"]) for row in rows(output, "removed")}
    assert {row["reason"] for row in rows(output, "splits")} == {"cannot_link"}
    assert [row["fate"] for row in rows(output, "judgements")] == ["obeyed"]


def test_tasks_for_label_studio_are_of_every_kind_and_the_same_again(output: str, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.json", "other.json")]
    for file in files:
        assert cli.main(["review", "tasks", output, str(file)]) == 0
    told = json.loads(files[0].read_bytes())
    assert {task["data"]["kind"] for task in told} == set(tasks.KINDS)
    assert all(task["data"][side].startswith("data:image/webp;base64,") for task in told for side in ("left", "right"))
    assert all(task["data"]["left_offers"] for task in told)
    assert files[0].read_bytes() == files[1].read_bytes()
    assert cli.main(["review", "tasks", output, str(files[1]), "--set", "report.tasks=3"]) == 0
    assert len(json.loads(files[1].read_bytes())) == 3


def test_query_names_the_stored_copies_and_their_offers(
    output: str, spark: SparkSession, drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    removed = next(row for row in rows(output, "removed") if row["reason"] == "near")
    (tmp_path / "asked.txt").write_text(f"{drawn / 'none.jpg'}\n{removed['image']}\n")
    assert cli.main(["query", output, removed["image"], "--from", str(tmp_path / "asked.txt")]) == 0
    said = capsys.readouterr().out
    assert removed["kept_image"] in said
    assert removed["kept_id"] in said
    assert "none.jpg: not_found" in said


def test_the_code_of_the_readme_runs(spark: SparkSession, drawn: Path, mini: Path, tmp_path: Path) -> None:
    (tmp_path / "few.toml").write_text(catalogues.AS_FILE)
    here = {
        "/data/pictures": str(drawn),
        "/data/dedup": str(tmp_path),
        "shirt.jpg": str(next((drawn / "images").rglob("*.jpg"))),
        "copies.png": str(tmp_path / "copies.png"),
        "settings.load(": f"settings.load(['{tmp_path / 'few.toml'}'], ",
    }
    text = (ROOT / "README.md").read_text()
    for name, place in here.items():
        text = text.replace(name, place)
    known: dict[str, Any] = {"spark": spark, "catalogue": str(mini)}
    for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(code, "README.md", "exec"), known)
    columns = ("left_content", "right_content", "distance", "verdict", "reason")
    stages, flow = known["pairs"].select(*columns).collect(), read(str(tmp_path), "duplicate_pairs", spark=spark)
    assert sorted(stages) == sorted(flow.select(*columns).collect())
    assert len(stages) > 10
    assert f"{known['result'].manifest['clusters']} clusters of " in known["result"]._repr_html_()
    assert Image.open(tmp_path / "copies.png").format == "PNG"
