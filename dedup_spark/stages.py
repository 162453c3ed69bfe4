"""A stage is one table made in a run: what it reads, which gate it passes, and what run.json notes of it.

In the order of `pipeline.flow`, which says which stage feeds which.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from dedup_spark import (
    account,
    catalogue,
    changes,
    components,
    conflicts,
    deduplicated,
    duplicate_sets,
    fingerprints,
    forms,
    gates,
    known,
    references,
    repeats,
    reuse,
    source,
    splits,
    suspects,
    tables,
)
from dedup_spark.comparing.verdict import Limits
from dedup_spark.offers import bonds
from dedup_spark.pairs import audit, hash_sample, matches, pair_search, wrong_merges
from dedup_spark.pairs.audit import Sample
from dedup_spark.pairs.searches import BY_VIEW
from dedup_spark.people import people
from dedup_spark.people.people import Word
from dedup_spark.references import Reference
from dedup_spark.report import whole
from dedup_spark.source import Source
from dedup_spark.spark import session
from dedup_spark.splits import Split
from dedup_spark.work import Work


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
    limits, views = work.settings.fingerprints, work.settings.views.stored
    images, count = reuse.missing(work, offers, allowed)
    chunks = fingerprints.chunks(count, limits)
    each = -(-count // max(1, chunks))
    tasks = fingerprints.tasks(each, limits, session.cores(work.spark))
    asked = with_bytes(work, found, images) if work.settings.catalogue.image_bytes else images
    for number in sorted(set(range(chunks)) - work.run.committed()):
        part = fingerprints.chunk(asked, number, chunks, tasks)
        with work.stage(tables.FINGERPRINTS.name, images=each):
            rows = fingerprints.compute(part, allowed, limits, work.settings.s3, views)
            commit(work, found, rows, number, fingerprints.made(limits, allowed, views))
        work.tell(f"fingerprints: chunk {number + 1} of {chunks} is stored")
    return work.run.read(work.spark, tables.FINGERPRINTS.name, work.settings)


def with_bytes(work: Work, found: Source, images: DataFrame) -> DataFrame:
    """The images with the bytes that the catalogue has of them."""
    rows = source.read(found, work.spark, work.settings)
    return catalogue.held(rows, work.settings.catalogue).join(images.select("image"), on="image", how="left_semi")


def commit(work: Work, found: Source, rows: DataFrame, chunk: int, made: Mapping[str, Any]) -> None:
    """Writes a chunk to the store; where its bytes come out of the catalogue, few at a time."""
    limits = work.settings.fingerprints
    with ExitStack() as held:
        if work.settings.catalogue.image_bytes:
            held.enter_context(source.reading(found, work.run.output))
            held.enter_context(session.small_batches(work.spark, limits.batch))
        work.run.commit(rows, chunk, work.settings, made)


def find_pairs(work: Work, seen: Seen) -> DataFrame:
    """The verified pairs; run.json says how none was missed, what that was to cost and did, the families, and what was
    known. What the next run knows by it is written before.
    """
    priced = hash_sample.plan(seen.pictures, seen.limits, work.settings.candidate_pairs.budget)
    work.run.note(plan=str(priced.plan))
    of_views = hash_sample.of_views(seen.pictures, seen.limits, priced, work.settings.candidate_pairs.budget)
    before, why = known.before(work)
    found = pair_search.among(
        seen.pictures,
        seen.squares,
        seen.limits,
        work.settings,
        work.scratch,
        seen.word.pictures,
        seen.groups,
        priced.plan,
        before,
    )
    work.table(tables.NEAR_HASHES, lambda: found.near_hashes)
    by_views = found.near_views
    if by_views is not None:
        work.table(tables.NEAR_VIEWS, lambda: by_views)
    work.table(tables.SEARCHED, lambda: found.searched)
    reused = {"run": before.run_id if before else None, "why": why} | found.reused()
    cores = session.cores(work.spark)
    work.run.note(search=found.said(priced, cores), families=found.families, reused_pairs=reused)
    if of_views is not None:
        work.run.note(search_by_views=found.said(of_views, cores, BY_VIEW))
    return found.pairs


def find_sets(work: Work, seen: Seen, pairs: DataFrame) -> DataFrame:
    """The sets with a keeper each: what is connected, cut to what passes against it; the audit comes before."""
    policy, connected = work.settings.duplicate_sets, connect(work, "duplicate_sets", duplicate_sets.edges(pairs))
    if work.settings.candidate_pairs.audit:
        audited(work, seen, pairs, connected)
    judged, squares = seen.word.pictures, seen.squares
    before = work.before(tables.DUPLICATE_SETS) if duplicate_sets.WAS_KEEPER in policy.keeper else None
    pictures = duplicate_sets.remember(seen.pictures, before, policy.keeper)
    choices = duplicate_sets.choose(
        connected, pictures, policy.keeper, seen.limits, policy.round, work.scratch, squares, judged
    )
    return duplicate_sets.compute(choices, seen.pictures, forms.usable(seen.prints))


def audited(work: Work, seen: Seen, pairs: DataFrame, connected: DataFrame) -> None:
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
    large = account.large(found.large)
    work.run.note(large=large)
    gates.large(large, work.settings.clusters)
    return found


def tell_changes(work: Work, joined: DataFrame, before: DataFrame | None) -> None:
    """What changed since the run before, if there was one; run.json has the sums, and how many ids stayed."""
    if before is None or before.schema["id"].dataType != joined.schema["id"].dataType:
        return
    rows = work.table(tables.CHANGES, lambda: changes.compute(joined, before))
    work.run.note(changes=changes.said(rows, joined, before))


def obeyed(work: Work, word: Word, sets: DataFrame, joined: DataFrame) -> DataFrame:
    """People's judgements and what became of them; run.json has the sum and the contradictions."""
    rows, notes = people.outcome(word, sets, joined)
    work.run.note(**notes)
    return people.table(word, rows)


