"""Tasks are written for a run that is over: what Label Studio is to ask people."""

from collections import Counter
from functools import partial

from dedup_spark.errors import BadInput
from dedup_spark.io import locations, objects
from dedup_spark.output import manifests, runs
from dedup_spark.report import gather, tasks
from dedup_spark.report.discretion import Discretion
from dedup_spark.settings import Settings
from dedup_spark.spark import session


def write(output: str, file: str, settings: Settings) -> dict[str, int]:
    """Writes the tasks of the current run into the file: how many there are of each kind.

    Raises `BadInput` for an output without a run, and where pictures are to be left out.
    """
    if settings.report.sanitised:
        raise BadInput("report.sanitised = true: must be false, since people judge by the pictures")
    place, target = locations.folder(output, "OUTPUT"), locations.folder(file, "FILE")
    manifest = manifests.open(place, None, settings.s3)
    run, chosen = manifest["run_id"], manifest["settings"]
    limits = tasks.Limits(chosen["candidate_pairs"]["max_distance"], chosen["duplicate_pairs"]["max_colour_difference"])
    with session.opened(settings) as spark:
        of = gather.read(lambda table, schema: runs.read(place, table, run, spark, settings, schema))
        choose = partial(tasks.choose, limits=limits, most=settings.report.tasks)
        pairs, thumbnails = gather.pairs(of, settings.report, Discretion(manifest["image_root"]), choose)
    told = tasks.document(pairs, thumbnails, limits, run)
    objects.write(target, tasks.as_json(told), settings.s3, kind="application/json")
    counts = Counter(task["data"]["kind"] for task in told)
    return {kind: counts[kind] for kind in tasks.KINDS}
