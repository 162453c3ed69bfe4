"""Fixtures that tests share since they are slow to make: a session, an S3 server, a cluster, the demo, two nights."""

import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import pytest
from py4j.java_gateway import java_import
from pyspark.sql import SparkSession

from dedup_spark import demo, settings
from dedup_spark.spark import session
from tests import catalogues, cluster, notebook, s3_server

# Environments that run the demo on older lines of Spark draw no figures.
collect_ignore = [] if find_spec("matplotlib") else ["tests/test_figure.py"]

# Tests are short: the second compiler of the JVM costs them as much again as all else that it does.
for name in ("SPARK_SUBMIT_OPTS", "SPARK_DAEMON_JAVA_OPTS"):
    os.environ[name] = f"{session.LIGHT_JVM} {os.environ.get(name, '')}".strip()

# A test says what is so, not how fast: on a machine at work an example may take any time.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

SMALL = session.LIGHT | {
    "spark.driver.memory": "3g",
    # Hadoop starts a `chmod` for each file that it writes, some 500 in one run of the flow: half of them for checksums
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # with it S3A cannot write
    "spark.sql.shuffle.partitions": "2",
    # else each exchange is a job of its own, two hundred in one run of the flow: a fifth of its processor time
    "spark.sql.adaptive.enabled": "false",
}


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """One local session with two threads and few shuffle partitions."""
    conf = ", ".join(f'"{name}" = "{value}"' for name, value in SMALL.items())
    with session.opened(settings.load(overrides=["session.master=local[2]", f"session.conf={{ {conf} }}"])) as started:
        # else each `F.lit` looks through all jars for a class of that name: half of what a column costs
        java_import(started._jvm, "org.apache.spark.sql.functions")
        yield started


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3_server.Server]:
    """One S3 server with the buckets `pictures` and `results`; its keys are in the environment from here on."""
    with s3_server.serve(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(scope="session")
def standalone() -> Iterator[cluster.Cluster]:
    """One cluster of a master and two workers, whose Python has nothing installed, and what to ship to them."""
    subprocess.run(["make", "dist/dependencies.tar.gz"], cwd=cluster.ROOT, check=True)
    with cluster.standalone() as running:
        yield running


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo; nothing in it may be changed."""
    folder = tmp_path_factory.mktemp("demo") / "drawn"
    demo.build(folder)
    return folder


@pytest.fixture(scope="session")
def mini(drawn: Path) -> Path:
    """A catalogue of a quarter of the demo."""
    return catalogues.mini(drawn)


@pytest.fixture(scope="session")
def nights(spark: SparkSession, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> notebook.Nights:
    """The two nights of the notebook; nothing in them may be changed, or it is put back."""
    return notebook.run(drawn, tmp_path_factory.mktemp("nights"))


@pytest.fixture(autouse=True)
def _doctest_spark(request: pytest.FixtureRequest) -> None:
    """Doctests that speak of `spark` find it; the others start no session."""
    if isinstance(request.node, pytest.DoctestItem) and "spark." in (request.node.dtest.docstring or ""):
        request.node.dtest.globs["spark"] = request.getfixturevalue("spark")
