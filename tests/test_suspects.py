"""A picture that cannot be a product is suspect, and says why: by what it shows, or by who shows it."""

from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import settings, suspects
from tests.tables_of import shown

LIMITS = settings.Suspects(max_offers=5, max_merchants=3, max_brands=2)
Found = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> Found:
    """The suspects of a small catalogue by set: image, reason, offers, merchants, brands. An offer's merchant is its
    first letter."""
    chart = [(f"a{n}", f"/{n}", "chart", "near") for n in range(2)]
    product = [("a1", "/p", "p", "keeper"), ("b1", "/p", "p", "keeper")]
    copies = [("a1", "/1", "copies", "keeper"), ("a1", "/2", "copies", "near"), ("a1", "/2", "copies", "near")]
    table = shown(spark, chart, brand="A").unionByName(shown(spark, [("a2", "/2", "chart", "keeper")], brand="B"))
    table = table.unionByName(shown(spark, [("a3", "/2", "chart", "keeper")], brand="C"))
    table = table.unionByName(shown(spark, product[:1], brand="A")).unionByName(shown(spark, product[1:], brand="a"))
    plain = [*copies, *((merchant, "/3", "copies", "near") for merchant in "bc")]
    plain += [(merchant, f"/{merchant}", "merchants", "near") for merchant in "abcd"]
    plain += [(f"a{n}", "/5", "five", "keeper") for n in range(5)] + [
        (f"a{n}", "/6", "six", "keeper") for n in range(6)
    ]
    blank = shown(spark, [("a1", "/blank", "/blank", "keeper")], low_information=True)
    table = table.unionByName(shown(spark, plain)).unionByName(blank)
    names = ("image", "reason", "offers", "merchants", "brands")
    listed: Found = {}
    for row in suspects.compute(table, LIMITS).orderBy("set_id", "image").collect():
        listed.setdefault(row["set_id"], []).append(tuple(row[name] for name in names))
    return listed


def test_more_brands_than_spellings_of_one_are_a_chart(found: Found) -> None:
    assert found["chart"] == [(f"/{n}", "many_brands", 4, 1, 3) for n in range(3)]
    assert "p" not in found


def test_merchants_are_counted_over_all_copies(found: Found) -> None:
    assert found["merchants"] == [(f"/{merchant}", "many_merchants", 4, 4, 1) for merchant in "abcd"]


def test_an_offer_counts_once_however_many_copies_and_rows_it_has(found: Found) -> None:
    assert "copies" not in found  # of three merchants


def test_too_many_offers_of_one_merchant_are_suspect_too(found: Found) -> None:
    assert found["six"] == [("/6", "many_offers", 6, 1, 1)]
    assert "five" not in found


def test_a_blank_picture_is_suspect_however_rare(found: Found) -> None:
    assert found["/blank"] == [("/blank", "low_information", 1, 1, 1)]


def test_without_merchants_and_brands_their_limits_are_off_and_the_evidence_is_silent_about_them(
    spark: SparkSession,
) -> None:
    six, five = ([(f"{n}x", f"/{count}", f"{count}", "keeper") for n in range(count)] for count in (6, 5))
    (row,) = suspects.compute(shown(spark, [*six, *five], merchant=None, brand=None), LIMITS).collect()
    assert (row["image"], row["reason"], row["merchants"], row["brands"]) == ("/6", "many_offers", None, None)
    assert row["evidence"] == "more than 5 offers: shown by 6 offers"


def test_the_evidence_names_the_limit_and_the_counts(spark: SparkSession) -> None:
    (row,) = suspects.compute(shown(spark, [(f"{n}x", "/1", "p", "keeper") for n in range(4)]), LIMITS).collect()
    assert row["evidence"] == "more than 3 merchants: shown by 4 offers, 4 merchants, 1 brands"
