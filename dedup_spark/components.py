"""A label is one node of an edge table with its component, which is named by the smallest node in it.

Two carriers give the same labels. **The driver** reads the edges back with pyarrow and asks
`scipy.sparse.csgraph.connected_components`, while they are few and small. **The cluster** takes any number: each task
first shrinks its own edges to stars, then large-star and small-star alternate on what is left (Kiveris et al.,
"Connected components in MapReduce and beyond", SoCC 2014), each round cut off by Parquet. After either it is checked
that every edge lies in one component.

Why the rounds end, and right: let f(v) be the smallest of v and its parents. No step ever raises an f. A round that
lowers none has only roots for parents (large-star would lower f to f(f)), one for each node (small-star would tie two
together), so its edges are stars, and the next round leaves them as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dedup_spark import carriers, session, settings
from dedup_spark.carriers import DRIVER, Load
from dedup_spark.errors import Fault
from dedup_spark.storage import Scratch

BYTES_PER_EDGE = 64  # of the driver: codes, scipy's matrix and its transpose, labels
TEXT_COPIES = 4  # of the driver: files, table, distinct nodes, labels (5 M edges of 64 bytes of text: 1.4 GB in all)
TASK_EDGES = 1 << 20  # held by a task before it shrinks them: some 200 MB
BATCH_ROWS = 1 << 16  # that a task hands on at once: some 10 MB
STAR = "node string, parent string"

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Labelled:
    """The labels, and for `run.json` who found them: `node`, `component`; driver or cluster; why; edges; rounds."""

    labels: DataFrame
    carrier: str
    why: str
    edges: int
    rounds: int


def label(edges: DataFrame, scratch: Scratch, limits: settings.Components) -> DataFrame:
    """One row per node of the edges: `node` and its `component`, the smallest node that a path of edges leads to.

    An edge is `left`, `right`, two texts: in either direction, any number of times, a loop as well. The order of texts
    is that of Spark, by their UTF-8 bytes. The same labels come from any partitioning and either carrier.

    Raises `Fault` for a null node, when the rounds do not end, or when an edge joins two components.

    >>> from tempfile import TemporaryDirectory
    >>> from dedup_spark.settings import load
    >>> edges = spark.createDataFrame([("b", "a"), ("c", "b"), ("e", "d")], "left string, right string")
    >>> with TemporaryDirectory() as folder:
    ...     label(edges, Scratch(spark, folder, load()), load().components).orderBy("node").show()
    +----+---------+
    |node|component|
    +----+---------+
    |   a|        a|
    |   b|        a|
    |   c|        a|
    |   d|        d|
    |   e|        d|
    +----+---------+
    <BLANKLINE>
    """
    return carry(edges, scratch, limits).labels


def carry(edges: DataFrame, scratch: Scratch, limits: settings.Components) -> Labelled:
    """The labels as `label` gives them, with who found them and why."""
    edges = scratch.cut(edges.select("left", "right"), "component_edges")
    facts = edges.select(
        F.count("*").alias("edges"),
        F.count(F.when(F.col("left").isNull() | F.col("right").isNull(), 1)).alias("nulls"),
        F.coalesce(F.sum(F.octet_length("left") + F.octet_length("right")), F.lit(0)).alias("text"),
    ).first()
    assert facts is not None
    if facts["nulls"]:
        raise Fault(f"components: {facts['nulls']} edges lack a node; missing is never a key")
    connect = session.is_connect(edges.sparkSession)
    carrier, why = choose(facts["edges"], facts["text"], session.memory(), connect, limits)
    if carrier == DRIVER:
        return Labelled(_by_driver(scratch), carrier, why, facts["edges"], 0)
    labels, rounds = _by_cluster(edges, scratch, limits.max_rounds)
    _check(edges, facts["edges"], labels)
    return Labelled(labels, carrier, why, facts["edges"], rounds)


def choose(edges: int, text: int, memory: int, connect: bool, limits: settings.Components) -> tuple[str, str]:
    """Who finds the components of so many edges with so many bytes of text, and why: never one that cannot.

    >>> from dedup_spark.settings import load
    >>> choose(5_000_000, 320_000_000, 16 << 30, False, load().components)
    ('driver', '5,000,000 edges take about 1,600 MB of the 4,294 MB that it may use')
    """
    needed = TEXT_COPIES * text + BYTES_PER_EDGE * edges
    load = Load(edges, "edges", needed, limits.driver_edges, "driver_edges", limits.carrier)
    return carriers.choose(load, "components", memory, connect)


def _by_driver(scratch: Scratch) -> DataFrame:
    table = scratch.read_arrow("component_edges")
    nodes, left, right = _coded(table["left"], table["right"])
    components = _smallest(left, right, len(nodes))
    if not np.array_equal(components[left], components[right]):
        raise Fault("components: an edge joins two components")
    return scratch.put_arrow(pa.table({"node": nodes, "component": nodes.take(pa.array(components))}), "components")


def _coded(left: pa.ChunkedArray, right: pa.ChunkedArray) -> tuple[Any, Codes, Codes]:
    """The distinct nodes in the order of their bytes, and the edges as positions in them."""
    ends = pa.chunked_array([*left.chunks, *right.chunks], left.type).cast(pa.large_string())
    encoded = ends.combine_chunks().dictionary_encode()
    order = np.asarray(pc.sort_indices(encoded.dictionary))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    codes = rank[np.asarray(encoded.indices)]
    return encoded.dictionary.take(pa.array(order)), codes[: len(left)], codes[len(left) :]


def _smallest(left: Codes, right: Codes, nodes: int) -> Codes:
    """The smallest position in the component of each position."""
    if not nodes:
        return np.empty(0, np.int64)
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(nodes, nodes))
    count, labels = connected_components(graph, directed=False)
    smallest = np.empty(count, np.int64)
    smallest[labels[::-1]] = np.arange(nodes)[::-1]  # of equal indices the last one stays: the smallest position
    return smallest[labels]


def _by_cluster(edges: DataFrame, scratch: Scratch, max_rounds: int) -> tuple[DataFrame, int]:
    ends = edges.select(F.col("left").alias("node"), F.col("right").alias("parent"))
    stars = scratch.cut(ends.mapInArrow(_shrink, STAR), "stars")  # parent < node; connected as the edges are
    before, rounds = None, 0
    while (now := _state(stars)) != before:
        if rounds == max_rounds:
            raise Fault(f"components: not settled after {max_rounds} rounds; {now[0]:,} edges are left")
        stars = scratch.cut(small_star(large_star(stars)).mapInArrow(_shrink, STAR), "stars")
        before, rounds = now, rounds + 1  # parent < node; connected as the edges are; no parent is larger than before
    members = stars.select("node", F.col("parent").alias("component"))  # every parent is a root: see above
    roots = stars.select(F.col("parent").alias("node"), F.col("parent").alias("component")).distinct()
    joined = members.unionByName(roots)
    alone = edges.where(F.col("left") == F.col("right")).select(F.col("left").alias("node")).distinct()
    alone = alone.join(joined, on="node", how="left_anti").withColumn("component", F.col("node"))
    return scratch.cut(joined.unionByName(alone), "components"), rounds


def large_star(edges: DataFrame) -> DataFrame:
    """Every larger neighbour of a node is tied to the node's smallest neighbour (or itself, if smaller)."""
    back = edges.select(F.col("parent").alias("node"), F.col("node").alias("parent"))
    least = F.least("node", F.min("parent").over(Window.partitionBy("node")))
    around = edges.unionByName(back).withColumn("least", least)
    tied = around.where(F.col("parent") > F.col("node"))
    return tied.select(F.col("parent").alias("node"), F.col("least").alias("parent"))  # parent < node


