"""A report is made again for a run that is over: of other settings, or sanitised, to be sent around."""

from dedup_spark.io import locations
from dedup_spark.output import manifests, runs
from dedup_spark.report import whole
from dedup_spark.settings import Settings
from dedup_spark.spark import session


def write(output: str, run_id: str | None, settings: Settings) -> str:
    """Writes the report of that run, or of the current one, into its folder; the path of its first page.

    Raises `BadInput` for a run that is not there, or was never finished.
    """
    place = locations.folder(output, "OUTPUT")
    manifest = manifests.readable(place, run_id, settings.s3)
    run = manifest["run_id"]
    with session.opened(settings) as spark:
        return whole.write(
            manifest,
            lambda table, schema: runs.read(place, table, run, spark, settings, schema),
            f"{place}/{manifests.folder(run)}",
            settings,
        )
