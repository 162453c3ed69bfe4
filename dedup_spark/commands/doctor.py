"""A check says of one thing on this machine whether it is there, what was found, and how to mend it.

Each check stands alone: one that fails does not hide the next, and what rests on it is skipped.
"""

import importlib
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from dedup_spark.errors import BadInput, DedupError, StorageFailed
from dedup_spark.io import filesystems, locations, objects
from dedup_spark.output import documents
from dedup_spark.settings import Settings
from dedup_spark.spark import java

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import SparkSession

OLDEST_PYTHON = (3, 11)
LONGEST = 400  # characters of an error that are shown
PROJECT = "dedup-spark"
REQUIREMENT = re.compile(r"(?P<package>(?P<name>[\w.-]+)[^;]*?)\s*(;.*extra == ['\"](?P<extra>[\w-]+)['\"].*)?")
"""A line of the project's requirements, as the metadata of a package gives them."""
MODULES = {
    "googleapis-common-protos": "google.rpc",
    "grpcio": "grpc",
    "grpcio-status": "grpc_status",
    "pillow": "PIL",
}
"""What to import where that is not the name of the package."""


@dataclass(frozen=True)
class Check:
    """state: `ok`, `missing` or `skipped`; fix: what a person can do, empty unless something is missing."""

    name: str
    state: str
    found: str
    fix: str = ""
    storage: bool = False

    @property
    def exit_code(self) -> int:
        """What the command ends with when this check is the first that fails."""
        if self.state != "missing":
            return 0
        return StorageFailed.exit_code if self.storage else BadInput.exit_code


def main(place: str | None, settings: Settings) -> int:
    """Prints the checks, each as soon as it is made; the exit code: 0, 2 (this machine) or 4 (storage)."""
    code = 0
    for check in checks(place, settings):
        print(text(check), flush=True)
        code = code or check.exit_code
    print("\nAll that is needed is there." if code == 0 else "\nSomething is missing: see above how to mend it.")
    return code


def text(check: Check) -> str:
    """A check as a person reads it.

    >>> print(text(Check("Java", "missing", "none found", "install Java 17")))
    missing  Java             none found
             how to mend it:  install Java 17
    """
    line = f"{check.state:7}  {check.name:15}  {documents.redacted(check.found)}".rstrip()
    return f"{line}\n{'':7}  how to mend it:  {check.fix}" if check.fix else line


def checks(place: str | None, settings: Settings) -> Iterator[Check]:
    """All checks of this machine and, when given, of the folder or s3:// prefix that an output shall go to."""
    yield python()
    packages = list(installed(settings))
    yield from packages
    spark_there = all(check.state == "ok" for check in packages)
    home = spark_home() if spark_there else None
    if home:
        yield home
    runtime = java_of(settings) if spark_there else skipped("Java", "needs pyspark first")
    yield runtime
    stored = list(storage(place, settings))
    yield from stored
    if "missing" in (runtime.state, home.state if home else ""):
        yield skipped("Spark", "needs what is missing above")
        return
    fit = place if stored[-1].state == "ok" else None
    yield from spark(fit, settings)


def skipped(name: str, why: str) -> Check:
    return Check(name, "skipped", why)


def python() -> Check:
    """The Python that runs this."""
    found = f"{sys.version.split()[0]} at {sys.executable}"
    if sys.version_info >= OLDEST_PYTHON:
        return Check("Python", "ok", found)
    return Check("Python", "missing", found, f"install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer")


def installed(settings: Settings) -> Iterator[Check]:
    """The packages that the project requires under these settings, with their versions."""
    try:
        lines = metadata.requires(PROJECT) or ()
    except metadata.PackageNotFoundError:
        yield Check(PROJECT, "missing", "not installed, so what it requires is not known", "pip install '.[spark]'")
        return
    wanted = extras(settings)
    checked = set()
    for found in filter(None, map(REQUIREMENT.fullmatch, lines)):
        if found["name"] not in checked and (found["extra"] is None or found["extra"] in wanted):
            checked.add(found["name"])
            yield package(found["name"], found["package"])


