"""From sets to the rows that are kept, on a catalogue that fits on a sheet of paper."""

from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import clusters, deduplicated, duplicate_sets, offer_graph, settings, suspects
from dedup_spark.verdict import Limits
from tests.tables_of import MemoryScratch, picture, pictures

SHOWN = (
    "id string, image string, status string, merchant string, brand string, row struct<id:string,image:string>, "
    "content string, phash string, md5 string, low_information boolean, words array<bigint>, keeper string, "
    "set_id string, distance int, joined string"
)
LIMITS = settings.load()


def shown(spark: SparkSession, rows: Sequence[tuple[str, str, str, str]], **facts: Any) -> DataFrame:
    """Offers that show images: (id, image, set, how it joined the set), each of the merchant its id begins with."""
    made = []
    for offer, image, group, joined in rows:
        row = {"status": "ok", "low_information": False} | facts
        made.append(
            (
                *(offer, image, row["status"], offer[0], "brand", (offer, image), image, "hash", "md5"),
                *(row["low_information"], [0, 0, 0, 0, 0], group, group, 2 * (joined == "near"), joined),
            )
        )
    return spark.createDataFrame(made, SHOWN)


def test_a_picture_passes_against_its_keeper_whatever_path_connects_them(spark: SparkSession) -> None:
    steps = [picture(f"p{n}", 1, grey=200 - 8 * n, pixels=100 - n) for n in range(8)]  # neighbours pass, ends do not
    table = pictures(spark, steps)
    connected = spark.createDataFrame([(f"p{n}", "p0") for n in range(8)], "node string, component string")
    choices = duplicate_sets.choose(connected, table, ("pixels",), Limits(10, 5.0), 1000, MemoryScratch()).collect()
    assert len({row["centre"] for row in choices}) > 1
    assert all(row["colour_difference"] <= 5.0 for row in choices)


def test_two_paths_of_one_content_are_a_set_and_a_single_is_none(spark: SparkSession) -> None:
    table = pictures(spark, [picture("a", image="/1.jpg", images=2), picture("b", image="/3.jpg")])
    images = spark.createDataFrame([("/1.jpg", "a"), ("/2.jpg", "a"), ("/3.jpg", "b")], "image string, content string")
    none = spark.createDataFrame([], "key string, centre string, distance int, colour_difference double, reason string")
    found = duplicate_sets.compute(none, table, images).orderBy("image").collect()
    assert [(row["image"], row["set_id"], row["keeper_image"], row["reason"]) for row in found] == [
        ("/1.jpg", "a", "/1.jpg", "keeper"),
        ("/2.jpg", "a", "/1.jpg", "same bytes"),
    ]


def test_a_picture_of_too_many_brands_connects_nobody(spark: SparkSession) -> None:
    table = shown(spark, [(f"{n}", f"/{n}.jpg", "chart", "near") for n in range(4)] + [("a", "/a.jpg", "p", "keeper")])
    branded = table.drop("brand").join(
        spark.createDataFrame([(str(n), f"b{n}") for n in range(4)] + [("a", "b0")], "id string, brand string"), on="id"
    )
    found = suspects.compute(branded, LIMITS.suspects)
    assert {(row["image"], row["reason"], row["brands"]) for row in found.collect()} == {
        (f"/{n}.jpg", "many_brands", 4) for n in range(4)
    }
    assert offer_graph.compute(branded, found, LIMITS.offer_graph).isEmpty()


def test_without_brands_their_limit_is_off(spark: SparkSession) -> None:
    table = shown(spark, [("a", "/a.jpg", "p", "keeper"), ("b", "/b.jpg", "p", "near")]).drop("brand")
    table = table.selectExpr("*", "cast(null as string) brand")
    assert suspects.compute(table, LIMITS.suspects).isEmpty()


