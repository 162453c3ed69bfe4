"""An explanation is what connects two offers, step by step, or what stopped the nearest two pictures that they show."""

import json
from dataclasses import fields
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from dedup_spark.commands import steps
from dedup_spark.commands.steps import Tables
from dedup_spark.comparing.verdict import limits
from dedup_spark.errors import BadInput
from dedup_spark.io import locations
from dedup_spark.output import manifests, runs
from dedup_spark.report import named
from dedup_spark.settings import Settings
from dedup_spark.spark import session


def report(output: str, left: str, right: str, settings: Settings) -> dict[str, Any]:
    """The explanation of two offers, named as `clusters` names them, as JSON would hold it.

    Raises `BadInput` when nothing is published in OUTPUT, or its current run knows no such offer.
    """
    with session.opened(settings) as spark:
        return explained(left, right, read(output, spark, settings), f"the current run of {output}", settings)


def explained(left: str, right: str, found: Tables, run: str, settings: Settings) -> dict[str, Any]:
    """The explanation by the tables of a run, which a message calls `run`: two queries.

    Raises `BadInput` when the run knows no such offer.
    """
    left, right = (named.text(offer, "offer") for offer in (left, right))
    if left == right:
        raise BadInput(f"offer {left!r} is named twice: must be two offers")
    known = {row["id"] for row in found.offers().where(F.col("id").isin(left, right)).distinct().collect()}
    for offer in (left, right):
        if offer not in known:
            raise BadInput(f"offer {offer!r}: {run} has no such offer with a usable picture")
    pair = found.shows.sparkSession.createDataFrame([(left, right)], "left string, right string")
    rows = steps.compute(pair, found, limits(settings)).orderBy("step").collect()  # as many as one chain has
    told = [{name: row[name] for name in rows[0].asDict() if name not in ("left", "right")} for row in rows]
    return {"left": left, "right": right, "one_cluster": rows[0]["kind"] == steps.CHAIN, "steps": told}


def text(report: dict[str, Any]) -> str:
    """The report as lines that a person reads."""
    one = "in one cluster" if report["one_cluster"] else "in no common cluster"
    lines = [f"{report['left']} and {report['right']} are {one}"]
    for step in report["steps"]:
        lines.append(f"  {step['left_offer']} shows {step['left_image']}")
        lines.append(f"  {step['right_offer']} shows {step['right_image']}")
        lines.append(
            f"    {step['why']}; distance {step['distance']}, colour difference {step['colour_difference']:.1f}, "
            f"these two alone: {step['alone']}{_met(step)}"
        )
    return "\n".join(lines)


def _met(step: dict[str, Any]) -> str:
    return f", nearer as {step['by_views']}" if step["by_views"] else ""


def read(output: str, spark: SparkSession, settings: Settings, run_id: str | None = None) -> Tables:
    """The tables of that run of OUTPUT, or of the current one. Raises `BadInput` when nothing is published there."""
    written = manifests.open(locations.folder(output, "OUTPUT"), run_id, settings.s3)["tables"]
    names = [part.name for part in fields(Tables)]
    absent = {"judgements"} - written.keys()
    return Tables(**{name: runs.read(output, name, run_id, spark, settings) for name in names if name not in absent})


def as_json(report: dict[str, Any]) -> str:
    """The report for machines."""
    return json.dumps(report, ensure_ascii=False, indent=2)
