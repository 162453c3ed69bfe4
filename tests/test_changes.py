"""Every way in which an offer can change its place has its word."""

from pyspark.sql import SparkSession

from dedup_spark import changes, forms, tables
from tests.tables_of import a_table

KIND = "id int, cluster_id string, size int"
BEFORE = {
    1: "stays",
    2: "stays",
    3: "stays",
    4: "gone",
    5: "gone",
    6: "eaten",
    7: "eaten",
    8: "torn",
    9: "torn",
    12: "torn",
}
NOW = {
    1: "stays",
    2: "stays",
    6: "stays",
    7: "stays",
    8: "torn",
    12: "torn",
    9: "new",
    10: "new",
    11: "torn",
    3: "torn",
}
EXPECTED = {
    3: ("moved", "stays", "torn"),
    4: ("ended", "gone", None),
    5: ("ended", "gone", None),
    6: ("merged", "eaten", "stays"),
    7: ("merged", "eaten", "stays"),
    9: ("split", "torn", "new"),
    10: ("created", None, "new"),
    11: ("grown", None, "torn"),
}


def test_each_change_has_its_word(spark: SparkSession) -> None:
    before, now = (a_table(spark, [(id, name, 2) for id, name in day.items()], KIND) for day in (BEFORE, NOW))
    found = forms.conform(changes.compute(now, before), tables.CHANGES).collect()
    assert {row["id"]: tuple(row)[1:] for row in found} == EXPECTED
    assert dict(map(tuple, changes.replay(before, changes.compute(now, before)).collect())) == NOW
    assert changes.said(changes.compute(now, before), now, before) == {
        "ids": {"before": 4, "kept": 2},
        "offers": {"created": 1, "ended": 2, "grown": 1, "merged": 2, "moved": 1, "split": 1},
        "clusters": {"created": 1, "ended": 1, "grown": 1, "merged": 1, "moved": 1, "split": 1},
    }


def test_an_offer_that_leaves_shrinks_its_cluster_and_a_day_without_news_changes_nothing(spark: SparkSession) -> None:
    before = a_table(spark, [(id, name, 2) for id, name in BEFORE.items()], KIND)
    left = before.where("id != 3")
    assert [tuple(row) for row in changes.compute(left, before).collect()] == [(3, "shrunk", "stays", None)]
    assert changes.compute(before, before).isEmpty()
    assert changes.said(changes.compute(before, before), before, before) == {
        "ids": {"before": 4, "kept": 4},
        "offers": {},
        "clusters": {},
    }
