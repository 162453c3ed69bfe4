"""THE FLOW ON ONE SCREEN: which stage feeds which, and when a table is written.

`run` is the whole flow of `dedup-spark run`, from a catalogue to a published run; `flow` is the paragraph to read.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from dedup_spark import (
    account,
    catalogue,
    changes,
    clusters,
    components,
    conflicts,
    deduplicated,
    duplicate_sets,
    fingerprints,
    gates,
    measures,
    offer_graph,
    references,
    repeats,
    reuse,
    shows,
    source,
    splits,
    suspects,
    tables,
)
from dedup_spark.comparing import verdict
from dedup_spark.comparing.verdict import Limits
from dedup_spark.errors import RunRefused
from dedup_spark.io import locations
from dedup_spark.offers import bonds
from dedup_spark.output import parts, runs
from dedup_spark.pairs import audit, hash_sample, matches, pair_search, wrong_merges
from dedup_spark.pairs.audit import Sample
from dedup_spark.people import people, reviews
from dedup_spark.people.people import Word
from dedup_spark.people.reviews import Reviews
from dedup_spark.references import Reference
from dedup_spark.report import clusters_json
from dedup_spark.settings import Settings, as_dict, load
from dedup_spark.source import Source
from dedup_spark.spark import session
from dedup_spark.splits import Split
from dedup_spark.work import Work, identity, versions


@dataclass(frozen=True)
class Seen:
    """What was fetched and what people say of it: the stages that compare pictures take it from here.

    groups: who is compared with whom only; None: all with all.
    """

    prints: DataFrame
    pictures: DataFrame
    squares: DataFrame
    groups: DataFrame | None
    word: Word
    limits: Limits


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
    unfinished one of equal settings, catalogue and code could be resumed. tell: takes a line of progress now and then.

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
        offers = work.table(tables.CATALOGUE, lambda: read_offers(work, found, root, allowed))
    with work.stage("gates"):
        of_rows = gates.outside(offers, allowed, settings.run.max_reject_share)

    prints = fetch(work, found, offers, allowed)
    with work.stage("gates"):
        of_images = gates.unusable(prints, settings.run.max_reject_share)
    work.run.note(statuses={"catalogue": of_rows, "images": of_images})
    work.run.note(revalidate=reuse.counted(work.run.manifest["revalidate"], of_images))
    pictures = work.cut(fingerprints.distinct_pictures(prints), "pictures")
    squares = fingerprints.squares(pictures, work.run.read(work.spark, tables.THUMBNAILS.name, settings))
    groups = pair_search.groups(offers, tables.usable(prints), settings.candidate_pairs.within)

    with work.stage("people"):
        word = people.hear(said, offers, prints, root, settings, scratch)
    work.run.note(people=word.read)
    seen = Seen(prints, pictures, squares, groups, word, verdict.limits(settings))
    pairs = work.table(tables.DUPLICATE_PAIRS, lambda: find_pairs(work, seen))
    sets = work.table(tables.DUPLICATE_SETS, lambda: find_sets(work, seen, pairs))
    shown = work.cut(conflicts.part(duplicate_sets.show(offers, prints, sets), settings.conflicts), "shown")

    listed = people.listed(word, shown)
    suspicious = work.table(tables.SUSPECTS, lambda: suspects.compute(shown, settings.suspects, scratch, pairs, listed))
    work.table(tables.CONFLICTS, lambda: conflicts.compute(shown, settings.conflicts))
    connecting = shown.unionByName(conflicts.same_files(shown, settings.conflicts))
    showing = work.table(tables.SHOWS, lambda: shows.compute(connecting, suspicious))

    held = work.cut(bonds.compute(showing, people.offers_together(word)), "held")
    apart = people.offers_apart(word), conflicts.unlike(shown, settings.conflicts)
    parted = cache(lambda: find_clusters(work, held, *apart))
    cuts = work.table(tables.SPLITS, lambda: parted().splits)
    gates.large(work.run.manifest["large"], settings.clusters)
    work.table(tables.OFFER_GRAPH, lambda: offer_graph.compute(bonds.uncut(showing, cuts), settings.offer_graph))
    joined = work.table(tables.CLUSTERS, lambda: name_clusters(work, parted().components, held))
    tell_changes(work, joined)
    work.table(tables.MEASURES, lambda: measures.compute(bonds.uncut(held, cuts), joined, settings.clusters))
    if said.judgements:
        work.table(tables.JUDGEMENTS, lambda: obeyed(work, word, sets, joined))

    policy, stood, repeated = settings.deduplicated, stood_before(work), look_against(work, prints, protected)
    decided = deduplicated.decide(offers, prints, shown, suspicious, joined, policy, stood, repeated)
    decided = work.cut(decided, "decided")
    work.table(tables.DEDUPLICATED, lambda: deduplicated.kept(decided, policy))
    work.table(tables.REMOVED, lambda: deduplicated.removed(decided))
    work.table(tables.REJECTS, lambda: deduplicated.rejects(decided))
    if protected:
        work.table(tables.REPEATS, lambda: deduplicated.repeats(decided))

    if settings.evaluate.sample:
        expect_wrong_merges(work, seen, sets)
    with work.stage("account"):
        counted = account.of(work.run.rows(), offers, prints, joined, decided)
        clusters_json.write(joined, counted["clusters"], work.run.folder, settings)
    work.run.note(**counted)


def expect_wrong_merges(work: Work, seen: Seen, sets: DataFrame) -> None:
    """How many wrong merges a catalogue like this one has, by a sample of its own pictures; too many stop the run."""
    chosen, known = work.settings.evaluate, sets.select("content", "set_id").distinct()
    with work.stage("wrong_merges"):
        found = wrong_merges.count(seen.pictures, seen.squares, known, chosen.sample, seen.limits)
    said = wrong_merges.said(found, work.scratch.rows("pictures"), seen.limits.max_distance)
    work.run.note(wrong_merges=said)
    gates.wrong_merges(said["pairs_expected"], chosen.max_wrong_merges)


def read_offers(work: Work, found: Source, root: str, allowed: Sequence[str]) -> DataFrame:
    """The catalogue as it came in, its images resolved."""
    columns = work.settings.catalogue
    rows = source.read(found, work.spark, work.settings)
    catalogue.check(rows, columns)
    conflicts.check(rows.columns, work.settings.conflicts)
    pair_search.check(rows.columns, work.settings.candidate_pairs.within)
    off = [*catalogue.lacking(rows, columns), *suspects.lacking(rows.columns, work.settings.suspects)]
    told = catalogue.versions(rows, columns)
    work.run.note(catalogue=found.name, allowed=list(allowed), image_root=root, off=off, version_columns=told)
    return catalogue.compute(rows, root, allowed, columns)


def fetch(work: Work, found: Source, offers: DataFrame, allowed: Sequence[str]) -> DataFrame:
    """The fingerprints of all images: those stored that still hold, and the others, chunk by chunk, each committed to
    the store before the next begins.
    """
    limits = work.settings.fingerprints
    images, count = reuse.missing(work, offers, allowed)
    chunks = fingerprints.chunks(count, limits)
    each = -(-count // max(1, chunks))
    asked = with_bytes(work, found, images) if work.settings.catalogue.image_bytes else images
    for number in sorted(set(range(chunks)) - work.run.committed()):
        part = fingerprints.chunk(asked, number, chunks, fingerprints.tasks(each, limits))
        with work.stage(tables.FINGERPRINTS.name, images=each):
            commit(work, found, fingerprints.compute(part, allowed, limits, work.settings.s3), number)
        work.tell(f"fingerprints: chunk {number + 1} of {chunks} is stored")
    return work.run.read(work.spark, tables.FINGERPRINTS.name, work.settings)


def with_bytes(work: Work, found: Source, images: DataFrame) -> DataFrame:
    """The images with the bytes that the catalogue has of them."""
    rows = source.read(found, work.spark, work.settings)
    return catalogue.held(rows, work.settings.catalogue).join(images.select("image"), on="image", how="left_semi")


def commit(work: Work, found: Source, rows: DataFrame, chunk: int) -> None:
    """Writes a chunk to the store; where its bytes come out of the catalogue, few at a time."""
    limits = work.settings.fingerprints
    with ExitStack() as held:
        if work.settings.catalogue.image_bytes:
            held.enter_context(source.reading(found, work.run.output))
            held.enter_context(session.small_batches(work.spark, limits.batch))
        work.run.commit(rows, chunk, work.settings, fingerprints.made(limits))


def find_pairs(work: Work, seen: Seen) -> DataFrame:
    """The verified pairs; run.json says how none was missed, what that was to cost and did, and the families."""
    priced = hash_sample.plan(seen.pictures, seen.limits, work.settings.candidate_pairs.budget)
    work.run.note(plan=str(priced.plan))
    found = pair_search.among(
        seen.pictures,
        seen.squares,
        seen.limits,
        work.settings,
        work.scratch,
        seen.word.pictures,
        seen.groups,
        priced.plan,
    )
    work.run.note(search=found.said(priced, session.cores(work.spark)), families=found.families)
    return found.pairs


def find_sets(work: Work, seen: Seen, pairs: DataFrame) -> DataFrame:
    """The sets with a keeper each: what is connected, cut to what passes against it; the audit comes before."""
    policy, connected = work.settings.duplicate_sets, connect(work, "duplicate_sets", duplicate_sets.edges(pairs))
    if work.settings.candidate_pairs.audit:
        look_again(work, seen, pairs, connected)
    judged, squares = seen.word.pictures, seen.squares
    pictures = duplicate_sets.remember(seen.pictures, work.before(tables.DUPLICATE_SETS), policy.keeper)
    choices = duplicate_sets.choose(
        connected, pictures, policy.keeper, seen.limits, policy.round, work.scratch, squares, judged
    )
    return duplicate_sets.compute(choices, seen.pictures, tables.usable(seen.prints))


def look_again(work: Work, seen: Seen, pairs: DataFrame, connected: DataFrame) -> None:
    """The audit of the pairs: one that was missed stops the run."""
    sample = Sample(work.settings.candidate_pairs.audit, work.settings.candidate_pairs.audit_seed)
    with work.stage("audit"):
        found = audit.compute(
            seen.pictures,
            seen.squares,
            pairs,
            connected,
            sample,
            seen.limits,
            work.scratch,
            seen.word.pictures,
            seen.groups,
        )
    work.run.note(audit=found.said())
    gates.missed(found.said(), found.missed)


def find_clusters(work: Work, held: DataFrame, apart: DataFrame | None, unlike: DataFrame | None) -> Split:
    """The offers connected by the pictures they share, cut where that is no cluster; run.json has the alarms."""
    connected = connect(work, "clusters", bonds.edges(held))
    found = splits.compute(held, connected, work.settings.clusters, work.scratch, apart, unlike)
    work.run.note(large=account.large(found.large))
    return found


def name_clusters(work: Work, components: DataFrame, held: DataFrame) -> DataFrame:
    """The clusters, called as they were in the run before."""
    return clusters.compute(components, held, work.before(tables.CLUSTERS))


def tell_changes(work: Work, joined: DataFrame) -> None:
    """What changed since the run before, if there was one; run.json has the sums, and how many ids stayed."""
    before = work.before(tables.CLUSTERS)
    if before is None or before.schema["id"].dataType != joined.schema["id"].dataType:
        return
    rows = work.table(tables.CHANGES, lambda: changes.compute(joined, before))
    work.run.note(changes=changes.said(rows, joined, before))


def look_against(work: Work, prints: DataFrame, protected: Sequence[Reference]) -> DataFrame | None:
    """The images that repeat a reference; None: there is none."""
    if not protected:
        return None
    work.run.note(against=[reference.name for reference in protected])
    thumbnails = work.run.read(work.spark, tables.THUMBNAILS.name, work.settings)
    stored = references.read(work.spark, protected, work.settings)
    return work.cut(repeats.compute(matches.find(prints, thumbnails, stored, stored, work.settings)), "repeated")


def stood_before(work: Work) -> DataFrame | None:
    """The rows that stood for others in the run before, where the keeper is to stay."""
    wanted = duplicate_sets.WAS_KEEPER in work.settings.duplicate_sets.keeper
    removed = work.before(tables.REMOVED) if wanted else None
    return None if removed is None else deduplicated.stood(removed)


def obeyed(work: Work, word: Word, sets: DataFrame, joined: DataFrame) -> DataFrame:
    """People's judgements and what became of them; run.json has the sum and the contradictions."""
    rows, notes = people.outcome(word, sets, joined)
    work.run.note(**notes)
    return people.table(word, rows)


def connect(work: Work, name: str, edges: DataFrame) -> DataFrame:
    """The components of these edges; run.json says who found them and why."""
    found = components.carry(edges, work.scratch, work.settings.components)
    said = {"carrier": found.carrier, "why": found.why, "edges": found.edges, "rounds": found.rounds}
    work.run.note(components=work.run.manifest.get("components", {}) | {name: said})
    return found.labels