def test_a_large_set_is_a_star(spark: SparkSession) -> None:
    table = shown(spark, [(f"o{n}", f"/{n}.jpg", "p", "near") for n in range(5)])
    none = suspects.compute(table.limit(0), LIMITS.suspects)
    every = offer_graph.compute(table, none, settings.OfferGraph(max_clique=5)).collect()
    assert len(every) == 10
    assert not any(row["dense"] for row in every)
    star = offer_graph.compute(table, none, settings.OfferGraph(max_clique=4)).collect()
    assert [(row["left_offer"], row["dense"]) for row in star] == [("o0", True)] * 4


def test_a_cluster_is_named_by_its_smallest_offer_in_the_order_of_ids(spark: SparkSession) -> None:
    edges = spark.createDataFrame([(9, 10), (10, 11)], "left_offer int, right_offer int")
    components = spark.createDataFrame([(n, "10") for n in ("9", "10", "11")], "node string, component string")
    found = clusters.compute(components, edges).orderBy("id").collect()
    assert [tuple(row) for row in found] == [(9, "9", 3), (10, "9", 3), (11, "9", 3)]


@pytest.mark.parametrize("policy", ["keep", "reject"])
def test_every_row_goes_somewhere_and_who_stands_for_it_is_kept(spark: SparkSession, policy: str) -> None:
    table = shown(
        spark,
        [
            ("a", "/1.jpg", "p", "keeper"),
            ("b", "/1.jpg", "p", "keeper"),
            ("c", "/2.jpg", "p", "near"),
            ("d", "/3.jpg", "q", "keeper"),
            ("e", "/4.jpg", "placeholder", "keeper"),
            ("f", "/4.jpg", "placeholder", "keeper"),
        ],
    )
    again = shown(spark, [("a", "/1.jpg", "p", "keeper")], status="same_row")
    table = table.unionByName(again)
    bad = spark.createDataFrame(
        [("x", None, "no_image", None), ("y", "/gone.jpg", "ok", None)],
        "id string, image string, status string, detail string",
    ).selectExpr("*", "named_struct('id', id, 'image', image) row")
    catalogue = table.selectExpr("id", "image", "status", "cast(null as string) detail", "row").unionByName(bad)
    prints = spark.createDataFrame([("/gone.jpg", "not_found", "404")], "image string, status string, detail string")
    suspicious = spark.createDataFrame(
        [("placeholder", "many_offers", "2 offers")], "set_id string, reason string, evidence string"
    )
    rules = settings.Deduplicated(suspects=policy, label_buckets=4)
    decided = deduplicated.decide(catalogue, prints, table, suspicious, rules).collect()
    stays = "kept" if policy == "keep" else "rejected"
    assert sorted((row["id"], row["fate"], row["reason"], row["kept_id"] or "") for row in decided) == [
        ("a", "kept", None, "a"),
        ("a", "removed", "same row", "a"),
        ("b", "removed", "same image", "a"),
        ("c", "removed", "near", "a"),
        ("d", "kept", None, "d"),
        ("e", stays, None, "e" if policy == "keep" else ""),
        ("f", stays, None, "f" if policy == "keep" else ""),
        ("x", "rejected", None, ""),
        ("y", "rejected", None, ""),
    ]


def test_labels_are_dense_and_shared_inside_a_cluster(spark: SparkSession) -> None:
    offers = [(f"o{n:02d}", "kept", (f"o{n:02d}", "/x.jpg"), "hash", "md5") for n in range(30)]
    decided = spark.createDataFrame(
        offers, "id string, fate string, row struct<offer:string,image:string>, phash string, md5 string"
    )
    joined = spark.createDataFrame([("o03", "o03", 2), ("o17", "o03", 2)], "id string, cluster_id string, size long")
    found = []
    for parts in (1, 7):
        rows = deduplicated.kept(decided.repartition(parts), joined, settings.Deduplicated("keep", 8)).collect()
        found.append({row["offer"]: row["label"] for row in rows})
    assert found[0] == found[1]
    assert sorted(set(found[0].values())) == list(range(29))
    assert found[0]["o03"] == found[0]["o17"]
