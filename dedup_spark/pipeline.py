"""THE FLOW ON ONE SCREEN: which stage feeds which, and when a table is written.

`run` is the whole flow of `dedup-spark run`, from a catalogue to a published run; `flow` is the paragraph to read.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cache
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from dedup_spark import (
    account,
    clusters,
    conflicts,
    deduplicated,
    duplicate_sets,
    fingerprints,
    forms,
    gates,
    measures,
    offer_graph,
    references,
    reuse,
    shows,
    source,
    stages,
    suspects,
    tables,
)
from dedup_spark.comparing import verdict
from dedup_spark.errors import RunRefused
from dedup_spark.io import locations
from dedup_spark.offers import bonds
from dedup_spark.output import parts, runs
from dedup_spark.pairs import pair_search
from dedup_spark.people import people, reviews
from dedup_spark.people.reviews import Reviews
from dedup_spark.references import Reference
from dedup_spark.report import clusters_json
from dedup_spark.settings import Settings, as_dict, load
from dedup_spark.source import Source
from dedup_spark.spark import session
from dedup_spark.stages import Seen
from dedup_spark.work import Work, identity, versions


def run(
    offers: str | DataFrame,
    output: str,
    settings: Settings | None = None,
    *,
    spark: SparkSession | None = None,
    fresh: bool = False,
    on_lost: Callable[[RunRefused], None] | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Runs the whole flow and publishes it in OUTPUT; what run.json says of it.

    offers: the catalogue: a Parquet path or glob, a table name, or a DataFrame. fresh: begin a new run where an
    unfinished one of equal settings, catalogue and code could be resumed, and search all pairs afresh. tell: takes a
    line of progress now and then.

    Raises `BadInput`, `GateFailed`, `StorageFailed` or `RunRefused`: see `errors` for the exit codes. Whatever is
    raised, the run that was current before stays so.
    """
    settings = load() if settings is None else settings
    place = locations.folder(output, "OUTPUT")
    found = source.find(offers, settings)
    source.places(found, settings)
    said, protected = reviews.find(place, settings), references.find(settings)
    known = identity(found, said, settings, protected)
    with runs.working(place, known, settings, fresh, on_lost) as begun, ExitStack() as held:
        given = spark if found.rows is None else found.rows.sparkSession
        active = given or held.enter_context(session.opened(settings, source.is_small(found, settings)))
        flow(Work(begun, active, settings, parts.scratch(begun, active, settings), tell), found, said, protected)
        begun.publish(settings)
    return begun.manifest


def flow(work: Work, found: Source, said: Reviews, protected: Sequence[Reference] = ()) -> None:
    """From the catalogue to the clusters and the rows that are kept."""
    settings, scratch = work.settings, work.scratch
    root, allowed = source.places(found, settings)
    work.run.note(settings=as_dict(settings), versions=versions(work.spark))

    with source.reading(found, work.run.folder):
        offers = work.table(tables.CATALOGUE, lambda: stages.read_offers(work, found, root, allowed))
    with work.stage("gates"):
        of_rows = gates.outside(offers, allowed, settings.run.max_reject_share)

    prints = stages.fetch(work, found, offers, allowed)
    with work.stage("gates"):
        of_images = gates.unusable(prints, settings.run.max_reject_share)
    work.run.note(statuses={"catalogue": of_rows, "images": of_images})
    work.run.note(revalidate=reuse.counted(work.run.manifest["revalidate"], of_images))
    pictures = work.cut(fingerprints.distinct_pictures(prints, settings.views.stored), "pictures")
    squares = fingerprints.squares(pictures, work.run.read(work.spark, tables.THUMBNAILS.name, settings))
    groups = pair_search.groups(offers, forms.usable(prints), settings.candidate_pairs.within)

    with work.stage("people"):
        word = people.hear(said, offers, prints, root, settings, scratch)
    work.run.note(people=word.read)
    seen = Seen(prints, pictures, squares, groups, word, verdict.limits(settings))
    pairs = work.table(tables.DUPLICATE_PAIRS, lambda: stages.find_pairs(work, seen))
    sets = work.table(tables.DUPLICATE_SETS, lambda: stages.find_sets(work, seen, pairs))
    shown = work.cut(conflicts.part(duplicate_sets.show(offers, prints, sets), settings.conflicts), "shown")

    listed = people.listed(word, shown)
    suspicious = work.table(tables.SUSPECTS, lambda: suspects.compute(shown, settings.suspects, scratch, pairs, listed))
    work.table(tables.CONFLICTS, lambda: conflicts.compute(shown, settings.conflicts))
    connecting = shown.unionByName(conflicts.same_files(shown, settings.conflicts))
    showing = work.table(tables.SHOWS, lambda: shows.compute(connecting, suspicious))

    held = work.cut(bonds.compute(showing, people.offers_together(word)), "held")
    apart = people.offers_apart(word), conflicts.unlike(shown, settings.conflicts)
    parted = cache(lambda: stages.find_clusters(work, held, *apart))
    cuts = work.table(tables.SPLITS, lambda: parted().splits)
    work.table(tables.OFFER_GRAPH, lambda: offer_graph.compute(bonds.uncut(showing, cuts), settings.offer_graph))
    before = work.before(tables.CLUSTERS)
    joined = work.table(tables.CLUSTERS, lambda: clusters.compute(parted().components, held, before))
    stages.tell_changes(work, joined, before)
    work.table(tables.MEASURES, lambda: measures.compute(bonds.uncut(held, cuts), joined, settings.clusters))
    if any(word.said.values()):
        work.table(tables.JUDGEMENTS, lambda: stages.obeyed(work, word, sets, joined))

    policy, stood = settings.deduplicated, stages.stood_before(work, offers)
    repeated = stages.look_against(work, prints, protected)
    decided = deduplicated.decide(offers, prints, shown, suspicious, joined, policy, stood, repeated)
    decided = work.cut(decided, "decided")
    work.table(tables.DEDUPLICATED, lambda: deduplicated.kept(decided, policy))
    work.table(tables.REMOVED, lambda: deduplicated.removed(decided))
    work.table(tables.REJECTS, lambda: deduplicated.rejects(decided))
    if protected:
        work.table(tables.REPEATS, lambda: deduplicated.repeats(decided))

    if settings.evaluate.sample:
        stages.expect_wrong_merges(work, seen, sets)
    with work.stage("account"):
        counted = account.of(work.run.rows(), offers, prints, joined, decided)
        clusters_json.write(joined, counted["clusters"], work.run.folder, settings)
    work.run.note(**counted)
    if settings.report.write:
        stages.report(work)
