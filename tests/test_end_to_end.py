"""The whole flow on the demo, as its user runs it: no wrong merge, and the same rows whatever the way."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from benchmarks import explained, victims
from benchmarks.victims import DRIVER, EXECUTOR, WORKER, Strike
from dedup_spark import cli, demo, errors, pipeline, read, settings, tables
from dedup_spark.errors import BadInput, GateFailed
from dedup_spark.io import objects
from dedup_spark.output import manifests
from dedup_spark.report import tasks
from tests import s3_demo, s3_server
from tests.cluster import Cluster
from tests.digests import digest, rows

pytestmark = pytest.mark.flow
ROOT = Path(__file__).resolve().parents[1]

MINI = 4
"""Every so many rows of the demo make the small catalogue that is run many times."""

SECONDS = 60.0
"""What refused storage may take on a busy machine; most of it is the start of Python."""


@pytest.fixture(scope="session")
def mini(drawn: Path) -> Path:
    """A catalogue of a quarter of the demo; beside it `mini.toml`, settings with which no table is empty, no report."""
    whole = pq.read_table(drawn / demo.CATALOGUE)
    few = whole.take(pa.array(range(0, whole.num_rows, MINI)))
    pq.write_table(few, drawn / "mini.parquet")
    left, right = copies(drawn, set(few["id"].to_pylist()))
    (drawn / "mini.jsonl").write_text(json.dumps(apart(left, right)))
    asked = f'[conflicts]\napart = ["brand"]\n[judgements]\njudgements = ["{drawn}/mini.jsonl"]\n'
    few_views = '[views]\nstored = ["whole", "trimmed", "crop_5", "crop_20", "mirrored"]\n'
    (drawn / "mini.toml").write_text(f"{asked}{few_views}[report]\nwrite = false\n")
    return drawn / "mini.parquet"


def config(mini: Path) -> str:
    """The settings of the small catalogue."""
    return str(mini.with_suffix(".toml"))


@contextmanager
def told(spark: SparkSession, conf: Mapping[str, str]) -> Iterator[None]:
    """Inside, the session is told this."""
    before = {name: str(spark.conf.get(name)) for name in conf}
    try:
        for name, value in conf.items():
            spark.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)


@pytest.fixture(scope="session")
def output(spark: SparkSession, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a run of the demo was published, with AQE as users have it."""
    place = tmp_path_factory.mktemp("output")
    (place / "word.jsonl").write_text(json.dumps(apart(*copies(drawn))))
    asked = ['conflicts.apart=["brand"]', f"judgements.judgements={json.dumps([str(place / 'word.jsonl')])}"]
    with told(spark, {"spark.sql.adaptive.enabled": "true"}):
        pipeline.run(str(drawn / demo.CATALOGUE), str(place), settings.load(overrides=asked), spark=spark)
    return str(place)  # of a run in which no table is empty


def copies(drawn: Path, among: Container[str] | None = None) -> tuple[str, str]:
    """Two offers of the demo (or of these) that show one picture."""
    truth = [row for row in pq.read_table(drawn / "truth.parquet").to_pylist() if row["case"] == "copies"]
    rows = [row for row in truth if among is None or row["id"] in among]
    found = ((one, two) for one, two in combinations(rows, 2) if one["picture"] == two["picture"])
    return next((one["id"], two["id"]) for one, two in found if one["id"] != two["id"])


def apart(left: str, right: str) -> dict[str, str]:
    """A person's word that keeps two offers apart."""
    return {"kind": "offer", "left": left, "right": right, "verdict": "different", "source": "a test"}


