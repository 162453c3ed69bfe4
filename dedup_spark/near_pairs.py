"""A near pair is two keys whose hashes are within the threshold of a plan: found by the driver, or by the cluster.

Two carriers of one plan, the same pairs row for row. **The driver** reads the hashes back with pyarrow and sorts the
bands in threads (`band_sort`), while they fit it and no bucket is hot. **The cluster** takes any number, and what is
hot: it divides crowded buckets and gathers families (`hot_buckets`).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import band_sort, carriers, hot_buckets, session, words
from dedup_spark.band_sort import Crowded, Tally
from dedup_spark.banding import Plan
from dedup_spark.buckets import Longs
from dedup_spark.carriers import CLUSTER, DRIVER, Load
from dedup_spark.searches import Search
from dedup_spark.settings import CandidatePairs, Components
from dedup_spark.storage import Scratch

ROW_BYTES = 500
"""Of the driver for a row: key and words as they are read, once more as numpy has them, keys of bands, pairs."""
BETWEEN = "\0"  # in no text that stands in a column of a catalogue


@dataclass(frozen=True)
class Near:
    """`left`, `right`: the keys, each pair once in each group; and for `run.json` who found them and what was met.

    families: as `hot_buckets.Found` has them; None: there are none. candidates: pairs that share a band, once for each
    that they share. largest_bucket: its rows. seconds: from table to table.
    """

    pairs: DataFrame
    families: DataFrame | None
    carrier: str
    why: str
    candidates: int
    largest_bucket: int
    seconds: float


def find(search: Search, count: int, scratch: Scratch, limits: CandidatePairs, components: Components) -> Near:
    """The near pairs of a search, but for those inside of a family. count: how many rows the tables have."""
    began = time.monotonic()
    carrier, why = choose(count, session.memory(), session.is_connect(search.left.sparkSession), limits)
    if carrier == DRIVER:
        try:
            return _by_driver(search, scratch, why, began)
        except Crowded as crowded:
            why = f"{crowded}, more than candidate_pairs.max_bucket = {search.max_bucket:,}"
    found = hot_buckets.find(search, scratch, components, count)
    parts = []
    for number, part in enumerate(found.pairs):  # one after the other
        kept, _ = scratch.keep(f"{search.name}-{number}", partial(within, part, search.plan))
        parts.append(kept)
    pairs, seconds = reduce(DataFrame.unionByName, parts), time.monotonic() - began
    return Near(pairs, found.families, CLUSTER, why, found.candidates, found.largest, seconds)


def within(candidates: DataFrame, plan: Plan) -> DataFrame:
    """`left`, `right`: the candidate pairs (`candidate_pairs.find`) that are within the threshold of the plan."""
    distance = words.hamming(F.col("left_words"), F.col("right_words"), plan.words)
    return candidates.where(distance <= plan.max_distance).select("left", "right")


def choose(rows: int, memory: int, connect: bool, limits: CandidatePairs) -> tuple[str, str]:
    """Who searches so many rows, and why: never one that cannot.

    >>> from dedup_spark.settings import load
    >>> choose(1_000_000, 16 << 30, False, load().candidate_pairs)
    ('driver', '1,000,000 hashes take about 500 MB of the 4,294 MB that it may use')
    """
    load = Load(rows, "hashes", ROW_BYTES * rows, limits.driver_hashes, "driver_hashes", limits.carrier)
    return carriers.choose(load, "candidate_pairs", memory, connect)


def _by_driver(search: Search, scratch: Scratch, why: str, began: float) -> Near:
    """Raises `Crowded` where a bucket is hot."""
    tables = [_read(rows, search.groups, scratch) for rows in (search.left, search.right) if rows is not None]
    groups = _codes([table.drop_columns(["key", "words"]) for table in tables]) if search.groups else [None, None]
    ours, theirs = tables[0], tables[-1]
    tally = Tally(most=search.max_bucket)
    found = band_sort.find(
        _words(ours, search.plan.words),
        None if search.same else _words(theirs, search.plan.words),
        search.plan,
        groups[0],
        None if search.same else groups[1],
        tally=tally,
    )
    chunks = [(ours["key"].take(pairs.left), theirs["key"].take(pairs.right)) for pairs in found]
    left, right = zip(*chunks, strict=True) if chunks else ((), ())
    kind = ours["key"].type
    rows = pa.table({"left": _joined(left, kind), "right": _joined(right, kind)})
    if not search.same:
        rows = rows.filter(pc.not_equal(rows["left"], rows["right"]))  # of two tables that share keys
    pairs, seconds = scratch.put_arrow(rows, "near"), time.monotonic() - began
    return Near(pairs, None, DRIVER, why, tally.candidates, tally.largest, seconds)


def _read(rows: DataFrame, groups: Sequence[str], scratch: Scratch) -> pa.Table:
    """`key`, `words` and the groups of the rows that may be searched, on the driver."""
    names = ["key", "words", *groups]
    scratch.cut(rows.select(*names).dropna(subset=names), "searched")
    return scratch.read_arrow("searched", names)


def _words(table: pa.Table, size: int) -> Longs:
    flat = pc.list_flatten(table["words"].combine_chunks())
    words_of: Longs = np.asarray(flat, dtype=np.int64).reshape(table.num_rows, size)
    return words_of


def _codes(tables: Sequence[pa.Table]) -> list[Any]:
    """The groups of the rows of each table as whole numbers, the same in all."""
    joined = pa.concat_tables(tables)
    texts = pc.binary_join_element_wise(*(column.cast(pa.string()) for column in joined.columns), BETWEEN)
    codes = np.asarray(texts.combine_chunks().dictionary_encode().indices, dtype=np.int64)
    return np.split(codes, np.cumsum([table.num_rows for table in tables])[:-1])


def _joined(parts: Sequence[pa.ChunkedArray], kind: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], kind)