def stood_before(work: Work, offers: DataFrame) -> DataFrame | None:
    """The rows that stood for others in the run before, where the keeper is to stay."""
    wanted = duplicate_sets.WAS_KEEPER in work.settings.duplicate_sets.keeper
    removed = work.before(tables.REMOVED) if wanted else None
    if removed is None or removed.schema["kept_id"].dataType != offers.schema["id"].dataType:
        return None
    return deduplicated.stood(removed)


def look_against(work: Work, prints: DataFrame, protected: Sequence[Reference]) -> DataFrame | None:
    """The images that repeat a reference; None: there is none."""
    if not protected:
        return None
    work.run.note(against=[reference.name for reference in protected])
    thumbnails = work.run.read(work.spark, tables.THUMBNAILS.name, work.settings)
    stored = references.read(work.spark, protected, work.settings)
    return work.cut(repeats.compute(matches.find(prints, thumbnails, stored, stored, work.settings)), "repeated")


def expect_wrong_merges(work: Work, seen: Seen, sets: DataFrame) -> None:
    """How many wrong merges a catalogue like this one has, by a sample of its own pictures; too many stop the run."""
    chosen, known = work.settings.evaluate, sets.select("content", "set_id").distinct()
    with work.stage("wrong_merges"):
        found = wrong_merges.count(seen.pictures, seen.squares, known, chosen.sample, seen.limits)
    said = wrong_merges.said(found, work.scratch.rows("pictures"), seen.limits.max_distance)
    work.run.note(wrong_merges=said)
    gates.wrong_merges(said["pairs_expected"], chosen.max_wrong_merges)


def connect(work: Work, name: str, edges: DataFrame) -> DataFrame:
    """The components of these edges; run.json says who found them and why."""
    found = components.carry(edges, work.scratch, work.settings.components)
    said = {"carrier": found.carrier, "why": found.why, "edges": found.edges, "rounds": found.rounds}
    work.run.note(components=work.run.manifest.get("components", {}) | {name: said})
    return found.labels


def report(work: Work) -> None:
    """The pages that people look at; run.json says where they lie."""
    run, settings = work.run, work.settings
    run.lease.check()
    with work.stage("report"):
        page = whole.write(
            run.manifest,
            lambda table, schema: run.read(work.spark, table, settings, schema),
            run.folder,
            settings,
        )
    run.note(report=page.removeprefix(f"{run.output}/"))
