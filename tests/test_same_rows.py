"""The same rows come out whatever the way: partitions, kills, a disk or S3, Spark Connect, a cluster."""

import dataclasses
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from benchmarks import victims
from benchmarks.victims import DRIVER, EXECUTOR, WORKER, Strike
from dedup_spark import errors, pipeline, settings, tables
from dedup_spark.io import objects
from dedup_spark.spark import session
from tests import catalogues, s3_demo, s3_server
from tests.cluster import Cluster
from tests.digests import digest, rows

pytestmark = pytest.mark.flow

POLICY = """
[conflicts]
apart = ["brand"]
[judgements]
judgements = ["{}"]
"""
"""Settings with which no table is empty."""


def config(mini: Path) -> str:
    """The settings of the small catalogue, beside it."""
    file, word = mini.with_suffix(".toml"), mini.with_suffix(".jsonl")
    few = set(pq.read_table(mini)["id"].to_pylist())
    word.write_text(catalogues.kept_apart(*catalogues.copies(mini.parent, few)))
    file.write_text(POLICY.format(word) + catalogues.AS_FILE)
    return str(file)


@pytest.fixture(scope="module")
def expected(spark: SparkSession, mini: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the small catalogue, run the plain way: from its file, with two shuffle partitions."""
    place = str(tmp_path_factory.mktemp("expected"))
    pipeline.run(str(mini), place, settings.load([config(mini)]), spark=spark)
    assert all(rows(place, table.name) for table in (*tables.OF_EVERY_RUN, tables.JUDGEMENTS))
    assert not list(Path(place).glob("runs/*/report"))  # the settings turn it off
    return digest(place)


def stop_at(word: str) -> Callable[[str], None]:
    """What is told a run's lines and ends it at the one that begins so, as Ctrl-C does."""

    def tell(line: str) -> None:
        if line.startswith(word):
            raise KeyboardInterrupt

    return tell


@dataclass(frozen=True)
class Resumed:
    """A run that was stopped, then killed, then went on: where it was published, its run.json, what it told at last."""

    output: str
    manifest: dict[str, Any]
    lines: list[str]


@pytest.fixture(scope="module")
def resumed(spark: SparkSession, mini: Path, tmp_path_factory: pytest.TempPathFactory) -> Resumed:
    """With one partition of everything, and small tasks, chunks, batches and rounds."""
    place, lines = tmp_path_factory.mktemp("resumed"), list[str]()
    overrides = ["run.partitions=1", "run.lease_watch=1", "duplicate_sets.round=1"]
    overrides += [f"fingerprints.{setting}" for setting in ("images_per_task=9", "chunk=40", "batch=1")]
    chosen = settings.load([config(mini)], overrides)
    with session.told(spark, {"spark.sql.shuffle.partitions": "1"}):
        with pytest.raises(KeyboardInterrupt):
            pipeline.run(str(mini), str(place), chosen, spark=spark, tell=stop_at("fingerprints: chunk 1 of"))
        assert not (place / "CURRENT").exists()
        command = [sys.executable, "-m", "dedup_spark.cli", "run", str(mini), str(place), "--config", config(mini)]
        for setting in ("session.master=local[2]", *overrides):
            command += ["--set", setting]
        killed = victims.kill([Strike(DRIVER, "suspects ...")], command, place / "log")
        assert killed.code == -signal.SIGKILL, (place / "log").read_text()
        assert not (place / "CURRENT").exists()
        last = pipeline.run(str(mini), str(place), chosen, spark=spark, tell=lines.append)
    return Resumed(str(place), last, lines)


def test_a_run_that_is_killed_goes_on_where_it_was(resumed: Resumed, expected: str) -> None:
    again = ("catalogue ...", "fingerprints: chunk 1 of", "duplicate_pairs ...", "duplicate_sets ...")
    assert not any(line.startswith(again) for line in resumed.lines)
    assert any(line.startswith("suspects ...") for line in resumed.lines)
    assert "fingerprints: chunk 1 of" not in (Path(resumed.output) / "log").read_text()
    assert len(resumed.manifest["resumed"]) == 2
    assert digest(resumed.output) == expected


def test_the_next_run_fetches_nothing_and_any_partitioning_gives_the_same_rows(
    spark: SparkSession, mini: Path, resumed: Resumed, expected: str
) -> None:
    """From a DataFrame with seven partitions of everything, and AQE; below, with 64, and in the cluster."""
    shuffled = spark.read.parquet(str(mini)).orderBy("image", ascending=False).repartition(7)
    overrides = [f"fingerprints.allowed={json.dumps([str(mini.parent)])}", f"catalogue.image_root={mini.parent}"]
    with session.told(spark, {"spark.sql.shuffle.partitions": "7", "spark.sql.adaptive.enabled": "true"}):
        said = pipeline.run(shuffled, resumed.output, settings.load([config(mini)], overrides))["revalidate"]
    assert digest(resumed.output) == expected
    statuses = resumed.manifest["statuses"]["images"]
    assert set(statuses) > {"ok"}
    assert set(statuses) <= set(errors.OF_BYTES)
    assert (said["by"], said["reused"], said["fetched"], said["decoded"]) == ("listing", sum(statuses.values()), 0, 0)


def test_catalogue_pictures_and_output_on_s3(s3: s3_server.Server, mini: Path, expected: str) -> None:
    chosen = dataclasses.replace(settings.load(), s3=s3.settings)
    s3_demo.upload(mini.parent, "s3://pictures/shop", s3.settings)
    done = s3_server.command(
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