@pytest.fixture(scope="session")
def expected(spark: SparkSession, mini: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the small catalogue, run the plain way: from its file, with two shuffle partitions."""
    place = str(tmp_path_factory.mktemp("expected"))
    pipeline.run(str(mini), place, settings.load([config(mini)]), spark=spark)
    assert all(rows(place, table.name) for table in (*tables.OF_EVERY_RUN, tables.JUDGEMENTS))
    return digest(place)


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


def test_a_table_of_the_current_run_is_read_by_its_name(spark: SparkSession, output: str) -> None:
    assert read(output, "clusters", spark=spark).count() == len(rows(output, "clusters"))
    assert read(output, "thumbnails", spark=spark).where("thumbnail is null").isEmpty()


def test_any_partitioning_gives_the_same_rows(spark: SparkSession, mini: Path, expected: str, tmp_path: Path) -> None:
    """With seven partitions of everything, AQE, and small tasks, chunks and rounds; below, with one and with 64."""
    shuffled = spark.read.parquet(str(mini)).orderBy("image", ascending=False).repartition(7)
    overrides = [
        f"fingerprints.allowed={json.dumps([str(mini.parent)])}",
        f"catalogue.image_root={mini.parent}",
        "fingerprints.images_per_task=9",
        "fingerprints.chunk=40",
        "fingerprints.batch=1",
        "duplicate_sets.round=1",
    ]
    with told(spark, {"spark.sql.shuffle.partitions": "7", "spark.sql.adaptive.enabled": "true"}):
        pipeline.run(shuffled, str(tmp_path), settings.load([config(mini)], overrides))
    assert digest(str(tmp_path)) == expected


def test_a_run_that_is_killed_goes_on_where_it_was_and_the_next_one_fetches_nothing(
    spark: SparkSession, mini: Path, expected: str, tmp_path: Path
) -> None:
    """Twice a process of its own, with one partition of everything; then it goes on here; then once more, anew."""
    overrides = ["run.partitions=1", "fingerprints.chunk=40", "run.lease_watch=1"]
    command = [sys.executable, "-m", "dedup_spark.cli", "run", str(mini), str(tmp_path), "--config", config(mini)]
    for setting in ("session.master=local[2]", *overrides):
        command += ["--set", setting]
    for word in ("fingerprints: chunk 1 of", "suspects ..."):
        killed = victims.kill([Strike(DRIVER, word)], command, tmp_path / "log")
        assert killed.code == -signal.SIGKILL, (tmp_path / "log").read_text()
        assert not (tmp_path / "CURRENT").exists()
    lines: list[str] = []
    with told(spark, {"spark.sql.shuffle.partitions": "1"}):
        chosen = settings.load([config(mini)], overrides)
        first = pipeline.run(str(mini), str(tmp_path), chosen, spark=spark, tell=lines.append)
    again = ("catalogue ...", "fingerprints: chunk 1 of", "duplicate_pairs ...", "duplicate_sets ...")
    assert not any(line.startswith(again) for line in lines)
    assert any(line.startswith("suspects ...") for line in lines)
    assert len(first["resumed"]) == 2
    assert digest(str(tmp_path)) == expected
    statuses = first["statuses"]["images"]
    assert set(statuses) > {"ok"}
    assert set(statuses) <= set(errors.OF_BYTES)
    said = pipeline.run(str(mini), str(tmp_path), settings.load([config(mini)]), spark=spark)["revalidate"]
    assert (said["by"], said["reused"], said["fetched"], said["decoded"]) == ("listing", sum(statuses.values()), 0, 0)
    assert digest(str(tmp_path)) == expected


def test_too_much_outside_stops_before_the_fetch_and_says_what_to_set(
    spark: SparkSession, mini: Path, tmp_path: Path
) -> None:
    elsewhere = settings.load(overrides=[f"fingerprints.allowed={json.dumps([str(tmp_path)])}"])
    with pytest.raises(GateFailed, match=r"fingerprints\.allowed=") as stopped:
        pipeline.run(str(mini), str(tmp_path / "out"), elsewhere, spark=spark)
    assert stopped.value.exit_code == 3
    assert not (tmp_path / "out" / "store").exists()
    status = json.loads((tmp_path / "out" / "status.json").read_text())
    assert (status["state"], status["exit_code"]) == ("failed", 3)


def test_a_dataframe_needs_to_be_told_where_its_pictures_lie(spark: SparkSession, tmp_path: Path) -> None:
    catalogue = spark.createDataFrame([("1", "a.jpg")], "id string, image string")
    with pytest.raises(BadInput, match=r"\[fingerprints\] allowed"):
        pipeline.run(catalogue, str(tmp_path))


def test_an_id_of_several_columns_an_array_of_images_and_columns_in_the_way(
    spark: SparkSession, drawn: Path, tmp_path: Path
) -> None:
    sets = [row for row in pq.read_table(drawn / "truth.parquet").to_pylist() if row["case"] == "copies"]
    one, two, three, *_ = dict.fromkeys(row["image"] for row in sets)
    offers = [("a", 10, [one, two], 7), ("a", 9, [two], 8), ("b", 9, [three, "none.jpg"], 9), ("b", 10, [], 9)]
    catalogue = spark.createDataFrame(offers, "shop string, number int, pictures array<string>, label int")
    overrides = ['catalogue.id=["shop", "number"]', "catalogue.image=pictures", f"catalogue.image_root={drawn}"]
    places = [f"fingerprints.allowed={json.dumps([str(drawn)])}"]
    with pytest.raises(BadInput, match="'label' stands in the way"):
        pipeline.run(catalogue, str(tmp_path / "out"), settings.load(overrides=overrides + places))
    overrides.append('catalogue.rename={label = "class"}')
    pipeline.run(catalogue, str(tmp_path / "out"), settings.load(overrides=overrides + places))
    kept, gone = rows(str(tmp_path / "out"), "deduplicated"), rows(str(tmp_path / "out"), "removed")
    assert set(kept[0]) == {"shop", "number", "pictures", "class", "phash", "md5", "label"}
    assert {(row["kept_id"]["shop"], row["kept_id"]["number"]) for row in gone} <= {("a", 9), ("a", 10), ("b", 9)}
    joined = {row["cluster_id"] for row in rows(str(tmp_path / "out"), "clusters")}
    assert '{"shop":"a","number":9}' in joined
    statuses = {row["status"] for row in rows(str(tmp_path / "out"), "rejects")}
    assert statuses == {"not_found", "no_image"}


def test_a_catalogue_of_nothing_but_bytes(spark: SparkSession, drawn: Path, tmp_path: Path) -> None:
    """Two offers that show copies of one picture, one with the bytes of another, and one with none."""
    sets = [row for row in pq.read_table(drawn / "truth.parquet").to_pylist() if row["case"] == "copies"]
    first = next(row for row in sets if row["status"] == "ok")
    copy = next(row for row in sets if row["picture"] == first["picture"] and row["image"] != first["image"])
    other = next(row for row in sets if row["picture"] != first["picture"])
    shown = [(drawn / row["image"]).read_bytes() for row in (first, copy, other, other)]
    offers = [(str(number), data) for number, data in enumerate([*shown, None])]
    catalogue = spark.createDataFrame(offers, "id string, content binary")
    chosen = settings.load(overrides=["catalogue.image_bytes=content"])
    said = pipeline.run(catalogue, str(tmp_path), chosen, spark=spark)["revalidate"]
    assert (said["fetched"], said["decoded"]) == (3, 3)
    clusters = [(row["id"], row["cluster_id"]) for row in rows(str(tmp_path), "clusters")]
    assert sorted(clusters) == [("0", "0"), ("1", "0"), ("2", "2"), ("3", "2")]
    assert [row["status"] for row in rows(str(tmp_path), "rejects")] == ["no_image"]
    assert set(rows(str(tmp_path), "deduplicated")[0]) == {"id", "phash", "md5", "label"}
    written = [pq.read_schema(file).names for file in tmp_path.glob("runs/*/catalogue/*.parquet")]
    assert all("content" not in names for names in written)


def test_every_merge_is_explained_by_what_the_pictures_say(output: str, spark: SparkSession) -> None:
    within, across = explained.pairs(pd.DataFrame(rows(output, "clusters")))
    found = explained.told(within, across, output, spark, settings.load())
    assert len(within) > 100
    assert list(explained.faults(found, within, across, settings.load())) == []


@pytest.mark.any_spark
def test_offers_that_a_person_keeps_apart_share_no_cluster_and_no_row(drawn: Path, output: str) -> None:
    left, right = copies(drawn)
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


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "nowhere.parquet", "OUT"], 2, "no Parquet file lies there"),
        (["run", "CATALOGUE", "OUT", "--set", "catalogue.id=offer"], 2, "no column 'offer'"),
        (["run", "CATALOGUE", "OUT", "--set", "run.speed=9"], 2, "unknown setting run.speed"),
        (["run", "CATALOGUE", "OUT", "--config", "none.toml"], 2, "no such file"),
        (["query", "OUT", "a.jpg"], 2, "no run is published"),
    ],
)
def test_bad_input_is_named_with_its_exit_code(
    spark: SparkSession,
    mini: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    words = {"CATALOGUE": str(mini), "OUT": str(tmp_path / "out")}
    assert cli.main([words.get(argument, argument) for argument in arguments]) == code
    assert message in capsys.readouterr().err


def on_s3(server: s3_server.Server, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user gives it, in a process of its own, with conf/s3.toml and this server's endpoint."""
    command = [sys.executable, "-m", "dedup_spark.cli", *arguments, "--config", "conf/s3.toml"]
    command += ["--set", f"s3.endpoint={server.endpoint}", "--set", f"s3.region={s3_server.REGION}"]
    command += ["--set", "session.master=local[2]"]
    variables: dict[str, str] = {**os.environ, **server.environment, **environment}
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=600, check=False)


