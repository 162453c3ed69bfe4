"""`clusters.json` is a list of clusters, each a list of offer ids: the largest first, then by their smallest id."""

import json
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import objects, storage
from dedup_spark.settings import Settings

DOCUMENT = 100_000
"""Clusters that one JSON document holds, some MB; more are written by the cluster, one list a line."""


def write(clusters: DataFrame, count: int, folder: str, settings: Settings) -> str:
    """Writes `clusters.json` into the folder; the path it lies at.

    clusters: `tables.CLUSTERS`, written at `folder`/clusters; count: how many clusters there are.
    Above `DOCUMENT` clusters it is a folder of text files with one list a line, in the order of the files' names.
    """
    path = f"{folder}/clusters.json"
    if count > DOCUMENT:
        members = clusters.groupBy("cluster_id").agg(F.sort_array(F.collect_list("id")).alias("ids"))
        ordered = members.orderBy(F.size("ids").desc(), F.col("ids")[0])  # by ranges: each task writes its own
        storage.write_text(ordered.select(F.to_json("ids").alias("value")), path, settings)
        return path
    rows = storage.read_arrow(f"{folder}/clusters", settings, ["id", "cluster_id"]).to_pylist()
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["cluster_id"], []).append(row["id"])
    lists = sorted((sorted(ids, key=_order) for ids in found.values()), key=lambda ids: (-len(ids), _order(ids[0])))
    text = ",\n".join(json.dumps(ids, ensure_ascii=False) for ids in lists)
    objects.write(path, f"[\n{text}\n]\n".encode() if lists else b"[]\n", settings.s3)
    return path


def _order(value: Any) -> Any:
    return tuple(value.values()) if isinstance(value, dict) else value
