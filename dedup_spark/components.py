"""A label is one node of an edge table with its component, which is named by the smallest node in it.

Two carriers give the same labels. **The driver** reads the edges back with pyarrow and asks
`scipy.sparse.csgraph.connected_components`, while they are few and small. **The cluster** takes any number: each task
first shrinks its own edges to stars. As soon as one task can take what is left of all, it shrinks that to the labels.
Until then large-star and small-star alternate (Kiveris et al., "Connected components in MapReduce and beyond", SoCC
2014), each round cut off by Parquet. After either it is checked that every edge lies in one component.

Why the rounds end, and right: let f(v) be the smallest of v and its parents. No step ever raises an f. A round that
lowers none has only roots for parents (large-star would lower f to f(f)), one for each node (small-star would tie two
together), so its edges are stars, and the next round leaves them as they are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dedup_spark import settings, workers
from dedup_spark.errors import Fault
from dedup_spark.spark import carriers, session
from dedup_spark.spark.carriers import DRIVER, Load
from dedup_spark.storage import Scratch

BYTES_PER_EDGE = 64  # of the driver: codes, scipy's matrix and its transpose, labels
TEXT_COPIES = 4  # of the driver: files, table, distinct nodes, labels (5 M edges of 64 bytes of text: 1.4 GB in all)
FEW = 1 << 16  # edges that the driver counts itself: milliseconds, where Spark takes a tenth of a second or two
TASK_EDGES = 1 << 20  # that a task adds to what it holds before it shrinks all: some 500 MB for a million nodes
BATCH_ROWS = 1 << 16  # that a task hands on at once: some 10 MB
STAR = "node string, parent string"
KEYS = (F.xxhash64, F.col)
"""What the check knows nodes by: hashes, a fifth of the bytes; should they object, as two nodes with one hash can make
them do, the nodes."""


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
    count, lacking, text = _facts(edges, scratch)
    if lacking:
        raise Fault(f"components: {lacking} edges lack a node; missing is never a key")
    connect = session.is_connect(edges.sparkSession)
    carrier, why = choose(count, text, session.memory(), connect, limits)
    if carrier == DRIVER:
        return Labelled(_by_driver(scratch), carrier, why, count, 0)
    labels, rounds = _by_cluster(edges, scratch, limits)
    _check(edges, count, labels)
    return Labelled(labels, carrier, why, count, rounds)


def choose(edges: int, text: int, memory: int, connect: bool, limits: settings.Components) -> tuple[str, str]:
    """Who finds the components of so many edges with so many bytes of text, and why: never one that cannot.

    >>> from dedup_spark.settings import load
    >>> choose(5_000_000, 320_000_000, 16 << 30, False, load().components)
    ('driver', '5,000,000 edges take about 1,600 MB of the 4,294 MB that it may use')
    """
    needed = TEXT_COPIES * text + BYTES_PER_EDGE * edges
    load = Load(edges, "edges", needed, limits.driver_edges, "driver_edges", limits.carrier)
    return carriers.choose(load, "components", memory, connect)


def _facts(edges: DataFrame, scratch: Scratch) -> tuple[int, int, int]:
    """How many edges there are, how many of them lack a node, and the bytes of their text."""
    if (count := scratch.rows("component_edges")) <= FEW:
        table = scratch.read_arrow("component_edges")
        lacking = pc.sum(pc.or_(table["left"].is_null(), table["right"].is_null())).as_py()
        text = [pc.sum(pc.binary_length(table[side])).as_py() for side in ("left", "right")]
        return count, lacking or 0, sum(size or 0 for size in text)
    row = edges.select(
        F.count(F.when(F.col("left").isNull() | F.col("right").isNull(), 1)),
        F.coalesce(F.sum(F.octet_length("left") + F.octet_length("right")), F.lit(0)),
    ).first()
    assert row is not None
    return count, row[0], row[1]


def _by_driver(scratch: Scratch) -> DataFrame:
    table = scratch.read_arrow("component_edges")
    left, right = (table[side].cast(pa.large_string()) for side in ("left", "right"))
    return scratch.put_arrow(pa.table(_smallest(left, right), ["node", "component"]), "components")


def _smallest(left: pa.ChunkedArray, right: pa.ChunkedArray) -> list[Any]:
    """The distinct nodes of these edges, and beside each the smallest node of its component."""
    ends = pa.chunked_array([*left.chunks, *right.chunks], left.type).combine_chunks().dictionary_encode()
    nodes, positions = ends.dictionary, np.asarray(ends.indices)
    if not len(nodes):
        return [nodes, nodes]
    start, end = positions[: len(left)], positions[len(left) :]
    graph = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(len(nodes), len(nodes)))
    labels = np.asarray(connected_components(graph, directed=False)[1])
    if not np.array_equal(labels[start], labels[end]):
        raise Fault("components: an edge joins two components")
    found = pa.table({"node": nodes, "label": labels}).group_by("label").aggregate([("node", "min")])
    return [nodes, found.sort_by("label")["node_min"].combine_chunks().take(pa.array(labels))]


def _by_cluster(edges: DataFrame, scratch: Scratch, limits: settings.Components) -> tuple[DataFrame, int]:
    shrink = partial(_shrink, limits.task_edges)
    ends = edges.select(F.col("left").alias("node"), F.col("right").alias("parent"))
    stars = scratch.cut(ends.mapInArrow(shrink, STAR), "stars")  # parent <= node; each node is one; connected as before
    before, rounds = None, 0
    while (left := scratch.rows("stars")) > limits.task_edges and (now := _state(stars)) != before:
        if rounds == limits.max_rounds:
            raise Fault(f"components: not settled after {rounds} rounds; {left:,} edges are left")
        tied = small_star(large_star(stars)).mapInArrow(shrink, STAR).where(F.col("node") != F.col("parent"))
        stars = scratch.cut(tied.unionByName(stars.where(F.col("node") == F.col("parent"))), "stars")
        before, rounds = now, rounds + 1  # as above; no parent is larger than before
    if left <= limits.task_edges:
        settled = stars.repartition(1).mapInArrow(shrink, STAR)  # holds no more nodes than it takes edges
    else:
        settled = stars.groupBy("node").agg(F.min("parent").alias("parent"))  # the root, or the loop of a root
    return scratch.cut(settled.select("node", F.col("parent").alias("component")), "components"), rounds


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


def _shrink(most: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The edges of a task as stars: each node tied to the smallest of its component in this task, that one to itself.

    More than `most` of them are handed on, and the task begins anew: it then has stars of several parts of its edges.
    """
    workers.forget_archives()
    held: list[pa.RecordBatch] = []
    added = 0
    for batch in batches:
        held.append(batch)
        added += batch.num_rows
        if added >= TASK_EDGES:
            held, added = _stars(held), 0
            if sum(one.num_rows for one in held) > most:
                yield from held
                held = []
    yield from _stars(held)