def extras(settings: Settings) -> set[str]:
    """The extras of the project that these settings need.

    >>> from dedup_spark.settings import load
    >>> sorted(extras(load(overrides=["session.remote=sc://host", "fingerprints.allowed=gs://shop"])))
    ['connect', 'gcs', 'spark']
    >>> sorted(extras(load(overrides=["fingerprints.decode=simd"])))
    ['simd', 'spark']
    """
    places = (settings.catalogue.image_root, *settings.fingerprints.allowed)
    schemes = {place.partition("://")[0].lower() for place in places if "://" in place}
    others = {filesystems.EXTRAS.get(locations.ALIASES.get(scheme, scheme), "") for scheme in schemes}
    found = {"spark"} | others - {"", "s3fs"}
    if settings.session.remote:
        found.add("connect")
    if settings.fingerprints.client == "s3fs" or settings.s3.credentials == "profile":  # which botocore reads
        found.add("s3fs")
    if settings.fingerprints.decode == "simd":
        found.add("simd")
    return found


def package(name: str, requirement: str) -> Check:
    """Whether a package can be imported; `requirement` is what pip is to be given for it."""
    try:
        importlib.import_module(MODULES.get(name, name.replace("-", "_")))
        return Check(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, "ok", "brought by the platform")  # a Spark distribution has no package metadata
    except ImportError as error:
        return Check(name, "missing", str(error), f"pip install '{requirement}'")


def spark_home() -> Check | None:
    """SPARK_HOME, where it is set: another Spark there than the pyspark package fails in strange ways."""
    import pyspark

    home = os.environ.get("SPARK_HOME")
    if not home:
        return None
    jars = (
        re.search(r"spark-core_[\d.]+-(.+)\.jar", file.name) for file in Path(home, "jars").glob("spark-core_*.jar")
    )
    there = next((jar[1] for jar in jars if jar), "no Spark")
    if there.startswith(pyspark.__version__):
        return Check("SPARK_HOME", "ok", f"{home}: Spark {there}")
    fix = f"unset SPARK_HOME, or install pyspark=={there}" if there != "no Spark" else "unset SPARK_HOME"
    return Check("SPARK_HOME", "missing", f"{home}: {there}, but pyspark is {pyspark.__version__}", fix)


def java_of(settings: Settings) -> Check:
    """The Java that Spark will be started on."""
    import pyspark

    from dedup_spark.spark import session

    if settings.session.remote.startswith("sc://") or session.provided():
        return skipped("Java", "Spark is not started here")
    spark_version = session.version(pyspark.__version__)
    try:
        return Check("Java", "ok", str(java.choose(spark_version)))
    except BadInput as error:
        return Check("Java", "missing", str(error).partition(". ")[0], java.remedy(spark_version))


def storage(place: str | None, settings: Settings) -> Iterator[Check]:
    """Credentials, and a small object written, read and deleted, by the driver's own client."""
    if place is None:
        yield skipped("storage", "no place given: dedup-spark doctor OUTPUT tests a folder or an s3:// prefix")
        return
    try:
        folder = locations.folder(place, "OUTPUT")
    except DedupError as error:
        yield Check("storage", "missing", str(error), "give a folder or s3://bucket/prefix")
        return
    if folder.startswith("s3://"):
        yield Check("S3 settings", "ok", credentials(settings))
    yield _tried("storage", lambda: _round_trip(folder, settings), _STORAGE_FIX, storage=True)


_STORAGE_FIX = "see that the place exists and may be written, and that [s3] has its endpoint, region and credentials"


