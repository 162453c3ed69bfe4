"""People's word on pictures is obeyed: never in one set, or in one whatever hash and colours say."""

from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import duplicate_sets
from dedup_spark.comparing.verdict import Limits
from dedup_spark.pairs import pair_search
from dedup_spark.people import judgements
from dedup_spark.people.judgements import DIFFERENT, SAME
from dedup_spark.settings import load
from dedup_spark.storage import Scratch
from tests import on_paper
from tests.drawn import drawn
from tests.tables_of import MemoryScratch, a_table, picture, pictures

LIMITS = Limits(10, 5.0)
JUDGED = "left string, right string, verdict string, rank int"
SQUARE = "content string, square binary"
KEEPER = ("pixels", "image")

Choice = tuple[str, int, str]


def judged(spark: SparkSession, *words: tuple[str, str, str]) -> DataFrame:
    return a_table(spark, [(*sorted(word[:2]), word[2], rank) for rank, word in enumerate(words)], JUDGED)


def among(spark: SparkSession, rows: DataFrame, words: DataFrame | None) -> dict[tuple[str, str], tuple[str, str]]:
    squares = a_table(spark, [], SQUARE)
    with TemporaryDirectory() as folder:
        scratch = Scratch(spark, folder, load())
        found = pair_search.among(rows, squares, LIMITS, load(), scratch, words).pairs.collect()
    pairs = {(row["left_content"], row["right_content"]): (row["verdict"], row["reason"]) for row in found}
    assert len(pairs) == len(found)
    return pairs


def test_a_pair_has_the_verdict_that_people_give_it(spark: SparkSession) -> None:
    """`a`, `b` and `c` have one hash, `d` is near, `e` is of another colour, `f` and `g` are far from all."""
    near, far = 2**8 - 1, 2**60 - 1
    table = pictures(
        spark,
        [
            *(picture(name, pixels=900 - place) for place, name in enumerate("abc")),
            picture("d", near, pixels=500),
            picture("e", near, grey=60),
            picture("f", far),
            picture("g", words=[0, far, 0, 0, 0], low_information=True),
        ],
    )
    words = judged(
        spark,
        *(("a", "c", DIFFERENT), ("a", "d", DIFFERENT), ("a", "e", DIFFERENT), ("b", "g", DIFFERENT)),
        *(("d", "e", SAME), ("a", "f", SAME), ("f", "g", SAME), ("a", "b", SAME)),
    )
    assert among(spark, table, words) == {
        ("a", "b"): ("duplicate", "same hash"),  # it passes by itself
        ("a", "c"): ("vetoed", "judged"),
        ("a", "d"): ("vetoed", "judged"),
        ("a", "e"): ("vetoed", "colour"),  # as it would be without a word
        ("a", "f"): ("duplicate", "judged"),
        ("c", "d"): ("duplicate", "near"),  # c is a representative of its own, since a does not stand for it
        ("c", "e"): ("vetoed", "colour"),
        ("d", "e"): ("duplicate", "judged"),
        ("f", "g"): ("duplicate", "judged"),
    }


def sets(
    spark: SparkSession, rows: list[tuple[object, ...]], words: DataFrame | None, at_once: int
) -> dict[str, Choice]:
    connected = a_table(spark, [(row[0], str(row[0])[0]) for row in rows], "node string, component string")
    chosen = duplicate_sets.choose(
        connected, pictures(spark, rows), KEEPER, LIMITS, at_once, MemoryScratch(), None, words
    ).collect()
    assert len(chosen) == len(rows)
    return {row["key"]: (row["centre"], row["distance"], row["reason"]) for row in chosen}


@pytest.mark.parametrize("at_once", [1, 1000])
def test_a_picture_takes_its_copies_along(spark: SparkSession, at_once: int) -> None:
    """`b` is a copy of `a`, `y` one of `x`: people say that `b` shows what `x` shows, and `c` not what `a` shows."""
    rows = [
        picture("pa", 0, pixels=900),
        picture("pb", 3, pixels=800),
        picture("pc", 3, pixels=700),
        picture("px", 2**40 - 1, pixels=600),
        picture("py", 2**40 - 4, pixels=500),
        picture("pz", 2**40 - 4, grey=60, pixels=400),
    ]
    words = judged(spark, ("pa", "pc", DIFFERENT), ("py", "pz", DIFFERENT), ("pb", "px", SAME), ("pc", "pz", SAME))
    assert sets(spark, rows, words, at_once) == {
        "pa": ("pa", 0, "centre"),
        "pb": ("pa", 2, "near"),
        "px": ("pa", 40, "judged"),
        "py": ("pa", 38, "judged"),
        "pc": ("pc", 0, "centre"),
        "pz": ("pc", 40, "judged"),
    }


Member = tuple[int, int, int]

MEMBERS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 6).map(lambda n: 2 ** (8 * n) - 1), st.sampled_from([120, 128, 136])),
    min_size=2,
    max_size=10,
)
SAID = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([SAME, DIFFERENT])), min_size=1, max_size=9
)


@pytest.mark.parametrize("at_once", [2, 1000])
def test_no_set_holds_two_that_are_kept_apart_however_it_is_computed(spark: SparkSession, at_once: int) -> None:
    rows: list[tuple[object, ...]] = []
    words: list[tuple[str, str, str]] = []
    expected: dict[str, str] = {}
    known: dict[str, on_paper.Member] = {}
    for number, (members, said) in enumerate(drawn(st.tuples(MEMBERS, SAID), 120)):
        group = chr(ord("一") + number)
        named = [(f"{group}{place}", *member) for place, member in enumerate(members)]
        rows += [picture(key, word, grey=grey, pixels=size, image=key) for key, size, word, grey in named]
        at = [(left % len(named), right % len(named), verdict) for left, right, verdict in said]
        given_words = {(named[min(word[:2])][0], named[max(word[:2])][0]): word[2] for word in at if word[0] != word[1]}
        same = [pair for pair, verdict in given_words.items() if verdict == SAME]
        different = [pair for pair, verdict in given_words.items() if verdict == DIFFERENT]
        refused = judgements.unite(same, different)[1]
        obeyed = [(*pair, DIFFERENT) for pair in different] + [(*pair, SAME) for pair in same if pair not in refused]
        expected |= on_paper.sets(named, LIMITS.at_keeper(), obeyed)
        known |= {member[0]: member for member in named}
        words += obeyed
    found = sets(spark, rows, judged(spark, *words), at_once)
    assert {key: centre for key, (centre, _, _) in found.items()} == expected
    assert all(found[left][0] != found[right][0] for left, right, verdict in words if verdict == DIFFERENT)
    free = {key: centre for key, (centre, _, reason) in found.items() if reason not in ("centre", "judged")}
    assert all(on_paper.passes(known[key], known[centre], LIMITS.at_keeper()) for key, centre in free.items())
