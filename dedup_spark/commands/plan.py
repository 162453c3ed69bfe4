"""A forecast is what a run over a catalogue would cost, told by a timed sample before it costs anything.

A few hundred of its images are fetched and hashed here (`trial`); how many pairs will have to be compared is told by
their hashes, or by those of an earlier run (`pricing`). Nothing is written.
"""

import dataclasses
import json
import math
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark import catalogue, components, fingerprints, source, wanted
from dedup_spark.bands import pricing
from dedup_spark.bands.pricing import Priced, Sample
from dedup_spark.commands import trial
from dedup_spark.commands.trial import Mean, Trial
from dedup_spark.comparing import view_pairs
from dedup_spark.comparing.verdict import CHANNELS
from dedup_spark.errors import BadInput
from dedup_spark.images import ways
from dedup_spark.io import fetch
from dedup_spark.io.fetch import Fetched
from dedup_spark.output import runs
from dedup_spark.pairs import hash_sample
from dedup_spark.settings import Settings
from dedup_spark.spark import session

HOUR, GIGABYTE, MEGABYTE = 3600, 10**9, 10**6
WORKER = 250 * MEGABYTE  # of a Python worker with numpy, scipy, pyarrow and Pillow loaded, and a batch of squares
EDGE_TEXT = 64  # bytes of the names of two pictures
OFF = 20
"""By which factor the candidates said from n hashes may be off, beyond 1: OFF / sqrt(n). Measured with 200 to 10,000 of
200,000 hashes at t = 10 and 14: three quarters of the samples were within half of it. Copies are told apart from this:
a sample sees hardly any, and each pair of them adds at most as many candidates as there are bands."""


@dataclasses.dataclass(frozen=True)
class Forecast:
    """What a run would cost.

    rows: of the catalogue, found: its distinct images. images: to fetch, as found or as asked. bytes: of all of them.
    hash_hours, fetch_hours: core-hours of the workers, without what Spark adds; hash_hours by the way to decode.
    usable, statuses: of the images tried. search: the priced plan. by_views: the
    search by views with it; None: none meet. search_off: by which factor its candidates may be
    off (OFF). edges: pairs of copies. carrier: who finds the components, and why. worker_bytes: of memory that a core
    needs. tried: images. hashes: those that told the candidates.
    """

    rows: int
    found: int
    images: int
    bytes: Mean
    hash_hours: dict[str, Mean]
    fetch_hours: float
    usable: float
    statuses: dict[str, int]
    search: Priced
    by_views: Priced | None
    search_off: float
    edges: int
    carrier: tuple[str, str]
    worker_bytes: int
    tried: int
    hashes: int


def forecast(
    offers: str | DataFrame,
    settings: Settings,
    images: int | None = None,
    output: str | None = None,
    spark: SparkSession | None = None,
) -> Forecast:
    """What a run over the catalogue would cost; with `images` one of so many distinct images like these.

    output: where an earlier run on such pictures was published, whose hashes then say how many pairs there are.

    Raises `BadInput` for a catalogue or OUTPUT that is none, or without an image to fetch; `StorageFailed` where
    credentials are refused. Cost: a pass over the catalogue's two columns, and the images of the trial; where the
    catalogue holds their bytes, a second pass for these.
    """
    found = source.find(offers, settings)
    root, allowed = source.places(found, settings)
    with session.opened(settings) if spark is None else nullcontext(spark) as active:
        rows = source.read(found, active, settings)
        catalogue.check(rows, settings.catalogue)
        listed = catalogue.compute(rows, root, allowed, settings.catalogue)
        named = wanted.images(listed)
        counted = listed.select(F.count("*"), F.countDistinct(F.when(F.col("status") == "ok", F.col("image")))).first()
        assert counted is not None
        chosen = named.orderBy(F.xxhash64("image"), "image").limit(trial.SIZE).collect()  # as many as are tried
        if not chosen:
            raise BadInput(f"catalogue {found.name} names no image that may be fetched: try `dedup-spark run`")
        stored = None if output is None else _stored(output, active, settings)
        connect = session.is_connect(active)
        images_tried = _images(rows, [row["image"] for row in chosen], allowed, settings)
        tried = trial.run(images_tried, settings.fingerprints, _ways(settings), view_pairs.of(settings.views))
    wished = counted[1] if images is None else images
    return _said(tried, stored, (counted[0], counted[1], wished), connect, settings)