def credentials(settings: Settings) -> str:
    """Where credentials for S3 come from on this machine, and what is asked; never what they are.

    >>> from dedup_spark.settings import load
    >>> credentials(load(overrides=["s3.credentials=anonymous", "s3.endpoint=http://127.0.0.1:8333", "s3.region=here"]))
    'anonymous, at http://127.0.0.1:8333, region here'
    """
    s3 = settings.s3
    source = {"anonymous": "anonymous", "profile": f"profile {s3.profile!r}"}.get(s3.credentials) or next(
        (words for name, words in _SOURCES.items() if os.environ.get(name)),
        "no AWS_* variable is set: the role of the instance, if there is one",
    )
    endpoint = s3.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    region = s3.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return f"{source}, at {endpoint or 'AWS'}" + (f", region {region}" if region else "")


_SOURCES = {
    "AWS_ACCESS_KEY_ID": "AWS_ACCESS_KEY_ID of the environment",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "the role of the container",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "the role of the container",
}


def spark(place: str | None, settings: Settings) -> Iterator[Check]:
    """A job that needs Java, Python workers and Arrow, then a table written and read back at the place."""
    from dedup_spark.spark import session

    with ExitStack() as stack:
        started: list[SparkSession] = []

        def job() -> str:
            started.append(stack.enter_context(session.opened(settings)))
            return _job(started[0])

        yield _tried("Spark job", job, _JOB_FIX)
        if started and place is not None:
            yield _tried("Spark tables", lambda: _table(started[0], place, settings), _TABLE_FIX, storage=True)
        else:
            yield skipped("Spark tables", "needs a running Spark and a place that can be written")


def _job(spark: "SparkSession") -> str:
    workers = spark.range(0, 8, numPartitions=2).mapInPandas(worker_pythons, "python string").distinct()
    return f"Spark {spark.version}, workers run Python {', '.join(sorted(row[0] for row in workers.toLocalIterator()))}"


def worker_pythons(batches: "Iterable[pd.DataFrame]") -> "Iterable[pd.DataFrame]":
    """The version of the Python that this runs in, once a row."""
    for batch in batches:
        yield batch.assign(python=sys.version.split()[0])[["python"]]


def _table(spark: "SparkSession", place: str, settings: Settings) -> str:
    """A table of 100 rows written, counted and deleted."""
    from dedup_spark import storage as tables

    path = f"{place}/doctor-{secrets.token_hex(8)}"
    try:
        written = tables.write(spark.range(100), path, settings)
        tables.check(written, settings)
    finally:
        tables.clear(path, settings)
    return f"{written.rows} rows written to {place} and read again"


def _round_trip(place: str, settings: Settings) -> str:
    """An object written where none was, refused a second time, read and deleted."""
    folder, data = f"{place}/doctor-{secrets.token_hex(8)}", secrets.token_bytes(64)
    path = f"{folder}/probe"
    objects.write(path, data, settings.s3, expected=None)
    try:
        read = objects.read(path, settings.s3)
        if read is None or read.data != data:
            raise StorageFailed(f"{place} gave back other bytes than were written")
        with suppress(objects.Conflict):
            objects.write(path, b"another writer", settings.s3, expected=None)
            raise StorageFailed(f"{place} lets a second writer replace the first: it has no conditional writes")
    finally:
        objects.delete_folder(folder, settings.s3)  # with the lock file that a disk keeps beside it
    return f"{place} was written, read and deleted"


def _tried(name: str, act: Callable[[], str], fix: str, storage: bool = False) -> Check:
    """The check that an action succeeds; whatever it raises is what is missing."""
    began = time.monotonic()
    try:
        found = act()
    except Exception as error:
        return Check(name, "missing", _first_line(error), fix, storage)
    return Check(name, "ok", f"{found} ({time.monotonic() - began:.1f} s)")


def _first_line(error: Exception) -> str:
    line = next(iter(str(error).strip().splitlines()), "")
    return f"{line[:LONGEST]}" if isinstance(error, DedupError) else f"{type(error).__name__}: {line[:LONGEST]}"


_JOB_FIX = "Python workers must run the driver's version of Python: PYSPARK_PYTHON names it; the line above says more"
_TABLE_FIX = (
    "for S3 see [s3] configure_spark and [storage] s3_scheme; on a cluster the place must be seen by all workers"
)
