"""What is gathered is all that a report shows of one run: its samples, brought home in a few queries.

Seven small queries, then one that takes what the catalogue says of the offers chosen, with their thumbnails; each is a
pass over one table or two. Nothing else leaves the cluster.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from dedup_spark import tables
from dedup_spark.report import cards, samples
from dedup_spark.report.cards import Cards
from dedup_spark.report.discretion import Discretion
from dedup_spark.report.values import Found, Pair
from dedup_spark.settings import Report
from dedup_spark.tables import Table

AT_ONCE = 4
"""Queries that are asked at once: each is mostly waiting."""


@dataclass(frozen=True)
class Tables:
    """The tables of one run that its report reads."""

    catalogue: DataFrame
    thumbnails: DataFrame
    duplicate_pairs: DataFrame
    duplicate_sets: DataFrame
    suspects: DataFrame
    shows: DataFrame
    splits: DataFrame
    clusters: DataFrame
    measures: DataFrame
    rejects: DataFrame
    conflicts: DataFrame


def read(of_run: Callable[[str, Any], DataFrame]) -> Tables:
    """The tables, by what reads one of the run by its name and its schema (None: Spark looks for it in the files)."""
    catalogue = of_run(tables.CATALOGUE.name, None)
    id_type = catalogue.schema["id"].dataType
    others = (named(field.name) for field in fields(Tables)[1:])
    return Tables(catalogue, *(of_run(table.name, table.schema(id_type)) for table in others))


def named(name: str) -> Table:
    """The table of that name."""
    return next(table for table in tables.ALL if table.name == name)


def found(of: Tables, chosen: Report, seen: Discretion, conflicts: bool = False) -> Found:
    """All that the report shows. Deterministic: the same tables, settings and seed give the same samples.

    conflicts: whether there are any; else nothing is asked of them.
    """
    conflicted = samples.conflicted(of.conflicts, of.shows, of.clusters) if conflicts else None
    ranked, members, totals, cells, suspected, rejected, sellers = _asked(
        samples.clusters(of.measures, conflicted, chosen.cards, chosen.seed),
        samples.sets(of.duplicate_sets, chosen.cards, chosen.seed),
        samples.totals(of.catalogue, of.duplicate_sets, of.measures),
        samples.pairs(of.duplicate_pairs, chosen.seed),
        samples.suspects(of.suspects),
        samples.rejects(of.rejects, chosen.seed),
        samples.merchants(of.catalogue, of.clusters, of.measures),
    )
    sold = cards.merchants(sellers, seen)
    measures = list({row["cluster_id"]: row for row in ranked}.values())
    pairs, large = cards.near(cells, chosen.cards), cards.largest(suspected)
    images = {row["image"] for row in members} | {pair[side] for pair in pairs for side in cards.SIDES}
    shown = (
        of_clusters(of, {row["cluster_id"] for row in measures}),
        of_suspects(of, {row["set"]["set_id"] for row in large}),
        of_images(of, images),
    )
    told = described(of, chosen, seen, *shown)
    return Found(
        clusters=[told.cluster(row) for row in measures],
        sets=told.sets(members),
        cells=cards.cells(cells),
        pairs=[told.pair(row) for row in pairs],
        suspects=told.suspects(large),
        suspected=cards.suspected(suspected),
        rejected=cards.rejected(rejected, seen),
        merchants=sold,
        totals={row["name"]: row["count"] for row in totals},
        thumbnails=told.thumbnails(),
    )


def pairs(
    of: Tables, chosen: Report, seen: Discretion, choose: Callable[[Sequence[Row]], list[dict[str, Any]]]
) -> tuple[list[Pair], dict[str, bytes]]:
    """The cards of some pairs alone, and their thumbnails (content → WebP): two queries.

    choose: takes them from the rows of `samples.pairs`, as `cards.near` does.
    """
    (cells,) = _asked(samples.pairs(of.duplicate_pairs, chosen.seed))
    found = choose(cells)
    told = described(of, chosen, seen, of_images(of, {pair[side] for pair in found for side in cards.SIDES}))
    return [told.pair(row) for row in found], told.thumbnails()


def of_clusters(of: Tables, names: Iterable[str]) -> DataFrame:
    """What the offers of these clusters show."""
    chosen = listed(of.clusters, ["cluster_id"], ((name,) for name in names))
    return _of_kind(cards.CLUSTER, samples.of_clusters(of.shows, of.splits, of.clusters, chosen))


def of_suspects(of: Tables, sets: Iterable[str]) -> DataFrame:
    """What offers show of these sets."""
    chosen = listed(of.shows, ["set_id"], ((name,) for name in sets))
    return _of_kind(cards.SUSPECT, samples.of_sets(of.shows, chosen))


def of_images(of: Tables, images: Iterable[str]) -> DataFrame:
    """The offers that show these images."""
    chosen = listed(of.catalogue, ["image"], ((image,) for image in images))
    return _of_kind(cards.IMAGE, samples.of_images(of.catalogue, chosen))


def of_offers(of: Tables, shown: Iterable[tuple[str, str, str]]) -> DataFrame:
    """These offers with one image each: the name of the card, the id as text, the image."""
    chosen = listed(of.shows, ["card", "offer", "image"], shown)
    return _of_kind(cards.OFFER, samples.of_offers(of.shows, chosen))


def described(of: Tables, chosen: Report, seen: Discretion, *shown: DataFrame) -> Cards:
    """The cards of what is shown, with what the catalogue says of the offers, and their thumbnails: one query."""
    columns = samples.known(of.catalogue, chosen.columns)
    most = F.when(F.col("kind") == cards.IMAGE, samples.BESIDE).otherwise(samples.OFFERS)
    first = samples.few(reduce(DataFrame.unionByName, shown), most)
    rows = samples.described(first, of.catalogue, of.thumbnails, columns, not chosen.sanitised).collect()
    return Cards(rows, columns, seen)


def listed(of: DataFrame, columns: Sequence[str], rows: Iterable[tuple[str, ...]]) -> DataFrame:
    """A table of these texts, made in the plan: of Python's rows it would take a Python worker each time it is read.

    of: any table of the session.
    """
    told = json.dumps([dict(zip(columns, row, strict=True)) for row in sorted(rows)])
    fields = ",".join(f"{column}:string" for column in columns)
    texts = F.from_json(F.lit(told), f"array<struct<{fields}>>")
    return of.sparkSession.range(0, 1, 1, 1).select(F.inline(texts))


def _of_kind(kind: str, shown: DataFrame) -> DataFrame:
    return shown.withColumn("kind", F.lit(kind))


def _asked(*queries: DataFrame) -> list[list[Row]]:
    """The rows of each."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda query: query.collect(), queries))
