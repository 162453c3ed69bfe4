"""A view verdict is a verdict on two pictures by whatever views of them meet.

Whole pictures that pass are one, whatever else meets. Where they are vetoed, the best of their other view pairs may
know better, if it is nearer than they are: the views are judged by all that their squares show (`views`). So a copy
that was padded or cropped is found, and one of which a few pixels were cut off, which makes the whole pictures differ a
little everywhere. Without views that meet (`ViewPairs`) this is `verdict`, row for row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup_spark.comparing import squares, verdict, views
from dedup_spark.comparing.squares import NO_VIEW
from dedup_spark.comparing.verdict import DUPLICATE, VETOED, Compared, Features, Limits
from dedup_spark.comparing.views import Shown
from dedup_spark.hashing import bits
from dedup_spark.images.views import WHOLE

FACTS = """distance int, colour_difference double, verdict string, reason string, by_left string, by_right string,
by_distance int"""
"""What `Met.columns` says of a pair, as Spark has it."""

STRANGERS = ("distance", "no stable channel")
"""The reasons of whole pictures that are not near."""

VIEW, TURNED = "view", "turned"
FAR = np.iinfo(np.int64).max
BITS, PLACES = 10, 20  # binary digits of a distance, and of the order of all view pairs


class ViewPair(NamedTuple):
    """Two views, and by how many bits their hashes differ."""

    left: str
    right: str
    distance: int


class First(NamedTuple):
    """What `compare` says of one pair: of the whole pictures, and the best other view pair, None where none may know
    better.
    """

    distance: int
    colour_difference: float
    verdict: str
    reason: str
    by_views: ViewPair | None = None


class Looked(NamedTuple):
    """What the second look says of a pair: through which views, and the area that differs (NaN: not seen)."""

    left_view: str
    right_view: str
    distance: int
    colour_difference: float
    area: float
    verdict: str
    reason: str


@dataclass(frozen=True)
class Met:
    """What came out for n pairs: of the whole pictures, row by row, and the best other view pair by row."""

    compared: Compared
    by_views: dict[int, ViewPair]

    def rows(self) -> NDArray[np.int64]:
        """The pairs that are to be looked at again: all others are vetoed."""
        passed = np.flatnonzero(self.compared.verdict == DUPLICATE)
        return np.union1d(passed, np.fromiter(self.by_views, np.int64))

    def first(self, row: int) -> First:
        found = self.compared
        far = int(found.distance[row]), float(found.colour_difference[row])
        return First(*far, found.verdict[row], found.reason[row], self.by_views.get(row))

    def columns(self) -> dict[str, Any]:
        """What was found, column by column: null where no other view pair may know better."""
        found = {name: getattr(self.compared, name) for name in ("distance", "colour_difference", "verdict", "reason")}
        pairs = [self.by_views.get(row) for row in range(len(self.compared.distance))]
        return found | {f"by_{name}": [pair and getattr(pair, name) for pair in pairs] for name in ViewPair._fields}


def compare(left: Features, right: Features, limits: Limits) -> Met:
    """The verdicts on n pairs of pictures: row i of `left` against row i of `right`; one row may stand against many."""
    found = verdict.compare(left, right, limits)
    count, names = len(found.distance), limits.views.names()
    best, chosen, apart = np.full(count, FAR), np.full(count, -1), np.zeros(count, np.int64)
    for number, (distance, usable) in enumerate(_near(left, right, limits)):
        rank = _rank(distance, *names[number], limits)
        better = usable & (distance < found.distance) & (rank < best)
        best[better], chosen[better], apart[better] = rank[better], number, distance[better]
    rows = np.flatnonzero(chosen >= 0).tolist()
    met = {row: (*names[chosen[row]], int(apart[row])) for row in rows}
    return Met(found, {row: ViewPair(*pair) for row, pair in met.items()})


def near(left: Features, right: Features, limits: Limits) -> NDArray[np.bool_]:
    """Which pairs the hashes let pass, whole or by views: what `compare` lets pass is among them."""
    found = verdict.near(left, right, limits)
    for _, usable in _near(left, right, limits):
        found |= usable
    return found


def look_again(
    pairs: Sequence[First], left: Sequence[bytes | None], right: Sequence[bytes | None], limits: Limits
) -> list[Looked]:
    """The second look at n pairs that are not vetoed for good. The reason is that of a refusal, or the view pair in
    words; where whole pictures pass it is that of `compare`.

    left, right: their squares (`squares.pack`), None where there is none; a square of one view is seen in this.
    """
    ours, theirs = _shown(left), _shown(right)
    found = _whole(pairs, ours, theirs, limits)
    for row, looked in _by_views(pairs, ours, theirs, found, limits):
        if looked.verdict != VETOED or found[row].reason in STRANGERS:
            found[row] = looked
    return found


def _shown(side: Sequence[bytes | None]) -> list[Shown]:
    return [Shown(NO_VIEW, None) if square is None else squares.shown(square) for square in side]


def _rank(distance: NDArray[np.int64], left: str, right: str, limits: Limits) -> NDArray[np.int64]:
    """Which view pair of a row is the best, the smallest: those for people to judge last."""
    far, place = views.order(0, left, right)
    for_people = int(limits.views.is_for_review(left, right)) << BITS
    return np.asarray(((for_people + far + distance) << PLACES) + place)


def _near(left: Features, right: Features, limits: Limits) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Of each view pair that may meet the distances, and where both are there and near; none without views."""
    ours, theirs = left.views, right.views
    if ours is None or theirs is None or min(ours.count, theirs.count) < len(limits.views.stored):
        return
    for one, other in limits.views.met():
        distance = bits.distance(ours.words[:, one], theirs.words[:, other])
        usable = (ours.usable >> one) & (theirs.usable >> other) & 1 == 1
        yield distance, usable & (distance <= limits.view_distance())


