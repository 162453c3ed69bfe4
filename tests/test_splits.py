"""Components that are no clusters are cut, the others never meet Python, and what is too large is said to be so."""

from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import account, components, forms, gates, splits, tables
from dedup_spark.errors import GateFailed
from dedup_spark.offers import bonds
from dedup_spark.settings import load
from dedup_spark.splits import Split
from dedup_spark.storage import Scratch
from tests.tables_of import a_table

LIMITS = replace(
    load().clusters,
    max_offers=4,
    max_diameter=2,
    max_per_merchant=2,
    alarm_offers=4,
    stop_offers=9,
    task_edges=9,
)
SHOWS = "id int, part string, distance int, merchant string, connects boolean, set_id string, image string"

STARS = {  # the offers that show each part, those of one component in a line
    "chain": {"A": [9, 10, 11], "B": [11, 12], "C": [12, 13]},
    "clique": {"D": [20, 21, 22, 23, 24]},
    "small": {"E": [30, 31], "F": [30, 31]},
    "apart": {"G": [40, 41, 42]},
    "brands": {"H": [50, 51, 52, 53]},
    "crowd": {"I": [60, 61, 62], "J": [62, 63]},
    "long": {f"K{n}": [70 + n, 71 + n] for n in range(5)},
    "judged": {"L": [80, 81], "M": [82, 83]},
}
MERCHANTS = {60: "m", 61: "m", 63: "m"}
APART = [("40", "42", "judged"), ("40", "40", "judged"), ("30", "40", "judged"), ("40", "1", "judged")]
UNLIKE = [(str(n), "brand", "x" if n < 52 else "y") for n in range(50, 54)] + [("30", "brand", "x")]
TOGETHER = [("81", "82"), ("83", "99"), ("20", "1000")]  # 99 shows a suspect only, and there is no 1000


def shows(spark: SparkSession) -> DataFrame:
    rows: list[tuple[Any, ...]] = [
        (99, "chart", 0, "m", False, "chart", "/chart"),
        (9, "chart", 0, "m", False, "c", "/"),
    ]
    for stars in STARS.values():
        for part, offers in stars.items():
            rows += [
                (n, part, 8 if (n, part) == (11, "B") else 2, MERCHANTS.get(n), True, part, f"/{n}") for n in offers
            ]
        rows.append((offers[0], f"alone {offers[0]}", 0, None, True, "alone", "/alone"))
    return a_table(spark, rows, SHOWS)


@pytest.fixture(scope="module")
def split(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Split:
    scratch = Scratch(spark, str(tmp_path_factory.mktemp("scratch")), load())
    together = a_table(spark, TOGETHER, "left_offer string, right_offer string")
    bonded = bonds.compute(shows(spark).repartition(7), together)
    labels = components.label(bonds.edges(bonded), scratch, load().components)
    apart = a_table(spark, APART, "left_offer string, right_offer string, reason string")
    unlike = a_table(spark, UNLIKE, "offer string, column string, value string")
    return splits.compute(bonded, labels, LIMITS, scratch, apart, unlike)


def test_components_are_cut_as_they_have_to_be(split: Split) -> None:
    found: dict[str, list[int]] = {}
    for row in split.components.collect():
        found.setdefault(row["component"], []).append(int(row["node"]))
    assert {name: sorted(offers) for name, offers in found.items()} == {
        "10": [9, 10, 11],
        "12": [12, 13],
        "20": [20, 21, 22, 23, 24],
        "30": [30, 31],
        "41": [41, 42],  # 40 is alone, so in no cluster
        "50": [50, 51],
        "60": [60, 61],
        "62": [62, 63],
        "70": [70, 71, 72, 73, 74, 75],  # too large for a task
        "80": [80, 81, 82],  # a person's word holds 81 and 82
        "83": [83, 99],
    }


def test_every_cut_is_told(split: Split, spark: SparkSession) -> None:
    told = forms.conform(split.splits, tables.SPLITS).orderBy("id", "part").collect()
    assert [
        (r["cluster_id"], r["id"], r["set_id"], r["part"], r["image"], r["distance"], r["reason"]) for r in told
    ] == [
        ("9", 11, "B", "B", "/11", 8, "max_offers"),  # 9 comes before 10
        ("40", 40, "G", "G", "/40", 2, "cannot_link"),
        ("50", 52, "H", "H", "/52", 2, "unlike"),
        ("50", 53, "H", "H", "/53", 2, "unlike"),
        ("60", 62, "I", "I", "/62", 2, "max_per_merchant"),
        ("80", 82, "M", "M", "/82", 2, "max_offers"),
    ]
    assert told[0]["evidence"] == "5 offers, at most 4: a bridge between 3 and 2 offers"
    assert told[1]["evidence"] == "40 and 42 are kept apart (judged): a bridge between 2 and 1 offers"
    left = bonds.uncut(shows(spark), split.splits).where("connects")
    assert not left.where("part = 'B' and id = 11").count()
    assert left.count() == shows(spark).where("connects").count() - len(told)


def test_what_is_large_raises_an_alarm_and_stops_the_run(split: Split) -> None:
    alarms = account.large(split.large)
    assert alarms == [
        {"component": "70", "offers": 6, "sets": 5, "edges": 10, "fate": "too_large"},
        {"component": "10", "offers": 5, "sets": 3, "edges": 7, "fate": "cut"},
        {"component": "20", "offers": 5, "sets": 1, "edges": 5, "fate": "whole"},
        {"component": "80", "offers": 5, "sets": 4, "edges": 8, "fate": "cut"},
    ]
    with pytest.raises(GateFailed, match=r"1 components .* 70 and 5 more \(10 edges, too_large\)"):
        gates.large(alarms, LIMITS)
    gates.large(alarms[1:], LIMITS)
    with pytest.raises(GateFailed, match="3 components"):
        gates.large(alarms[1:], replace(LIMITS, stop_offers=4))
