"""A value of a report is one thing that a page shows, as plain Python: what comes home from the cluster, and no more.

Counts are of everything; the things themselves are a bounded sample of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Offer:
    """One offer as a card shows it. facts: the columns of the catalogue that people tell products apart by."""

    id: str
    title: str | None
    merchant: str | None
    brand: str | None
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Picture:
    """One picture as a card shows it. name: its path below the root of the catalogue, never a path of the machine.

    content: names its thumbnail. distance, colour_difference: from the keeper of its set. hash: hex digits, for the
    distances between any two on a card. connects: it is one of those that hold the cluster together.
    """

    name: str
    content: str
    distance: int | None = None
    colour_difference: float | None = None
    joined: str = ""
    hash: str = ""
    connects: bool = False
    set_id: str = ""


@dataclass(frozen=True)
class Shown:
    """One offer with the pictures of it that a card shows."""

    offer: Offer
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class Cluster:
    """One cluster: its measures, and the first of its offers by their ids. ranks: what each order sorts it by."""

    id: str
    measures: Mapping[str, Any]
    ranks: Mapping[str, tuple[Any, ...]]
    members: Sequence[Shown]


@dataclass(frozen=True)
class Set:
    """One duplicate set: how many images it has, and the first of them from the keeper on, each with its offers."""

    id: str
    images: int
    ranks: Mapping[str, tuple[Any, ...]]
    members: Sequence[tuple[Picture, Sequence[Offer]]]


@dataclass(frozen=True)
class Pair:
    """One pair of pictures, left < right, of those `like` it: with its verdict, reason, distance and colour step."""

    left: Picture
    right: Picture
    offers: tuple[Sequence[Offer], Sequence[Offer]]
    verdict: str
    reason: str
    distance: int
    colour_difference: float
    differing_area: float | None
    like: int


@dataclass(frozen=True)
class Suspect:
    """One set of pictures that must not connect offers, with the evidence and some of the offers that show it."""

    set_id: str
    picture: Picture
    reason: str
    offers: int
    merchants: int | None
    brands: int | None
    evidence: str
    members: Sequence[Shown]


@dataclass(frozen=True)
class Reject:
    """One catalogue row that could not be used."""

    offer: str | None
    name: str
    detail: str


@dataclass(frozen=True)
class Rejected:
    """All rows that were rejected for one status: how many, and some of them."""

    stage: str
    status: str
    rows: int
    examples: Sequence[Reject]


@dataclass(frozen=True)
class Merchant:
    """One merchant: its offers, those in a cluster, and those in a cluster with another merchant."""

    name: str
    offers: int
    clustered: int
    shared: int


@dataclass(frozen=True)
class Cell:
    """Pairs of one verdict and reason, alike in distance and in whole steps of colour difference: how many."""

    verdict: str
    reason: str
    distance: int
    colour: int
    pairs: int


@dataclass(frozen=True)
class Found:
    """All that a report of one run shows. `totals` counts everything; thumbnails: content → WebP."""

    clusters: Sequence[Cluster]
    sets: Sequence[Set]
    cells: Sequence[Cell]
    pairs: Sequence[Pair]
    suspects: Sequence[Suspect]
    suspected: Mapping[str, int]
    rejected: Sequence[Rejected]
    merchants: Sequence[Merchant]
    totals: Mapping[str, int]
    thumbnails: Mapping[str, bytes] = field(repr=False)