def test_catalogue_pictures_and_output_on_s3(s3: s3_server.Server, mini: Path, expected: str) -> None:
    chosen = dataclasses.replace(settings.load(), s3=s3.settings)
    s3_demo.upload(mini.parent, "s3://pictures/shop", s3.settings)
    done = on_s3(
        s3,
        "run",
        "s3a://pictures/shop/mini.parquet",
        "s3://results/run",
        "--config",
        config(mini),
        "--set",
        "report.write=true",
    )
    assert done.returncode == 0, done.stderr
    assert digest("s3://results/run", chosen) == expected
    paths = [file.path for file in objects.listing("s3://results/run", s3.settings)]
    assert sum(path.endswith(".parquet") for path in paths) > len(tables.OF_EVERY_RUN)
    found = {path: objects.read(path, s3.settings) for path in paths}
    assert [path for path, file in found.items() if file and s3.secret_key.encode() in plain(path, file.data)] == []
    assert s3.secret_key not in done.stdout + done.stderr


def plain(path: str, data: bytes) -> bytes:
    """The bytes of a file, and of a table what is compressed in them."""
    rows = pq.read_table(pa.BufferReader(data)).to_pylist() if path.endswith(".parquet") else []
    return data + repr(rows).encode()


@pytest.mark.parametrize(
    ("place", "secret"),
    [("s3://results/denied", "wrong-wrong-wrong"), ("s3://no-such-bucket/x", None)],
    ids=["wrong credentials", "missing bucket"],
)
def test_refused_storage_ends_with_exit_code_4_within_seconds(
    s3: s3_server.Server, mini: Path, place: str, secret: str | None
) -> None:
    began = time.monotonic()
    done = on_s3(s3, "run", str(mini), place, AWS_SECRET_ACCESS_KEY=secret or s3.secret_key)
    assert time.monotonic() - began < SECONDS
    assert done.returncode == 4, done.stderr
    assert s3.secret_key not in done.stderr
    assert "Traceback" not in done.stderr


