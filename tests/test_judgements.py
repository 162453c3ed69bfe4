"""What counts of people's judgements: the newest word on a pair, and never two together that are judged different."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup_spark.errors import Fault
from dedup_spark.people import judgements
from dedup_spark.people.judgements import DIFFERENT, OFFER, SAME, Judgement, parse, settle, unite, unmet

ROW = {"kind": "offer", "left": "a", "right": "b", "verdict": "same", "source": "ann", "time": "2026-11-22"}
DAY = datetime(2026, 11, 22, tzinfo=UTC)
CONTENT = "0123456789abcdef" * 2


def said(left: str, right: str, verdict: str, day: int | None = 0, source: str = "ann") -> Judgement:
    return Judgement(OFFER, left, right, verdict, source, None if day is None else DAY + timedelta(day), "here")


def everybody(words: list[Judgement]) -> dict[str, str]:
    return {name: name for one in words for name in (one.left, one.right)}


def test_a_row_is_read_as_it_stands() -> None:
    assert parse(ROW, "mine.csv", ["id"]) == Judgement("offer", "a", "b", "same", "ann", DAY, "mine.csv")
    picture = ROW | {"kind": "picture", "left": CONTENT.upper(), "right": "tops/1.jpg", "source": None, "time": DAY}
    assert parse(picture, "mine.csv", ["id"]) == Judgement(
        "picture", CONTENT, "tops/1.jpg", "same", "mine.csv", DAY, "mine.csv"
    )
    several = ROW | {"left": {"offer": 7, "shop": "é"}, "right": '{"shop": "é", "offer": 8}'}
    found = parse(several, "mine.csv", ["shop", "offer"])
    assert (found.left, found.right) == ('{"shop":"é","offer":7}', '{"shop":"é","offer":8}')


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": None}, "kind = None: must be offer or picture"),
        ({"verdict": "maybe"}, "verdict = 'maybe': must be same or different"),
        ({"left": " "}, "left = ' ': must be the id of an offer"),
        ({"left": 1.5}, "left = 1.5: must be the id of an offer"),
        ({"right": "a"}, "right = 'a': must be another offer than left"),
        ({"time": "yesterday"}, "time = 'yesterday': must be a time as 2026-11-22T10:00:00Z, or null"),
        ({"time": 20261122}, "time = 20261122: must be a time"),
        ({"kind": "picture", "left": "https://shop.example/1.jpg"}, "left = .*: a web address is not fetched"),
        ({"kind": "picture", "right": "-".join(["0" * 25] * 3)}, "right = .* not a hash"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(ROW | wrong, "mine.csv", ["id"])


def test_an_id_of_several_columns_has_all_of_them() -> None:
    with pytest.raises(ValueError, match=r"left = 'a': must be the id of an offer, an object with shop, offer"):
        parse(ROW, "mine.csv", ["shop", "offer"])


def test_the_newest_word_on_a_pair_counts() -> None:
    words = [
        said("a", "b", SAME, day=1),
        said("b", "a", DIFFERENT, day=2),
        said("c", "d", DIFFERENT, day=2),
        said("d", "c", SAME, day=None),  # said now
        said("e", "f", SAME, day=3),
        said("e", "f", DIFFERENT, day=3),
        said("g", "a", SAME),
    ]
    known = everybody(words)
    del known["g"]
    found = settle(words, known)
    assert found.pairs == {("a", "b"): DIFFERENT, ("c", "d"): SAME, ("e", "f"): DIFFERENT}
    assert found.fates == ["superseded", "obeyed", "superseded", "obeyed", "superseded", "obeyed", "unknown"]
    assert found.contradictions == []


def test_two_names_of_one_thing_are_one_pair() -> None:
    words = [said("a", "b", SAME, day=1), said("path of a", "b", DIFFERENT, day=2), said("a", "path of a", DIFFERENT)]
    found = settle(words, {"a": "a", "path of a": "a", "b": "b"})
    assert found.pairs == {("a", "b"): DIFFERENT}
    assert found.fates == ["superseded", "obeyed", "one content"]


def test_cannot_link_wins_and_the_oldest_word_gives_way() -> None:
    words = [said("a", "b", SAME, 1), said("b", "c", SAME, 3), said("c", "d", SAME, 2), said("a", "d", DIFFERENT)]
    found = settle(words, everybody(words))
    assert found.pairs == {("a", "d"): DIFFERENT, ("b", "c"): SAME, ("c", "d"): SAME}
    assert found.fates == ["contradicted", "obeyed", "obeyed", "obeyed"]
    (listed,) = found.contradictions
    assert (listed.different, listed.same) == (("a", "d"), [("a", "b"), ("b", "c"), ("c", "d")])


WORDS = st.lists(
    st.builds(
        said,
        st.sampled_from("abcdefgh"),
        st.sampled_from("ijklabcd"),
        st.sampled_from([SAME, SAME, DIFFERENT]),
        st.none() | st.integers(0, 3),
        st.sampled_from(["ann", "bob"]),
    ).filter(lambda one: one.left != one.right),
    max_size=30,
)


@given(words=WORDS, seed=st.integers())
def test_nobody_is_joined_who_is_kept_apart(words: list[Judgement], seed: int) -> None:
    """In any order of the words; and what gives way would have brought two together."""
    known = everybody(words)
    found = settle(words, known)
    shuffled = list(words)
    random.Random(seed).shuffle(shuffled)
    again = settle(shuffled, known)
    assert (again.pairs, again.contradictions) == (found.pairs, found.contradictions)
    assert sorted(zip(map(repr, shuffled), again.fates, strict=True)) == sorted(
        zip(map(repr, words), found.fates, strict=True)
    )
    different = {pair for pair, verdict in found.pairs.items() if verdict == DIFFERENT}
    together = nx.Graph([pair for pair, verdict in found.pairs.items() if verdict == SAME])
    home = {name: min(group) for group in nx.connected_components(together) for name in group}
    assert all(home.get(left, left) != home.get(right, right) for left, right in different)
    assert unmet(OFFER, found.pairs, {name: home.get(name, name) for name in known}) == []
    for one, fate in zip(words, found.fates, strict=True):
        assert (fate in ("obeyed", "contradicted")) <= (one.verdict == SAME or fate == "obeyed")
        if fate == "contradicted":
            assert any(
                {home.get(one.left, one.left), home.get(one.right, one.right)}
                == {home.get(left, left), home.get(right, right)}
                for left, right in different
            )
    lost = {pair for one in found.contradictions for pair in one.same if pair not in found.pairs}
    assert len(lost) <= found.fates.count("contradicted")
    assert bool(found.contradictions) == ("contradicted" in found.fates)


@given(
    same=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12))),
    different=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] != pair[1])),
)
def test_union_is_that_of_sets_on_a_sheet_of_paper(
    same: list[tuple[int, int]], different: list[tuple[int, int]]
) -> None:
    sets: dict[str, frozenset[str]] = {str(name): frozenset([str(name)]) for name in range(13)}
    pairs, apart = ([(str(left), str(right)) for left, right in some] for some in (same, different))
    refused = []
    for left, right in pairs:
        joined = sets[left] | sets[right]
        if sets[left] != sets[right] and any({one, other} <= joined for one, other in apart):
            refused.append((left, right))
            continue
        sets |= dict.fromkeys(joined, joined)
    united, found = unite(pairs, apart)
    assert found == refused
    assert all((united[one] == united[other]) == (sets[one] == sets[other]) for one in united for other in united)


def test_who_is_together_against_a_word_is_a_fault() -> None:
    with pytest.raises(Fault, match="offers a and b are judged different, but both are in x"):
        unmet(OFFER, {("a", "b"): DIFFERENT}, {"a": "x", "b": "x"})
    (found,) = unmet(OFFER, {("a", "b"): SAME}, {"a": "x", "b": "y"})
    assert found == judgements.Contradiction(OFFER, None, [("a", "b")])
