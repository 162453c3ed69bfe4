"""People's word, in the form that the stages obey: what belongs together and what is kept apart.

What people name is looked up among the offers and pictures of the run; on the driver it is settled what counts; the
stages get it as small tables. Afterwards `outcome` finds out what became of each word.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import forms, tables
from dedup_spark.errors import BadInput
from dedup_spark.people import judgements, lists, names
from dedup_spark.people.judged import JUDGED
from dedup_spark.people.judgements import CONTRADICTED, DIFFERENT, OBEYED, OFFER, PICTURE, SAME, Judgement, Settled
from dedup_spark.people.lists import Listed
from dedup_spark.people.reviews import Reviews
from dedup_spark.settings import Settings
from dedup_spark.storage import Scratch

MOST = 1000
"""Contradictions that run.json shows at most; the table `judgements` says of every word what became of it."""


@dataclass(frozen=True)
class Word:
    """What people said of one run.

    said, known, settled: by kind, the judgements, what each name in them names, and what counts. listed: the names of
    pictures on the lists. pictures: the judged pairs of contents, as `judged` describes them; None: there are none.
    """

    read: list[dict[str, Any]]
    said: dict[str, list[Judgement]]
    known: dict[str, dict[str, str]]
    settled: dict[str, Settled]
    listed: dict[str, Listed]
    pictures: DataFrame | None
    scratch: Scratch


def hear(
    reviews: Reviews, offers: DataFrame, prints: DataFrame, root: str, settings: Settings, scratch: Scratch
) -> Word:
    """People's word on the offers (`tables.CATALOGUE`) and the pictures (`tables.FINGERPRINTS`) of a run.

    root: where relative paths start. Raises `BadInput` when a table that the settings name cannot be read.
    """
    for table, name in reviews.tables:
        reviews.add(table, _rows(name, scratch), name, settings)
    said = {kind: [one for one in reviews.judgements if one.kind == kind] for kind in (OFFER, PICTURE)}
    asked = {name for one in said[OFFER] for name in (one.left, one.right)}
    known = {OFFER: _offers({name: name for name in asked}, offers, scratch)}
    asked = {name for one in said[PICTURE] for name in (one.left, one.right)}
    known[PICTURE] = _contents({name: names.resolve(name, root) for name in asked}, prints, scratch)
    settled = {kind: judgements.settle(said[kind], known[kind]) for kind in said}
    pairs = [
        {"left": left, "right": right, "verdict": verdict, "rank": rank}
        for rank, ((left, right), verdict) in enumerate(settled[PICTURE].pairs.items())
    ]
    pictures = scratch.put_arrow(pa.Table.from_pylist(pairs), "judged_pictures") if pairs else None
    return Word(reviews.read, said, known, settled, lists.newest(reviews.listed, root), pictures, scratch)


def offers_apart(word: Word) -> DataFrame | None:
    """`left_offer`, `right_offer` (as `forms.as_text`), `reason`: offers that must not share a cluster."""
    return _judged_offers(word, DIFFERENT)


def offers_together(word: Word) -> DataFrame | None:
    """`left_offer`, `right_offer` (as `forms.as_text`), `reason`: offers that belong into one cluster."""
    return _judged_offers(word, SAME)


def listed(word: Word, shown: DataFrame) -> DataFrame | None:
    """`set_id`, `verdict` (excluded or allowed), `source`: the sets that are on a list. `shown`: `duplicate_sets.show`.

    A set may be on both, by unlike names.
    """
    if not word.listed:
        return None
    rows = [{"name": name, "verdict": one.verdict, "source": one.source} for name, one in word.listed.items()]
    table = word.scratch.put_arrow(pa.Table.from_pylist(rows), "listed")
    called = shown.select("set_id", F.explode(F.array("content", "image", "phash")).alias("name"))
    found = called.join(F.broadcast(table), on="name", how="inner")
    return found.select("set_id", "verdict", "source").distinct()


def outcome(word: Word, sets: DataFrame, joined: DataFrame) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What became of people's word: the rows of `tables.JUDGEMENTS`, and what run.json says.

    `sets` is `tables.DUPLICATE_SETS`, `joined` is `tables.CLUSTERS`. Raises `Fault` when two are together that are
    judged different.
    """
    rows: list[dict[str, Any]] = []
    contradictions: list[dict[str, Any]] = []
    for kind, home in ((OFFER, _clusters(word, joined)), (PICTURE, _sets(word, sets))):
        settled, known = word.settled[kind], word.known[kind]
        unmet = judgements.unmet(kind, settled.pairs, home)
        missed = {pair for one in unmet for pair in one.same}
        contradictions += [asdict(one) for one in (*settled.contradictions, *unmet)]
        for one, fate in zip(word.said[kind], settled.fates, strict=True):
            lost = fate == OBEYED and judgements.pair(one, known) in missed
            rows.append(asdict(one) | {"fate": CONTRADICTED if lost else fate})
    fates = dict(sorted(Counter(row["fate"] for row in rows).items()))
    return rows, {"judgements": fates, "contradictions": contradictions[:MOST]}