def text(forecast: Forecast, settings: Settings, price: float | None = None) -> str:
    """The forecast as lines that a person reads. price: of a core for an hour, in any currency."""
    search, size = forecast.search, forecast.bytes
    hashing = forecast.hash_hours[settings.fingerprints.decode]
    hours = Mean(hashing.value + forecast.fetch_hours, hashing.off)
    bad = {word: count for word, count in sorted(forecast.statuses.items()) if word != "ok"}
    unusable = f"; unusable: {', '.join(f'{word} {count:,}' for word, count in bad.items())}" if bad else ""
    lines = [
        f"catalogue   {forecast.rows:,} rows, {forecast.found:,} distinct images; forecast for {forecast.images:,}",
        f"trial       {forecast.tried:,} images on this machine{unusable}",
        f"fetch       {_about(size, GIGABYTE)} GB, {forecast.fetch_hours:,.3g} core-hours",
        f"hash        {_about(hashing)} core-hours (decode = {settings.fingerprints.decode})",
    ]
    lines += [_other(way, mean, hashing) for way, mean in forecast.hash_hours.items() if mean is not hashing]
    if price is not None:
        lines.append(f"price       {_about(hours, 1 / price)} for fetching and hashing")
    lines += [
        f"pairs       {search.plan}",
        f"            {search.rows:,} rows shuffled, {search.bytes / GIGABYTE:,.3g} GB",
        f"            {search.candidates:,} candidates ({search.per_image:,.1f} a picture), largest bucket "
        f"{search.largest_bucket:,} rows: by {forecast.hashes:,} hashes, within a factor of {forecast.search_off:.2g}",
        *_by_views(forecast.by_views),
        f"components  {forecast.edges:,} pairs of copies: {': '.join(forecast.carrier)}",
        f"memory      {forecast.worker_bytes / MEGABYTE:,.0f} MB for each core of an executor, beside Spark's own",
    ]
    return "\n".join(lines)


def _by_views(priced: Priced | None) -> list[str]:
    """What the search by views adds."""
    if priced is None:
        return []
    cost = f"{priced.rows:,} rows shuffled, {priced.bytes / GIGABYTE:,.3g} GB, {priced.candidates:,} candidates"
    return [f"views       {cost}, largest bucket {priced.largest_bucket:,} rows"]


def as_json(forecast: Forecast) -> str:
    """The forecast for machines."""
    priced = {name: _facts(getattr(forecast, name)) for name in ("search", "by_views")}
    return json.dumps(dataclasses.asdict(forecast) | priced, indent=2)


def _facts(priced: Priced | None) -> dict[str, Any] | None:
    """What is said of the price of a search; None: there is none."""
    if priced is None:
        return None
    plan = priced.plan
    facts = {"plan": str(plan), "bands": len(plan.bands), "rows": priced.rows, "bytes": priced.bytes}
    return dataclasses.asdict(priced) | facts


def _images(rows: DataFrame, names: Sequence[str], allowed: Sequence[str], settings: Settings) -> Generator[Fetched]:
    """The images of these names, as the workers get them: fetched, or taken out of the catalogue that holds them."""
    limits = settings.fingerprints
    if not settings.catalogue.image_bytes:
        yield from fetch.fetch(names, limits, settings.s3, allowed)
        return
    held = catalogue.held(rows, settings.catalogue).where(F.col("image").isin(*names))
    for row in fingerprints.each_once(held).toLocalIterator():
        yield Fetched(row["image"], fingerprints.within(row["data"], limits), None)


def _ways(settings: Settings) -> list[str]:
    """The way of the settings first, then the others that could be chosen here."""
    chosen = settings.fingerprints.decode
    return [chosen, *(way for way in ways.names() if way != chosen)]


def _stored(output: str, spark: SparkSession, settings: Settings) -> Sample:
    """Hashes of the current run of an output."""
    prints = runs.read(output, "fingerprints", spark=spark, settings=settings)
    return hash_sample.draw(fingerprints.distinct_pictures(prints))


def _said(
    tried: Trial,
    stored: Sample | None,
    counts: tuple[int, int, int],
    connect: bool,
    settings: Settings,
) -> Forecast:
    rows, found, images = counts
    usable = tried.usable()
    hashes = np.unique(tried.hashes(), axis=0)
    distinct = len(hashes) / max(1, tried.images)  # of the images; the others are unusable, flat or equal to one
    sample = stored or Sample(hashes, max(len(hashes), round(found * distinct)))
    search = pricing.choose(sample, settings.candidate_pairs.max_distance, max(1, round(images * distinct)))
    edges = pricing.copies(sample, search)
    times = images / max(1, tried.images)
    rulers = {ruler: np.array(words, dtype=np.int64) for ruler, words in tried.rulers.items()}
    by_views = pricing.by_rulers(rulers, times, search.plan, CHANNELS) if rulers else None
    carrier = components.choose(edges, EDGE_TEXT * edges, session.memory(), connect, settings.components)
    limits = settings.fingerprints
    return Forecast(
        rows,
        found,
        images,
        tried.bytes().times(images),
        {way: tried.hashing(way).times(images / HOUR) for way in tried.hash_seconds},
        tried.fetching() * images / HOUR,
        usable,
        dict(Counter(tried.statuses)),
        search,
        by_views,
        1 + OFF / math.sqrt(max(1, len(sample.words))),
        edges,
        carrier,
        WORKER + limits.in_flight * max(tried.sizes, default=0) + tried.largest_picture,
        tried.images,
        len(sample.words),
    )


def _other(way: str, mean: Mean, chosen: Mean) -> str:
    """What another way to decode would save of the chosen one's core-hours, or cost."""
    saved, off = chosen.value - mean.value, math.hypot(chosen.off, mean.off)
    said = f"save {_about(Mean(saved, off))} core-hours" if saved > 0 else f"cost {_about(Mean(-saved, off))} more"
    return f"            decode = {way} would {said}; its hashes are of another version"


def _about(mean: Mean, unit: float = 1.0) -> str:
    return f"{mean.value / unit:,.3g} ± {mean.off / unit:,.2g}"
