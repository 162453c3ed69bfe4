"""A near pair is two keys whose hashes are within the threshold of a plan: found by the driver, or by the cluster.

Two carriers of one plan, the same pairs row for row. **The driver** reads the hashes back with pyarrow and sorts the
bands in threads (`band_sort`), while they fit it. **The cluster** takes any number (`hot_buckets`), in groups of bands,
each written before the next begins: a run that is resumed searches no group again. Both divide crowded buckets and name
the families of near hashes, whose pairs are left to `families`.
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

from dedup_spark.bands import band_sort
from dedup_spark.bands.band_sort import Pairs, Tally
from dedup_spark.bands.banding import Plan
from dedup_spark.bands.buckets import Longs
from dedup_spark.bands.crowds import Crowds
from dedup_spark.candidate_pairs import FAMILY, KNOWN
from dedup_spark.comparing import words
from dedup_spark.pairs import hot_buckets
from dedup_spark.pairs.searches import Search
from dedup_spark.settings import CandidatePairs, Components
from dedup_spark.spark import carriers, session
from dedup_spark.spark.carriers import CLUSTER, DRIVER, Load
from dedup_spark.storage import Scratch

ROW_BYTES = 500
"""Of the driver for a row: key and words as they are read, once more as numpy has them, keys of bands, pairs."""
BETWEEN = "\0"  # in no text that stands in a column of a catalogue
TURN = "turn"


@dataclass(frozen=True)
class Near:
    """`left`, `right`: the keys, with `left_words`, `right_words`; each pair once in each group. And for `run.json` who
    found them and what was met.

    families: as `hot_buckets.Found` has them; None: there are none. candidates: pairs that share a band, once for each
    that they share. largest_bucket: its rows. On the cluster a calm search counts both in buckets with a new row only.
    rows: of both tables. compared: pairs that met to be compared. seconds: from table to table. recalled: pairs that
    were known.
    """

    pairs: DataFrame
    families: DataFrame | None
    carrier: str
    why: str
    candidates: int
    largest_bucket: int
    compared: int
    seconds: float
    rows: int
    recalled: int = 0


def find(search: Search, count: int, scratch: Scratch, limits: CandidatePairs, components: Components) -> Near:
    """The near pairs of a search, but for those inside of a family. count: how many rows the tables have."""
    began = time.monotonic()
    carrier, why = choose(count, session.memory(), session.is_connect(search.left.sparkSession), limits)
    if carrier == DRIVER:
        return _by_driver(search, count, scratch, why, began)
    found = hot_buckets.find(search, scratch, components, count)
    parts = []
    for number, part in enumerate(found.pairs):  # one after the other
        kept, _ = scratch.keep(f"{search.name}-{number}", partial(within, part, search.plan))
        parts.append(kept)
    pairs, seconds = reduce(DataFrame.unionByName, parts), time.monotonic() - began
    met = found.candidates, found.largest, found.compared
    return Near(pairs, found.families, CLUSTER, why, *met, seconds, count)


def within(candidates: DataFrame, plan: Plan) -> DataFrame:
    """The candidate pairs (`candidate_pairs.find`) that are within the threshold of the plan."""
    distance = words.hamming(F.col("left_words"), F.col("right_words"), plan.words)
    return candidates.where(distance <= plan.max_distance)


def choose(rows: int, memory: int, connect: bool, limits: CandidatePairs) -> tuple[str, str]:
    """Who searches so many rows, and why: never one that cannot.

    >>> from dedup_spark.settings import load
    >>> choose(1_000_000, 16 << 30, False, load().candidate_pairs)
    ('driver', '1,000,000 hashes take about 500 MB of the 4,294 MB that it may use')
    """
    load = Load(rows, "hashes", ROW_BYTES * rows, limits.driver_hashes, "driver_hashes", limits.carrier)
    return carriers.choose(load, "candidate_pairs", memory, connect)


def _by_driver(search: Search, count: int, scratch: Scratch, why: str, began: float) -> Near:
    tables = [_read(rows, search, scratch) for rows in (search.left, search.right) if rows is not None]
    groups = _codes(tables, search.groups) if search.groups else [None, None]
    ours, theirs = tables[0], tables[-1]
    tally, crowds = Tally(), Crowds(search.max_bucket, np.concatenate([table[TURN].to_numpy() for table in tables]))
    found = band_sort.find(
        _words(ours, search.plan.words),
        None if search.same else _words(theirs, search.plan.words),
        search.plan,
        groups[0],
        None if search.same else groups[1],
        tally=tally,
        crowds=crowds,
        known=np.concatenate([table[KNOWN].to_numpy() for table in tables]) if search.known else None,
    )
    families, chunks = _apart(list(found), tables, crowds, search)
    rows = _named(chunks, ours, theirs)
    if not search.same:
        rows = rows.filter(pc.not_equal(rows["left"], rows["right"]))  # of two tables that share keys
    pairs = scratch.put_arrow(rows, "near")
    named = None if families is None else scratch.put_arrow(families, "families")
    met = tally.candidates, tally.largest, tally.compared
    return Near(pairs, named, DRIVER, why, *met, time.monotonic() - began, count)


def _read(rows: DataFrame, search: Search, scratch: Scratch) -> pa.Table:
    """`key`, `words`, the groups, what is known and the turns of the rows that may be searched, on the driver."""
    names = ["key", "words", *search.groups, *([KNOWN] if search.known else [])]
    wanted = rows.select(*names).dropna(subset=names)
    scratch.cut(wanted.withColumn(TURN, F.xxhash64("key")), "searched")
    return scratch.read_arrow("searched", [*names, TURN])


def _apart(
    found: list[Pairs], tables: Sequence[pa.Table], crowds: Crowds, search: Search
) -> tuple[pa.Table | None, list[Pairs]]:
    """The families, as `hot_buckets.Found` has them, and the pairs that are not inside of one."""
    if not crowds.members:
        return None, found
    codes = _codes(tables, search.row)
    number = crowds.families(np.concatenate(codes))
    ours, theirs = number[codes[0]], number[codes[-1]]
    apart = [(ours[pairs.left] != theirs[pairs.right]) | (ours[pairs.left] < 0) for pairs in found]
    kept = [Pairs(pairs.left[on], pairs.right[on], pairs.distance[on]) for pairs, on in zip(found, apart, strict=True)]
    _, row = np.unique(np.concatenate(codes), return_index=True)
    members = pa.concat_tables(tables).select(search.row).take(row[number >= 0])
    return members.append_column(FAMILY, pa.array(number[number >= 0]).cast(pa.string())), kept


def _named(chunks: Sequence[Pairs], ours: pa.Table, theirs: pa.Table) -> pa.Table:
    """The pairs by their keys, with the words of both."""
    left = _taken(ours, [pairs.left for pairs in chunks])
    right = _taken(theirs, [pairs.right for pairs in chunks])
    sides = {"left": left["key"], "right": right["key"], "left_words": left["words"], "right_words": right["words"]}
    return pa.table(sides)


def _taken(table: pa.Table, rows: Sequence[Longs]) -> pa.Table:
    return table.select(["key", "words"]).take(np.concatenate([np.empty(0, np.int64), *rows]))


def _words(table: pa.Table, size: int) -> Longs:
    flat = pc.list_flatten(table["words"].combine_chunks())
    words_of: Longs = np.asarray(flat, dtype=np.int64).reshape(table.num_rows, size)
    return words_of


def _codes(tables: Sequence[pa.Table], names: Sequence[str]) -> list[Any]:
    """What each row has in these columns as a whole number, the same in all tables: 0 and on."""
    joined = pa.concat_tables([table.select(names) for table in tables])
    texts = pc.binary_join_element_wise(*(column.cast(pa.string()) for column in joined.columns), BETWEEN)
    codes = np.asarray(texts.combine_chunks().dictionary_encode().indices, dtype=np.int64)
    return np.split(codes, np.cumsum([table.num_rows for table in tables])[:-1])