def small_star(edges: DataFrame) -> DataFrame:
    """Every node is tied to the smallest of its parents, and so are its other parents."""
    least = F.min("parent").over(Window.partitionBy("node"))
    below = edges.repartition("node").distinct().withColumn("least", least)  # one shuffle for distinct and window
    tied = F.when(F.col("parent") == F.col("least"), F.col("node")).otherwise(F.col("parent"))
    return below.select(tied.alias("node"), F.col("least").alias("parent"))  # parent < node


def _shrink(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The edges of a task as stars: each node but the smallest of its component in this task, tied to that one."""
    held, limit = _stars([]), TASK_EDGES
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if held.num_rows + sum(one.num_rows for one in waiting) >= limit:
            held, waiting = _stars([*held.to_batches(), *waiting]), []
            limit = max(TASK_EDGES, 2 * held.num_rows)
    yield from _stars([*held.to_batches(), *waiting]).to_batches(max_chunksize=BATCH_ROWS)


def _stars(edges: list[pa.RecordBatch]) -> pa.Table:
    schema = pa.schema([("node", pa.string()), ("parent", pa.string())])
    table = pa.Table.from_batches(edges) if edges else schema.empty_table()
    nodes, left, right = _coded(table["node"], table["parent"])
    smallest = _smallest(left, right, len(nodes))
    tied = np.flatnonzero(smallest != np.arange(len(nodes)))
    ends = [nodes.take(pa.array(ids)).cast(pa.string()) for ids in (tied, smallest[tied])]
    return pa.table(ends, schema=schema)


def _state(stars: DataFrame) -> tuple[int, int]:
    """What changes when the edges do: their number and a checksum of them. The check at the end needs no luck."""
    row = stars.select(F.count("*"), F.coalesce(F.bit_xor(F.xxhash64("node", "parent")), F.lit(0))).first()
    assert row is not None
    return row[0], row[1]


def _check(edges: DataFrame, count: int, labels: DataFrame) -> None:
    """Raises `Fault` unless every node has one label and every edge lies in one component."""
    if not labels.groupBy("node").count().where(F.col("count") > 1).isEmpty():
        raise Fault("components: a node has two labels")
    left = labels.select(F.col("node").alias("left"), F.col("component").alias("left_component"))
    right = labels.select(F.col("node").alias("right"), F.col("component").alias("right_component"))
    both = edges.join(left, on="left", how="inner").join(right, on="right", how="inner")
    within = both.where(F.col("left_component") == F.col("right_component")).count()
    if within != count:
        raise Fault(f"components: {count - within:,} of {count:,} edges do not lie in one component")
