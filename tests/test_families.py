"""The pairs that span a family connect what all its pairs would, and are few."""

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from dedup_spark.comparing.verdict import Features, Limits, compare
from dedup_spark.errors import GateFailed
from dedup_spark.hashing import bits
from dedup_spark.pairs import families, pair_search
from dedup_spark.settings import load
from dedup_spark.storage import Scratch
from tests.drawn import drawn
from tests.tables_of import MemoryScratch, a_table, picture, pictures

LIMITS = Limits(max_distance=4, max_colour_difference=5.0)
MEMBER = (
    "family string, content string, words array<bigint>, colour_signature binary, unstable_channels int, "
    "pixels long, bytes long"
)
Member = tuple[int, int, int]
"""The first word of the hash, a grey, the unstable channels."""

# eight bits and neighbouring greys: some pass, many do not, and what passes is often connected through others only
MEMBERS = st.lists(
    st.tuples(
        st.integers(0, 2**8 - 1), st.integers(10, 22).map(lambda n: 8 * n), st.sampled_from([0, 0, 0, 0, 1, 2, 3])
    ),
    min_size=1,
    max_size=30,
)


def features(members: list[Member]) -> Features:
    return Features(
        np.array([[word, 0, 0, 0, 0] for word, _, _ in members], np.int64),
        np.array([[0, grey] * 300 for _, grey, _ in members], np.uint8),
        np.array([mask for *_, mask in members], np.uint8),
    )


def brute(members: list[Member], limits: Limits) -> nx.Graph:
    """The graph of all pairs that pass."""
    graph = nx.empty_graph(len(members))
    all_of = features(members)
    for place in range(len(members)):
        passes = compare(all_of.take([place]), all_of, limits).verdict == "duplicate"
        graph.add_edges_from((place, int(other)) for other in np.flatnonzero(passes) if other != place)
    return graph


def parts(graph: nx.Graph) -> set[frozenset[Any]]:
    return {frozenset(part) for part in nx.connected_components(graph)}


def table(spark: SparkSession, groups: list[list[Member]]) -> DataFrame:
    rows = [
        (f"f{family}", f"{family}-{place:02d}", [word, 0, 0, 0, 0], bytearray([0, grey] * 300), mask, place % 3, 1)
        for family, members in enumerate(groups)
        for place, (word, grey, mask) in enumerate(members)
    ]
    return a_table(spark, rows, MEMBER)


@pytest.mark.parametrize(("per_task", "tossed"), [(2, False), (5, True), (1000, False)])
def test_what_passes_is_connected_as_all_pairs_connect_it(spark: SparkSession, per_task: int, tossed: bool) -> None:
    groups = drawn(MEMBERS, 40)
    spanning = families.span(table(spark, groups), LIMITS, per_task, 10**6, MemoryScratch(), tossed=tossed).collect()
    assert len({(row["left"], row["right"]) for row in spanning}) == len(spanning)
    for family, members in enumerate(groups):
        expected = brute(members, LIMITS)
        stable = [place for place, (*_, mask) in enumerate(members) if not mask]
        found = nx.empty_graph(len(members))
        if tossed:  # then another search connects those that are stable
            found.add_edges_from(expected.subgraph(stable).edges)
        pairs = [[int(end.split("-")[1]) for end in row] for row in spanning if row["left"].startswith(f"{family}-")]
        found.add_edges_from(pair for pair in pairs if expected.has_edge(*pair))  # the others are there to be seen
        assert parts(found) == parts(expected)


def test_more_comparisons_than_the_budget_stop_the_run(spark: SparkSession) -> None:
    """Two greys that none of which pass: to know it, each of one is compared with each of the other."""
    members = [(0, grey, 0) for grey in (100, 102, 113, 115) for _ in range(4)]
    rows = table(spark, [members])
    families.span(rows, LIMITS, 1000, 100, MemoryScratch())
    with pytest.raises(GateFailed, match=r"would take .* comparisons.* family_budget = 3.*picture 0-"):
        families.span(rows, LIMITS, 1000, 3, MemoryScratch())


def near_hashes(count: int, seed: int) -> list[list[int]]:
    """So many hashes within 8 bits of one, and so within 16 of each other; each channel keeps its 50 ones."""
    rng = np.random.default_rng(seed)
    base = np.concatenate([rng.permutation(np.repeat([False, True], 50)) for _ in range(3)])
    rows = np.repeat(base[None], count, axis=0)
    for row in rows:
        for _ in range(int(rng.integers(0, 5))):
            channel = 100 * int(rng.integers(3))
            ones, zeros = (channel + np.flatnonzero(row[channel : channel + 100] == value) for value in (True, False))
            row[[rng.choice(ones), rng.choice(zeros)]] ^= True
    words: list[list[int]] = bits.pack(rows).tolist()
    return words


def searched(spark: SparkSession, rows: DataFrame, folder: Path, *overrides: str) -> pair_search.Searched:
    chosen = load(overrides=["candidate_pairs.max_bucket=100", *overrides])
    squares = a_table(spark, [], "content string, square binary")
    return pair_search.among(rows, squares, Limits(10, 5.0), chosen, Scratch(spark, str(folder), chosen))


def graph_of(found: DataFrame) -> nx.Graph:
    rows = found.where("verdict = 'duplicate'").select("left_content", "right_content").collect()
    return nx.Graph([tuple(row) for row in rows])


@pytest.mark.parametrize("unstable", [0, 1])
def test_a_family_of_two_colours_is_spanned_not_listed(spark: SparkSession, tmp_path: Path, unstable: int) -> None:
    """1,200 near hashes, in two greys that do not pass; a coin toss in the red channel, or none.

    With a coin toss the red words differ at random, as those of a re-encoded placeholder do.
    """
    words = near_hashes(1200, seed=1)
    if unstable:
        red = np.random.default_rng(2).permuted(np.tile(np.repeat([False, True], 50), (1200, 1)), axis=1)
        unpacked = bits.unpack(np.array(words), 300)
        unpacked[:, :100] = red
        words = bits.pack(unpacked).tolist()
    greys = [128 if place % 2 else 150 for place in range(1200)]
    rows = [
        picture(f"p{place:04d}", grey=grey, words=word, phash=str(word), unstable_channels=unstable, pixels=place)
        for place, (word, grey) in enumerate(zip(words, greys, strict=True))
    ]
    found = searched(spark, pictures(spark, rows), tmp_path)
    assert found.families["largest"] > 900  # some hashes are equal
    pairs = found.pairs.collect()
    assert len({(row["left_content"], row["right_content"]) for row in pairs}) == len(pairs)
    assert len(pairs) < 3 * 1200
    assert {row["verdict"] for row in pairs} == {"duplicate", "vetoed"}
    few = [(0, grey, unstable) for grey in greys[:4]]  # two of each grey; all near hashes are one for the colours
    assert parts(brute(few, Limits(10, 5.0))) == {frozenset({0, 2}), frozenset({1, 3})}
    assert parts(graph_of(found.pairs)) == {frozenset(row[0] for row in rows[first::2]) for first in (0, 1)}
