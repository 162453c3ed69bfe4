"""A reference is pictures that stay as they are: what today's catalogue repeats of them is taken out of it.

It is the OUTPUT of another run (yesterday's masters, the pictures of an evaluation set), or a table of fingerprints in
Parquet. Its own pictures are not compared with each other, and no row of it is ever removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark import source, storage, tables
from dedup_spark.errors import BadInput
from dedup_spark.io import locations
from dedup_spark.output import manifests, runs
from dedup_spark.settings import Settings

NEEDED = (
    "image",
    "status",
    "content",
    "bytes",
    "width",
    "height",
    "phash",
    "views",
    "colour_signature",
    "low_information",
    "hash_version",
    "signature_version",
)
"""The columns of `tables.FINGERPRINTS` that a table of fingerprints must have.

Without `square` there is no second look: what is near is for review then, and only equal bytes, or nearly equal colours
([duplicate_pairs] max_unseen_colour_difference), repeat.
"""


@dataclass(frozen=True)
class Reference:
    """What is known of a reference before it is read.

    name: as a person calls it. identity: changes when its pictures do. run_id: of the run that is current there; None:
    a table of fingerprints.
    """

    name: str
    identity: str
    run_id: str | None


def find(settings: Settings) -> tuple[Reference, ...]:
    """The references that [against] names, found to be there. `BadInput` for one that is not."""
    return tuple(_find(name, settings) for name in settings.against.references)


def read(spark: SparkSession, references: Sequence[Reference], settings: Settings) -> DataFrame:
    """The fingerprints of all references with their `square`: the columns `NEEDED`, and null where there is none."""
    return reduce(DataFrame.unionByName, (_read(spark, reference, settings) for reference in references))


def _find(name: str, settings: Settings) -> Reference:
    run_id = manifests.current(locations.folder(name, "--against"), settings.s3)
    if run_id is not None:
        return Reference(name, run_id, run_id)
    try:
        found = source.find(name, settings)
    except BadInput as error:
        raise BadInput(f"--against {name}: neither a run nor a table of fingerprints lies there") from error
    if found.path is None:
        raise BadInput(f"--against {name}: must be the OUTPUT of a run, or a path of fingerprints in Parquet")
    return Reference(name, str(found.identity), None)


def _read(spark: SparkSession, reference: Reference, settings: Settings) -> DataFrame:
    if reference.run_id is not None:
        prints, thumbnails = (
            runs.read(reference.name, table.name, reference.run_id, spark, settings)
            for table in (tables.FINGERPRINTS, tables.THUMBNAILS)
        )
        return prints.select(*NEEDED, _margins(prints)).join(
            thumbnails.select("image", "square"), on="image", how="left"
        )
    rows = storage.read(spark, locations.folder(reference.name, "--against"), settings)
    lacking = [name for name in NEEDED if name not in rows.columns]
    if lacking:
        raise BadInput(f"--against {reference.name}: lacks {', '.join(lacking)}, which a table of fingerprints has")
    square = F.col("square") if "square" in rows.columns else F.lit(None).cast("binary").alias("square")
    return rows.select(*NEEDED, _margins(rows), square)


def _margins(prints: DataFrame) -> Column:
    """The margins, which an older table of fingerprints has not looked for."""
    return F.col("margins") if "margins" in prints.columns else F.lit(None).cast("array<int>").alias("margins")
