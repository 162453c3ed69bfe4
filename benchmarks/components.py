"""A line of the bench is one graph: the seconds that each way of finding its components takes, from table to table.

    python -m benchmarks.components [--nodes N] [--graphs NAME ...] [--rounds K] [--only WAY ...]

All ways read the same Parquet of edges (`left`, `right`, texts) and end with the labels: ours written as a table, by
the driver and by the cluster (`components.carry`, `local[2]`, the session started); scipy and networkx in this process,
networkx up to a dictionary of labels; GraphFrames, where its package is installed, with the algorithm it chooses by
itself. Each is checked against scipy. The median of K rounds is told.
"""

import argparse
import dataclasses
import gc
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dedup_spark import components, settings, storage
from dedup_spark.spark import carriers, session

WORK = Path("build") / "bench_components"
NODES = 1_000_000
GRAPHFRAMES = "io.graphframes:graphframes-spark4_2.13:0.12.3"
DRIVER, CLUSTER, SCIPY, NETWORKX, FRAMES = "ours, driver", "ours, cluster", "scipy", "networkx", "GraphFrames"
SEED = 5
Codes = np.ndarray


def random_graph(nodes: int, edges: int) -> tuple[Codes, Codes]:
    dice = np.random.default_rng(SEED)
    return dice.integers(0, nodes, edges), dice.integers(0, nodes, edges)


def chain(nodes: int) -> tuple[Codes, Codes]:
    """In an order that has nothing to do with the names."""
    names = np.random.default_rng(SEED).permutation(nodes)
    turn = np.random.default_rng(SEED + 1).permutation(nodes - 1)
    return names[:-1][turn], names[1:][turn]


def star(nodes: int) -> tuple[Codes, Codes]:
    return np.full(nodes - 1, nodes // 2), np.setdiff1d(np.arange(nodes), [nodes // 2])


GRAPHS: dict[str, Callable[[int], tuple[Codes, Codes]]] = {
    "2 edges a node": lambda nodes: random_graph(nodes, 2 * nodes),
    "0.6 edges a node": lambda nodes: random_graph(nodes, 6 * nodes // 10),
    "a shuffled chain": chain,
    "a star": star,
}


def write(graph: str, nodes: int) -> Path:
    """The edges as Parquet, the nodes named as contents are: 32 hex digits."""
    WORK.mkdir(parents=True, exist_ok=True)
    left, right = GRAPHS[graph](nodes)
    names = pa.array([f"{number * 0x9E3779B97F4A7C15 % 2**64:032x}" for number in range(nodes)])
    path = WORK / f"{graph.replace(' ', '_')}.parquet"
    pq.write_table(pa.table({"left": names.take(pa.array(left)), "right": names.take(pa.array(right))}), path)
    return path


def by_scipy(path: Path) -> int:
    table = pq.read_table(path)
    ends = pa.concat_arrays([*table["left"].chunks, *table["right"].chunks]).dictionary_encode()
    codes = np.asarray(ends.indices)
    left, right = codes[: table.num_rows], codes[table.num_rows :]
    size = len(ends.dictionary)
    return int(connected_components(coo_array((np.ones(len(left), np.int8), (left, right)), (size, size)), False)[0])


def by_networkx(path: Path) -> int:
    table = pq.read_table(path)
    graph = nx.Graph(zip(table["left"].to_pylist(), table["right"].to_pylist(), strict=True))
    labels = {node: number for number, nodes in enumerate(nx.connected_components(graph)) for node in nodes}
    return max(labels.values()) + 1


def by_us(path: Path, carrier: str, spark: SparkSession) -> int:
    chosen = settings.load()
    scratch = storage.Scratch(spark, str((WORK / "scratch").resolve()), chosen)
    limits = dataclasses.replace(chosen.components, carrier=carrier)
    labels = components.carry(storage.read(spark, str(path.resolve()), chosen), scratch, limits).labels
    return distinct(labels, scratch)


def distinct(labels: DataFrame, scratch: storage.Scratch) -> int:
    """The components of labels that are a table already."""
    found = labels.select("component").distinct().count()
    scratch.clear()
    return found


def by_graphframes(path: Path, spark: SparkSession) -> int:
    from graphframes import GraphFrame

    edges = spark.read.parquet(str(path)).select(F.col("left").alias("src"), F.col("right").alias("dst"))
    nodes = edges.select(F.col("src").alias("id")).union(edges.select("dst")).distinct()
    spark.conf.set("spark.graphframes.checkpoint.useLocalCheckpoints", "true")
    found = GraphFrame(nodes, edges).connectedComponents()
    found.write.mode("overwrite").parquet(str(WORK / "graphframes"))
    return spark.read.parquet(str(WORK / "graphframes")).select("component").distinct().count()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--graphs", nargs="*", default=list(GRAPHS), choices=list(GRAPHS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=[DRIVER, CLUSTER, SCIPY, NETWORKX, FRAMES])
    asked = parser.parse_args()
    frames = find_spec("graphframes") is not None
    conf = f'session.conf={{"spark.jars.packages" = "{GRAPHFRAMES}"}}'
    chosen = settings.load(overrides=["session.master=local[2]", *([conf] if frames else [])])
    with session.opened(chosen) as spark:
        ways: dict[str, Callable[[Path], int]] = {
            SCIPY: by_scipy,
            DRIVER: lambda path: by_us(path, carriers.DRIVER, spark),
            CLUSTER: lambda path: by_us(path, carriers.CLUSTER, spark),
            NETWORKX: by_networkx,
        }
        if frames:
            ways[FRAMES] = lambda path: by_graphframes(path, spark)
        wanted = asked.only or list(ways)
        print("| graph | components | " + " | ".join(f"{way}, s" for way in wanted) + " |")
        print("|---" * (2 + len(wanted)) + "|")
        for graph in asked.graphs:
            path = write(graph, asked.nodes)
            expected = by_scipy(path)
            seconds = {way: [timed(ways[way], path, expected) for _ in range(asked.rounds)] for way in wanted}
            medians = (f"{statistics.median(times):.1f}" for times in seconds.values())
            print(f"| {asked.nodes:,} nodes, {graph} | {expected:,} | {' | '.join(medians)} |", flush=True)


def timed(way: Callable[[Path], int], path: Path, expected: int) -> float:
    gc.collect()
    began = time.perf_counter()
    found = way(path)
    taken = time.perf_counter() - began
    if found != expected:
        raise SystemExit(f"{found:,} components instead of {expected:,}")
    return taken


if __name__ == "__main__":
    main()
