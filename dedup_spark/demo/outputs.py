"""An output of a demo's run, judged: its tables are read on the driver, from a disk or S3, without a Spark session."""

from pathlib import Path

from dedup_spark import storage
from dedup_spark.demo.judgement import TABLES, Judgement, judge
from dedup_spark.io import locations
from dedup_spark.output import manifests
from dedup_spark.settings import Settings, load


def judge_output(folder: str | Path, output: str, settings: Settings | None = None) -> Judgement:
    """What the current run of an output got right on the demo of a folder, wherever its pictures were read from.

    Raises `BadInput` when nothing was published there, or of another catalogue.
    """
    settings = load() if settings is None else settings
    place = locations.folder(output, "OUTPUT")
    manifest = manifests.open(place, None, settings.s3)
    tables = {}
    for name, columns in TABLES.items():
        written = manifests.written(place, manifest, name)
        storage.check(written, settings)
        tables[name] = storage.read_arrow(written.path, settings, columns)
    return judge(folder, tables, manifest["image_root"])
