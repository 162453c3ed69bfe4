"""How much offers look like one product is weighed pair by pair, in bits that a person can add up."""

from dataclasses import replace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import settings
from dedup_spark.offers import likeness, terms
from tests.tables_of import a_table

LIMITS = replace(
    settings.load().suspects,
    alike_from=0.5,
    unlike_to=0.25,
    one_style=0.25,
    shared_from=0.7,
    titles_alike=5.0,
    pictures_shared=4.0,
    titles_unlike=3.0,
    pictures_unshared=3.0,
    brands_differ=5.0,
    attributes_differ=2.0,
    between_merchants=0.5,
)
MEMBERS = (
    "set_id string, number int, merchant string, brand string, attributes array<string>, "
    "weighed array<struct<term:string,weight:bigint>>, others array<string>"
)
Member = tuple[str | None, str | None, str | None, str, str]
CASES: dict[str, tuple[list[Member], float]] = {
    # merchant, brand, colour, title, other sets
    "nothing is known": ([("m", None, None, "", ""), ("n", None, None, "", "")], 0),
    "titles alike": ([("m", "a", None, "ab", ""), ("n", "a", None, "abc", "")], 5),
    "half of one merchant's words": ([("m", "a", None, "ab", ""), ("m", "a", None, "ac", "")], -3),
    "half of two merchants' words": ([("m", "a", None, "ab", ""), ("n", "a", None, "ac", "")], 5),
    "in between, in proportion": ([("m", "a", None, "abcde", ""), ("m", "a", None, "abcfg", "")], -3 + 8 * 0.4),
    "unlike titles of two merchants": ([("m", "a", None, "ab", ""), ("n", "a", None, "cd", "")], -1.5),
    "one word tells nothing": ([("m", "a", None, "a", ""), ("m", "a", None, "b", "")], 0),
    "other pictures shared": ([("m", "a", None, "", "pq"), ("m", "a", None, "", "p")], 4),
    "none shared": ([("m", "a", None, "", "p"), ("m", "a", None, "", "q")], -3),
    "half of them, as a logo card": ([("m", "a", None, "", "pl"), ("m", "a", None, "", "ql")], -3),
    "half of them at two merchants": ([("m", "a", None, "", "pl"), ("n", "a", None, "", "ql")], 0),
    "two brands": ([("m", "a", None, "", ""), ("m", "b", None, "", "")], -5),
    "a brand spelled longer": ([("m", "a", None, "", ""), ("m", "agmbh", None, "", "")], 0),
    "two colours at two merchants": ([("m", "a", "red", "", ""), ("n", "a", "blue", "", "")], -1),
    "merchants unknown count as two": ([(None, "a", "red", "", ""), (None, "a", "blue", "", "")], -1),
    "three pairs, three halves of them": ([("m", brand, None, "", "") for brand in "abc"], -5 * 3 / 2),
    "a brand that one of four misspells": ([("m", brand, None, "", "") for brand in "aaab"], 0),
    "a colour said in two ways": ([("m", None, colour, "", "") for colour in ("red", "red", "wine")], -2 / 3 * 3 / 2),
    "for and against": ([("m", "a", "red", "abc", "p"), ("m", "b", "blue", "abc", "p")], 5 + 4 - 5 - 2),
}


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, dict[str, Any]]:
    rows = [
        (case, number, merchant, brand, [colour], [(term, 700) for term in title], list(others))
        for case, (offers, _) in CASES.items()
        for number, (merchant, brand, colour, title, others) in enumerate(offers, start=1)
    ]
    members = a_table(spark, rows, MEMBERS)
    return {row["set_id"]: row.asDict() for row in likeness.compute(members, LIMITS).collect()}


@pytest.mark.parametrize("case", CASES)
def test_a_set_weighs_what_its_pairs_add_up_to(found: dict[str, dict[str, Any]], case: str) -> None:
    offers, bits = CASES[case]
    assert found[case]["bits"] == pytest.approx(bits, abs=0.05)
    assert found[case]["pairs"] == len(offers) * (len(offers) - 1) / 2


def test_what_is_seen_is_counted(found: dict[str, dict[str, Any]]) -> None:
    seen = found["for and against"]
    assert [seen[name] for name in likeness.SEEN] == [1] * len(likeness.SEEN)
    assert (seen["like"], seen["unlike"]) == (1, 0)
    assert not any(found["nothing is known"][name] for name in (*likeness.SEEN, "like", "unlike"))


def test_a_rare_word_weighs_more_and_a_word_that_one_picture_repeats_is_rare(spark: SparkSession) -> None:
    titles = [("p1", ["red", "kite"])] * 6 + [("p2", ["red", "boat"]), ("p3", ["red"]), ("p4", ["blue", "boat"])]
    common = terms.common(a_table(spark, titles, "set_id string, terms array<string>"))
    rows = a_table(spark, [("x", ["boat", "kite", "never seen"])], "key string, terms array<string>")
    (row,) = terms.weigh(rows, common, "key").collect()
    assert [tuple(term) for term in row["weighed"]] == [("boat", 100), ("kite", 200), ("never seen", terms.RAREST)]
    assert {row["term"]: row["weight"] for row in common.collect()} == {
        "red": 42,
        "kite": 200,
        "boat": 100,
        "blue": 200,
    }
