"""A platform is what the flow runs on: the set-up, the templates, a cluster whose workers have nothing installed."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from dedup_spark import settings
from dedup_spark.spark import session
from tests import cluster

ROOT = Path(__file__).resolve().parents[1]


def tracked(*patterns: str) -> list[Path]:
    """The files of the project that git knows, or all there are where this is no checkout."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git checkout: what belongs to the project is not known")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture
def bootstrap() -> ModuleType:
    """tools/bootstrap.py as a module, loaded anew so that a test may change it."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "tools" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.flow
def test_a_cluster_runs_what_is_shipped_to_it(standalone: cluster.Cluster, tmp_path: Path) -> None:
    bare = subprocess.run([standalone.python, "-c", "import numpy"], capture_output=True, text=True)
    assert "No module named 'numpy'" in bare.stderr
    answers = tmp_path / "answers.json"
    assert standalone.submit("tests/where_from.py", str(answers)).returncode == 0
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    work = standalone.environment["SPARK_WORKER_DIR"]
    assert len(rows) == 4
    assert {row["python"] for row in rows} == {standalone.python}
    for file in (file for row in rows for file in row["files"]):
        assert re.fullmatch(rf"{work}/app-[^/]+/\d+/dependencies/.+\.py", file), file


def test_a_cluster_is_gone_after_a_failure() -> None:
    with pytest.raises(ValueError, match="in the block"), cluster.standalone(workers=1) as running:
        raise ValueError("in the block")
    assert not Path(running.environment["SPARK_WORKER_DIR"]).parent.exists()
    port = int(running.master.rsplit(":", 1)[1])
    said = subprocess.run([sys.executable, "-c", CONNECT, str(port)], capture_output=True, text=True).stderr
    assert "ConnectionRefusedError" in said


CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5)"


@pytest.mark.parametrize("file", sorted((ROOT / "conf").glob("*.toml")), ids=lambda file: file.stem)
def test_a_template_holds_settings_that_there_are(file: Path) -> None:
    ours = session.configuration(settings.load([file]))
    assert any("s3a" in name for name in ours) == (file.stem == "s3")


def test_on_emr_and_databricks_nothing_of_s3a_is_switched_on() -> None:
    for name in ("emr", "databricks"):
        chosen = settings.load([ROOT / "conf" / f"{name}.toml"])
        assert (chosen.s3.configure_spark, chosen.storage.s3_scheme) == (False, "s3")
        assert "s3a" not in (ROOT / "conf" / f"{name}.toml").read_text().replace("S3A", "")


def test_the_emr_step_ships_what_spark_defaults_ships() -> None:
    (step,) = json.loads((ROOT / "conf" / "emr-step.json").read_text())
    arguments = step["Args"]
    assert arguments[arguments.index("--archives") + 1].endswith("dependencies.tar.gz#dependencies")
    assert "spark.executorEnv.PYTHONPATH=./dependencies" in arguments
    defaults = dict(
        line.split(None, 1)
        for line in (ROOT / "conf" / "spark-defaults.conf").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert defaults["spark.archives"] == "dist/dependencies.tar.gz#dependencies"
    assert defaults["spark.executorEnv.PYTHONPATH"] == "./dependencies"


def test_jobs_are_ten_lines_at_most() -> None:
    for job in (ROOT / "jobs").glob("*.py"):
        assert len(job.read_text().splitlines()) <= 10


def test_help_lists_what_make_can_do() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()) - {"set-up"}
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make ([a-z0-9-]+)", said, re.MULTILINE)) == phony
    assert {"run", "test", "run-s3", "run-cluster", "test-spark35", "test-spark40"} <= phony


def test_only_session_knows_what_spark_connect_lacks() -> None:
    """No RDD, SparkContext, JVM gateway, accumulator, persist or session builder but in session.py."""
    forbidden = re.compile(
        r"\.rdd\b|sparkContext|SparkContext|\._j(vm|sc|df)\b|\.persist\(|\.cache\(\)|localCheckpoint|SparkSession\.builder"
    )
    files = {file for file in tracked("dedup_spark/*.py") if file.name != "session.py"}
    assert files
    assert [f"{file.name}: {found[0]}" for file in sorted(files) if (found := forbidden.search(file.read_text()))] == []


def test_no_window_goes_over_everything() -> None:
    """A window without a partition puts all rows into one task."""
    whole = re.compile(r"Window\.(orderBy|rowsBetween|rangeBetween)|partitionBy\(\)|\.over\(\)")
    files = tracked("dedup_spark/*.py")
    assert any("Window.partitionBy(" in file.read_text() for file in files)
    assert [file.name for file in files if whole.search(file.read_text())] == []


def test_no_file_names_one_machine_or_a_host_of_packages() -> None:
    here = re.compile(r"(?<![\w.~-])/work/(main|shared)|pythonhosted|pypi\.org|repo1?\.maven")
    for file in tracked():
        if file.suffix in (".whl", ".png", ".jpg", ".webp", ".gif", ".bmp", ".parquet") or file == Path(__file__):
            continue
        found = here.search(file.read_text("utf-8", errors="replace"))
        assert found is None, f"{file.relative_to(ROOT)}: {found}"


def test_a_second_set_up_does_nothing(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    lock, jre = ROOT / "requirements" / "dev.txt", ROOT / "requirements" / "jre.txt"
    (venv / "set-up").write_text(bootstrap.digest(lock, jre))
    monkeypatch.setattr(bootstrap, "run", lambda command: pytest.fail(f"ran {command}"))
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "--venv", str(venv)])
    bootstrap.main()


def test_another_lock_or_another_java_is_another_set_up(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("one")
    first = bootstrap.digest(lock)
    assert bootstrap.digest(lock) == first
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    second = bootstrap.digest(lock)
    lock.write_text("two")
    assert len({first, second, bootstrap.digest(lock)}) == 3


def test_a_tampered_pip_is_refused(bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / bootstrap.PIP.name
    shutil.copy(bootstrap.PIP, wheel)
    monkeypatch.setattr(bootstrap, "PIP", wheel)
    monkeypatch.setattr(bootstrap, "run", lambda command: None)
    bootstrap.install(tmp_path, "nothing")
    with wheel.open("ab") as end:
        end.write(b"\0")
    with pytest.raises(SystemExit, match="SHA-256 differs"):
        bootstrap.install(tmp_path, "nothing")


def test_a_python_that_is_too_old_is_said(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(old))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer.*\n.*make PYTHON="):
        bootstrap.newest_enough()


def test_every_requirement_has_its_hashes() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        pins = [line for line in lock.read_text().splitlines() if re.match(r"[a-z0-9]", line)]
        assert pins
        assert all(line.endswith("\\") for line in pins), lock.name  # a hash follows
