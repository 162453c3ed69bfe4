"""A day after searches what is new, and every table of it is that of a run that searches all."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dedup_spark import demo, pipeline, settings, tables
from dedup_spark.output import manifests
from tests.catalogues import TABLES_ALONE
from tests.digests import digest, rows
from tests.notebook import Nights

pytestmark = pytest.mark.flow

GONE, COME = 5, 4
"""Every so many rows of the second night are gone on the third; of the rows of the demo so many come instead."""

OTHERS = {"Xenia": "garden lamp", "Yarrow": "leather boots", "Zephyr": "wool carpet"}
"""Brands and titles of products that one picture cannot show."""

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Days:
    """An output with a third day, one where that day searched all, and what the day before had."""

    output: str
    all_searched: str
    third: Path
    prints: Rows
    sets: Rows
    suspects: Rows


def third(nights: Nights) -> Rows:
    """The rows of the third day: some come, some go."""
    seen: Rows = pq.read_table(nights.second).to_pylist()
    others = [row for row in pq.read_table(nights.folder / demo.CATALOGUE).to_pylist() if row not in seen]
    return [row for place, row in enumerate(seen) if place % GONE] + others[::COME]


def keepers(folder: Path, sets: Rows, day: Rows) -> tuple[str, str, str]:
    """Three images of that day that stood for others before."""
    shown = {f"{folder}/{row['image']}" for row in day}
    first, second, last, *_ = sorted({row["keeper_image"] for row in sets} & shown)
    return first, second, last


def arrivals(nights: Nights, day: Rows) -> Rows:
    """New offers: one shows what connects one cluster of the day before and what connects another, so that they are
    merged; the others show what connects a third one, which is suspicious then.
    """
    cluster = {row["id"]: row["cluster_id"] for row in rows(nights.output, "clusters")}
    shown = {f"{nights.folder}/{row['image']}": row for row in day}
    edges = [edge for edge in rows(nights.output, "offer_graph") if edge["left_image"] in shown]
    connects = {cluster[edge["left_offer"]]: shown[edge["left_image"]] for edge in edges}
    chart, *merged = (connects[name] for name in sorted(connects)[-3:])
    return [row | {"id": "bridge"} for row in merged] + [
        chart | {"id": brand, "brand": brand, "title": title} for brand, title in OTHERS.items()
    ]


@pytest.fixture(scope="module")
def days(spark: SparkSession, nights: Nights, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """Of the keepers of the day before one goes away, and another one is another picture until this is over."""
    place, today = tmp_path_factory.mktemp("known"), nights.folder / "third.parquet"
    output, twin, kept = f"{place}/output", f"{place}/twin", place / "kept"
    for copy in (output, twin):
        shutil.copytree(nights.output, copy)
    prints, sets, suspects = (rows(output, name) for name in ("fingerprints", "duplicate_sets", "suspects"))
    gone, changed, other = keepers(nights.folder, sets, third(nights))
    day = [row for row in third(nights) if f"{nights.folder}/{row['image']}" != gone]
    day += arrivals(nights, day)
    pq.write_table(pa.Table.from_pylist(day, pq.read_schema(nights.second)), today)
    shutil.copy2(changed, kept)
    shutil.copyfile(other, changed)
    try:
        pipeline.run(str(today), output, settings.load(overrides=TABLES_ALONE), spark=spark)
        pipeline.run(str(today), twin, settings.load(overrides=TABLES_ALONE), spark=spark, fresh=True)
        yield Days(output, twin, today, prints, sets, suspects)
    finally:
        shutil.copy2(kept, changed)


def manifest(output: str) -> dict[str, Any]:
    return manifests.open(output, None, settings.load().s3)


def of_hashes(prints: Rows) -> dict[str, list[str]]:
    """The contents of each hash, the one that stands for it first."""
    usable = (row for row in prints if row["status"] == "ok")
    ordered = sorted(usable, key=lambda row: (-row["width"] * row["height"], -row["bytes"], row["content"]))
    found: dict[str, list[str]] = {}
    for row in ordered:
        contents = found.setdefault(row["phash"], [])
        contents.extend({row["content"]} - set(contents))
    return found


def in_order(output: str, names: Sequence[str]) -> dict[str, list[str]]:
    return {name: sorted(map(str, rows(output, name))) for name in names}


def test_every_table_is_that_of_a_run_that_searches_all(days: Days) -> None:
    assert digest(days.output) == digest(days.all_searched)
    others = [table.name for table in (tables.CHANGES, tables.SEARCHED, tables.NEAR_HASHES, tables.NEAR_VIEWS)]
    assert in_order(days.output, others) == in_order(days.all_searched, others)


def test_the_third_day_is_one_on_which_all_of_it_happens(days: Days) -> None:
    now, told = rows(days.output, "duplicate_sets"), rows(days.output, "changes")
    assert {row["change"] for row in told} >= {"created", "grown", "shrunk", "merged", "ended"}
    keepers, today = {row["keeper"] for row in days.sets}, {row["content"] for row in now}
    assert keepers - today
    before, after = of_hashes(days.prints), of_hashes(rows(days.output, "fingerprints"))
    assert [hashed for hashed, (first, *others) in before.items() if others and first not in after.get(hashed, [first])]
    known, suspicious = ({row["image"] for row in found} for found in (days.suspects, rows(days.output, "suspects")))
    assert suspicious - known


def test_run_json_says_what_was_compared(days: Days) -> None:
    second = manifests.open(days.output, manifest(days.output)["previous"], settings.load().s3)
    first = manifests.open(days.output, second["previous"], settings.load().s3)["reused_pairs"]
    found, full = (manifest(output)["reused_pairs"] for output in (days.output, days.all_searched))
    assert (first["run"], first["why"]) == (None, "there was no run before")
    assert (full["run"], full["why"], full["pairs"]) == (None, "--fresh searches all pairs", 0)
    assert found["run"] == manifest(days.output)["previous"]
    assert all(count > 10 for count in found["hashes"].values())
    assert found["hashes"]["new"] + found["hashes"]["known"] == full["hashes"]["new"]
    assert 0 < found["compared"] < full["compared"]
    assert found["pairs"] > 10


def test_a_setting_of_policy_fetches_and_compares_nothing(spark: SparkSession, days: Days) -> None:
    stricter = ["duplicate_pairs.max_colour_difference=3.0", "suspects.max_offers=2"]
    said = pipeline.run(str(days.third), days.output, settings.load(overrides=TABLES_ALONE + stricter), spark=spark)
    assert said["revalidate"]["fetched"] == said["revalidate"]["retried"] == 1  # an image that was not found
    by_hash, by_views = (said[name]["actual"]["compared"] for name in ("search", "search_by_views"))
    assert by_hash == 0
    assert by_views < manifest(days.all_searched)["search_by_views"]["actual"]["compared"]  # those of families only
    assert said["reused_pairs"]["hashes"]["gone"] == 0
    assert said["reused_pairs"]["pairs"] > 10
