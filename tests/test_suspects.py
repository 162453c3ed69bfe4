"""A picture that cannot be a product is suspect, and says why: what it shows, who shows it, how its offers differ."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from dedup_spark import settings, storage, suspects
from tests.tables_of import a_table

LIMITS = replace(settings.load().suspects, max_offers=5, max_merchants=3, max_brands=2)
SHOWN = (
    "id string, image string, merchant string, brand string, title string, row struct<colour:string>, "
    "low_information boolean, set_id string"
)
PAIRS = "left_image string, right_image string, verdict string"
LISTED = "set_id string, verdict string, source string"
Found = dict[str, dict[str, Any]]


def offer(name: str, *sets: str, **facts: Any) -> list[tuple[Any, ...]]:
    """The rows of one offer: its merchant is the first letter of its name; each set is one image that it shows."""
    row = {"merchant": name[0], "brand": "Aster", "title": None, "colour": None, "low_information": False} | facts
    merchant, brand, title, colour, low = row.values()
    return [(name, f"/{name}/{group}", merchant, brand, title, (colour,), low, group) for group in sets]


BRANDS = ("Aster", "Brio", "Corvo")
NOUNS = ("kestrel parka", "walnut stool", "lemon grater", "silk scarf", "brass lamp", "oak shelf", "clay pot")
OFFERS = [
    # a chart of two offers of one merchant and brand: nothing else is common to them
    *offer("a1", "chart of two", "own a1", title=NOUNS[0]),
    *offer("a2", "chart of two", "own a2", title=NOUNS[1]),
    # variants of one product: one title, and another picture each
    *offer("b1", "variants", "own b1", title="linen shirt azure for her"),
    *offer("b2", "variants", "own b2", title="linen shirt azure for him"),
    # a pair that nothing is known of but that its merchants name and photograph it in their own way
    *offer("c1", "pair", "own c1", title="garden chair"),
    *offer("d1", "pair", "own d1", title="seat of teak"),
    # a product of eight merchants, more than the limits, one picture each, titles in other words
    *(
        row
        for n, word in enumerate("abcdefgh")
        for row in offer(f"{word}8", "product", title=f"osprey {('jacket', 'anorak')[n % 2]} {word * 3}")
    ),
    # eight offers of one brand that share all their pictures, and have no title
    *(row for word in "abcdefgh" for row in offer(f"{word}9", "front", "back")),
    # six offers and nothing to know them by; five
    *(row for n in range(6) for row in offer(f"e{n}", "six")),
    *(row for n in range(5) for row in offer(f"f{n}", "five")),
    *(row for word in "ghij" for row in offer(f"{word}4", "four merchants")),
    *(row for n, brand in enumerate(BRANDS) for row in offer(f"{'klm'[n]}5", "three brands", brand=brand)),
    *(
        row
        for n, brand in enumerate(("Dune", "DUNE", "dune gmbh"))
        for row in offer(f"{'nop'[n]}5", "one", brand=brand)
    ),
    *offer("q1", "blank", low_information=True),
    # a logo card beside a chart of three: the card itself is known by its five offers of unlike titles
    *(row for n in range(5) for row in offer(f"r{n}", *("beside",) * (n < 3), "logo", f"own r{n}", title=NOUNS[n])),
    *(row for n in range(60) for row in offer(f"{n % 7}-{n}", "large", f"own {n}", title=f"{NOUNS[n % 7]} {n % 9}")),
    *offer("s1", "allowed chart", "own s1", title=NOUNS[0]),
    *offer("s2", "allowed chart", "own s2", title=NOUNS[1]),
    *offer("s3", "excluded", title="one"),
    *offer("t1", "copy"),
    *offer("t2", "vetoed copy"),
    *offer("t3", "allowed copy"),
]
COPIES = [
    ("/a1/chart of two", "/t1/copy", "duplicate"),
    ("/a1/chart of two", "/t2/vetoed copy", "vetoed"),
    ("/t3/allowed copy", "/a2/chart of two", "duplicate"),
    ("/b1/variants", "/t2/vetoed copy", "duplicate"),
]
LISTS = [
    ("allowed chart", "allowed", "ann"),
    ("allowed copy", "allowed", "ann"),
    ("excluded", "excluded", "bob"),
    ("excluded", "allowed", "ann"),
]


def compute(rows: DataFrame, folder: Path, **given: DataFrame) -> DataFrame:
    scratch = storage.Scratch(rows.sparkSession, str(folder), settings.load())
    return suspects.compute(rows, LIMITS, scratch, **given)


def everything(rows: DataFrame, folder: Path) -> DataFrame:
    pairs, listed = a_table(rows.sparkSession, COPIES, PAIRS), a_table(rows.sparkSession, LISTS, LISTED)
    return compute(rows, folder, pairs=pairs, listed=listed)


@pytest.fixture(scope="module")
def table(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return everything(a_table(spark, OFFERS, SHOWN), tmp_path_factory.mktemp("suspects")).collect()


@pytest.fixture(scope="module")
def found(table: list[Row]) -> Found:
    """What the table says of each suspect set."""
    return {row["set_id"]: row.asDict() for row in table}


def test_each_suspect_has_its_reason_and_no_product_is_among_them(found: Found) -> None:
    assert {group: row["reason"] for group, row in found.items()} == {
        "chart of two": "many_products",
        "six": "many_offers",
        "four merchants": "many_merchants",
        "three brands": "many_brands",
        "blank": "low_information",
        "logo": "many_products",
        "large": "many_merchants",
        "beside": "many_products",
        "excluded": "excluded",
        "copy": "copy_of_suspect",
    }


def test_every_image_of_a_suspect_set_is_listed_once(table: list[Row]) -> None:
    images = sorted(row["image"] for row in table)
    assert [image for image in images if "chart" in image] == ["/a1/chart of two", "/a2/chart of two"]
    assert len(set(images)) == len(images)


def test_the_evidence_names_the_limit_and_the_counts(found: Found) -> None:
    assert found["chart of two"]["evidence"] == (
        "more than 6 bits against one product: shown by 2 offers, 1 merchants, 1 brands, titles alike in 0 of 1 pairs, "
        "other pictures shared in 0 of 1 pairs, brands differ in 0 of 1 pairs, 6.0 bits against one product"
    )
    assert found["chart of two"]["products"] == 2.0
    assert found["six"]["evidence"] == (
        "more than 5 offers: shown by 6 offers, 1 merchants, 1 brands, brands differ in 0 of 15 pairs"
    )
    assert found["excluded"]["evidence"].startswith("excluded by ann, bob: shown by 1 offers")
    assert found["copy"]["evidence"].startswith("a copy of a picture of chart of two, which is suspect (many_products)")


def test_where_the_catalogue_lacks_all_columns_only_frequency_and_other_pictures_are_left(
    spark: SparkSession, tmp_path: Path
) -> None:
    table = a_table(spark, OFFERS, SHOWN).where(~F.col("low_information"))
    bare = table.withColumns({name: F.lit(None).cast("string") for name in ("merchant", "brand", "title")})
    rows = compute(bare.withColumn("row", F.struct("id")), tmp_path).select("set_id", "merchants", "brands", "reason")
    assert {tuple(row) for row in rows.distinct().collect()} == {
        ("six", None, None, "many_offers"),
        ("product", None, None, "many_offers"),
        ("large", None, None, "many_offers"),
    }


def test_of_a_large_set_a_sample_is_compared(found: Found) -> None:
    assert found["large"]["offers"] == 60
    assert "titles alike in 8 of 120 pairs" in found["large"]["evidence"]


def test_any_order_and_partitioning_gives_the_same_rows(spark: SparkSession, table: list[Row], tmp_path: Path) -> None:
    rows = everything(a_table(spark, OFFERS[::-1], SHOWN).repartition(7, "title"), tmp_path).collect()
    assert sorted(map(str, rows)) == sorted(map(str, table))
