"""A step of an explanation is one picture that two offers share, or the nearest two pictures of offers that share none.

Offers of one cluster are connected by a chain offer – picture – picture – offer. Of all chains the strongest is told:
the one whose weakest picture is nearest to its keeper, then the shortest, then the first by name; a person's word on
two offers is stronger than any picture. Of offers in no common cluster the nearest evidence is told, and what stopped
it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import networkx as nx
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark import fingerprints, workers
from dedup_spark.comparing import centres, words
from dedup_spark.comparing.verdict import WORDS, Limits
from dedup_spark.comparing.view_verdict import ViewPair, compare
from dedup_spark.forms import as_text
from dedup_spark.offers import bonds
from dedup_spark.people.judgements import OBEYED, OFFER, SAME

CHAIN, EVIDENCE = "chain", "evidence"
FOUND = "left string, right string, step int, left_offer string, right_offer string, part string"
SIDES = ("left", "right")


@dataclass(frozen=True)
class Tables:
    """The tables of one run that an explanation reads. judgements: None where nobody said anything."""

    shows: DataFrame
    splits: DataFrame
    clusters: DataFrame
    fingerprints: DataFrame
    duplicate_pairs: DataFrame
    suspects: DataFrame
    conflicts: DataFrame
    judgements: DataFrame | None = None

    def offers(self) -> DataFrame:
        """`tables.SHOWS` with the offers as texts."""
        return self.shows.withColumn("id", as_text(self.shows, "id"))

    def joined(self) -> DataFrame:
        """`id` (text), `cluster_id`."""
        return self.clusters.select(as_text(self.clusters, "id").alias("id"), "cluster_id")

    def held(self) -> DataFrame:
        """The bonds of `bonds.compute` that no cut took away."""
        together = None
        if self.judgements is not None:
            obeyed = F.struct("kind", "verdict", "fate") == F.struct(F.lit(OFFER), F.lit(SAME), F.lit(OBEYED))
            pair = F.least("left", "right").alias("left_offer"), F.greatest("left", "right").alias("right_offer")
            together = self.judgements.where(obeyed).select(*pair).distinct()
        return bonds.uncut(bonds.compute(self.shows, together), self.splits)

    def cuts(self) -> DataFrame:
        """`offer` (text), `part`, `cut` in words."""
        said = F.concat_ws(": ", "reason", "evidence").alias("cut")
        return self.splits.select(as_text(self.splits, "id").alias("offer"), "part", said)


def compute(pairs: DataFrame, tables: Tables, chosen: Limits) -> DataFrame:
    """The steps of all pairs of offers `left`, `right` (texts), numbered from 0 by `step`, for thousands of pairs.

    Columns: `left`, `right`, `kind` (`chain` of a common cluster, `evidence` without one), `step`, `left_offer`,
    `left_image`, `right_offer`, `right_image`, `set_id`, `why` in words, and what the hashes and colours of the two
    images say when they are compared anew: `distance`, `colour_difference`, `alone` (the verdict). Where a person's
    word connects two offers, or nothing does, the two images are the nearest that they show.

    Cost: the clusters of the pairs, each in one task.
    """
    shows, joined = tables.offers(), tables.joined()
    ours = joined.select(F.col("id").alias("left"), F.col("cluster_id").alias("left_cluster"))
    theirs = joined.select(F.col("id").alias("right"), F.col("cluster_id").alias("right_cluster"))
    asked = pairs.join(ours, on="left", how="left").join(theirs, on="right", how="left")
    one = F.coalesce(F.col("left_cluster") == F.col("right_cluster"), F.lit(False))
    within = asked.where(one).select("left", "right", F.col("left_cluster").alias("cluster_id"))
    named = joined.withColumnRenamed("id", "offer")
    edges = tables.held().select("offer", "part", "distance").join(named, on="offer", how="inner")
    chains = within.groupBy("cluster_id").cogroup(edges.groupBy("cluster_id")).applyInPandas(_chains, FOUND)
    said = F.col("part").startswith(bonds.JUDGED_PART)
    pictured, worded = chains.where(~said), _nearest(chains.where(said).drop("part"), shows)
    for side in SIDES:
        pictured = pictured.join(_of_side(shows, side), on=[f"{side}_offer", "part"], how="inner")
    chain = (
        pictured.withColumn("why", _joined())
        .select(*_STEP)
        .unionByName(worded.withColumn("why", F.lit("a person says that they are the same")).select(*_STEP))
    )
    alone = asked.where(~one).select("left", "right", F.lit(0).alias("step"), *_offers_of("left", "right"))
    apart = _stopped(_nearest(alone, shows), tables)
    kinds = {CHAIN: chain, EVIDENCE: apart}
    both = [rows.withColumn("kind", F.lit(kind)) for kind, rows in kinds.items()]
    return _measured(both[0].unionByName(both[1]), tables.fingerprints, chosen)


_STEP = (
    *("left", "right", "step", "left_offer", "left_image", "left_content", "right_offer", "right_image"),
    *("right_content", "set_id", "why"),
)


def _chains(pairs: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """The strongest chain of every pair of one cluster, a row for each picture on it."""
    workers.forget_archives()
    found = [step for pair in pairs.itertuples() for step in _chain(str(pair.left), str(pair.right), edges)]
    return pd.DataFrame(found, columns=["left", "right", "step", "left_offer", "right_offer", "part"])


def _chain(left: str, right: str, edges: pd.DataFrame) -> Iterator[tuple[str, str, int, str, str, str]]:
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from([("offer", left), ("offer", right)])
    for _, nearest in edges.sort_values(["distance", "offer", "part"]).groupby("distance"):
        graph.add_edges_from(
            (("offer", offer), ("part", part)) for offer, part in zip(nearest["offer"], nearest["part"], strict=True)
        )
        if nx.has_path(graph, ("offer", left), ("offer", right)):
            break  # no weaker picture is needed
    path = nx.shortest_path(graph, ("offer", left), ("offer", right))
    for step, (before, part, after) in enumerate(zip(path[:-2:2], path[1:-1:2], path[2::2], strict=True)):
        yield left, right, step, before[1], after[1], part[1]


def _nearest(pairs: DataFrame, shows: DataFrame) -> DataFrame:
    """The pairs (of `left_offer`, `right_offer`) with the nearest two pictures they show, those of one set first."""
    met = pairs
    for side in SIDES:
        met = met.join(_of_side(shows, side, "part"), on=f"{side}_offer", how="inner")
    distance = words.hamming(F.col("left_words"), F.col("right_words"), WORDS)
    one_set = F.col("left_set") == F.col("right_set")
    met = met.withColumns({"one_set": one_set, "away": distance, "set_id": F.when(one_set, F.col("left_set"))})
    facts = F.struct(*(name for name in met.columns if name not in pairs.columns))
    order = F.struct(~F.col("one_set"), "away", "left_image", "right_image")
    nearest = met.groupBy(*pairs.columns).agg(F.min_by(facts, order).alias("best"))
    return nearest.select(*pairs.columns, "best.*")


def _stopped(nearest: DataFrame, tables: Tables) -> DataFrame:
    """The steps of pairs in no common cluster: `why` says what stopped their nearest pictures."""
    verdicts = tables.duplicate_pairs.select(
        F.col("left_content").alias("first"), F.col("right_content").alias("second"), "verdict", "reason"
    )
    told = nearest.withColumns(
        {"first": F.least("left_content", "right_content"), "second": F.greatest("left_content", "right_content")}
    ).join(verdicts, on=["first", "second"], how="left")
    suspects = tables.suspects.select(F.col("set_id").alias("left_set"), "evidence").distinct()
    said = F.concat_ws(" ", "column", F.concat_ws(", ", "values"))
    conflicts = tables.conflicts.groupBy(F.col("set_id").alias("left_set")).agg(
        F.concat_ws("; ", F.sort_array(F.collect_list(said))).alias("conflict")
    )
    told = told.join(suspects, on="left_set", how="left").join(conflicts, on="left_set", how="left")
    for side in SIDES:
        cuts = tables.cuts().toDF(f"{side}_offer", f"{side}_part", f"{side}_cut")
        told = told.join(cuts, on=[f"{side}_offer", f"{side}_part"], how="left")
    one, parts_differ = F.col("one_set"), F.col("left_part") != F.col("right_part")
    cut = F.coalesce("left_cut", "right_cut", F.lit("no word of it"))
    why = (
        F.when(one & ~F.col("left_connects"), F.concat(F.lit("a suspect connects nobody: "), "evidence"))
        .when(one & parts_differ, F.concat(F.lit("the offers differ: "), "conflict"))
        .when(one, F.concat(F.lit("the cluster was cut between them: "), cut))
        .when(
            F.col("verdict") == "duplicate", "the two pass, but the picture that stands for one does not pass with both"
        )
        .when(F.col("verdict").isNotNull(), F.concat_ws(": ", "verdict", "reason"))
        .otherwise("farther apart than any search looks")
    )
    return told.withColumn("why", why).select(*_STEP)


def _offers_of(left: str, right: str) -> tuple[Column, Column]:
    return F.col(left).alias("left_offer"), F.col(right).alias("right_offer")


def _of_side(shows: DataFrame, side: str, *own: str) -> DataFrame:
    """What an offer shows, for one side of a pair; `own` names the columns that both sides have for themselves."""
    names = {"id": "offer", "image": "image", "content": "content", "words": "words", "joined": "joined"}
    names |= {"connects": "connects", "set_id": "set"} if own else {}
    kept = [F.col("part").alias(f"{side}_part" if own else "part")]
    if not own and side == "left":
        kept.append(F.col("set_id"))
    return shows.select(*(F.col(name).alias(f"{side}_{to}") for name, to in names.items()), *kept)


def _joined() -> Column:
    """How both pictures came into their set, in words."""
    both = F.array_distinct(F.array("left_joined", "right_joined"))
    return F.concat(F.lit("one set: "), F.concat_ws(", ", both))


def _measured(steps: DataFrame, prints: DataFrame, chosen: Limits) -> DataFrame:
    """The steps with the distance and the colour difference of their two pictures, from the stored fingerprints."""
    whole = F.col("views")[0]
    known = [*(whole[name].alias(name) for name in centres.FEATURES), *fingerprints.of_views(chosen.views.stored)]
    facts = prints.where(F.col("status") == "ok").select("image", *known)
    for side in SIDES:
        theirs = facts.select(*(F.col(name).alias(f"{side}_{name}") for name in facts.columns))
        steps = steps.join(theirs, on=f"{side}_image", how="inner")

    def compared(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        workers.forget_archives()
        for rows in (batch for batch in batches if len(batch)):
            found = compare(centres.features(rows, "left_"), centres.features(rows, "right_"), chosen)
            yield rows[names].assign(
                distance=found.compared.distance,
                colour_difference=found.compared.colour_difference,
                alone=found.compared.verdict,
                by_views=pd.Series([_named(found.by_views.get(row)) for row in range(len(rows))], dtype=object),
            )

    names = ["left", "right", "kind", "step", "left_offer", "left_image", "right_offer", "right_image", "set_id", "why"]
    schema = ", ".join(f"{name} {'int' if name == 'step' else 'string'}" for name in names)
    return steps.mapInPandas(
        compared, f"{schema}, distance int, colour_difference double, alone string, by_views string"
    )


def _named(pair: ViewPair | None) -> str | None:
    return None if pair is None else f"{pair.left} and {pair.right}"
