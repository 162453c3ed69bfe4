"""What is named is gathered for itself: the one cluster, set, or few offers and images that somebody asks for.

The cards are those of the report, each with its thumbnails (content → WebP), in a query or two.
"""

from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import functions as F

from dedup_spark.errors import BadInput
from dedup_spark.report import cards, gather, samples
from dedup_spark.report.discretion import Discretion
from dedup_spark.report.gather import Tables
from dedup_spark.report.values import Cluster, Offer, Picture, Set, Shown
from dedup_spark.settings import Report

Thumbnails = Mapping[str, bytes]


def text(value: object, what: str) -> str:
    r"""The id or name that somebody asks for, as a text. Raises `BadInput` for what no table can hold.

    >>> text(7, "cluster")
    '7'
    >>> text("\ud800", "cluster")
    Traceback (most recent call last):
    dedup_spark.errors.BadInput: cluster '\ud800': must be valid Unicode
    """
    said = str(value)
    try:
        said.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{what} {said!r}: must be valid Unicode") from None
    return said


def cluster(
    of: Tables, name: str, chosen: Report, seen: Discretion, conflicts: bool = False
) -> tuple[Cluster, Thumbnails] | None:
    """The card of the cluster of that id; None where there is none. conflicts: whether the run has any."""
    conflicted = samples.conflicted(of.conflicts, of.shows, of.clusters) if conflicts else None
    ranked = samples.ranked(of.measures, conflicted, chosen.seed)
    row = ranked.where(F.col("cluster_id") == name).first()
    if row is None:
        return None
    told = gather.described(of, chosen, seen, gather.of_clusters(of, [name]))
    return told.cluster(row), told.thumbnails()


def copies(of: Tables, names: Sequence[str], chosen: Report, seen: Discretion) -> tuple[Set, int, Thumbnails] | None:
    """The set of the image of one of these names, with the place of that image in it; alone where it has no duplicate.

    None where the run has no such image with a usable picture.
    """
    rows = sorted(samples.set_of(of.duplicate_sets, names, chosen.seed).collect(), key=cards.from_keeper)
    images = [row["image"] for row in rows] or names
    told = gather.described(of, chosen, seen, gather.of_images(of, images))
    if rows:
        (found,) = told.sets(rows)
        return found, next(place for place, image in enumerate(images) if image in names), told.thumbnails()
    alone = (told.lone(name) for name in names)
    return next(((one, 0, told.thumbnails()) for one in alone if one is not None), None)


def offers(
    of: Tables, shown: Sequence[tuple[str, str]], chosen: Report, seen: Discretion
) -> tuple[list[Shown], Thumbnails]:
    """These offers (ids as texts), each with one image that it shows, in their order."""
    named = [(str(place), *one) for place, one in enumerate(shown)]
    told = gather.described(of, chosen, seen, gather.of_offers(of, named))
    return [told.shown(card) for card, _, _ in named], told.thumbnails()


def images(
    of: Tables, wanted: Iterable[tuple[str, str]], chosen: Report, seen: Discretion
) -> tuple[list[tuple[Picture, list[Offer]]], Thumbnails]:
    """These images, each with its content, in their order, with some of the offers that show them."""
    asked = list(wanted)
    told = gather.described(of, chosen, seen, gather.of_images(of, {image for image, _ in asked}))
    return [told.stored(*one) for one in asked], told.thumbnails()
