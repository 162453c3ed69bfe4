"""A row of `splits` is one offer taken off one part of a set, because a component of offers was no cluster.

SQL finds the components that may break a rule or hold offers that are kept apart. Each of these is cut in one task, in
plain Python (`cutting.py`); all others stay as they are and never meet Python. Two bounds say so without a search: two
offers are at most one set farther apart than there are offers outside of the largest set, and a set that has all the
offers makes the component a true clique.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import settings, workers
from dedup_spark.offers import cutting
from dedup_spark.offers.apart import Pair
from dedup_spark.offers.cutting import Edge
from dedup_spark.offers.rules import Policy
from dedup_spark.storage import Scratch

CUT, TOO_LARGE, WHOLE = "cut", "too_large", "whole"
SHOWN = ("offer", "part", "distance", "set_id", "image")  # in the order of `cutting.Edge`
FOUND = (*SHOWN, "reason", "evidence", "piece")
SCHEMA = {"component": "string", **dict.fromkeys(FOUND, "string"), "distance": "int"}


@dataclass(frozen=True)
class Split:
    """What became of the components.

    components: `node`, `component` as `components.label` gives them, of the offers that are in company after the cuts.
    splits: the cuts, as `tables.SPLITS`. large: the components that raise an alarm, `component` (its first offer as
    text), `offers`, `sets`, `edges`, `fate`: cut, whole, or too_large to be cut, which the run must not publish.
    """

    components: DataFrame
    splits: DataFrame
    large: DataFrame


def compute(
    bonds: DataFrame,
    components: DataFrame,
    limits: settings.Clusters,
    scratch: Scratch,
    apart: DataFrame | None = None,
    unlike: DataFrame | None = None,
) -> Split:
    """The components cut until each keeps the rules of `limits` or is a true clique, and none holds offers kept apart.

    bonds: `bonds.compute`; components: `components.label` of `bonds.edges`. apart: `left_offer`, `right_offer`,
    `reason`, offers as text that must not share a cluster. unlike: `offer`, `column`, `value`, what offers have in a
    column that a cluster has one value of, where they have anything.

    Cost: a shuffle of the bonds by component; a task holds one component, some 3 kB for each of its edges.
    """
    labels = components.select(F.col("node").alias("offer"), "component")
    edges = scratch.cut(bonds.join(labels, on="offer", how="inner"), "bonds")
    apart = _empty(bonds, "left_offer string, right_offer string, reason string") if apart is None else apart
    unlike = _empty(bonds, "offer string, column string, value string") if unlike is None else unlike
    pairs, values = _within(apart, labels), unlike.join(labels, on="offer", how="inner")
    facts = scratch.cut(_fates(_facts(edges, limits), _kept_apart(pairs, values), limits), "component_facts")
    wanted = facts.where(F.col("fate") == CUT).select("component")
    rows = edges.select("component", *SHOWN, "merchant").unionByName(pairs, allowMissingColumns=True)
    rows = rows.unionByName(values, allowMissingColumns=True).join(wanted, on="component", how="left_semi")
    schema = ", ".join(f"{name} {kind}" for name, kind in SCHEMA.items())
    cuts = rows.groupBy("component").applyInPandas(_cutter(limits), schema)
    found = _empty(bonds, schema) if wanted.isEmpty() else scratch.cut(cuts, "cuts")
    alarm = (F.col("offers") > limits.alarm_offers) | (F.col("fate") == TOO_LARGE)
    large = facts.where(alarm).select("component", "offers", "sets", "edges", "fate")
    return Split(_joined(components, found), _splits(found, edges), large)


def policy(limits: settings.Clusters) -> Policy:
    """The rules of a cluster."""
    return Policy(limits.max_offers, limits.max_diameter, limits.max_per_merchant)


def _facts(edges: DataFrame, limits: settings.Clusters) -> DataFrame:
    """What SQL knows of each component: `offers`, `sets`, `edges`, `largest` set, offers of one merchant, `crowd`."""
    counted = edges.groupBy("component").agg(
        F.countDistinct("offer").alias("offers"),
        F.countDistinct("part").alias("sets"),
        F.count("*").alias("edges"),
        F.max("offers").alias("largest"),
    )
    if not limits.max_per_merchant:
        return counted.withColumn("crowd", F.lit(0))
    sold = edges.where(F.col("merchant").isNotNull()).groupBy("component", "merchant")
    most = sold.agg(F.countDistinct("offer").alias("own")).groupBy("component").agg(F.max("own").alias("crowd"))
    return counted.join(most, on="component", how="left")


def _fates(facts: DataFrame, asked: DataFrame, limits: settings.Clusters) -> DataFrame:
    """The facts with what becomes of each component: `fate`."""
    outside = F.col("offers") - F.col("largest")
    long = (F.col("sets") > limits.max_diameter) & (outside >= limits.max_diameter)
    crowded = F.coalesce("crowd", F.lit(0)) > limits.max_per_merchant
    breaks = (outside > 0) & ((F.col("offers") > limits.max_offers) | long | crowded)
    looked_at = F.coalesce("asked", F.lit(False)) | breaks
    fate = F.when(~looked_at, WHOLE).when(F.col("edges") > limits.task_edges, TOO_LARGE).otherwise(CUT)
    return facts.join(asked, on="component", how="left").withColumn("fate", fate)


def _within(apart: DataFrame, labels: DataFrame) -> DataFrame:
    """The pairs of one component: `component`, `offer`, `other`, `why`."""
    left = labels.select(F.col("offer").alias("left_offer"), "component")
    right = labels.select(F.col("offer").alias("right_offer"), "component")
    both = apart.join(left, on="left_offer", how="inner").join(right, on=["right_offer", "component"], how="inner")
    named = [F.col("left_offer").alias("offer"), F.col("right_offer").alias("other"), F.col("reason").alias("why")]
    return both.select("component", *named).where(F.col("offer") != F.col("other"))


def _kept_apart(pairs: DataFrame, values: DataFrame) -> DataFrame:
    """`component`, `asked` of the components with offers that are kept apart."""
    counted = values.groupBy("component", "column").agg(F.countDistinct("value").alias("values"))
    mixed = counted.where(F.col("values") > 1).select("component")
    return pairs.select("component").unionByName(mixed).distinct().withColumn("asked", F.lit(True))


def _cutter(limits: settings.Clusters) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Cuts one component, whose edges, pairs kept apart and values of columns are rows of one table.

    Out come a row for each cut, and one for each offer with the `piece` it is in, named by the piece's first offer.
    """
    rules = policy(limits)

    def cut(rows: pd.DataFrame) -> pd.DataFrame:
        workers.forget_archives()
        shown, pairs, values = (rows[rows[name].notna()] for name in ("part", "other", "column"))
        sold = shown[shown["merchant"].notna()].sort_values("merchant", ascending=False)  # of several the first by name
        unlike: dict[str, dict[str, str]] = {}
        for column, offer, value in sorted(zip(values["column"], values["offer"], values["value"], strict=True)):
            unlike.setdefault(column, {}).setdefault(offer, value)  # of several the first by name
        pieces, cuts = cutting.cut(
            [_edge(row) for row in zip(*(shown[name] for name in SHOWN), strict=True)],
            dict(zip(sold["offer"], sold["merchant"], strict=True)),
            rules,
            [Pair(*pair) for pair in zip(pairs["offer"], pairs["other"], pairs["why"], strict=True)],
            unlike,
        )
        taken = [(*astuple(one.edge), one.reason, one.evidence, None) for one in cuts]
        held = [(offer, *[None] * 6, piece) for offer, piece in pieces.items()]
        found = pd.DataFrame([*taken, *held], columns=FOUND, dtype=object)
        return found.assign(component=rows["component"].iloc[0])[list(SCHEMA)]

    return cut


