"""A session is the way to Spark: found or built here and nowhere else; also the home of what differs between Sparks.

An active session is used as it is and never stopped: a platform or a notebook owns it. Under spark-submit the master,
the memory and the packages are what the submission says. Elsewhere a session is built to suit this machine.
"""

import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files

import pyspark
from pyspark.sql import SparkSession

from dedup_spark.settings import Settings
from dedup_spark.spark import java, s3a

GIB = 1 << 30
DRIVER_MEMORY = (1 * GIB, 16 * GIB)
"""Bytes: the least that Spark starts with in comfort, and the most that one JVM collects in short pauses."""

HEAP = "1g"
"""What Spark gives the driver's JVM unless told."""

OVERHEAD_SHARE, OVERHEAD_LEAST = 0.1, 384 << 20
"""What Spark asks YARN for beside the heap unless told: a share of it, and at least so many bytes."""

UNITS = {"k": 10, "m": 20, "g": 30, "t": 40}  # as powers of 2

LOOPBACK = "127.0.0.1"

EVERY_CORE = "local[*]"
JAVA_OPTIONS = "spark.driver.extraJavaOptions"

SQL = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # 3.5 and 4.0 would write the outdated INT96
}

BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"

QUIET = {
    # else each operation on a column tells the JVM which line asked for it: half of the driver's Python in a small run
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    "spark.ui.showConsoleProgress": "false",  # there is a progress line of our own
    JAVA_OPTIONS: f"-Dlog4j2.configurationFile={files('dedup_spark').joinpath('log4j2.properties')}",
}

LIGHT_JVM = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
"""What a JVM is started with that has little to do: it compiles every method once, lightly, and collects in one thread.

By default it compiles what is used again and again, which took 32 of the 57 seconds of processor time of a run of 75
offers, and brings nothing back before there are hundreds of thousands. The search of pairs among a million hashes takes
1.3 (t = 10) to 2.5 times (t = 14) as long with it.

Such a JVM keeps 48 MB of compiled code unless told, less than one run makes: then it sweeps out and compiles anew what
it will call again. With the 240 MB of any other JVM it has no need to. One thread that collects keeps the
heap small.
"""

LIGHT = {
    # Spark writes and compiles Java for each of some hundred queries, which then runs for a few milliseconds
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.constraintPropagation.enabled": "false",  # a third of what it takes to optimise a query of many columns
    "spark.sql.shuffle.partitions": "8",
    "spark.buffer.pageSize": "1m",  # a sort takes a page, of 32 MB unless told: more than all of its rows
}
"""What Spark is told that has little to do. For 300 offers it takes a sixth off the processor time of a run, and the
memory of its processes goes from 3.9 to 1.4 GB.
"""

LOCAL = {
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    "spark.connect.grpc.binding.address": LOOPBACK,
    "spark.ui.enabled": "false",
}


def get(settings: Settings, light: bool = False) -> SparkSession:
    """The active session if there is one, else one built by the settings; `BadInput` when no Java fits.

    light: one that is started on this machine has little to do (see LIGHT_JVM). Whoever starts a session stops it: see
    `opened`.
    """
    active = SparkSession.getActiveSession()
    return active if active is not None else _built(settings, light)


@contextmanager
def opened(settings: Settings, light: bool = False) -> Iterator[SparkSession]:
    """The session for a block of work, as `get` gives it, stopped at its end when it was started here.

    >>> from dedup_spark.settings import load
    >>> with opened(load(overrides=["session.master=local[1]"])) as spark:
    ...     spark.range(3).count()
    3
    """
    owned = SparkSession.getActiveSession() is None
    spark = get(settings, light)
    try:
        yield spark
    finally:
        if owned:
            spark.stop()


def version(spark: SparkSession | str) -> tuple[int, int]:
    """Major and minor version of a session, or of a text such as Databricks and EMR give.

    >>> version("3.5.6-amzn-1")
    (3, 5)
    """
    major, minor = (spark if isinstance(spark, str) else spark.version).split(".")[:2]
    return int(major), int(minor)


def is_connect(spark: SparkSession) -> bool:
    """Whether the session is a Spark Connect client, which has neither JVM nor SparkContext."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def progress(spark: SparkSession) -> tuple[int, int] | None:
    """Tasks done and tasks in all of the stages that run now; None when nothing runs, or on Spark Connect."""
    if is_connect(spark):
        return None
    tracker = spark.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    running = [stage for stage in stages if stage is not None]
    return (sum(s.numCompletedTasks for s in running), sum(s.numTasks for s in running)) if running else None


def cores(spark: SparkSession) -> int | None:
    """Tasks that run at once; None on Spark Connect, which does not tell."""
    return None if is_connect(spark) else int(spark.sparkContext.defaultParallelism)


@contextmanager
def small_batches(spark: SparkSession, rows: int) -> Iterator[None]:
    """Inside, Python workers get at most so many rows at once: what each row holds is large."""
    with told(spark, {BATCH: str(rows)}):
        yield


@contextmanager
def told(spark: SparkSession, conf: Mapping[str, str]) -> Iterator[None]:
    """Inside, the session is told this, which has a value before."""
    before = {name: str(spark.conf.get(name)) for name in conf}
    try:
        for name, value in conf.items():
            spark.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            spark.conf.set(name, value)


def memory() -> int:
    """Bytes that this process and its children may use: the machine's, or less where a container says so."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_limit(file) for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"))
    return min(machine, *(limit for limit in (*limits, _container()) if limit is not None), machine)


