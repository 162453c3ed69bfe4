"""A work is a run at work: each stage of the flow writes its table once, says how far it is, and is timed.

Here is also what makes two runs one, so that a killed run is resumed.
"""

import hashlib
import platform
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from dedup_spark import forms
from dedup_spark.output.runs import Run
from dedup_spark.people.reviews import Reviews
from dedup_spark.references import Reference
from dedup_spark.settings import Settings
from dedup_spark.source import Source
from dedup_spark.spark import progress
from dedup_spark.storage import Scratch
from dedup_spark.tables import Table

FRESH = "fresh"
"""The [clusters] ids of a run that takes nothing from the one before."""

ASKS_ONLY = ("cli.py", "commands", "demo")
"""What only looks at runs, or clears up behind them: no row of a run depends on it."""


@dataclass(frozen=True)
class Work:
    """A run at work: `table` writes a table of the flow, or finds it written already."""

    run: Run
    spark: SparkSession
    settings: Settings
    scratch: Scratch
    tell: Callable[[str], None]

    def table(self, table: Table, rows: Callable[[], DataFrame]) -> DataFrame:
        if self.run.has(table.name):
            return self.run.read(self.spark, table.name, self.settings)
        self.tell(f"{table.name} ...")
        with self.stage(table.name):
            conformed = forms.conform(rows(), table)
            written = self.run.write(conformed, table.name, self.settings)
        self.tell(f"{table.name}: {written.rows:,} rows")
        return self.run.read(self.spark, table.name, self.settings, conformed.schema)

    def before(self, table: Table) -> DataFrame | None:
        """That table of the run that was current when this one began; None: there was none, or it does not count."""
        if self.run.previous is None or self.settings.clusters.ids == FRESH:
            return None
        return self.run.read_previous(self.spark, table.name, self.settings)

    def cut(self, rows: DataFrame, name: str) -> DataFrame:
        """The same rows, written to the scratch and read back."""
        with self.stage(name):
            return self.scratch.cut(rows, name)

    @contextmanager
    def stage(self, name: str, images: int = 0) -> Iterator[None]:
        """What is inside says how far it is when it takes long; run.json has the seconds of each stage, added up: its
        own, without those of stages inside of it.

        images: how many it fetches, if it does.
        """
        began, before = time.monotonic(), sum(self._seconds().values())
        with progress.lines(self.spark, name, self.tell, images):
            yield
        took, seconds = time.monotonic() - began, self._seconds()
        inside = sum(seconds.values()) - before
        seconds[name] = round(seconds.get(name, 0.0) + took - inside, 3)

    def _seconds(self) -> dict[str, float]:
        found: dict[str, float] = self.run.manifest.setdefault("seconds", {})
        return found


def versions(spark: SparkSession) -> dict[str, str]:
    """What computed the run."""
    packages = ("dedup-spark", "numpy", "obstore", "pandas", "pillow", "pyarrow", "scipy")
    found = {name: metadata.version(name) for name in packages}
    return {"python": platform.python_version(), "spark": spark.version} | found


def identity(found: Source, said: Reviews, settings: Settings, references: Sequence[Reference] = ()) -> dict[str, Any]:
    """What makes two runs one: a killed run is resumed by a run of equal identity."""
    home = Path(__file__).parent
    code = sorted(file for file in home.rglob("*.py") if file.relative_to(home).parts[0] not in ASKS_ONLY)
    return {
        "settings": settings.digest(),
        "catalogue": found.identity or secrets.token_hex(),  # nobody can tell whether a DataFrame is the same
        "people": said.identity(),
        "against": [reference.identity for reference in references],
        "code": hashlib.sha256(b"".join(file.read_bytes() for file in code)).hexdigest()[:16],
    }
