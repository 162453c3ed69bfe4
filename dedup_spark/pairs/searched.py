"""A searched row is a picture that the search of pairs was about, by its hash: the next run knows the hash by it.

Two hashes that were searched and in no family were compared, or shown to be apart: where they are near, `near_hashes`
has the pair. So two **known** rows need not meet again, whatever plan, carrier, colours and judgements the run had that
knows them. Who was in a family is searched afresh: not all of its pairs were listed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark.candidate_pairs import KNOWN
from dedup_spark.pairs.searches import BY_CHANNEL, BY_HASH, BY_VIEW

HASH = ("words", "unstable_channels")
"""What a search sees of a picture."""

WITHIN = "within"
KNOWN_IN = {BY_HASH: "by_hash", BY_CHANNEL: "by_channel"}
"""The columns that say of a row whether its hash is known in the search of that name."""

FOUND_IN = KNOWN_IN | {BY_VIEW: "by_view"}
"""The columns that say of a row whether the search of that name met it in no family."""

STOOD = "stood"
"""How many rows of this hash and group there were in the run before."""

KEY = "hash_key"
"""A number that stands before a hash where tables are joined: Spark sorts numbers many times as fast as arrays."""


@dataclass(frozen=True)
class Known:
    """What the run before found out: `tables.SEARCHED`, `tables.NEAR_HASHES`, and `tables.NEAR_VIEWS` where it
    compared the views that are compared today.

    plan: that of its search by bands, as text. largest_bucket: no bucket of it had more rows. rows: of the larger of
    both tables. on_driver: takes the name of one and reads it there, where it fits.
    """

    run_id: str
    searched: DataFrame
    near_hashes: DataFrame
    plan: str
    largest_bucket: int
    rows: int
    on_driver: Callable[[str], pa.Table]
    near_views: DataFrame | None = None


def mark(standing: DataFrame, searched: DataFrame, within: Sequence[str]) -> DataFrame:
    """The rows with `by_hash`, `by_channel`, `stood` and `hash_key`; and a row without `content` for each hash and
    group that no row has any more. Cost: both tables are shuffled by hash.
    """
    row = [KEY, *HASH, WITHIN]
    key, known = F.xxhash64(*HASH, WITHIN), KNOWN_IN.values()
    facts = [F.count("*").alias(STOOD), *(F.bool_and(name).alias(name) for name in known)]
    before = searched.withColumn(KEY, key).groupBy(*row).agg(*facts)
    keyed = standing.withColumn(WITHIN, group(within)).withColumn(KEY, key)
    marked = keyed.join(before, on=row, how="full").drop(WITHIN)
    new = {name: F.coalesce(name, F.lit(False)) for name in known}
    return marked.withColumns(new | {STOOD: F.coalesce(STOOD, F.lit(0))})


def known_in(standing: DataFrame, name: str) -> DataFrame:
    """The rows with the column `known` of that search; as they are where nothing is known."""
    column = KNOWN_IN[name]
    return standing.withColumn(KNOWN, F.col(column)) if column in standing.columns else standing


def rows(standing: DataFrame, families: Mapping[str, DataFrame | None], within: Sequence[str]) -> DataFrame:
    """`tables.SEARCHED` of the pictures of a search, for the families that each search by name met."""
    kept = standing.select("content", *HASH, *within)
    for name, column in FOUND_IN.items():
        found = families.get(name)
        if found is None:
            kept = kept.withColumn(column, F.lit(True))
        else:
            members = found.select(F.col("key").alias("content"), *within, F.lit(False).alias(column)).distinct()
            kept = kept.join(members, on=["content", *within], how="left")
            kept = kept.withColumn(column, F.coalesce(column, F.lit(True)))
    return kept.select("content", *HASH, group(within).alias(WITHIN), *FOUND_IN.values())


def group(within: Sequence[str]) -> Column:
    """The group of a row, as `tables.SEARCHED` has it."""
    return F.array(*within).cast("array<string>")
