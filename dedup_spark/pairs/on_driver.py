"""What is known, on the driver: it marks the rows of a search and recalls their pairs in memory, while they fit it.

It does with numbers what `searched` and `near_hashes` do with tables on the cluster: each hash is one, and joins of a
million rows take a second.
"""

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedup_spark.bands.buckets import Longs
from dedup_spark.candidate_pairs import FAMILY
from dedup_spark.comparing.verdict import WORDS
from dedup_spark.pairs.near_hashes import COLUMNS, SIDES
from dedup_spark.pairs.near_pairs import BETWEEN
from dedup_spark.pairs.searched import HASH, KEY, KNOWN_IN, WITHIN
from dedup_spark.pairs.searches import BY_CHANNEL, BY_HASH


@dataclass(frozen=True)
class Marked:
    """The rows with `by_hash`, `by_channel` and `hash_key`; repeated and counts: what `pool.Standing` has by it."""

    rows: pa.Table
    repeated: pa.Table
    counts: Mapping[str, int]


def mark(standing: pa.Table, before: pa.Table, within: Sequence[str]) -> Marked:
    """The rows, marked with what `tables.SEARCHED` of the run before knows of them. Cost: a second a million.

    >>> rows = pa.table({"content": ["a", "b"], "words": [[0] * 5, [1] * 5], "unstable_channels": [0, 0]})
    >>> both = {"by_hash": [True, True], "by_channel": [True, True]}
    >>> before = pa.table({"words": [[1] * 5, [2] * 5], "unstable_channels": [0, 0]} | both)
    >>> found = mark(rows, before, ())
    >>> found.rows["by_hash"].to_pylist(), found.counts
    ([False, True], {'known': 1, 'gone': 1, 'more': 0})
    """
    groups = _groups(within, standing, before)
    tables = zip((standing, before), groups, strict=True)
    now, was = _numbered(*(np.column_stack([_hashes(rows), group]) for rows, group in tables))
    size = int(max(now.max(initial=-1), was.max(initial=-1))) + 1
    stands, stood = (np.bincount(code, minlength=size) for code in (now, was))
    in_family = {name: was[~before[column].to_numpy()] for name, column in KNOWN_IN.items()}
    known = {name: (stood > 0) & (np.bincount(codes, minlength=size) == 0) for name, codes in in_family.items()}
    repeated = (stands > 1) & (known[BY_HASH] | known[BY_CHANNEL])
    tossed = standing["unstable_channels"].to_numpy() != 0
    counts = {
        "known": np.where(tossed, known[BY_CHANNEL][now], known[BY_HASH][now]),
        "gone": (stood > 0) & (stands == 0),
        "more": repeated & (stands > stood),
    }
    for name, codes in known.items():
        standing = standing.append_column(KNOWN_IN[name], pa.array(codes[now]))
    rows = standing.append_column(KEY, pa.array(now))
    keys = pa.table({KEY: np.flatnonzero(repeated)})
    return Marked(rows, keys, {name: int(np.count_nonzero(each)) for name, each in counts.items()})


def recall(
    facts: pa.Table, marked: pa.Table, name: str, most: int, families: pa.Table | None, within: Sequence[str]
) -> pa.Table:
    """What `near_hashes.recall` gives in the search of that name, for facts within `most` bits.

    `facts` is `tables.NEAR_HASHES`, `marked` all rows of `mark`. Cost: a second or two a million rows.
    """
    facts = facts.filter((pc.field("search") == name) & (pc.field("distance") <= most))
    rows = marked.filter(pc.field(KNOWN_IN[name]) & ~pc.field("low_information"))
    rows = rows if name == BY_CHANNEL else rows.filter(pc.field("unstable_channels") == 0)
    one, two = (np.concatenate(ends) for ends in zip(_near(facts, rows, within), _of_one_hash(rows, name), strict=True))
    if families is not None:
        family = _families(rows, families, within)
        apart = (family[one] != family[two]) | (family[one] < 0)
        one, two = one[apart], two[apart]
    shown = rows.select(["content", *HASH])
    left, right = (
        taken.rename_columns([side, *(f"{side}_{name}" for name in HASH)])
        for side, taken in zip(SIDES, (shown.take(one), shown.take(two)), strict=True)
    )
    both = {column: table[column] for table in (left, right) for column in table.column_names}
    return pa.table({column: both[column] for column in COLUMNS})


