"""A catalogue in every shape a user has: each row comes out once, with a path or a reason."""

import hashlib

import pytest
from pyspark.sql import SparkSession

from dedup_spark import catalogue, settings
from dedup_spark.errors import BadInput


def columns(*overrides: str) -> settings.Catalogue:
    return settings.load(overrides=[f"catalogue.{override}" for override in overrides]).catalogue


def test_unusable_rows_stay_with_their_reason(spark: SparkSession) -> None:
    written = ["a.jpg", None, "  ", "/secret.jpg", "s3://elsewhere/a.jpg", "https://shop.example/a.jpg", "a\x00.jpg"]
    rows = spark.createDataFrame([(str(n), path) for n, path in enumerate(written)], "id string, image string")
    found = catalogue.compute(rows, "/shop", ["/shop"], columns()).orderBy("id").collect()
    assert [(row["image"], row["status"]) for row in found] == [
        ("/shop/a.jpg", "ok"),
        (None, "no_image"),
        ("  ", "no_image"),
        ("/secret.jpg", "not_allowed"),
        ("s3://elsewhere/a.jpg", "not_allowed"),
        ("https://shop.example/a.jpg", "not_mirrored"),
        ("a\x00.jpg", "malformed_path"),
    ]
    assert found[4]["detail"] == "s3://elsewhere"


def test_an_array_is_exploded_and_an_empty_one_is_one_reject(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(1, ["a", "b"]), (2, []), (3, None), (4, [None, "c"])], "id int, image array<string>")
    found = catalogue.compute(rows, "/shop", ["/shop"], columns()).orderBy("id", "image").collect()
    assert [(row["id"], row["image"], row["status"]) for row in found] == [
        (1, "/shop/a", "ok"),
        (1, "/shop/b", "ok"),
        (2, None, "no_image"),
        (3, None, "no_image"),
        (4, None, "no_image"),
        (4, "/shop/c", "ok"),
    ]
    assert found[0]["row"].asDict() == {"id": 1, "image": "/shop/a"}


def test_of_repeated_rows_one_stays_whatever_their_order(spark: SparkSession) -> None:
    rows = [("1", "a", "red"), ("1", "/shop/a", "blue"), ("1", "./a", "red"), ("2", "a", "red")]
    for order in (rows, rows[::-1]):
        table = spark.createDataFrame(order, "id string, image string, colour string").repartition(3)
        found = catalogue.compute(table, "/shop", ["/shop"], columns()).where("status = 'ok'").collect()
        assert sorted((row["id"], row["row"]["colour"]) for row in found) == [("1", "blue"), ("2", "red")]


def test_an_id_of_several_columns_is_a_struct_and_must_be_whole(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("shop", 1, "a"), ("shop", None, "b"), (" ", 2, "c")], "merchant string, offer int, image string"
    )
    found = catalogue.compute(rows, "/shop", ["/shop"], columns('id=["merchant","offer"]')).orderBy("image").collect()
    said = "the id, or a column of it, is null or blank"
    assert [(row["status"], row["detail"]) for row in found] == [("ok", None), ("no_id", said), ("no_id", said)]
    assert found[0]["id"].asDict() == {"merchant": "shop", "offer": 1}
    assert found[0]["merchant"] == "shop"


def test_other_columns_travel_with_their_types_and_new_names(spark: SparkSession) -> None:
    schema = "id string, `im.age` string, label int, tags map<string,int>, `a b` array<double>"
    rows = spark.createDataFrame([("1", "x", 7, {"k": 1}, [0.5])], schema)
    chosen = columns("image=im.age", 'rename={label = "class"}')
    catalogue.check(rows, chosen)
    found = catalogue.compute(rows, "/shop", ["/shop"], chosen)
    assert found.schema["row"].dataType.simpleString() == (
        "struct<id:string,im.age:string,class:int,tags:map<string,int>,a b:array<double>>"
    )
    assert found.collect()[0]["row"]["im.age"] == "/shop/x"


@pytest.mark.parametrize(
    ("schema", "overrides", "message"),
    [
        ("offer string, image string", [], "no column 'id'"),
        ("id string, picture string", [], "no column 'image'"),
        ("id double, image string", [], "'id' is double"),
        ("id string, image binary", [], "'image' is binary"),
        ("id string, image array<int>", [], "'image' is array<int>"),
        ("id string, image string, label int", [], "'label' stands in the way"),
        ("id string, image string, PHash int", [], "'PHash' stands in the way"),
        (
            "id string, image string, Brand int, brand int",
            [],
            "columns 'Brand' and 'brand' differ at most",
        ),
        ("id string, image string", ['rename={x = "y"}'], "rename names 'x'"),
        ("id string, image string, a int, b int", ['rename={a = "b"}'], "two columns"),
    ],
)
def test_a_wrong_catalogue_is_named(spark: SparkSession, schema: str, overrides: list[str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        catalogue.check(spark.createDataFrame([], schema), columns(*overrides))


def test_the_version_of_an_image_is_told_by_a_column(spark: SparkSession) -> None:
    rows = spark.sql(
        "select '1' id, 'a' image, 'x' etag, timestamp '2026-01-01 00:00:00.000001 UTC' updated_at, 7 size union all "
        "select '2', 'b', null, timestamp '2026-01-02 00:00:00 UTC', 8"
    )

    def told(*overrides: str) -> list[str | None]:
        found = catalogue.compute(rows, "/shop", ["/shop"], columns(*overrides)).orderBy("id").collect()
        assert found[0]["row"].asDict().keys() == {"id", "image", "etag", "updated_at", "size"}
        return [row["version"] for row in found]

    assert told() == ["x", None]
    assert told("version=updated_at") == ["1767225600000001", "1767312000000000"]
    assert told('version=["size", "etag"]') == ["7x", None]
    assert catalogue.versions(rows, columns()) == ["etag"]
    assert catalogue.versions(rows.drop("etag", "updated_at"), columns()) == []
    with pytest.raises(BadInput, match=r"no column 'day' \(\[catalogue\] version\)"):
        catalogue.check(rows, columns("version=day"))


def test_bytes_are_named_by_their_path_or_by_themselves_and_do_not_travel_along(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [("1", b"a", " "), ("2", b"a", "dbfs:/x"), ("3", None, None)], "id string, content binary, path string"
    )
    held, content = columns("image_bytes=content", "image=path"), hashlib.sha256(b"a").hexdigest()[:32]
    catalogue.check(rows, held)
    found = catalogue.compute(rows, "/", (), held).orderBy("id").collect()
    assert [(row["image"], row["status"], row["version"]) for row in found] == [
        (" ", "no_image", content),
        ("dbfs:/x", "ok", content),
        (None, "no_image", None),
    ]
    assert found[1]["row"].asDict() == {"id": "2", "path": "dbfs:/x"}
    nameless = columns("image_bytes=content")
    found = catalogue.compute(rows, "/", (), nameless).orderBy("id").collect()
    assert [(row["image"], row["status"]) for row in found] == [(content, "ok"), (content, "ok"), (None, "no_image")]
    named = catalogue.held(rows, nameless).orderBy("image").collect()
    assert [(row["image"], row["data"]) for row in named] == [(None, None), (content, b"a"), (content, b"a")]
    for wrong, said in (
        ("image_bytes=path", "'path' is string: must be binary"),
        ("image_bytes=none", "no column 'none'"),
    ):
        with pytest.raises(BadInput, match=said):
            catalogue.check(rows, columns(wrong))
    with pytest.raises(BadInput, match="'content' is binary: must be a string, since"):
        catalogue.check(rows.withColumn("other", rows.content), columns("image_bytes=other", "image=content"))