def test_spark_connect_and_64_partitions_give_the_same_rows(mini: Path, expected: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dedup_spark.cli", "run", str(mini), str(tmp_path / "out")]
    command += ["--config", config(mini), "--set", "session.remote=local[2]", "--set", "run.partitions=64"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert digest(str(tmp_path / "out")) == expected
    (manifest,) = (tmp_path / "out").glob("runs/*/run.json")
    assert json.loads(manifest.read_text())["components"]["clusters"]["carrier"] == "cluster"


def test_a_cluster_gives_the_same_rows_whoever_is_killed(
    standalone: Cluster, mini: Path, expected: str, tmp_path: Path
) -> None:
    submitted = ("jobs/dedup.py", "run", str(mini), str(tmp_path / "out"), "--config", config(mini))
    strikes = [Strike(WORKER, "fingerprints: chunk 1 of"), Strike(EXECUTOR, "suspects ...")]
    command, environment = standalone.submission(*submitted)
    done = victims.kill(strikes, command, tmp_path / "log", environment)
    assert done.code == 0, (tmp_path / "log").read_text()
    assert all(done.victims)
    assert digest(str(tmp_path / "out")) == expected


def test_the_code_of_the_readme_runs(spark: SparkSession, drawn: Path, mini: Path, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text().replace("/data/pictures", str(drawn)).replace("/data/dedup", str(tmp_path))
    shirt = next((drawn / "images").rglob("*.jpg"))
    known: dict[str, Any] = {"spark": spark, "catalogue": str(mini)}
    for code in re.findall(r"```python\n(.*?)```", text.replace("shirt.jpg", str(shirt)), re.DOTALL):
        exec(compile(code, "README.md", "exec"), known)
    columns = ("left_content", "right_content", "distance", "verdict", "reason")
    stages, flow = known["pairs"].select(*columns).collect(), read(str(tmp_path), "duplicate_pairs", spark=spark)
    assert sorted(stages) == sorted(flow.select(*columns).collect())
    assert len(stages) > 10