def _whole(pairs: Sequence[First], left: Sequence[Shown], right: Sequence[Shown], limits: Limits) -> list[Looked]:
    """What is said of the whole pictures, those that pass looked at again."""
    passed = [row for row, pair in enumerate(pairs) if pair.verdict == DUPLICATE and left[row].view == NO_VIEW]
    colours = np.array([pairs[row].colour_difference for row in passed])
    ours, theirs = ([side[row].square for row in passed] for side in (left, right))
    looked = zip(*verdict.look_again(colours, ours, theirs, limits), strict=True)
    said = dict(zip(passed, looked, strict=True))
    found = []
    for row, pair in enumerate(pairs):
        area, word, refusal = said.get(row, (np.nan, VETOED, pair.reason))
        facts = pair.distance, pair.colour_difference, float(area), word, refusal or pair.reason
        found.append(Looked(WHOLE, WHOLE, *facts))
    return found


def _by_views(
    pairs: Sequence[First], left: Sequence[Shown], right: Sequence[Shown], whole: Sequence[Looked], limits: Limits
) -> Iterator[tuple[int, Looked]]:
    """What the best other view pair has to say, where the whole pictures are vetoed."""
    asked: dict[int, ViewPair] = {}
    for row, (first, looked) in enumerate(zip(pairs, whole, strict=True)):
        if left[row].view != NO_VIEW:  # both are views of a family, each a picture of its own
            asked[row] = ViewPair(left[row].view, right[row].view, first.distance)
        elif first.by_views and looked.verdict == VETOED:
            asked[row] = first.by_views
    if not asked:
        return
    ours = [replace(left[row], view=pair.left) for row, pair in asked.items()]
    theirs = [replace(right[row], view=pair.right) for row, pair in asked.items()]
    judged = views.judge(ours, theirs, limits, limits.views.review)
    facts = zip(judged.colour_difference.tolist(), judged.area.tolist(), judged.verdict, judged.reason, strict=True)
    for (row, pair), one, other, (colours, area, said, reason) in zip(asked.items(), ours, theirs, facts, strict=True):
        known = pairs[row].colour_difference if np.isnan(colours) else colours
        words = views.words(one, other) if reason in (VIEW, TURNED) else reason
        yield row, Looked(*pair, known, area, said, words)
