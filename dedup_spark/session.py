"""A session is the way to Spark: found or built here and nowhere else; also the home of what differs between Sparks.

An active session is used as it is and never stopped: a platform or a notebook owns it. Under spark-submit the master,
the memory and the packages are what the submission says. Elsewhere a session is built to suit this machine.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyspark
from pyspark.sql import SparkSession

from dedup_spark import java
from dedup_spark.settings import S3, Settings

GIB = 1 << 30
DRIVER_MEMORY = (1 * GIB, 16 * GIB)
"""Bytes: the least that Spark starts with in comfort, and the most that one JVM collects in short pauses."""

LOOPBACK = "127.0.0.1"

ALWAYS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",  # 3.5 and 4.0 would write the outdated INT96
    "spark.log.level": "ERROR",
}

LOCAL = {
    "spark.driver.host": LOOPBACK,
    "spark.driver.bindAddress": LOOPBACK,
    "spark.connect.grpc.binding.address": LOOPBACK,
    "spark.ui.enabled": "false",
}

S3A_FACTORY = "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
S3A = {
    # Tables are committed by the magic committer: nothing is renamed, nothing half-written is seen.
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": S3A_FACTORY,
    "spark.sql.sources.commitProtocolClass": "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
    "spark.sql.parquet.output.committer.class": "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter",
    # Wrong credentials and dead servers show within seconds, not after the quarter of an hour of the defaults.
    "spark.hadoop.fs.s3a.attempts.maximum": "2",
    "spark.hadoop.fs.s3a.retry.limit": "3",
    "spark.hadoop.fs.s3a.retry.interval": "200ms",
    "spark.hadoop.fs.s3a.connection.establish.timeout": "5s",
    "spark.hadoop.fs.s3a.connection.timeout": "30s",
    "spark.hadoop.fs.s3a.input.stream.type": "classic",  # the default of Hadoop 3.5 wants one more jar
}

AWS = "software.amazon.awssdk.auth.credentials"
CREDENTIALS = {
    # Places to look for credentials; no secret is ever put into the Spark configuration.
    "default": f"{AWS}.DefaultCredentialsProvider",
    "profile": f"{AWS}.ProfileCredentialsProvider",
    "anonymous": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
}

CHECKED = "4.1.2"
"""The Spark for which the small selection of S3A packages was checked: 22 MB instead of 733."""
SDK, HADOOP = "2.29.52", "3.4.2"
SMALL_PACKAGES = (
    f"org.apache.spark:spark-hadoop-cloud_2.13:{CHECKED}",
    f"org.apache.hadoop:hadoop-aws:{HADOOP}",
    *(f"software.amazon.awssdk:{part}:{SDK}" for part in ("s3", "s3-transfer-manager", "sts", "apache-client")),
)
SMALL_EXCLUDES = (
    "software.amazon.awssdk:bundle",
    *(f"org.apache.hadoop:hadoop-{part}" for part in ("client-api", "client-runtime", "cloud-storage")),
    *(f"org.apache.hadoop:hadoop-{cloud}" for cloud in ("azure", "azure-datalake", "aliyun", "huaweicloud")),
    "com.google.cloud.bigdataoss:gcs-connector",
    "com.google.cloud.bigdataoss:gcs-connector-hadoop3",
)


def get(settings: Settings) -> SparkSession:
    """The active session if there is one, else one built by the settings; `BadInput` when no Java fits.

    Whoever starts a session stops it: see `opened`.
    """
    active = SparkSession.getActiveSession()
    return active if active is not None else _built(settings)


@contextmanager
def opened(settings: Settings) -> Iterator[SparkSession]:
    """The session for a block of work, stopped at its end when it was started here.

    >>> from dedup_spark.settings import load
    >>> with opened(load(overrides=["session.master=local[1]"])) as spark:
    ...     spark.range(3).count()
    3
    """
    owned = SparkSession.getActiveSession() is None
    spark = get(settings)
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


def memory() -> int:
    """Bytes that this process and its children may use: the machine's, or less where a control group says so."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (_limit(file) for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"))
    return min(machine, *(limit for limit in limits if limit is not None), machine)


def _limit(file: str) -> int | None:
    try:
        with open(file, encoding="ascii") as lines:
            return int(lines.read())
    except (OSError, ValueError):  # no such file, or "max"
        return None


def _built(settings: Settings) -> SparkSession:
    """A new session: the caller's to stop."""
    builder = SparkSession.builder.appName(settings.session.app_name)
    for name, value in configuration(settings, provided=_provided()).items():
        builder = builder.config(name, value)
    if _provided():
        return builder.getOrCreate()
    remote, master = settings.session.remote, settings.session.master or "local[*]"
    if not remote.startswith("sc://"):
        java.use(java.choose(version(pyspark.__version__)))
    if (remote or master).startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers run whatever python3 is on PATH
    return (builder.remote(remote) if remote else builder.master(master)).getOrCreate()


def _provided() -> bool:
    """Whether something else decides where Spark runs: spark-submit, Databricks, or an address of Spark Connect."""
    return any(name in os.environ for name in ("PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION", "SPARK_REMOTE"))


def configuration(settings: Settings, provided: bool = False) -> Mapping[str, str]:
    """What a new session is configured with; the settings' own `session.conf` has the last word.

    >>> from dedup_spark.settings import load
    >>> configuration(load())["spark.sql.session.timeZone"]
    'UTC'
    """
    where = settings.session.remote or settings.session.master or "local[*]"
    local = {}
    if where.startswith("local") and not provided:
        half = min(max(memory() // 2, DRIVER_MEMORY[0]), DRIVER_MEMORY[1])  # Python workers need the other half
        local = {**LOCAL, "spark.driver.memory": f"{half >> 20}m"}
    s3a = s3a_configuration(settings.s3) if settings.s3.configure_spark else {}
    return {**ALWAYS, **local, **s3a, **settings.session.conf}


def s3a_configuration(s3: S3, spark: str = pyspark.__version__) -> Mapping[str, str]:
    """How Spark reads and writes s3a:// with the settings of the project's own clients, and the packages for it."""
    packages, excludes = s3a_packages(spark)
    endpoint = s3.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    region = s3.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    wanted = {
        "spark.jars.packages": ",".join(packages),
        "spark.jars.excludes": ",".join(excludes),
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": region,
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false" if endpoint.startswith("http://") else "true",
        "spark.hadoop.fs.s3a.path.style.access": str(s3.path_style).lower(),
        "spark.hadoop.fs.s3a.aws.credentials.provider": CREDENTIALS[s3.credentials],
        "spark.driver.extraJavaOptions": f"-Daws.profile={s3.profile}" if s3.credentials == "profile" else "",
    }
    return {**S3A, **{name: value for name, value in wanted.items() if value}}


def s3a_packages(spark: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The Maven coordinates for S3A and what to leave out of them, for a Spark version.

    >>> s3a_packages("3.5.9")
    (('org.apache.spark:spark-hadoop-cloud_2.12:3.5.9',), ())
    """
    if spark == CHECKED:
        return SMALL_PACKAGES, SMALL_EXCLUDES
    scala = "2.12" if version(spark) < (4, 0) else "2.13"
    return (f"org.apache.spark:spark-hadoop-cloud_{scala}:{spark}",), ()