def _container() -> int | None:
    """Bytes of the container that YARN runs the driver in; None elsewhere.

    YARN sums up what its processes use and kills what is larger: most often no control group tells of it.
    """
    active = SparkSession.getActiveSession()
    if active is None or "CONTAINER_ID" not in os.environ:
        return None
    heap = size(active.conf.get("spark.driver.memory", HEAP) or HEAP)
    overhead = active.conf.get("spark.driver.memoryOverhead", "")
    return heap + (size(overhead) if overhead else max(int(OVERHEAD_SHARE * heap), OVERHEAD_LEAST))


def size(text: str) -> int:
    """Bytes of a size as Spark writes it; a bare number is in MiB, as it is for all that we ask for.

    >>> size("3g") == size("3072") == 3 * GIB
    True
    """
    found = re.fullmatch(r"(\d+)([kmgt]?)b?", text.strip().lower())
    assert found is not None, text  # Spark started with it
    return int(found[1]) << UNITS[found[2] or "m"]


def _limit(file: str) -> int | None:
    try:
        with open(file, encoding="ascii") as lines:
            return int(lines.read())
    except (OSError, ValueError):  # no such file, or "max"
        return None


def _built(settings: Settings, light: bool) -> SparkSession:
    """A new session: the caller's to stop."""
    builder = SparkSession.builder.appName(settings.session.app_name)
    for name, value in configuration(settings, provided(), light).items():
        builder = builder.config(name, value)
    if not provided():
        _prepare(settings)
        remote, master = settings.session.remote, settings.session.master
        builder = builder.remote(remote) if remote else builder.master(master or EVERY_CORE)
    with warnings.catch_warnings():
        # A local server of Spark Connect is given its configuration, then pyspark tells it all of it once more.
        warnings.filterwarnings("ignore", message="Failed to set")
        return builder.getOrCreate()


def _prepare(settings: Settings) -> None:
    """What a Java process that starts here finds in its environment."""
    if settings.session.remote.startswith("sc://"):
        return
    java.use(java.choose(version(pyspark.__version__)))
    if _is_local(settings):
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers run whatever python3 is on PATH
    if settings.s3.credentials == "profile":
        os.environ["AWS_PROFILE"] = settings.s3.profile  # the only way to name it to every version of the SDK


def provided() -> bool:
    """Whether something else decides where Spark runs: spark-submit, Databricks, or an address of Spark Connect."""
    return any(name in os.environ for name in ("PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION", "SPARK_REMOTE"))


def _is_local(settings: Settings) -> bool:
    return (settings.session.remote or settings.session.master or EVERY_CORE).startswith("local")


def configuration(settings: Settings, elsewhere: bool = False, light: bool = False) -> Mapping[str, str]:
    """What a new session is configured with; the settings' own `session.conf` has the last word.

    elsewhere: something else decides where Spark runs, so that nothing is said about the machine. The same holds for
    a server of Spark Connect. light: see `get`.

    >>> from dedup_spark.settings import load
    >>> configuration(load())["spark.sql.session.timeZone"]
    'UTC'
    >>> sorted(set(configuration(load(overrides=["session.remote=sc://host"]))) - set(SQL))
    []
    """
    shuffled = {"spark.sql.shuffle.partitions": str(settings.run.partitions)} if settings.run.partitions else {}
    sql = SQL | shuffled
    if settings.session.remote.startswith("sc://"):
        return {**sql, **settings.session.conf}
    here = {} if elsewhere else QUIET
    if _is_local(settings) and not elsewhere:
        here = {**QUIET, **LOCAL, "spark.driver.memory": _driver_memory()}
        if light:
            here[JAVA_OPTIONS] += f" {LIGHT_JVM}"
            sql = SQL | LIGHT | shuffled
    s3 = s3a.configuration(settings.s3, pyspark.__version__) if settings.s3.configure_spark else {}
    return {**sql, **here, **s3, **settings.session.conf}


def _driver_memory() -> str:
    """Half of the memory there is: the Python workers of a local session need the other half."""
    return f"{min(max(memory() // 2, DRIVER_MEMORY[0]), DRIVER_MEMORY[1]) >> 20}m"