def _near(facts: pa.Table, rows: pa.Table, within: Sequence[str]) -> tuple[Longs, Longs]:
    """The rows of one group whose hashes are a fact."""
    [group] = _groups(within, rows)
    left, right, code = _numbered(*(_hashes(facts, f"{side}_") for side in SIDES), _hashes(rows))
    row = np.flatnonzero(np.isin(code, np.concatenate([left, right])))
    places = pa.table({"code": code[row], "group": group[row], "row": row})
    named = pa.table({"left_code": left, "right_code": right})
    named = _joined(named, places.rename_columns(["left_code", "group", "left"]), ["left_code"])
    named = _joined(named, places.rename_columns(["right_code", "group", "right"]), ["right_code", "group"])
    return named["left"].to_numpy(), named["right"].to_numpy()


def _of_one_hash(rows: pa.Table, name: str) -> tuple[Longs, Longs]:
    """The rows of one hash and group, two and two, whose pairs that search looks for."""
    key = rows[KEY].to_numpy()
    some = np.bincount(key)[key] > 1
    if name == BY_CHANNEL:
        some &= rows["unstable_channels"].to_numpy() != 0
    row = np.flatnonzero(some)
    one, two = (pa.table({KEY: key[row], place: row}) for place in ("one", "two"))
    met = _joined(one, two, [KEY]).filter(pc.field("one") < pc.field("two"))
    return met["one"].to_numpy(), met["two"].to_numpy()


def _families(rows: pa.Table, families: pa.Table, within: Sequence[str]) -> Longs:
    """The family of each row, by its number; -1: of none."""
    row = pa.table({"key": rows["content"], "row": np.arange(rows.num_rows)})
    for name in within:
        row = row.append_column(name, rows[name])
    members = _joined(families, row, ["key", *within])
    found = np.full(rows.num_rows, -1)
    found[members["row"].to_numpy()] = members[FAMILY].combine_chunks().dictionary_encode().indices.to_numpy()
    return found


def _joined(one: pa.Table, two: pa.Table, on: list[str]) -> pa.Table:
    return one.join(two, on, join_type="inner", use_threads=False)


def _hashes(rows: pa.Table, side: str = "") -> Longs:
    """A row of numbers for each hash."""
    words, unstable = (rows[f"{side}{name}"] for name in HASH)
    flat = np.asarray(pc.list_flatten(words.combine_chunks()), dtype=np.int64).reshape(rows.num_rows, WORDS)
    return np.column_stack([flat, unstable.to_numpy()])


def _groups(within: Sequence[str], rows: pa.Table, before: pa.Table | None = None) -> list[Longs]:
    """The group of each row as a number, the same in both tables."""
    tables = [rows] if before is None else [rows, before]
    if not within:
        return [np.zeros(table.num_rows, np.int64) for table in tables]
    texts = [pc.binary_join_element_wise(*(rows[name] for name in within), BETWEEN)]
    texts += [] if before is None else [pc.binary_join(before[WITHIN], BETWEEN)]
    every = pa.chunked_array([chunk for text in texts for chunk in text.chunks], pa.string())
    return _cut(every.combine_chunks().dictionary_encode(), tables)


def _numbered(*hashes: Longs) -> list[Longs]:
    """Each row as one number, the same in all tables: 0 and on."""
    whole = np.ascontiguousarray(np.concatenate(hashes), dtype=np.int64)
    kind = pa.binary(whole.shape[1] * whole.itemsize)
    texts = pa.FixedSizeBinaryArray.from_buffers(kind, len(whole), [None, pa.py_buffer(whole)])
    return _cut(texts.dictionary_encode(), hashes)


def _cut(codes: pa.DictionaryArray, tables: Sequence[Sized]) -> list[Longs]:
    numbers = np.asarray(codes.indices, dtype=np.int64)
    return np.split(numbers, np.cumsum([len(table) for table in tables])[:-1])
