"""A small run that was published: four pictures that were drawn and hashed, all other tables as a person would write
them.

| offer | of | shows | cluster |
|---|---|---|---|
| HA-1 | harbour | `first.png`, the keeper | HA-1 |
| LI-1 | linden | `copy.jpg`, the same picture | HA-1 |
| LI-2 | linden | `same.jpg`, the same bytes | HA-1 |
| HA-2 | harbour | `other.png` | none |
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from dedup_spark import fingerprints, settings, tables
from dedup_spark.output import manifests, runs
from dedup_spark.tables import Table
from tests import pictures
from tests.tables_of import a_table
from tests.test_report import MANIFEST

SETTINGS = settings.load(overrides=['views.stored=["whole"]'])
FILES = {"HA-1": "first.png", "LI-1": "copy.jpg", "LI-2": "same.jpg", "HA-2": "other.png"}
MERCHANTS = {"HA": "harbour", "LI": "linden"}
ROW = [T.StructField(name, T.StringType()) for name in ("id", "image", "colour")]
ROOT, OUTPUT = "shop", "output"


def publish(spark: SparkSession, folder: Path) -> str:
    """Draws the pictures into `shop`, publishes the run in `output`, both in this folder; the path of the output."""
    root, output = folder / ROOT, str(folder / OUTPUT)
    draw(root)
    paths = a_table(spark, [(str(root / name),) for name in FILES.values()], "image string").coalesce(1)
    found = fingerprints.compute(paths, [str(root)], SETTINGS.fingerprints, SETTINGS.s3, SETTINGS.views.stored)
    facts = {name: value for name, value in MANIFEST.items() if name not in manifests.OWN}
    with runs.working(output, {"catalogue": "offers"}, SETTINGS) as run:
        run.commit(found, 0, SETTINGS, {})
        stored = run.read(spark, "fingerprints", SETTINGS).collect()
        for name, table in written(spark, root, {Path(row["image"]).name: row for row in stored}).items():
            run.write(table.coalesce(1), name, SETTINGS)
        run.note(**facts | {"image_root": str(root), "settings": settings.as_dict(SETTINGS)})
        run.publish(SETTINGS)
    return output


def draw(root: Path) -> None:
    root.mkdir()
    first, other = pictures.product(1), pictures.product(2)
    copy = pictures.jpeg(first, 80)
    for name, data in zip(FILES.values(), (pictures.saved(first, "PNG"), copy, copy), strict=False):
        (root / name).write_bytes(data)
    other.save(root / FILES["HA-2"])


def written(spark: SparkSession, root: Path, prints: Mapping[str, Any]) -> dict[str, DataFrame]:
    """The tables of the run. prints: the fingerprints by the names of their files."""
    image = {offer: str(root / name) for offer, name in FILES.items()}
    of = {offer: prints[name] for offer, name in FILES.items()}
    keeper, copy, other = (of[offer]["content"] for offer in ("HA-1", "LI-1", "HA-2"))
    same = dict.fromkeys(("HA-1", "LI-1", "LI-2"), keeper) | {"HA-2": other}
    far = {"HA-1": (0, 0.0, "keeper"), "LI-1": (2, 0.5, "near"), "LI-2": (2, 0.5, "near"), "HA-2": (0, 0.0, "keeper")}
    left, right = sorted([("HA-1", keeper), ("LI-1", copy)], key=lambda end: end[1])
    met = (image[left[0]], image[right[0]], left[1], right[1], "whole", "whole", 2, 0.5, None, "duplicate", "near")
    sets = [(image[id], of[id]["content"], keeper, keeper, image["HA-1"], *far[id]) for id in same if id != "HA-2"]
    rows: dict[Table, list[tuple[Any, ...]]] = {
        tables.DUPLICATE_PAIRS: [met],
        tables.DUPLICATE_SETS: sets,
        tables.SUSPECTS: [],
        tables.CONFLICTS: [],
        tables.SHOWS: [
            (id, same[id], same[id], image[id], of[id]["content"], *far[id], words(of[id]), merchant(id), True)
            for id in FILES
        ],
        tables.SPLITS: [],
        tables.CLUSTERS: [(id, "HA-1", 3) for id in FILES if id != "HA-2"],
        tables.MEASURES: [("HA-1", 3, 1, 2, 2, 2, 1, 0, 1.0)],
        tables.REJECTS: [],
    }
    told = [
        (id, image[id], "ok", None, merchant(id), "Aster", f"shirt {id}", None, (id, FILES[id], "red")) for id in FILES
    ]
    made = {table.name: a_table(spark, of_table, table.schema()) for table, of_table in rows.items()}
    return {"catalogue": a_table(spark, told, tables.CATALOGUE.schema(catalogue=ROW))} | made


def merchant(offer: str) -> str:
    return MERCHANTS[offer[:2]]


def words(row: Any) -> list[int]:
    return list(row["views"][0]["words"])
