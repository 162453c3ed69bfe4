"""A part is what a run has written on its way to a table: the run that resumes it finds it, and makes only the others.

Parts lie in the folder of their run until it is published; run.json names each once it is written, with what became
known as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from dedup_spark import storage
from dedup_spark.output.runs import Run
from dedup_spark.settings import Settings
from dedup_spark.storage import Scratch, Written


@dataclass(kw_only=True)
class Kept(Scratch):
    """The scratch of a run: what it keeps are parts."""

    run: Run

    def keep(
        self, name: str, rows: Callable[[], DataFrame], facts: Callable[[], dict[str, Any]] = dict
    ) -> tuple[DataFrame, dict[str, Any]]:
        """Raises `StorageFailed` where a part is no longer what was written."""
        path = self._paths[name] = f"{self.run.folder}/parts/{name}"
        known: dict[str, dict[str, Any]] = self.run.manifest["parts"]
        if name in known:
            said = known[name]
            storage.check(Written(path, said["rows"], said["files"], said["bytes"]), self.settings)
            return storage.read(self.spark, path, self.settings), said["facts"]
        self.run.lease.check()
        made = rows()
        written = storage.write(made, path, self.settings)
        said = {"rows": written.rows, "files": written.files, "bytes": written.bytes, "facts": facts()}
        known[name] = said
        self.run.save()
        return storage.read(self.spark, path, self.settings, made.schema), said["facts"]


def scratch(run: Run, spark: SparkSession, settings: Settings) -> Kept:
    """A place for tables that nobody reads after the run; who takes a run over gets another one, with its parts."""
    return Kept(spark, f"{run.folder}/scratch/{run.lease.id}", settings, run=run)