def _edge(row: tuple[str, str, float, str | None, str | None]) -> Edge:
    offer, part, distance, *rest = row
    return Edge(offer, part, int(distance), *(None if pd.isna(value) else value for value in rest))


def _joined(components: DataFrame, found: DataFrame) -> DataFrame:
    """The components after the cuts: who is alone in a piece is in none."""
    company = F.count("*").over(Window.partitionBy("piece"))
    pieces = found.where(F.col("piece").isNotNull()).withColumn("company", company).where(F.col("company") > 1)
    untouched = components.join(found.select("component").distinct(), on="component", how="left_anti")
    return untouched.select("node", "component").unionByName(
        pieces.select(F.col("offer").alias("node"), F.col("piece").alias("component"))
    )


def _splits(found: DataFrame, edges: DataFrame) -> DataFrame:
    """The cuts, each with the id of its offer and the name that the cluster would have had."""
    cuts = found.where(F.col("part").isNotNull()).drop("piece")
    whole = edges.join(cuts.select("component").distinct(), on="component", how="left_semi")
    names = whole.groupBy("component").agg(F.min_by("offer", "id").alias("cluster_id"))
    ids = edges.select("offer", "part", "id")
    word = F.col("distance") == cutting.JUDGED
    return (
        cuts.join(names, on="component", how="inner")
        .join(ids, on=["offer", "part"], how="inner")
        .withColumn("distance", F.when(~word, F.col("distance")))
        .select("cluster_id", "id", "set_id", "part", "image", "distance", "reason", "evidence")
    )


def _empty(rows: DataFrame, schema: str) -> DataFrame:
    return rows.sparkSession.createDataFrame([], schema)
