"""A refusal is a run that cannot be: it names the thing, the value and what would be right, with its exit code."""

import json
import time
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dedup_spark import cli, pipeline, settings
from dedup_spark.errors import BadInput, GateFailed
from tests import s3_server

pytestmark = pytest.mark.flow

SECONDS = 60.0
"""What refused storage may take on a busy machine; most of it is the start of Python."""


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


@pytest.mark.parametrize(
    ("place", "secret"),
    [("s3://results/denied", "wrong-wrong-wrong"), ("s3://no-such-bucket/x", None)],
    ids=["wrong credentials", "missing bucket"],
)
def test_refused_storage_ends_with_exit_code_4_within_seconds(
    s3: s3_server.Server, mini: Path, place: str, secret: str | None
) -> None:
    began = time.monotonic()
    done = s3_server.command(s3, "run", str(mini), place, AWS_SECRET_ACCESS_KEY=secret or s3.secret_key)
    assert time.monotonic() - began < SECONDS
    assert done.returncode == 4, done.stderr
    assert s3.secret_key not in done.stderr
    assert "Traceback" not in done.stderr
