"""A reuse is what a run need not fetch: which stored rows still hold, and which images are left to be fetched.

What was found, and how, is `revalidate` in run.json.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import fingerprints, revalidate, tables, wanted
from dedup_spark.errors import OF_BYTES, Fault
from dedup_spark.output import manifests, store
from dedup_spark.output.store import Segment
from dedup_spark.revalidate import Way
from dedup_spark.work import Work


def missing(work: Work, offers: DataFrame, allowed: Sequence[str]) -> tuple[DataFrame, int]:
    """The images that have to be fetched, `image` and `version`, and how many they are.

    They are settled once, in the table `wanted`: a run that is resumed goes on with the same ones. From then on the run
    names the segments of earlier runs that it reads, and leaves out the rows of its table `unread`.
    """
    if "fetched" not in work.run.manifest.get("revalidate", {}):
        _settle(work, offers, allowed)
    found = work.run.read(work.spark, tables.WANTED.name, work.settings)
    images = found.where(F.col("segment").isNull()).select("image", "version")
    return images, work.run.manifest["revalidate"]["fetched"]


def counted(said: Mapping[str, Any], statuses: Mapping[str, int]) -> dict[str, Any]:
    """`revalidate` of run.json with the number of images that were decoded, usable or not.

    statuses: of all images of the run, the reused ones included.
    """
    looked_at = [status for status in OF_BYTES if status != "too_many_bytes"]
    decoded = sum(statuses.get(status, 0) - said["statuses"].get(status, 0) for status in looked_at)
    return {**said, "decoded": decoded}


def _candidates(work: Work, allowed: Sequence[str]) -> list[Segment]:
    """The segments that earlier runs committed and that lie there intact, if their rows have what this run asks for."""
    asked = fingerprints.made(work.settings.fingerprints, allowed, work.settings.views.stored)
    output = work.run.output
    stored = manifests.stored(output, work.run.run_id, work.settings.s3)
    like = [segment for segment in stored if store.covers(segment.made, asked)]
    intact = [segment for segment in like if store.is_intact(output, segment, work.settings)]
    left = {"unlike": len(stored) - len(like), "damaged": len(like) - len(intact)}
    work.run.note(revalidate={"by": None, "why": "nothing is stored"} | left)
    return intact


def _settle(work: Work, offers: DataFrame, allowed: Sequence[str]) -> None:
    """Writes `wanted`, and `unread` where there may be such rows; each step finds what a killed one has done."""
    if not work.run.has(tables.WANTED.name):
        work.run.reuse(_candidates(work, allowed))
    candidates = work.run.segments
    found = work.table(tables.WANTED, lambda: _wanted(work, wanted.images(offers), candidates, allowed))
    counted = _counted(work, found, candidates)
    live = Counter[str]()
    for (segment, _, _), images in counted.items():
        live[segment] += images
    read = [replace(segment, live=live[segment.segment]) for segment in candidates if live[segment.segment]]
    some = [segment for segment in read if segment.live < segment.rows]
    if some:
        stored = store.known(work.spark, work.run.output, some, work.settings)
        work.table(tables.UNREAD, lambda: wanted.unread(found, stored))
    work.run.reuse(read)
    _note(work, counted, len(read))


def _wanted(work: Work, images: DataFrame, candidates: Sequence[Segment], allowed: Sequence[str]) -> DataFrame:
    """`tables.WANTED`; the storage is asked for those images only that a row is stored of."""
    limits, s3 = work.settings.fingerprints, work.settings.s3
    if not candidates:
        none = F.lit(None).cast("string")
        return images.select(
            "image", "version", F.lit(wanted.NEW).alias("fate"), none.alias("segment"), none.alias("status")
        )
    stored = store.known(work.spark, work.run.output, candidates, work.settings)
    way = revalidate.choose(limits, s3, work.run.manifest["version_columns"], lambda: _first(images))
    work.run.note(revalidate=work.run.manifest["revalidate"] | {"by": way.by, "why": way.why})
    before = images.join(stored.select("image").distinct(), on="image", how="left_semi")
    return wanted.compute(images, stored, way.by, _now(work, way, before, candidates, allowed), limits)


def _now(
    work: Work, way: Way, images: DataFrame, candidates: Sequence[Segment], allowed: Sequence[str]
) -> DataFrame | None:
    """What the storage says of the images today, where that is asked for."""
    limits, s3 = work.settings.fingerprints, work.settings.s3
    if way.by == "listing":
        return revalidate.listed(images, limits, s3)
    if way.by == "head":
        rows = sum(segment.rows for segment in candidates) // revalidate.LOOKS_PER_FETCH
        return revalidate.looked_at(images, allowed, limits, s3, fingerprints.tasks(rows, limits))
    return None


def _first(images: DataFrame) -> str:
    row = images.first()
    if row is None:
        raise Fault("no image is wanted, but one is asked for")
    return str(row["image"])


def _counted(work: Work, found: DataFrame, candidates: Sequence[Segment]) -> dict[tuple[str, str, str], int]:
    """How many images have which segment (empty: none), fate and status; where nothing was stored that is known."""
    if not candidates:
        return {("", wanted.NEW, ""): work.run.rows()[tables.WANTED.name]}
    rows = found.groupBy("segment", "fate", "status").count().collect()
    return {(row["segment"] or "", row["fate"], row["status"] or ""): row["count"] for row in rows}


def _note(work: Work, counted: Mapping[tuple[str, str, str], int], segments: int) -> None:
    """What run.json says: how many images had which fate, and which statuses the reused ones have."""
    fates, statuses = Counter[str](), Counter[str]()
    for (segment, fate, status), images in counted.items():
        fates[fate] += images
        if segment:
            statuses[status] += images
    counts = {fate: fates[fate] for fate in (wanted.REUSED, wanted.NEW, wanted.CHANGED, wanted.RETRIED)}
    fetched = sum(fates.values()) - fates[wanted.REUSED]
    said = counts | {"fetched": fetched, "segments": segments, "statuses": dict(sorted(statuses.items()))}
    work.run.note(revalidate=work.run.manifest["revalidate"] | said)
