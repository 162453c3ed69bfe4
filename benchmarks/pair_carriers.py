"""A carrier finds the near pairs of a table of hashes on disk, and writes them as a table: ours, and those to beat.

    python -m benchmarks.pair_carriers NAME HASHES PAIRS MAX_DISTANCE

prints the seconds it took, from table to table; Spark's session, or the import of faiss, is not counted.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks import drawn_hashes
from benchmarks.drawn_hashes import Longs
from dedup_spark.bands import band_sort, banding
from dedup_spark.hashing import bits

ASKED = 50_000  # hashes that faiss is asked at once
FLAT_ASKED = 1_000
PARTITIONS = 16  # of a shuffle
BYTE = 8
FACTOR = 0x9E3779B97F4A7C15
Carrier = Callable[[Path, Path, int], float]  # the seconds it took
Bytes = NDArray[np.uint8]


def driver(hashes: Path, pairs: Path, t: int) -> float:
    """Ours on the driver."""
    started = time.monotonic()
    found = band_sort.find(drawn_hashes.read(hashes), None, banding.plan(t))
    _write(((chunk.left, chunk.right) for chunk in found), pairs)
    return time.monotonic() - started


def cluster(hashes: Path, pairs: Path, t: int) -> float:
    """Ours on Spark, with two cores."""
    from pyspark.sql import functions as F

    from dedup_spark import candidate_pairs, settings
    from dedup_spark.comparing import words
    from dedup_spark.spark import session

    chosen = settings.load(overrides=["session.master=local[2]", f"run.partitions={PARTITIONS}"])
    with session.opened(chosen) as spark:
        spark.range(1).count()  # the session has started
        started = time.monotonic()
        plan = banding.plan(t)
        met = candidate_pairs.find(spark.read.parquet(str(hashes)), None, plan, same=True)
        near = met.where(words.hamming(F.col("left_words"), F.col("right_words"), plan.words) <= t)
        near.select("left", "right").write.parquet(str(pairs))
        return time.monotonic() - started


def faiss_multi_hash(hashes: Path, pairs: Path, t: int) -> float:
    """faiss with one substring more than bits may differ, so that it misses nothing."""
    import faiss

    started = time.monotonic()
    found = _bytes(drawn_hashes.read(hashes))
    index = faiss.IndexBinaryMultiHash(found.shape[1] * BYTE, t + 1, bits.CHANNELS * bits.BITS // (t + 1))
    _write(_asked(index, found, t, ASKED), pairs)
    return time.monotonic() - started


def faiss_flat(hashes: Path, pairs: Path, t: int) -> float:
    """faiss, each with each."""
    import faiss

    started = time.monotonic()
    found = _bytes(drawn_hashes.read(hashes))
    _write(_asked(faiss.IndexBinaryFlat(found.shape[1] * BYTE), found, t, FLAT_ASKED), pairs)
    return time.monotonic() - started


def numpy_argsort(hashes: Path, pairs: Path, t: int) -> float:
    """The shortest way in numpy: an argsort for each of t + 1 bands, neighbours compared, all pairs made distinct."""
    started = time.monotonic()
    words = drawn_hashes.read(hashes)
    found = np.unique(np.concatenate(list(_neighbours(words, t))), axis=0)
    _write([(found[:, 0], found[:, 1])], pairs)
    return time.monotonic() - started


CARRIERS: dict[str, Carrier] = {
    one.__name__: one for one in (driver, cluster, faiss_multi_hash, faiss_flat, numpy_argsort)
}


def _asked(index: Any, found: Bytes, t: int, asked: int) -> Iterator[tuple[Longs, Longs]]:
    """The pairs of an index of faiss, in which the radius is a 'less than'."""
    index.add(found)
    for start in range(0, len(found), asked):
        ends, _, right = index.range_search(found[start : start + asked], t + 1)
        left = start + np.repeat(np.arange(len(ends) - 1), np.diff(ends).astype(np.int64))
        yield left[left < right], right[left < right]


def _bytes(words: Longs) -> Bytes:
    """The bytes of hashes, first bit first, as few as hold them."""
    whole = words.astype(">i8").view(np.uint8)
    return np.ascontiguousarray(whole[:, : -(-bits.CHANNELS * bits.BITS // BYTE)])


def _neighbours(words: Longs, t: int) -> Iterator[Longs]:
    """The near pairs of each band: of rows sorted by it each with the next one, the next but one, and so on."""
    factors = np.array([pow(FACTOR, place + 1, 2**62) for place in range(words.shape[1])])
    for mask in banding.plan(t, even=False).bands:
        keys = ((words & np.array(mask)) * factors).sum(axis=1)
        order = np.argsort(keys)
        keys, step = keys[order], 1
        at = np.flatnonzero(keys[1:] == keys[:-1])
        while len(at):
            left, right = words[order[at]], words[order[at + step]]
            near = at[bits.distance(left, right) <= t]
            yield np.sort(np.stack([order[near], order[near + step]], axis=1), axis=1)
            step += 1
            at = at[at + step < len(keys)]
            at = at[keys[at] == keys[at + step]]


def _write(chunks: Iterable[tuple[Longs, Longs]], path: Path) -> None:
    schema = pa.schema([("left", pa.int64()), ("right", pa.int64())])
    with pq.ParquetWriter(path, schema) as file:
        for left, right in chunks:
            file.write_table(pa.table([pa.array(left), pa.array(right)], schema=schema))


if __name__ == "__main__":
    name, hashes, pairs, t = sys.argv[1:]
    print("seconds", CARRIERS[name](Path(hashes), Path(pairs), int(t)))
