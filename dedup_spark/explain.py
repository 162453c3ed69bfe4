"""A step of an explanation is one picture that two offers share, or the nearest two pictures of offers that share none.

Offers of one cluster are connected by a chain offer – picture – picture – offer. Of all chains the strongest is told:
the one whose weakest picture is nearest to its keeper, then the shortest, then the first by name. Of offers in no
common cluster the nearest evidence is told, and what stopped it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

import networkx as nx
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark import centres, clusters, runs, session, words
from dedup_spark.errors import BadInput
from dedup_spark.settings import Settings
from dedup_spark.verdict import WORDS, Limits, compare, limits

CHAIN, EVIDENCE = "chain", "evidence"
FOUND = "left string, right string, step int, left_offer string, right_offer string, part string"
SIDES = ("left", "right")


def report(output: str, left: str, right: str, settings: Settings) -> dict[str, Any]:
    """The explanation of two offers, named as `clusters` names them, as JSON would hold it.

    Raises `BadInput` when nothing is published in OUTPUT, or its current run knows no such offer.
    """
    with session.opened(settings) as spark:
        pair = spark.createDataFrame([(left, right)], "left string, right string")
        names = (part.name for part in fields(Tables))
        found = Tables(*(runs.read(output, name, spark=spark, settings=settings) for name in names))
        known = {row["id"] for row in found.offers().where(F.col("id").isin(left, right)).distinct().collect()}
        for offer in (left, right):
            if offer not in known:
                raise BadInput(f"offer {offer!r}: the current run of {output} has no such offer with a usable picture")
        rows = steps(pair, found, limits(settings)).orderBy("step").collect()  # as many as one chain has
    told = [{name: row[name] for name in rows[0].asDict() if name not in ("left", "right")} for row in rows]
    return {"left": left, "right": right, "one_cluster": rows[0]["kind"] == CHAIN, "steps": told}


def text(report: dict[str, Any]) -> str:
    """The report as lines that a person reads."""
    one = "in one cluster" if report["one_cluster"] else "in no common cluster"
    lines = [f"{report['left']} and {report['right']} are {one}"]
    for step in report["steps"]:
        lines.append(f"  {step['left_offer']} shows {step['left_image']}")
        lines.append(f"  {step['right_offer']} shows {step['right_image']}")
        lines.append(
            f"    {step['why']}; distance {step['distance']}, colour difference {step['colour_difference']:.1f}, "
            f"these two alone: {step['alone']}"
        )
    return "\n".join(lines)


@dataclass(frozen=True)
class Tables:
    """The tables of one run that an explanation reads."""

    shows: DataFrame
    clusters: DataFrame
    fingerprints: DataFrame
    duplicate_pairs: DataFrame
    suspects: DataFrame
    conflicts: DataFrame

    def offers(self) -> DataFrame:
        """`tables.SHOWS` with the offers as texts."""
        return self.shows.withColumn("id", clusters.as_text(self.shows, "id"))

    def joined(self) -> DataFrame:
        """`id` (text), `cluster_id`."""
        return self.clusters.select(clusters.as_text(self.clusters, "id").alias("id"), "cluster_id")


def steps(pairs: DataFrame, tables: Tables, chosen: Limits) -> DataFrame:
    """The steps of all pairs of offers `left`, `right` (texts), numbered from 0 by `step`, for thousands of pairs.

    Columns: `left`, `right`, `kind` (`chain` of a common cluster, `evidence` without one), `step`, `left_offer`,
    `left_image`, `right_offer`, `right_image`, `set_id`, `why` in words, and what the hashes and colours of the two
    images say when they are compared anew: `distance`, `colour_difference`, `alone` (the verdict).

    Cost: the clusters of the pairs, each in one task.
    """
    shows, joined = tables.offers(), tables.joined()
    ours = joined.select(F.col("id").alias("left"), F.col("cluster_id").alias("left_cluster"))
    theirs = joined.select(F.col("id").alias("right"), F.col("cluster_id").alias("right_cluster"))
    asked = pairs.join(ours, on="left", how="left").join(theirs, on="right", how="left")
    one = F.coalesce(F.col("left_cluster") == F.col("right_cluster"), F.lit(False))
    within = asked.where(one).select("left", "right", F.col("left_cluster").alias("cluster_id"))
    edges = shows.where("connects").join(joined, on="id", how="inner").select("cluster_id", "id", "part", "distance")
    chains = within.groupBy("cluster_id").cogroup(edges.groupBy("cluster_id")).applyInPandas(_chains, FOUND)
    known = [_of_side(shows, side) for side in SIDES]
    linked = chains
    for side, table in zip(SIDES, known, strict=True):
        linked = linked.join(table, on=[f"{side}_offer", "part"], how="inner")
    linked = linked.withColumn("why", _joined("left")).select(*_STEP, F.lit(CHAIN).alias("kind"))
    apart = _nearest(asked.where(~one).select("left", "right"), shows, tables)
    return _measured(linked.unionByName(apart), tables.fingerprints, chosen)


_STEP = (
    *("left", "right", "step", "left_offer", "left_image", "left_content", "right_offer", "right_image"),
    *("right_content", "set_id", "why"),
)


def _chains(pairs: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """The strongest chain of every pair of one cluster, a row for each picture on it."""
    found = [step for pair in pairs.itertuples() for step in _chain(str(pair.left), str(pair.right), edges)]
    return pd.DataFrame(found, columns=["left", "right", "step", "left_offer", "right_offer", "part"])


def _chain(left: str, right: str, edges: pd.DataFrame) -> Iterator[tuple[str, str, int, str, str, str]]:
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from([("offer", left), ("offer", right)])
    for _, nearest in edges.sort_values(["distance", "id", "part"]).groupby("distance"):
        graph.add_edges_from(
            (("offer", offer), ("part", part)) for offer, part in zip(nearest["id"], nearest["part"], strict=True)
        )
        if nx.has_path(graph, ("offer", left), ("offer", right)):
            break  # no weaker picture is needed
    path = nx.shortest_path(graph, ("offer", left), ("offer", right))
    for step, (before, part, after) in enumerate(zip(path[:-2:2], path[1:-1:2], path[2::2], strict=True)):
        yield left, right, step, before[1], after[1], part[1]


def _nearest(pairs: DataFrame, shows: DataFrame, tables: Tables) -> DataFrame:
    """The nearest two pictures of offers in no common cluster, those of one set first, and what stopped them."""
    met = pairs.withColumns({"left_offer": F.col("left"), "right_offer": F.col("right")})
    for side in SIDES:
        met = met.join(_of_side(shows, side, "part"), on=f"{side}_offer", how="inner")
    distance = words.hamming(F.col("left_words"), F.col("right_words"), WORDS)
    met = met.withColumns({"one_set": F.col("left_set") == F.col("right_set"), "away": distance})
    facts = F.struct(*(name for name in met.columns if name not in ("left", "right")))
    order = F.struct(~F.col("one_set"), "away", "left_image", "right_image")
    nearest = met.groupBy("left", "right").agg(F.min_by(facts, order).alias("best")).select("left", "right", "best.*")
    verdicts = tables.duplicate_pairs.select(
        F.col("left_content").alias("first"), F.col("right_content").alias("second"), "verdict", "reason"
    )
    ordered = nearest.withColumns(
        {"first": F.least("left_content", "right_content"), "second": F.greatest("left_content", "right_content")}
    )
    suspects = tables.suspects.select(F.col("set_id").alias("left_set"), "evidence").distinct()
    said = F.concat_ws(" ", "column", F.concat_ws(", ", "values"))
    conflicts = tables.conflicts.groupBy(F.col("set_id").alias("left_set")).agg(
        F.concat_ws("; ", F.sort_array(F.collect_list(said))).alias("conflict")
    )
    why = (
        F.when(F.col("one_set") & ~F.col("left_connects"), F.concat(F.lit("a suspect connects nobody: "), "evidence"))
        .when(
            F.col("one_set") & (F.col("left_part") != F.col("right_part")),
            F.concat(F.lit("the offers differ: "), "conflict"),
        )
        .when(F.col("one_set"), "the cluster was cut between them")
        .when(
            F.col("verdict") == "duplicate", "the two pass, but the picture that stands for one does not pass with both"
        )
        .when(F.col("verdict").isNotNull(), F.concat_ws(": ", "verdict", "reason"))
        .otherwise("farther apart than any search looks")
    )
    told = (
        ordered.join(verdicts, on=["first", "second"], how="left")
        .join(suspects, on="left_set", how="left")
        .join(conflicts, on="left_set", how="left")
        .withColumns({"why": why, "step": F.lit(0), "set_id": F.when(F.col("one_set"), F.col("left_set"))})
    )
    return told.select(*_STEP, F.lit(EVIDENCE).alias("kind"))


def _of_side(shows: DataFrame, side: str, *own: str) -> DataFrame:
    """What an offer shows, for one side of a pair; `own` names the columns that both sides have for themselves."""
    names = {"id": "offer", "image": "image", "content": "content", "words": "words", "joined": "joined"}
    names |= {"connects": "connects", "set_id": "set"} if own else {}
    kept = [F.col("part").alias(f"{side}_part" if own else "part")]
    if not own and side == "left":
        kept.append(F.col("set_id"))
    return shows.select(*(F.col(name).alias(f"{side}_{to}") for name, to in names.items()), *kept)


def _joined(side: str) -> Column:
    """How both pictures came into their set, in words."""
    both = F.array_distinct(F.array("left_joined", "right_joined"))
    return F.concat(F.lit("one set: "), F.concat_ws(", ", both))


def _measured(steps: DataFrame, prints: DataFrame, chosen: Limits) -> DataFrame:
    """The steps with the distance and the colour difference of their two pictures, from the stored fingerprints."""
    whole = F.col("views")[0]
    facts = prints.where(F.col("status") == "ok").select(
        "image", *(whole[name].alias(name) for name in centres.FEATURES)
    )
    for side in SIDES:
        theirs = facts.select(*(F.col(name).alias(f"{side}_{name}") for name in facts.columns))
        steps = steps.join(theirs, on=f"{side}_image", how="inner")

    def compared(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for rows in (batch for batch in batches if len(batch)):
            found = compare(centres.features(rows, "left_"), centres.features(rows, "right_"), chosen)
            yield rows[names].assign(
                distance=found.distance, colour_difference=found.colour_difference, alone=found.verdict
            )

    names = ["left", "right", "kind", "step", "left_offer", "left_image", "right_offer", "right_image", "set_id", "why"]
    schema = ", ".join(f"{name} {'int' if name == 'step' else 'string'}" for name in names)
    return steps.mapInPandas(compared, f"{schema}, distance int, colour_difference double, alone string")


def as_json(report: dict[str, Any]) -> str:
    """The report for machines."""
    return json.dumps(report, ensure_ascii=False, indent=2)
