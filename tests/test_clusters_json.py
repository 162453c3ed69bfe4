"""clusters.json says the same in the same order, whoever writes it."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import settings, storage
from dedup_spark.report import clusters_json
from tests.tables_of import a_table

SIZES = {3: 4, 20: 2, 100: 3, 7: 2, 50: 2, 31: 2, 8: 2}
"""The smallest offer of a cluster → its size: as texts they stand in another order, 100 before 20."""

CHOSEN = settings.load()


@pytest.mark.parametrize(
    ("kind", "order", "limit", "most"),
    [
        ("long", [3, 100, 7, 8, 20, 31, 50], "OFFERS", sum(SIZES.values()) - 1),
        ("string", ["é3", "é100", "é20", "é31", "é50", "é7", "é8"], "TEXT", 86),
        (
            "struct<shop:string,number:long>",
            [{"shop": "é", "number": number} for number in (3, 100, 7, 8, 20, 31, 50)],
            "OFFERS",
            2 * len(SIZES) - 1,
        ),
    ],
    ids=["too many offers", "too much text", "too many clusters"],
)
def test_a_driver_and_a_cluster_write_the_largest_first_then_by_the_smallest_offer(
    spark: SparkSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    order: list[Any],
    limit: str,
    most: int,
) -> None:
    def offer(number: int) -> Any:
        return {"long": number, "string": f"é{number}"}.get(kind, ("é", number))

    rows = [(offer(first + more), f"{first}", size) for first, size in SIZES.items() for more in range(size)]
    clusters = a_table(spark, rows[::-1], f"id {kind}, cluster_id string, size long").repartition(3)
    storage.write(clusters, f"{tmp_path}/clusters", CHOSEN)
    alone = clusters_json.write(clusters, len(SIZES), str(tmp_path), CHOSEN)
    found = json.loads(Path(alone).read_text())
    assert [cluster[0] for cluster in found] == order
    assert [len(cluster) for cluster in found] == [4, 3, 2, 2, 2, 2, 2]
    Path(alone).unlink()
    monkeypatch.setattr(clusters_json, limit, most)
    folder = clusters_json.write(clusters, len(SIZES), str(tmp_path), CHOSEN)
    parts = sorted(Path(folder).glob("part-*"))
    assert len(parts) > 1
    assert [json.loads(line) for part in parts for line in part.read_text().splitlines()] == found