def _stars(edges: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    if not edges:
        return []
    table = pa.Table.from_batches(edges)
    stars = pa.table(_smallest(table["node"], table["parent"]), schema=table.schema)
    return list(stars.to_batches(max_chunksize=BATCH_ROWS))


def _state(stars: DataFrame) -> tuple[int, int]:
    """What changes when the edges do: their number and a checksum of them. The check at the end needs no luck."""
    row = stars.select(F.count("*"), F.coalesce(F.bit_xor(F.xxhash64("node", "parent")), F.lit(0))).first()
    assert row is not None
    return row[0], row[1]


def _check(edges: DataFrame, count: int, labels: DataFrame) -> None:
    """Raises `Fault` unless every edge lies in one component and no end of it has two labels."""
    for key in KEYS:
        rows, apart = _apart(edges, labels, key)
        if rows == count and not apart:
            return
    if apart:
        raise Fault(f"components: {apart:,} of {count:,} edges do not lie in one component")
    raise Fault("components: a node has two labels")  # the second one gives an edge a second row


def _apart(edges: DataFrame, labels: DataFrame, key: Callable[[str], Column]) -> tuple[int, int]:
    """Edges with each pair of labels that their ends have, and how many of these do not agree or lack one."""
    coded = labels.select(key("node"), key("component"))
    ends = edges.select(key("left").alias("left"), key("right").alias("right"))
    both = ends.join(coded.toDF("left", "left_component"), on="left", how="left")
    both = both.join(coded.toDF("right", "right_component"), on="right", how="left")
    within = F.coalesce(F.col("left_component") == F.col("right_component"), F.lit(False))
    row = both.select(F.count("*"), F.count(F.when(~within, 1))).first()
    assert row is not None
    return row[0], row[1]
