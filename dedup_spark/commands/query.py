"""An answer is one stored picture within the threshold of an asked one: how far it is, the verdict, who shows it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark import fingerprints, forms
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.io import locations
from dedup_spark.output import manifests, runs, store
from dedup_spark.pairs import matches
from dedup_spark.settings import Settings, load
from dedup_spark.spark import session

OFFERS = 5
"""How many an answer names: it is one line."""


@dataclass(frozen=True)
class Asked:
    """One asked image, as it was named: what became of it, and the stored pictures near it, the nearest first.

    answers: rows of `matches.find` with those of `offers`.
    """

    image: str
    status: str
    detail: str | None
    content: str | None
    thumbnail: bytes | None
    answers: Sequence[Any]

    @property
    def bad(self) -> str:
        """Why it cannot be compared."""
        return f"{self.status}: {self.detail}" if self.detail else self.status


def chosen(output: str, here: Settings, configs: Sequence[str], overrides: Sequence[str]) -> Settings:
    """The settings to ask the current run of OUTPUT with.

    What decides rows (limits, decoding) is as that run was made, unless `--config` or `--set` says otherwise; where
    and how the question is worked out is as the command says (`here`), as for every command.
    """
    manifest = manifests.open(locations.folder(output, "OUTPUT"), None, here.s3)
    return load(configs, overrides, manifest.get("settings"))


def listed(file: str) -> list[str]:
    """The images that a text file names, one a line; blank lines are passed over. `BadInput` where there is none."""
    try:
        images = [line.strip() for line in Path(file).read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read as a text file of images, one a line: {error}") from error
    if not images:
        raise BadInput(f"{file} names no image: must have one a line")
    return images


def lines(output: str, images: Sequence[str], settings: Settings) -> Iterator[str]:
    """The answers as text: each asked image, of thousands as of one, with the stored pictures near it, nearest first.

    Raises `BadInput` when nothing is published in OUTPUT, or a path is no location.
    """
    paths = canonical(images)
    with session.opened(settings) as spark:
        found = asked(paths, lambda table: runs.read(output, table, spark=spark, settings=settings), spark, settings)
    for one in found:
        said = f"{len(one.answers)} stored pictures near it" if one.status == "ok" else one.bad
        yield f"{one.image}: {said}"
        for answer in one.answers:
            yield (
                f"  {answer['image']}  distance {answer['distance']}, colour difference "
                f"{answer['colour_difference']:.1f}: {answer['verdict']} ({answer['reason']}), {_offers(answer)}"
            )


def canonical(images: Iterable[str | PathLike[str]]) -> dict[str, str]:
    """Canonical path → the image as it was named. Raises `BadInput` for what is no location."""
    return {_path(image): str(image) for image in images}


def asked(
    paths: Mapping[str, str], of_run: Callable[[str], DataFrame], spark: SparkSession, settings: Settings
) -> list[Asked]:
    """What was asked, in its order, with the answers. paths: see `canonical`; of_run: reads a table of the run."""
    prints = fingerprint(list(paths), spark, settings)
    stored = of_run("fingerprints")
    found = matches.find(prints, prints, stored, of_run("thumbnails"), settings)
    shows = offers(of_run("catalogue"), stored)
    near = found.join(shows, on="content", how="left").orderBy("distance", "image").collect()
    told = {row["image"]: row for row in prints.select("image", "status", "detail", "content", "thumbnail").collect()}
    found_by = defaultdict(list)
    for answer in near:
        found_by[answer["asked"]].append(answer)
    return [_asked(image, told[path], found_by[path]) for path, image in paths.items()]


def fingerprint(paths: Sequence[str], spark: SparkSession, settings: Settings) -> DataFrame:
    """The fingerprints of these canonical paths, as `store.FETCHED`; nothing is stored."""
    tasks = fingerprints.tasks(len(paths), settings.fingerprints)
    images = spark.createDataFrame([(path,) for path in paths], "image string").repartition(tasks)
    allowed = sorted({locations.place(path) for path in paths})
    seen = settings.fingerprints, settings.s3, settings.views.stored
    rows = fingerprints.compute(images, allowed, *seen).collect()  # as many as were asked
    return spark.createDataFrame(rows, store.FETCHED)


def offers(catalogue: DataFrame, stored: DataFrame) -> DataFrame:
    """`content`, `offers` (how many show it), `first` (the first few, as texts)."""
    usable = catalogue.where(F.col("status").isin("ok", "same_row"))
    shown = usable.join(forms.usable(stored), on="image", how="inner")
    named = shown.select("content", forms.as_text(shown, "id").alias("offer")).distinct()
    listed = F.slice(F.sort_array(F.collect_list("offer")), 1, OFFERS)
    return named.groupBy("content").agg(F.count("*").alias("offers"), listed.alias("first"))


def _asked(image: str, row: Any, answers: Sequence[Any]) -> Asked:
    return Asked(image, row["status"], row["detail"], row["content"], row["thumbnail"], answers)


def _path(image: str | PathLike[str]) -> str:
    try:
        return locations.of_person(image)
    except BadImage as bad:
        raise BadInput(f"image {str(image)!r} cannot be asked for: {bad.detail}") from None


def _offers(answer: Any) -> str:
    more = f" and {answer['offers'] - len(answer['first'])} more" if answer["offers"] > len(answer["first"]) else ""
    return f"offers {', '.join(answer['first'])}{more}"
