"""A result is a run that was published, as a notebook holds it: its tables, and answers that show themselves.

Rows stay on the cluster: only what is shown comes home, with what the report says of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from dedup_spark import pipeline
from dedup_spark.commands import explain, query
from dedup_spark.errors import BadImage, BadInput, RunRefused
from dedup_spark.io import locations
from dedup_spark.output import manifests, runs
from dedup_spark.report import gather, named
from dedup_spark.report.discretion import Discretion
from dedup_spark.report.gather import Tables
from dedup_spark.results import answers, overview, pair, plots
from dedup_spark.results.answers import Answers
from dedup_spark.results.cluster import Cluster
from dedup_spark.results.pair import Pair
from dedup_spark.settings import Settings, load
from dedup_spark.spark import session

if TYPE_CHECKING:
    from dedup_spark.results.figure import Plot


@dataclass(frozen=True, repr=False)
class Result:
    """One run of an output. manifest: what its run.json says; spark: the session to ask it with, None: as `read` does.

    Everything that it gives has its data as fields and shows itself in a notebook: eight offers of a cluster, say, with
    a word on how many there are. With `[report] sanitised` no picture and no name of a merchant is shown.
    """

    output: str
    run_id: str
    manifest: dict[str, Any] = field(compare=False)
    settings: Settings
    spark: SparkSession | None = field(default=None, compare=False)

    def read(self, table: str) -> DataFrame:
        """A table of the run, as `dedup_spark.read` gives it."""
        return self._read(table)

    def cluster(self, cluster_id: str | int) -> Cluster:
        """A cluster by its id: measures, and the first offers with their pictures. Raises `BadInput` for none."""
        name, of = named.text(cluster_id, "cluster"), self._tables()  # all of them are there
        conflicts = self.manifest["tables"]["conflicts"]["rows"] > 0
        found = named.cluster(of, name, self.settings.report, self._seen, conflicts)
        if found is None:
            raise BadInput(f"cluster {cluster_id!r}: must be a cluster_id of the table `clusters` of {self._name}")
        return Cluster(*found)

    def pair(self, left_offer: str | int, right_offer: str | int) -> Pair:
        """What connects two offers, picture by picture, or what stopped the nearest two; as `dedup-spark explain`.

        Raises `BadInput` for an offer that the run does not know.
        """
        found = explain.read(self.output, self._session, self.settings, self.run_id)
        told = explain.explained(str(left_offer), str(right_offer), found, self._name, self.settings)
        return pair.made(told, self._tables(), self.settings.report, self._seen)

    def query(self, images: str | PathLike[str] | Iterable[str | PathLike[str]]) -> Answers:
        """The stored pictures within the threshold of these: paths or URIs of any pictures; as `dedup-spark query`.

        Raises `BadInput` for what is no path; a picture that cannot be used has no answers, but a reason.
        """
        paths = query.canonical([images] if isinstance(images, str | PathLike) else images)
        found = query.asked(paths, self._read, self._session, self.settings)
        return answers.made(found, self._tables(), self.settings.report, self._seen)

    def plot_duplicates(self, image: str | PathLike[str], file: str | PathLike[str] | None = None) -> "Plot":
        """A stored image and its copies as a figure of matplotlib, the keeper first, then the nearest.

        image: as `duplicate_sets` or the catalogue names it. file: where to write the figure as well, .png, .svg or
        .pdf; whole or not at all. Raises `BadInput` for an image that the run does not know, for another ending, where
        pictures are to be left out, and without the extra `plot`; `StorageFailed` where the file cannot be written.
        """
        draw, name = plots.drawing(file, self.settings), named.text(image, "image")
        found = named.copies(self._tables(), self._named(name), self.settings.report, self._seen)
        if found is None:
            known = "must be named as `duplicate_sets` or the catalogue does, and usable"
            raise BadInput(f"image {name!r}: {known}; `query` takes pictures that {self._name} does not have")
        return draw(*found)

    def __repr__(self) -> str:
        return f"<{overview.line(self.manifest)}>"

    def _repr_html_(self) -> str:
        return overview.html(self.manifest)

    @property
    def _name(self) -> str:
        return f"run {self.run_id} of {self.output}"

    @property
    def _session(self) -> SparkSession:
        return session.get(self.settings) if self.spark is None else self.spark

    @cached_property
    def _seen(self) -> Discretion:
        """What may be said, kept: a merchant has one number in all that a sanitised result shows."""
        return Discretion(self.manifest["image_root"], self.settings.report.sanitised)

    def _read(self, table: str, schema: StructType | None = None) -> DataFrame:
        return runs.read(self.output, table, self.run_id, self._session, self.settings, schema)

    def _tables(self) -> Tables:
        return gather.read(self._read)

    def _named(self, image: str) -> list[str]:
        """What an image may be called in the tables: as it is named, or below the root of the catalogue."""
        try:
            return [image, locations.resolve(image, self.manifest["image_root"])]
        except BadImage:
            return [image]


def run(
    offers: str | DataFrame,
    output: str | PathLike[str],
    settings: Settings | None = None,
    *,
    spark: SparkSession | None = None,
    fresh: bool = False,
    on_lost: Callable[[RunRefused], None] | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Result:
    """Runs the whole flow and publishes it in OUTPUT, as `pipeline.run` does; what came of it shows itself.

    Without a session the one of a DataFrame is used, else the active one; else one is built, and stopped at the end.
    """
    place, settings = locations.folder(output, "OUTPUT"), load() if settings is None else settings
    manifest = pipeline.run(offers, place, settings, spark=spark, fresh=fresh, on_lost=on_lost, tell=tell)
    return Result(place, manifest["run_id"], manifest, settings, spark)


def result(
    output: str | PathLike[str],
    run_id: str | None = None,
    spark: SparkSession | None = None,
    settings: Settings | None = None,
) -> Result:
    """A run that was published in OUTPUT: the current one, or an older one by its run_id.

    settings: as the run was made, unless others are given; a sanitised run stays so. Raises `BadInput` where there is
    no such run, or a version made it that is too old to be shown.
    """
    place, here = locations.folder(output, "OUTPUT"), load() if settings is None else settings
    manifest = manifests.readable(place, run_id, here.s3)
    overview.check(manifest)
    chosen = _as_made(manifest.get("settings", {})) if settings is None else settings
    return Result(place, manifest["run_id"], manifest, chosen, spark)


def _as_made(said: dict[str, Any]) -> Settings:
    """The settings that decided the rows of a run, and whether it may be shown with pictures and merchants."""
    sanitised = said.get("report", {}).get("sanitised", False)
    return load(overrides=["report.sanitised=true"] if sanitised else [], run=said)
