"""Components equal networkx, by either carrier, however the edges are laid out."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import networkx
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark import components, settings
from dedup_spark.components import carry, choose, label, large_star, small_star
from dedup_spark.errors import Fault
from dedup_spark.settings import load
from dedup_spark.spark.carriers import CLUSTER, DRIVER
from dedup_spark.storage import Scratch
from tests.drawn import drawn

Edges = list[tuple[str, str]]
LIMITS = load().components
ALONE = replace(LIMITS, carrier=DRIVER)
JOINED = replace(LIMITS, carrier=CLUSTER)
ROUNDS = replace(JOINED, task_edges=0)
SCHEMA = "left string, right string"
STAR = pa.schema([("node", pa.string()), ("parent", pa.string())])


def shuffled(edges: Edges, seed: int = 7) -> Edges:
    """In another order, half of them turned round."""
    rng = random.Random(seed)
    turned = [(b, a) if rng.random() < 0.5 else (a, b) for a, b in edges]
    return rng.sample(turned, len(turned))


def a_chain(nodes: int) -> Edges:
    names = [f"{node:06d}" for node in range(nodes)]
    random.Random(1).shuffle(names)
    return shuffled(list(itertools.pairwise(names)))


GRAPHS: dict[str, Edges] = {
    "a loop": [("a", "a")],
    "loops beside others": [("c", "c"), ("a", "b"), ("b", "b"), ("d", "d"), ("d", "d")],
    "duplicates, both directions": [("b", "a"), ("a", "b"), ("b", "a"), ("c", "b"), ("c", "b")],
    "a chain of ten thousand": a_chain(10_000),
    "a star whose centre is the largest": shuffled([("z", f"{leaf:05d}") for leaf in range(10_000)]),
    "a star whose centre is the smallest": shuffled([(f"{leaf:05d}", " ") for leaf in range(10_000)]),
    "many small ones": shuffled([(f"{n:05d}", f"{n - n % 3:05d}") for n in range(9_000)]),
    "many alphabets": [("é", "z"), ("Z", "z"), ("\U0001f45f", "\uffee"), ("\uffee", "쥬"), ("", "a"), (" ", "a")],
}


def side_by_side(graphs: dict[str, Edges]) -> Edges:
    """Graphs as one: the name before each node keeps them apart and keeps the order within each."""
    return [(f"{name}: {a}", f"{name}: {b}") for name, edges in graphs.items() for a, b in edges]


def networkx_says(edges: Edges) -> dict[str, str]:
    found = {min(members, key=str.encode): members for members in networkx.connected_components(networkx.Graph(edges))}
    return {node: smallest for smallest, members in found.items() for node in members}


def labels(table: DataFrame) -> dict[str, str]:
    rows = table.select("node", "component").collect()
    assert len({row.node for row in rows}) == len(rows)
    return {row.node: row.component for row in rows}


def table(spark: SparkSession, edges: Edges) -> DataFrame:
    return spark.createDataFrame(pd.DataFrame(edges, columns=["left", "right"], dtype=str), SCHEMA)


@pytest.fixture
def scratch(spark: SparkSession, tmp_path: Path) -> Scratch:
    return Scratch(spark, str(tmp_path / "scratch"), load())


@pytest.fixture(autouse=True)
def with_aqe(spark: SparkSession) -> Iterator[None]:
    """As users have it: the rounds take twice as long without."""
    spark.conf.set("spark.sql.adaptive.enabled", "true")
    yield
    spark.conf.set("spark.sql.adaptive.enabled", "false")


@pytest.fixture
def scattered(spark: SparkSession) -> Iterator[None]:
    """Small shuffles stay in several partitions, as large ones do: then the rounds have to settle them."""
    spark.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    yield
    spark.conf.unset("spark.sql.adaptive.coalescePartitions.enabled")


@pytest.mark.parametrize("partitions", [1, 7])
@pytest.mark.parametrize("limits", [ALONE, JOINED, ROUNDS], ids=["driver", "one task", "rounds"])
def test_components_equal_networkx(
    spark: SparkSession, scratch: Scratch, limits: settings.Components, partitions: int
) -> None:
    edges = side_by_side(GRAPHS)
    found = carry(table(spark, edges).repartition(partitions), scratch, limits)
    assert labels(found.labels) == networkx_says(edges)
    assert (found.carrier, found.edges, found.rounds > 0) == (limits.carrier, len(edges), limits is ROUNDS)


@pytest.mark.usefixtures("scattered")
def test_a_chain_in_many_partitions_is_settled_in_few_rounds(spark: SparkSession, scratch: Scratch) -> None:
    edges = a_chain(1_000)
    found = carry(table(spark, edges).repartition(7), scratch, ROUNDS)
    assert labels(found.labels) == networkx_says(edges)
    assert 2 < found.rounds < 12


@pytest.mark.parametrize("limits", [ALONE, JOINED, ROUNDS], ids=["driver", "one task", "rounds"])
def test_no_edges_have_no_components(spark: SparkSession, scratch: Scratch, limits: settings.Components) -> None:
    none = label(spark.createDataFrame([], SCHEMA), scratch, limits)
    assert none.columns == ["node", "component"]
    assert none.count() == 0


@st.composite
def a_graph(draw: st.DrawFn) -> Edges:
    nodes = draw(st.integers(1, 200))
    node = st.integers(0, nodes - 1).map(lambda number: f"{number * 7919 % 1009:x}")
    return draw(st.lists(st.tuples(node, node), min_size=nodes // 2 + 1, max_size=2 * nodes))


@pytest.mark.usefixtures("scattered")
@pytest.mark.parametrize("limits", [JOINED, ROUNDS], ids=["one task", "rounds"])
def test_random_graphs_on_the_cluster(spark: SparkSession, scratch: Scratch, limits: settings.Components) -> None:
    edges = side_by_side({str(number): graph for number, graph in enumerate(drawn(a_graph(), 40))})
    assert len(edges) > 1000
    found = label(table(spark, edges).repartition(5), scratch, limits)
    assert labels(found) == networkx_says(edges)


def shrunk(graph: Edges, most: int, batch: int) -> Edges:
    edges = pa.table(list(zip(*graph, strict=True)), schema=STAR).to_batches(max_chunksize=batch)
    rows = [row for part in components._shrink(most, edges) for row in part.to_pylist()]
    return [(row["node"], row["parent"]) for row in rows]


@given(a_graph(), st.integers(1, 50), st.integers(1, 20))
def test_a_task_shrinks_its_edges_to_stars_however_few_it_takes_at_once(
    graph: Edges, task_edges: int, batch: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "TASK_EDGES", task_edges)
        stars = shrunk(graph, 2 * len(graph), batch)
    assert len(dict(stars)) == len(stars)
    assert dict(stars) == networkx_says(graph)


@given(a_graph(), st.integers(1, 50), st.integers(1, 20), st.integers(0, 30))
def test_a_task_hands_on_what_is_more_than_it_may_hold(graph: Edges, task_edges: int, batch: int, most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(components, "TASK_EDGES", task_edges)
        stars = shrunk(graph, most, batch)
    assert all(parent <= node for node, parent in stars)
    assert {node for node, _ in stars} == {node for edge in graph for node in edge}
    assert networkx_says(stars) == networkx_says(graph)


def test_the_two_steps_alone_end_in_stars(spark: SparkSession, scratch: Scratch) -> None:
    """Large-star and small-star need no task to shrink anything: that only saves rounds."""
    rng = random.Random(3)
    graph = [
        (f"{node:03d}", f"{parent:03d}") for node in range(9, 60) for parent in rng.sample(range(node - 9, node), 2)
    ]
    edges, before = spark.createDataFrame(graph, components.STAR), None
    for _ in range(8):
        edges = scratch.cut(small_star(large_star(edges)), "stars")
        rows = sorted((row.node, row.parent) for row in edges.collect())
        assert all(parent < node for node, parent in rows)
        assert networkx_says(rows) == networkx_says(graph)
        if rows == before:
            break
        before = rows
    assert before is not None
    assert dict(before) == {node: smallest for node, smallest in networkx_says(graph).items() if node != smallest}


@pytest.mark.usefixtures("scattered")
def test_rounds_that_do_not_end_are_a_fault(spark: SparkSession, scratch: Scratch) -> None:
    with pytest.raises(Fault, match="not settled after 1 rounds"):
        label(table(spark, a_chain(500)).repartition(4), scratch, replace(ROUNDS, max_rounds=1))


@pytest.mark.parametrize("few", [components.FEW, 0], ids=["few edges", "many edges"])
def test_a_missing_node_is_a_fault(
    spark: SparkSession, scratch: Scratch, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(components, "FEW", few)
    edges = spark.createDataFrame([("a", "b"), ("a", None), (None, None)], SCHEMA)
    with pytest.raises(Fault, match="2 edges lack a node"):
        label(edges, scratch, LIMITS)


@pytest.mark.parametrize("few", [components.FEW, 0], ids=["few edges", "many edges"])
def test_edges_and_their_text_are_counted(
    spark: SparkSession, scratch: Scratch, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(components, "FEW", few)
    edges = scratch.cut(spark.createDataFrame([("a", "é"), ("", "\U0001f45f"), (None, "b")], SCHEMA), "component_edges")
    count, lacking, text = components._facts(edges, scratch)
    assert (count, lacking) == (3, 1)
    assert text >= 7  # bytes; the text of an edge that lacks a node need not count


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([("a", "a"), ("b", "a"), ("c", "c")], "1 of 2 edges"),
        ([("a", "a"), ("b", "a")], "1 of 2 edges"),
        ([("a", "a"), ("b", "a"), ("c", "a"), ("c", "b")], "1 of 2 edges"),
        ([("a", "a"), ("b", "a"), ("c", "a"), ("c", "a")], "two labels"),
    ],
)
def test_wrong_labels_of_the_cluster_are_found(spark: SparkSession, wrong: Edges, said: str) -> None:
    edges = spark.createDataFrame([("a", "b"), ("b", "c")], SCHEMA)
    with pytest.raises(Fault, match=said):
        components._check(edges, 2, spark.createDataFrame(wrong, "node string, component string"))


def test_nodes_with_one_hash_do_not_make_right_labels_wrong(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "KEYS", (lambda name: F.lit(0), F.col))
    edges = spark.createDataFrame([("a", "b"), ("c", "d")], SCHEMA)
    right = spark.createDataFrame([("a", "a"), ("b", "a"), ("c", "c"), ("d", "c")], "node string, component string")
    assert components._apart(edges, right, components.KEYS[0])[0] > 2
    components._check(edges, 2, right)


def test_wrong_labels_of_the_driver_are_found(
    spark: SparkSession, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(components, "connected_components", lambda graph, directed: (3, [0, 1, 2]))
    with pytest.raises(Fault, match="joins two components"):
        label(spark.createDataFrame([("a", "b"), ("b", "c")], SCHEMA), scratch, LIMITS)


@pytest.mark.parametrize(
    ("edges", "memory", "connect", "carrier", "expected"),
    [
        (1_000, 1 << 30, False, "auto", (DRIVER, "1,000 edges take about 0 MB of the 268 MB that it may use")),
        (1_000, 1 << 30, True, "driver", (CLUSTER, "the driver is behind Spark Connect")),
        (1_000, 1 << 30, False, "cluster", (CLUSTER, "components.carrier says so")),
        (2_000_000, 1 << 30, False, "driver", (CLUSTER, "2,000,000 edges take about 640 MB of the 268 MB")),
        (30_000_000, 64 << 30, False, "auto", (CLUSTER, "30,000,000 edges are more than")),
        (30_000_000, 64 << 30, False, "driver", (DRIVER, "30,000,000 edges take about")),
    ],
)
def test_who_carries(edges: int, memory: int, connect: bool, carrier: str, expected: tuple[str, str]) -> None:
    chosen, why = choose(edges, 64 * edges, memory, connect, replace(LIMITS, carrier=carrier))
    assert chosen == expected[0]
    assert why.startswith(expected[1])
