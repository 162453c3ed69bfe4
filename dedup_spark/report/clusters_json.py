"""`clusters.json` is a list of clusters, each a list of offer ids: the largest first, then by their smallest id."""

import json
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import forms, storage
from dedup_spark.io import objects
from dedup_spark.settings import Settings

OFFERS = 500_000
"""Offers in one JSON document, at most: some 200 MB on the driver while it is written."""

TEXT = 32 << 20
"""Bytes of all the ids in it and of the clusters' names, at most: nobody says how long an id is."""


def write(clusters: DataFrame, count: int, folder: str, settings: Settings) -> str:
    """Writes `clusters.json` into the folder; the path it lies at.

    clusters: `tables.CLUSTERS`, written at `folder`/clusters; count: how many clusters there are.
    Beyond `OFFERS` or `TEXT` the cluster writes it: a folder of text files with one list a line, in the order of the
    files' names.
    """
    path = f"{folder}/clusters.json"
    if 2 * count > OFFERS or not _fits(clusters):
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


def _fits(clusters: DataFrame) -> bool:
    """Whether the driver may hold all of them."""
    bytes_of_text = F.octet_length(forms.as_text(clusters, "id")) + F.octet_length("cluster_id")
    found = clusters.agg(F.count("*").alias("offers"), F.sum(bytes_of_text).alias("text")).first()
    assert found is not None
    return found["offers"] <= OFFERS and (found["text"] or 0) <= TEXT


def _order(value: Any) -> Any:
    return tuple(value.values()) if isinstance(value, dict) else value
