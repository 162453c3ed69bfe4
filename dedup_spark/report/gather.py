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
    columns = samples.known(of.catalogue, chosen.columns)
    told = Cards(_told(of, chosen, columns, measures, members, pairs, large), columns, seen)
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
    found, columns = choose(cells), samples.known(of.catalogue, chosen.columns)
    told = Cards(_told(of, chosen, columns, [], [], found, []), columns, seen)
    return [told.pair(row) for row in found], told.thumbnails()


def _asked(*queries: DataFrame) -> list[list[Row]]:
    """The rows of each."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda query: query.collect(), queries))


def _told(
    of: Tables,
    chosen: Report,
    columns: Sequence[str],
    measures: Sequence[Row],
    members: Sequence[Row],
    pairs: Sequence[dict[str, Any]],
    suspected: Sequence[Row],
) -> list[Row]:
    """A row for each offer and picture of a card, with what the catalogue says of it."""
    images = {row["image"] for row in members} | {pair[side] for pair in pairs for side in cards.SIDES}
    wanted = {
        cards.CLUSTER: ("cluster_id", {row["cluster_id"] for row in measures}),
        cards.SUSPECT: ("set_id", {row["set"]["set_id"] for row in suspected}),
        cards.IMAGE: ("image", images),
    }
    of_card = {kind: _names(of.measures, name, values) for kind, (name, values) in wanted.items()}
    parts = {
        cards.CLUSTER: samples.of_clusters(of.shows, of.splits, of.clusters, of_card[cards.CLUSTER]),
        cards.SUSPECT: samples.of_sets(of.shows, of_card[cards.SUSPECT]),
        cards.IMAGE: samples.of_images(of.catalogue, of_card[cards.IMAGE]),
    }
    shown = reduce(DataFrame.unionByName, (rows.withColumn("kind", F.lit(kind)) for kind, rows in parts.items()))
    most = F.when(F.col("kind") == cards.IMAGE, samples.BESIDE).otherwise(samples.OFFERS)
    first = samples.few(shown, most)
    return samples.described(first, of.catalogue, of.thumbnails, columns, not chosen.sanitised).collect()


def _names(of: DataFrame, name: str, values: Iterable[str]) -> DataFrame:
    """A table of these names, made in the plan: of Python's rows it would take a Python worker each time it is read."""
    listed = F.from_json(F.lit(json.dumps(sorted(values))), "array<string>")
    return of.sparkSession.range(0, 1, 1, 1).select(F.explode(listed).alias(name))
