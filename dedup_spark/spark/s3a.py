"""An S3A configuration is how Spark itself reads and writes s3a:// where no platform has set that up.

EMR and Databricks bring S3 of their own: there `[s3] configure_spark` stays off and nothing here is used.
"""

import os
from collections.abc import Mapping

from dedup_spark.settings import S3

FACTORY = "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory"
ALWAYS = {
    # Tables are committed by the magic committer: nothing is renamed, nothing half-written is seen.
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": FACTORY,
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

CREDENTIALS = {
    # Places to look for credentials; no secret is ever put into the Spark configuration.
    "default": "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider",
    "profile": "software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider",
    "anonymous": "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
}
CREDENTIALS_OF_3 = {
    # Spark 3.5 brings a Hadoop that still uses the first AWS SDK for Java.
    "default": "com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
    "profile": "com.amazonaws.auth.profile.ProfileCredentialsProvider",
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


def configuration(s3: S3, spark: str) -> Mapping[str, str]:
    """How that Spark reads and writes s3a:// with the settings of our own clients, and the packages it needs for it.

    >>> from dedup_spark.settings import load
    >>> configuration(load(overrides=["s3.region=eu-west-1"]).s3, "4.1.2")["spark.hadoop.fs.s3a.endpoint.region"]
    'eu-west-1'
    """
    included, excluded = packages(spark)
    credentials = CREDENTIALS if not spark.startswith("3.") else CREDENTIALS_OF_3
    endpoint = s3.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    region = s3.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "")
    wanted = {
        "spark.jars.packages": ",".join(included),
        "spark.jars.excludes": ",".join(excluded),
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": region,
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false" if endpoint.startswith("http://") else "true",
        "spark.hadoop.fs.s3a.path.style.access": str(s3.path_style).lower(),
        "spark.hadoop.fs.s3a.aws.credentials.provider": credentials[s3.credentials],
    }
    return {**ALWAYS, **{name: value for name, value in wanted.items() if value}}


def packages(spark: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The Maven coordinates for S3A and what to leave out of them, for a Spark version.

    >>> packages("3.5.9")
    (('org.apache.spark:spark-hadoop-cloud_2.12:3.5.9',), ())
    """
    if spark == CHECKED:
        return SMALL_PACKAGES, SMALL_EXCLUDES
    scala = "2.12" if spark.startswith("3.") else "2.13"
    return (f"org.apache.spark:spark-hadoop-cloud_{scala}:{spark}",), ()
