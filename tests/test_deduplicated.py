"""Every row of the catalogue goes somewhere, and who stands for a removed row is kept."""

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from dedup_spark import deduplicated, settings
from tests.tables_of import a_table, shown

BAD = [("x", None, "no_image", "it is null"), ("y", "/gone", "ok", None), ("y", "/gone", "same_row", None)]
ROWS = [
    ("a", "/1", "p", "keeper"),
    ("b", "/1", "p", "keeper"),
    ("c", "/0", "p", "near"),  # a path that comes first stands for nobody
    ("d", "/2", "p", "same bytes"),  # the keeper's content under another path
    ("e", "/3", "q", "keeper"),
    ("f", "/4", "placeholder", "keeper"),
    ("g", "/5", "placeholder", "near"),
]
SUSPECTS = [("placeholder", "many_offers", "7 offers")]


CLUSTERS = [("a", "a"), ("b", "a"), ("c", "a"), ("d", "a")]


def decided(spark: SparkSession, policy: str, joined: Sequence[tuple[str, str]] = CLUSTERS) -> DataFrame:
    """The fates of `ROWS`, of the first and the sixth once more, and of `BAD`."""
    table = shown(spark, ROWS).unionByName(shown(spark, [ROWS[0], ROWS[5]], status="same_row"))
    unusable = a_table(spark, BAD, "id string, image string, status string, detail string")
    catalogue = table.selectExpr("id", "image", "status", "cast(null as string) detail", "row").unionByName(
        unusable.selectExpr("*", "named_struct('id', id, 'image', image) row")
    )
    prints = a_table(spark, [("/gone", "not_found", "404")], "image string, status string, detail string")
    suspects = a_table(spark, SUSPECTS, "set_id string, reason string, evidence string")
    rules = settings.Deduplicated(suspects=policy, label_buckets=4)
    clusters = a_table(spark, joined, "id string, cluster_id string")
    return deduplicated.decide(catalogue, prints, table, suspects, clusters, rules)


def fates(rows: DataFrame) -> list[tuple[str, str, str]]:
    return sorted((row["id"], row["fate"], row["reason"] or row["stage"] or "") for row in rows.collect())


def test_every_row_goes_somewhere_and_a_suspect_is_removed_for_nobody_but_itself(spark: SparkSession) -> None:
    assert fates(decided(spark, "keep")) == [
        ("a", "kept", ""),
        ("a", "removed", "same row"),
        ("b", "removed", "same image"),
        ("c", "removed", "near"),
        ("d", "removed", "same bytes"),
        ("e", "kept", ""),
        ("f", "kept", ""),
        ("f", "removed", "same row"),
        ("g", "kept", ""),
        ("x", "rejected", "catalogue"),
        ("y", "rejected", "fingerprints"),
        ("y", "rejected", "fingerprints"),
    ]


def test_offers_kept_apart_do_not_stand_for_each_other(spark: SparkSession) -> None:
    apart = decided(spark, "keep", [("a", "a"), ("b", "a"), ("c", "c"), ("d", "c")]).where("fate != 'rejected'")
    stands = {row["id"]: row["kept_id"] for row in apart.where("id in ('a', 'b', 'c', 'd')").collect()}
    assert stands == {"a": "a", "b": "a", "c": "d", "d": "d"}


def test_suspects_are_rejected_where_the_settings_say_so(spark: SparkSession) -> None:
    found = deduplicated.rejects(decided(spark, "reject"))
    names = ("id", "stage", "image", "status", "detail")
    assert sorted(tuple(row[name] for name in names) for row in found.collect()) == [
        ("f", "suspects", "/4", "many_offers", "7 offers"),
        ("f", "suspects", "/4", "many_offers", "7 offers"),
        ("g", "suspects", "/5", "many_offers", "7 offers"),
        ("x", "catalogue", None, "no_image", "it is null"),
        ("y", "fingerprints", "/gone", "not_found", "404"),
        ("y", "fingerprints", "/gone", "not_found", "404"),
    ]


def test_a_removed_row_names_the_keepers_row_of_the_smallest_offer(spark: SparkSession) -> None:
    found = deduplicated.removed(decided(spark, "reject")).collect()
    assert sorted(tuple(row) for row in found) == [
        ("a", "/1", "a", "/1", 0, "same row"),
        ("b", "/1", "a", "/1", 0, "same image"),
        ("c", "/0", "a", "/1", 2, "near"),
        ("d", "/2", "a", "/1", 0, "same bytes"),
    ]


def test_labels_are_dense_and_shared_inside_a_cluster(spark: SparkSession) -> None:
    offers: list[tuple[Any, ...]] = [(f"o{n:02d}", "kept", (f"o{n:02d}",), "hash", "md5") for n in range(30)]
    offers[17] = ("o03", *offers[17][1:])
    rows = a_table(spark, offers, "group string, fate string, row struct<offer:string>, phash string, md5 string")
    found = []
    for parts in (1, 7):
        kept = deduplicated.kept(rows.repartition(parts), settings.Deduplicated("keep", label_buckets=8))
        found.append({row["offer"]: row["label"] for row in kept.collect()})
    assert found[0] == found[1]
    assert sorted(set(found[0].values())) == list(range(29))
    assert found[0]["o03"] == found[0]["o17"]
