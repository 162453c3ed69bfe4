"""A view pair is two pictures that met in named views: here it is judged by their squares, and said in words.

Pictures that are near whole against whole are compared as ever (`verdict`); what passes there is a duplicate whatever
else met. Where they are not near, or vetoed (as where a few pixels were cut off), the best of the other view pairs may
know better, if it is the nearer one: the pictures are cut from their stored squares as its views say, aligned, and
compared in the same way, first the colours of the blocks, then pixel by pixel. One view on both sides says nothing more
than the whole, so it is never compared, but for `trimmed`.

Both looks at 729 pairs of 124 sources that no limit was chosen on: of 324 copies whole against whole keeps 320 and
both together 322; whole squares, aligned, keep 308, since a copy 5 % lighter is moved to where it differs least. Of 405
other pictures 146 are near whole against whole and 201 in a view; the look at one view on both sides let two changed
texts through that the whole one had seen, the look at two views nothing.

| reason | verdict | when |
|---|---|---|
| `view` | duplicate | the hashes of the views are near, what both show has the same colours and nothing differs |
| `turned` | review | the same, but one is mirrored or rotated, or a view of `[views] review` |
| `colour`, `area` | vetoed | as in `verdict` |
| `shape` | vetoed | the contents are stretched: one is longer than the other by more than STRETCHED |
| `unseen` | review | a square is missing |
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedup_spark.comparing.aligning import Part, aligned
from dedup_spark.comparing.verdict import DUPLICATE, LOOKED_AT, REVIEW, VETOED, Limits
from dedup_spark.hashing.turns import TURNS, turned_square
from dedup_spark.images import colour, thumbnail, witness
from dedup_spark.images.cells import NOTHING, PARTS, Window
from dedup_spark.images.views import VIEWS, WHOLE, inside

STRETCHED = 1.1  # times as long, at most, for its width; what is cut off by 4 % at two sides is 1.09
PART = 2  # bits by which a part of a content has to be nearer than the content
ORDER = {name: place for place, name in enumerate(VIEWS)}
_EDGES = ("left", "top", "right", "bottom")
_COLOURS = {
    "white": (255, 255, 255),
    "grey": (150, 150, 150),
    "black": (0, 0, 0),
    "red": (200, 30, 30),
    "yellow": (240, 220, 60),
    "green": (40, 140, 60),
    "blue": (40, 70, 180),
    "pink": (240, 170, 190),
    "beige": (225, 205, 175),
    "brown": (110, 70, 40),
}


@dataclass(frozen=True)
class Shown:
    """One side of a view pair: the view, the stored square (`pictures.facts`; None where there is none), the margins
    and how many pixels wide and high the whole picture is.
    """

    view: str
    square: bytes | None
    margins: Window = NOTHING
    size: tuple[int, int] = (1, 1)

    def part(self) -> Part:
        """What the view shows, as a part of a stored square."""
        view, squares = VIEWS[self.view], thumbnail.squares(self.square or b"")
        if self.view == WHOLE:
            return Part(squares[0])
        content = squares[-1]
        return Part(turned_square(content, view.turn) if view.turn else content, inside(NOTHING, view.window))

    def shape(self) -> float:
        """How wide what the view shows is, for its height."""
        view = VIEWS[self.view]
        left, top, right, bottom = inside(NOTHING if self.view == WHOLE else self.margins, view.window)
        wide = self.size[0] * (1 - left - right) / (self.size[1] * (1 - top - bottom))
        return 1 / wide if view.turn and TURNS[view.turn][0] else wide


@dataclass(frozen=True)
class Judged:
    """What came out for n view pairs, row by row: as `verdict.Compared`, and the share of the area that differs, NaN
    where the squares were not looked at.
    """

    colour_difference: NDArray[np.float64]
    area: NDArray[np.float64]
    verdict: NDArray[np.object_]
    reason: NDArray[np.object_]


def order(distance: int, left: str, right: str) -> tuple[int, int]:
    """Which view pair of two pictures is the best, the smallest: the nearest, where a part of a content stands back by
    PART bits, so that a padded copy is said to be padded; then the first in the order of `VIEWS`.

    >>> order(4, "whole", "trimmed") < order(2, "whole", "crop_5") < order(2, "crop_5", "crop_20")
    True
    """
    parts = sum(VIEWS[view].window != NOTHING for view in (left, right))
    return distance + PART * parts, (ORDER[left] + ORDER[right]) * len(ORDER) + ORDER[left]


def judge(left: Sequence[Shown], right: Sequence[Shown], limits: Limits, review: Collection[str] = ()) -> Judged:
    """The verdicts on n view pairs whose hashes are near, row by row; the views in `review` never merge.

    About 2 ms a pair. Pairs of one content, or whole against whole, are no view pairs.

    >>> grey = thumbnail.lossless(np.full((60, 60, 3), 128, np.uint8))
    >>> judge([Shown("crop_5", grey)], [Shown("whole", grey)], Limits(10, 5.5, max_differing_area=0)).reason.tolist()
    ['view']
    """
    colours, area = np.full((2, len(left)), np.nan)
    shapes = np.array(
        [max(one.shape() / other.shape(), other.shape() / one.shape()) for one, other in _both(left, right)]
    )
    unseen = np.array([not (one.square and other.square) for one, other in _both(left, right)], dtype=np.bool_)
    looked = np.flatnonzero((shapes <= STRETCHED) & ~unseen)
    for start in range(0, len(looked), LOOKED_AT):
        rows = looked[start : start + LOOKED_AT]
        parts = [aligned(left[row].part(), right[row].part()) for row in rows]
        ours, theirs = (np.stack(squares) for squares in zip(*parts, strict=True))
        colours[rows] = colour.difference(colour.signature(ours), colour.signature(theirs))
        alike = colours[rows] <= limits.max_colour_difference
        area[rows[alike]] = witness.differing(ours[alike], theirs[alike])
    only = [one.view in review or other.view in review for one, other in _both(left, right)]
    differing = 0.0 if limits.max_differing_area is None else limits.max_differing_area
    refused = [shapes > STRETCHED, unseen, ~(colours <= limits.max_colour_difference), ~(area <= differing)]
    reason = np.select(
        [*refused, np.array(only, dtype=np.bool_)], ["shape", "unseen", "colour", "area", "turned"], "view"
    )
    verdict = np.select([reason == "view", np.isin(reason, ["turned", "unseen"])], [DUPLICATE, REVIEW], VETOED)
    return Judged(colours, area, verdict.astype(object), reason.astype(object))


def words(left: Shown, right: Shown) -> str:
    """The view pair as a person would say it.

    >>> square = thumbnail.lossless(np.full((120, 60, 3), 255, np.uint8))
    >>> words(Shown("trimmed", square, (400, 400, 400, 400)), Shown("crop_5", square))
    'same picture, 4 % of white margin removed, 0.5 % cut off at each side'
    >>> words(Shown("mirrored", square), Shown("whole", square))
    'same picture, mirrored'
    """
    said = ["same picture", *_margins(left), *_margins(right), *_cut(left, right)]
    return ", ".join([*said, *(_turn(shown.view) for shown in (left, right) if VIEWS[shown.view].turn)])


def _both(left: Sequence[Shown], right: Sequence[Shown]) -> Iterator[tuple[Shown, Shown]]:
    return zip(left, right, strict=True)


def _margins(shown: Shown) -> Iterator[str]:
    if shown.view != WHOLE and shown.margins != NOTHING:
        widest = int(np.argmax(shown.margins))
        yield f"{_percent(shown.margins[widest])} of {_ground(shown, widest)}margin removed"


def _ground(shown: Shown, edge: int) -> str:
    """The name of the colour at an edge of the whole picture, and a space; nothing where no square is known."""
    if not shown.square:
        return ""
    whole = thumbnail.squares(shown.square)[0]
    line = np.median((whole[:, 0], whole[0], whole[:, -1], whole[-1])[edge], axis=0)
    return min(_COLOURS, key=lambda name: float(np.abs(line - _COLOURS[name]).sum())) + " "


def _cut(left: Shown, right: Shown) -> Iterator[str]:
    windows = VIEWS[left.view].window, VIEWS[right.view].window
    cuts = [abs(ours - theirs) for ours, theirs in zip(*windows, strict=True)]
    if len(set(cuts)) == 1 and cuts[0]:
        yield f"{_percent(cuts[0])} cut off at each side"
    else:
        yield from (f"{_percent(cut)} cut off at the {edge}" for cut, edge in zip(cuts, _EDGES, strict=True) if cut)


def _percent(parts: int) -> str:
    return f"{round(100 * parts / PARTS, 1):g} %"


def _turn(view: str) -> str:
    return (
        view.replace("_", " by ") + "°"
        if view.startswith("rotated")
        else view.replace("mirrored_", "mirrored, rotated by ") + ("°" if "_" in view else "")
    )
