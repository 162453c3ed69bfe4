"""A report is the folder of pages that people open: one run, looked at from all sides, safe to send around."""

from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame

from dedup_spark import tables
from dedup_spark.report import folder, gather, pages
from dedup_spark.report.discretion import Discretion
from dedup_spark.settings import Settings


def write(manifest: dict[str, Any], of_run: Callable[[str, Any], DataFrame], run: str, settings: Settings) -> str:
    """Writes the report of a run, in place of the one that is there; the path of its first page.

    manifest: what run.json says of the run. of_run: reads a table of it, see `gather.read`. run: its folder.
    Cost: one pass over most tables; some hundreds of cards come home.
    """
    seen = Discretion(manifest["image_root"], settings.report.sanitised)
    conflicts = manifest["tables"][tables.CONFLICTS.name]["rows"] > 0
    found = gather.found(gather.read(of_run), settings.report, seen, conflicts)
    return folder.write(pages.rendered(found, manifest, settings.report, seen), run, settings)
