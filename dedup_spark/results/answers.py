"""Answers as a notebook shows them: the pictures that were asked for, and the stored ones near each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dedup_spark.commands import query
from dedup_spark.report import named
from dedup_spark.report.discretion import Discretion
from dedup_spark.report.gather import Tables
from dedup_spark.report.values import Offer, Picture
from dedup_spark.results import fragment
from dedup_spark.settings import Report

ASKED, NEAR = 8, 8
"""Asked images that are shown, at most, and answers of each: the first and the nearest ones."""


@dataclass(frozen=True)
class Answer:
    """One stored picture within the threshold: how far it is (bits, ΔE), the verdict, and who shows it.

    image: where it lies. first: the ids of the first of the `shown_by` offers; offers: some of them as cards, of an
    answer that is shown.
    """

    image: str
    picture: Picture
    distance: int
    colour_difference: float
    verdict: str
    reason: str
    first: Sequence[str]
    shown_by: int
    offers: Sequence[Offer] = ()


@dataclass(frozen=True)
class Asked:
    """One asked image, as it was named, and what it is called here; bad: why it could not be compared, else empty."""

    image: str
    name: str
    picture: Picture | None
    bad: str
    answers: Sequence[Answer]


@dataclass(frozen=True, repr=False)
class Answers:
    """What was asked, each with all of its answers, the nearest first. thumbnails: of those that are shown."""

    asked: Sequence[Asked]
    thumbnails: Mapping[str, bytes] = field(compare=False)

    def __repr__(self) -> str:
        near = sum(len(one.answers) for one in self.asked)
        return f"<{near:,} stored picture{'s' if near != 1 else ''} near {len(self.asked):,} that were asked for>"

    def _repr_html_(self) -> str:
        return fragment.rendered("answers.html", self.thumbnails, asked=self.asked, most=ASKED, near=NEAR)


def made(found: Sequence[query.Asked], of: Tables, chosen: Report, seen: Discretion) -> Answers:
    """The answers of a query, with the pictures of those that are shown: one query more."""
    first = [(row["image"], row["content"]) for one in found[:ASKED] for row in one.answers[:NEAR]]
    stored, thumbnails = named.images(of, first, chosen, seen)
    offers = {image: beside for (image, _), (_, beside) in zip(first, stored, strict=True)}
    asked = [_asked(one, offers, seen) for one in found]
    own = {} if chosen.sanitised else {one.content: one.thumbnail for one in found[:ASKED]}
    known = {content: bytes(small) for content, small in own.items() if content is not None and small is not None}
    return Answers(asked, {**known, **thumbnails})


def _asked(one: query.Asked, offers: Mapping[str, Sequence[Offer]], seen: Discretion) -> Asked:
    name = seen.name(one.image)
    picture = Picture(name, one.content) if one.status == "ok" and one.content else None
    bad = "" if picture else seen.text(one.bad)
    return Asked(one.image, name, picture, bad, [_answer(row, offers, seen) for row in one.answers])


def _answer(row: Any, offers: Mapping[str, Sequence[Offer]], seen: Discretion) -> Answer:
    picture = Picture(seen.name(row["image"]), row["content"])
    far = row["distance"], row["colour_difference"], row["verdict"], row["reason"]
    return Answer(row["image"], picture, *far, row["first"], row["offers"], offers.get(row["image"], ()))
