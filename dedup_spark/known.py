"""What is known is what the run before kept of its search: the hashes that it compared, and those that are near.

Such facts are about hashes alone: of the settings only the threshold and the groups bear on them. Where nothing can be
known, all is searched, and run.json says why (`reused_pairs`).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pyspark.sql import DataFrame

from dedup_spark import tables
from dedup_spark.errors import StorageFailed
from dedup_spark.output import manifests
from dedup_spark.pairs.searched import Known
from dedup_spark.settings import Settings, as_dict
from dedup_spark.work import Work

ALIKE = (("candidate_pairs", "within"), ("fingerprints", "decode"))
"""The settings without which no hash and group of the run before would come again."""

OF_VIEWS = (("candidate_pairs", "max_distance"), ("views", "stored"), ("views", "probe"), ("views", "against"))
"""The settings without which it says nothing of views."""


def before(work: Work) -> tuple[Known | None, str]:
    """What the run that was current when this one began knows, and why so much; None and why: nothing that counts.

    It is asked whatever [clusters] ids says: no pair is another one for it. Raises `StorageFailed` where it is damaged:
    what a killed run has found with it would be half of the pairs without.
    """
    run = work.run
    if run.manifest["fresh"]:
        return None, "--fresh searches all pairs"
    if run.previous is None:
        return None, "there was no run before"
    said = manifests.open(run.output, run.previous, work.settings.s3)
    refused = refusal(said, work.settings)
    if refused:
        return None, f"run {run.previous} {refused}"
    both = tables.SEARCHED, tables.NEAR_HASHES
    try:
        searched, near = (run.read_previous(work.spark, table.name, work.settings, table.schema()) for table in both)
        views = _near_views(work, said)
    except StorageFailed as failure:
        raise StorageFailed(f"run {run.previous}: {failure}; --fresh searches all pairs") from failure
    largest = said["search"]["actual"]["largest_bucket"]
    rows = max(said["tables"][table.name]["rows"] for table in both)
    on_driver = partial(run.previous_on_driver, work.settings)
    known = Known(run.previous, searched, near, said["plan"], largest, rows, on_driver, views)
    return known, f"run {run.previous} compared them"


def _near_views(work: Work, said: Mapping[str, Any]) -> DataFrame | None:
    """The pairs by views of that run, whose run.json says so much; None: it compared other views, or none."""
    was, now, table = said["settings"], as_dict(work.settings), tables.NEAR_VIEWS
    if table.name not in said["tables"] or any(was[section][name] != now[section][name] for section, name in OF_VIEWS):
        return None
    return work.run.read_previous(work.spark, table.name, work.settings, table.schema())


def refusal(said: Mapping[str, Any], settings: Settings) -> str:
    """What keeps a run, by its run.json, from telling one of these settings what is near; empty: nothing does.

    >>> from dedup_spark.settings import load
    >>> said = {"tables": {"searched": {}, "near_hashes": {}}, "settings": as_dict(load())}
    >>> refusal(said, load())
    ''
    >>> refusal(said, load(overrides=["candidate_pairs.max_distance=12"]))
    'had max_distance = 10, below 12'
    """
    if not {tables.SEARCHED.name, tables.NEAR_HASHES.name} <= set(said["tables"]):
        return "kept no hashes"
    was, now = said["settings"], as_dict(settings)
    for section, name in ALIKE:
        if was[section][name] != now[section][name]:
            return f"had [{section}] {name} = {was[section][name]!r}"
    least, asked = was["candidate_pairs"]["max_distance"], settings.candidate_pairs.max_distance
    return f"had max_distance = {least}, below {asked}" if least < asked else ""
