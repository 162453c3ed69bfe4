"""A cluster is one standalone master with its workers on the loopback address, gone when its block ends.

    python -m tests.cluster jobs/dedup.py run CATALOGUE OUTPUT

The workers run a Python that has nothing installed: what a job needs is shipped to them, or it fails.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyspark

from dedup_spark.spark import java, session

ROOT = Path(__file__).resolve().parents[1]
SPARK = Path(pyspark.__file__).parent
LOOPBACK = "127.0.0.1"
UP_WITHIN = 60.0
DOWN_WITHIN = 20.0


@dataclass(frozen=True)
class Cluster:
    """Where jobs are submitted to, and the bare Python of its workers."""

    master: str
    python: str
    environment: dict[str, str]

    def submit(
        self, *arguments: str, conf: Sequence[str] = (), timeout: float = 900
    ) -> subprocess.CompletedProcess[str]:
        """Submits a job, and waits until it has ended."""
        command, environment = self.submission(*arguments, conf=conf)
        return subprocess.run(command, cwd=ROOT, env=environment, timeout=timeout, text=True)

    def submission(self, *arguments: str, conf: Sequence[str] = ()) -> tuple[list[str], dict[str, str]]:
        """The command that submits a job as `conf/spark-defaults.conf` says, that is with the archive of dependencies,
        and its environment. To be run in `ROOT`.
        """
        command = [str(SPARK / "bin" / "spark-submit"), "--master", self.master]
        command += ["--properties-file", str(ROOT / "conf" / "spark-defaults.conf")]
        light = {"spark.executor.extraJavaOptions": session.LIGHT_JVM} | session.LIGHT  # two cores, and little data
        command += [word for pair in (*map("=".join, light.items()), *conf) for word in ("--conf", pair)]
        environment = {**self.environment, "PYSPARK_PYTHON": self.python, "PYSPARK_DRIVER_PYTHON": sys.executable}
        return [*command, *arguments], environment


@contextmanager
def standalone(workers: int = 2, cores: int = 1, memory: str = "1g") -> Iterator[Cluster]:
    """A master and its workers, started on free ports and stopped whatever happens in the block."""
    java.use(java.choose(session.version(pyspark.__version__)))
    with tempfile.TemporaryDirectory(prefix="dedup-spark-cluster-") as folder, ExitStack() as running:
        place = Path(folder)
        bare = place / "python"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
        environment = {**os.environ, "SPARK_LOCAL_IP": LOOPBACK, "SPARK_WORKER_DIR": str(place / "work")}
        environment.pop("PYTHONPATH", None)
        spark_class = [str(SPARK / "bin" / "spark-class"), "org.apache.spark.deploy"]

        def start(name: str, kind: str, *arguments: str) -> Path:
            log = place / f"{name}.log"
            command = [spark_class[0], f"{spark_class[1]}.{kind}", "--host", LOOPBACK, "--port", "0", *arguments]
            running.enter_context(_process(command, log, environment))
            return log

        found = _wait(start("master", "master.Master", "--webui-port", "0"), r"Starting Spark master at (spark://\S+)")
        resources = ("--cores", str(cores), "--memory", memory, "--webui-port", "0")
        logs = [start(f"worker-{n}", "worker.Worker", *resources, found) for n in range(workers)]
        for log in logs:
            _wait(log, r"(Successfully registered) with master")
        yield Cluster(found, str(bare / "bin" / "python"), environment)


@contextmanager
def _process(command: Sequence[str], log: Path, environment: dict[str, str]) -> Iterator[None]:
    """A process in a group of its own, so that all it started goes with it."""
    with log.open("w") as lines:
        process = subprocess.Popen(command, env=environment, stdout=lines, stderr=lines, start_new_session=True)
    try:
        yield
    finally:
        for kind in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, kind)
                process.wait(DOWN_WITHIN)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        process.wait()


def _wait(log: Path, pattern: str) -> str:
    """What the pattern's group matches in a log, as soon as it is there."""
    end = time.monotonic() + UP_WITHIN
    while time.monotonic() < end:
        match = re.search(pattern, log.read_text(errors="replace"))
        if match:
            return match[1]
        time.sleep(0.1)
    raise TimeoutError(f"{log.stem} is not up after {UP_WITHIN:.0f} s:\n{log.read_text(errors='replace')[-3000:]}")


def main() -> int:
    """Starts a cluster, submits the job of the command line, stops the cluster; the job's exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with standalone() as cluster:
        print(f"A master at {cluster.master} and two workers, whose Python has nothing installed", flush=True)
        return cluster.submit(*sys.argv[1:]).returncode


if __name__ == "__main__":
    sys.exit(main())
