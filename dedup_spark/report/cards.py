"""A card is what a page shows of one cluster, set, pair or suspect: made here from the rows that came home."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dedup_spark.comparing.verdict import DUPLICATE, VETOED
from dedup_spark.report.discretion import Discretion, short
from dedup_spark.report.samples import EXAMPLES, ORDERS, ORDERS_OF_SETS
from dedup_spark.report.values import (
    Cell,
    Cluster,
    Merchant,
    Offer,
    Pair,
    Picture,
    Reject,
    Rejected,
    Set,
    Shown,
    Suspect,
)

CLUSTER, SUSPECT, IMAGE, OFFER = "cluster", "suspect", "image", "offer"
"""What the rows that came home are of: their `kind`."""

SIDES = ("left_image", "right_image")

MEASURES = ("offers", "sets", "merchants", "along", "across", "diameter", "bridges", "density", "conflicts")

WORD_DIGITS = 16
WORD_MASK = (1 << 4 * WORD_DIGITS) - 1  # a long as it stands in a table is signed


class Cards:
    """The rows that came home by what they are of. rows: of `samples.described`, with their `kind`.

    columns: what the `facts` of a row are called.
    """

    def __init__(self, rows: Sequence[Any], columns: Sequence[str], seen: Discretion) -> None:
        self._columns, self._seen = columns, seen
        self._of: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for row in sorted(rows, key=_order):
            self._of[row["kind"], row["card"]].append(row)

    def thumbnails(self) -> dict[str, bytes]:
        """Content → WebP, of the pictures that have one."""
        return {
            row["content"]: bytes(row["thumbnail"])
            for rows in self._of.values()
            for row in rows
            if row["thumbnail"] is not None
        }

    def cluster(self, row: Any) -> Cluster:
        """The card of a cluster. row: of `samples.clusters`."""
        ranks = {order: tuple(row[order]) for order in ORDERS}
        measures = {name: row[name] for name in MEASURES}
        return Cluster(row["cluster_id"], measures, ranks, self._members(CLUSTER, row["cluster_id"]))

    def sets(self, rows: Sequence[Any]) -> list[Set]:
        """The cards of sets. rows: of `samples.sets`, an image each."""
        of_set: dict[str, list[Any]] = defaultdict(list)
        for row in sorted(rows, key=from_keeper):
            of_set[row["set_id"]].append(row)
        return [self._set(group) for group in of_set.values()]

    def lone(self, image: str) -> Set | None:
        """The card of a picture that has no duplicate; None where no offer shows such an image."""
        rows = self._of[IMAGE, image]
        if not rows:
            return None
        picture, offers = self.stored(image, rows[0]["content"])
        return Set(picture.content, 1, {}, [(picture, offers)])

    def stored(self, image: str, content: str) -> tuple[Picture, list[Offer]]:
        """A picture, and some of the offers that show this image of it."""
        return self._picture_of(image, content), self._offers(image)

    def shown(self, card: str) -> Shown:
        """The offer of that card with the picture that was asked for."""
        (shown,) = self._members(OFFER, card)
        return Shown(shown.offer, shown.pictures[:1])

    def pair(self, row: Any) -> Pair:
        """The card of a pair. row: of `near`."""
        left, right = (self._picture_of(row[side], row[side.replace("image", "content")]) for side in SIDES)
        offers = self._offers(row[SIDES[0]]), self._offers(row[SIDES[1]])
        kind = row["verdict"], row["words"], row["distance"]
        return Pair(left, right, offers, *kind, row["colour_difference"], row["differing_area"], row["pairs"])

    def suspects(self, rows: Sequence[Any]) -> list[Suspect]:
        """The cards of suspects. rows: of `largest`."""
        return [self._suspect(row) for row in rows]

    def _members(self, kind: str, card: str) -> list[Shown]:
        of_offer: dict[str, list[Any]] = defaultdict(list)
        for row in self._of[kind, card]:
            of_offer[row["offer"]].append(row)
        return [Shown(self._offer(rows[0]), [self._picture(row) for row in rows]) for rows in of_offer.values()]

    def _set(self, rows: Sequence[Any]) -> Set:
        members = [(self._kept(row), self._offers(row["image"])) for row in rows]
        ranks = {order: tuple(rows[0][order]) for order in ORDERS_OF_SETS}
        return Set(rows[0]["set_id"], rows[0]["images"], ranks, members)

    def _suspect(self, row: Any) -> Suspect:
        found = row["set"]
        picture = Picture(self._seen.name(found["image"]), found["set_id"], set_id=found["set_id"])
        members = self._members(SUSPECT, found["set_id"])
        pictures = [picture for shown in members for picture in shown.pictures]
        counts = found["offers"], found["merchants"], found["brands"]
        evidence = self._seen.text(found["evidence"])
        return Suspect(found["set_id"], (pictures or [picture])[0], row["reason"], *counts, evidence, members)

    def _offers(self, image: str) -> list[Offer]:
        return [self._offer(row) for row in self._of[IMAGE, image]]

    def _offer(self, row: Any) -> Offer:
        said = ((name, value) for name, value in zip(self._columns, row["facts"], strict=True) if value is not None)
        facts = {name: short(value) for name, value in said}
        title, brand = (None if row[name] is None else short(row[name]) for name in ("title", "brand"))
        return Offer(row["offer"], title, self._seen.merchant(row["merchant"]), brand, facts)

    def _picture(self, row: Any) -> Picture:
        far = row["distance"], row["colour_difference"], row["joined"]
        name = self._seen.name(row["image"])
        return Picture(name, row["content"], *far, digits(row["words"]), row["connects"], row["set_id"])

    def _picture_of(self, image: str, content: str) -> Picture:
        return Picture(self._seen.name(image), content)

    def _kept(self, row: Any) -> Picture:
        far = row["distance"], row["colour_difference"], row["reason"]
        return Picture(self._seen.name(row["image"]), row["content"], *far, set_id=row["set_id"])


def near(rows: Sequence[Any], cards: int) -> list[dict[str, Any]]:
    """The pairs worth a look: of each reason to keep two pictures apart, or to ask, some from the nearest colours to
    the farthest; of those merged, those of the farthest. rows: of `samples.pairs`.
    """
    pairs = [row["pair"].asDict() | row.asDict() for row in rows]
    of_reason: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda pair: (pair["colour_difference"], pair["distance"], pair["draw"])):
        of_reason[pair["verdict"], "" if pair["verdict"] == DUPLICATE else pair["reason"]].append(pair)
    merged = of_reason.pop((DUPLICATE, ""), [])
    apart = (_spread(of_reason[key], -(-cards // len(of_reason))) for key in sorted(of_reason, key=_worst))
    return [*(pair for group in apart for pair in group), *merged[::-1][: cards // 2]]


def cells(rows: Sequence[Any]) -> list[Cell]:
    """All pairs, by what they have in common. rows: of `samples.pairs`."""
    names = ("verdict", "reason", "distance", "colour", "pairs")
    return [Cell(*found) for found in sorted(tuple(row[name] for name in names) for row in rows)]


def suspected(rows: Sequence[Any]) -> dict[str, int]:
    """How many images are suspect for which reason, the most frequent first. rows: of `samples.suspects`."""
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row["reason"]] += row["images"]
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))


def largest(rows: Sequence[Any]) -> list[Any]:
    """Of each reason to suspect a picture those of the most offers, which come first. rows: of `samples.suspects`."""
    told: dict[str, int] = defaultdict(int)
    chosen = []
    for row in sorted(rows, key=lambda row: (-row["set"]["offers"], row["set"]["set_id"])):
        told[row["reason"]] += 1
        if told[row["reason"]] <= EXAMPLES:
            chosen.append(row)
    return chosen


def rejected(rows: Sequence[Any], seen: Discretion) -> list[Rejected]:
    """The statuses of rejected rows, in the order of the flow, the most frequent first. rows: of `samples.rejects`."""
    of_status: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["stage"], row["status"], row["example"]["draw"])):
        of_status[row["stage"], row["status"]].append(row)
    told = [Rejected(*of, sum(row["rows"] for row in group), _examples(group, seen)) for of, group in of_status.items()]
    return sorted(told, key=lambda of: (of.stage, -of.rows, of.status))


def merchants(rows: Sequence[Any], seen: Discretion) -> list[Merchant]:
    """The merchants, those first that share most. rows: of `samples.merchants`."""
    order = ("shared", "clustered", "offers")
    sold = sorted(rows, key=lambda row: (*(-row[name] for name in order), row["merchant"]))
    return [Merchant(str(seen.merchant(row["merchant"])), *(row[name] for name in reversed(order))) for row in sold]


def from_keeper(row: Any) -> tuple[bool, int, str]:
    """The order of the images of a set: its keeper, then those nearest to it. row: of `samples.sets`."""
    return row["reason"] != "keeper", row["distance"], row["image"]


def digits(words: Sequence[int] | None) -> str:
    """A hash as hex digits, of which two can be compared in a browser.

    >>> digits([1, -1])
    '0000000000000001ffffffffffffffff'
    """
    return "".join(f"{word & WORD_MASK:0{WORD_DIGITS}x}" for word in words or ())


def _examples(rows: Sequence[Any], seen: Discretion) -> list[Reject]:
    few = (row["example"] for row in rows[:EXAMPLES])
    return [Reject(row["id"], seen.name(row["image"]), seen.text(row["detail"])) for row in few]


def _order(row: Any) -> tuple[Any, ...]:
    return row["offer"], not row["connects"], row["distance"] or 0, row["image"]


def _spread(pairs: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """So many of them, evenly, the first among them."""
    return pairs if len(pairs) <= most else [pairs[place * len(pairs) // most] for place in range(most)]


def _worst(key: tuple[str, str]) -> tuple[bool, str]:
    return key[0] == VETOED, key[1]  # what a person is asked about comes first