def table(word: Word, rows: list[dict[str, Any]]) -> DataFrame:
    """The rows of `outcome` for `tables.JUDGEMENTS`."""
    kinds = {"time": pa.timestamp("us", tz="UTC")}
    schema = pa.schema([(column.name, kinds.get(column.name, pa.string())) for column in tables.JUDGEMENTS.columns])
    return word.scratch.put_arrow(pa.Table.from_pylist(rows, schema), "judgements")


def _judged_offers(word: Word, verdict: str) -> DataFrame | None:
    pairs = [
        {"left_offer": left, "right_offer": right, "reason": JUDGED}
        for (left, right), said in word.settled[OFFER].pairs.items()
        if said == verdict
    ]
    return word.scratch.put_arrow(pa.Table.from_pylist(pairs), f"offers_{verdict}") if pairs else None


def _rows(name: str, scratch: Scratch) -> list[dict[str, Any]]:
    """The rows of a table that Spark knows by name, on the driver: people's word is small."""
    try:
        scratch.cut(scratch.spark.read.table(name), "people")
    except AnalysisException as error:
        raise BadInput(f"[judgements] {name}: no such table, and no path either (a path has a '/')") from error
    rows: list[dict[str, Any]] = scratch.read_arrow("people").to_pylist()
    return rows


def _offers(asked: Mapping[str, str], offers: DataFrame, scratch: Scratch) -> dict[str, str]:
    """Of the asked offers those that there are."""
    ids = offers.select(forms.as_text(offers, "id").alias("name"))
    return _found(asked, ids.select("name", F.col("name").alias("known")), scratch)


def _contents(asked: Mapping[str, str], prints: DataFrame, scratch: Scratch) -> dict[str, str]:
    """Of the asked pictures those that there are, each with its content; named by a path or by the content itself."""
    usable = forms.usable(prints).select("content", F.explode(F.array("image", "content")).alias("name"))
    return _found(asked, usable.select("name", F.col("content").alias("known")), scratch)


def _found(asked: Mapping[str, str], known: DataFrame, scratch: Scratch) -> dict[str, str]:
    """What each asked name stands for: `known` has `name`, which is what the asked one resolves to, and `known`."""
    if not asked:
        return {}
    wanted = scratch.put_arrow(pa.table({"name": sorted(set(asked.values()))}), "asked")
    found = known.join(F.broadcast(wanted), on="name", how="inner").distinct()
    scratch.cut(found, "known")
    names_known = {row["name"]: row["known"] for row in scratch.read_arrow("known").to_pylist()}
    return {name: names_known[resolved] for name, resolved in asked.items() if resolved in names_known}


def _clusters(word: Word, joined: DataFrame) -> dict[str, str]:
    ids = joined.select(forms.as_text(joined, "id").alias("name"), F.col("cluster_id").alias("known"))
    return _homes(word.settled[OFFER], ids, word.scratch)


def _sets(word: Word, sets: DataFrame) -> dict[str, str]:
    known = sets.select(F.col("content").alias("name"), F.col("set_id").alias("known"))
    return _homes(word.settled[PICTURE], known, word.scratch)


def _homes(settled: Settled, known: DataFrame, scratch: Scratch) -> dict[str, str]:
    """Where each that counts came out; who is in no set or cluster is alone."""
    asked = {name: name for pair in settled.pairs for name in pair}
    found = _found(asked, known, scratch)
    return {name: found.get(name, f"alone {name}") for name in asked}
