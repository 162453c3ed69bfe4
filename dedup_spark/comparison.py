"""A comparison is what a run would say of two pictures, found in Python alone, without Spark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa

from dedup_spark import viewed
from dedup_spark.api import Source, shown
from dedup_spark.comparing import verdict
from dedup_spark.comparing import views as view_pairs
from dedup_spark.hashing import bits, colour_phash
from dedup_spark.images import decode as decoders
from dedup_spark.images import thumbnail, views, ways
from dedup_spark.images.cells import Window, cells
from dedup_spark.settings import load


@dataclass(frozen=True)
class Comparison:
    """What a run would say of two pictures: `verdict` and `reason` as in `comparing.verdict` and `comparing.views`.

    They are of the best view pair, `left_view` and `right_view`: `distance` in differing bits of 300,
    `colour_difference` in Delta E, `differing_area` as a share, NaN where it was refused before these were looked at.
    `words` says the view pair. `tried` has every view pair, the best first: `left_view`, `right_view`, `distance`.
    """

    verdict: str
    reason: str
    left_view: str
    right_view: str
    distance: int
    colour_difference: float
    differing_area: float
    words: str
    tried: pa.Table


def compare_images(left: Source, right: Source, decode: str | None = None) -> Comparison:
    """Whether two pictures are one, whatever margins and crops they came with: by the limits and views of the settings.

    Sources, `decode` and what is raised: as `hash_image`. About 15 ms for two photographs of 400 x 533 pixels.

    >>> from PIL import Image
    >>> shown = Image.effect_mandelbrot((90, 60), (-2, -1, 1, 1.5), 50).convert("RGB")
    >>> framed = Image.new("RGB", (110, 80), "white")
    >>> framed.paste(shown, (10, 10))
    >>> found = compare_images(shown, framed)
    >>> found.verdict, found.words
    ('duplicate', 'same picture, 12.5 % of white margin removed')
    """
    way = ways.find(load().fingerprints.decode if decode is None else decode)
    limits, chosen = verdict.limits(load()), load().views
    ours, theirs = (_looked_at(source, way, chosen.stored) for source in (left, right))
    tried = _tried(ours, theirs, *view_pairs.searched(chosen))
    whole = _whole(ours, theirs, limits, tried)
    others = (row for row in tried.to_pylist() if (row["left_view"], row["right_view"]) != (views.WHOLE, views.WHOLE))
    nearest = next(others, None)
    if (
        whole.verdict != verdict.VETOED
        or nearest is None
        or nearest["distance"] > min(limits.max_distance, whole.distance - 1)
    ):
        return whole
    return _by_views(ours, theirs, nearest, limits, chosen.review, tried)


@dataclass(frozen=True)
class _LookedAt:
    """A picture that is compared: the rows of its views, `whole` first, and what these are judged by."""

    rows: list[dict[str, Any]]
    square: bytes
    margins: Window
    size: tuple[int, int]

    def shown(self, view: str) -> view_pairs.Shown:
        return view_pairs.Shown(view, self.square, self.margins, self.size)

    def whole(self) -> verdict.Features:
        row = self.rows[0]
        signature = np.frombuffer(row["colour_signature"], dtype=np.uint8)[None]
        return verdict.Features(
            np.array([row["words"]]), signature, np.array([row["unstable_channels"]], dtype=np.uint8)
        )


def _looked_at(source: Source, way: ways.Way, stored: Sequence[str]) -> _LookedAt:
    picture, size = shown(source, way)
    made, wanted = cells(picture), views.find(stored)
    square = decoders.square(picture, colour_phash.SIDE, way)
    seen = viewed.look(made, wanted)
    kept = square if seen.content is None else np.concatenate([square, seen.content])
    (others,) = viewed.rows(square[None], [seen], wanted)
    return _LookedAt([viewed.whole_row(square), *others], thumbnail.lossless(kept), seen.margins, size)


def _tried(left: _LookedAt, right: _LookedAt, probe: Sequence[str], against: Sequence[str]) -> pa.Table:
    """Every view pair in which the one asks and the other answers, the best first (`comparing.views.order`)."""
    ours, theirs = (np.array([row["words"] for row in side.rows]) for side in (left, right))
    distances = bits.distance(ours[:, None], theirs[None])
    found = []
    for row, distance in zip(left.rows, distances.tolist(), strict=True):
        for other, differing in zip(right.rows, distance, strict=True):
            pair = row["view"], other["view"]
            asked = any(one in probe and answer in against for one, answer in permutations(pair))
            if asked and view_pairs.compared(*pair):
                found.append((view_pairs.order(differing, *pair), differing, *pair))
    _, nearest, first, second = zip(*sorted(found), strict=True)
    return pa.table({"left_view": first, "right_view": second, "distance": nearest})


def _by_views(
    ours: _LookedAt,
    theirs: _LookedAt,
    nearest: dict[str, Any],
    limits: verdict.Limits,
    review: Sequence[str],
    tried: pa.Table,
) -> Comparison:
    """The pictures in the nearest view pair."""
    left, right = ours.shown(nearest["left_view"]), theirs.shown(nearest["right_view"])
    found = view_pairs.judge([left], [right], limits, review)
    numbers = nearest["distance"], float(found.colour_difference[0]), float(found.area[0])
    said = view_pairs.words(left, right)
    return Comparison(found.verdict[0], found.reason[0], left.view, right.view, *numbers, said, tried)


def _whole(left: _LookedAt, right: _LookedAt, limits: verdict.Limits, tried: pa.Table) -> Comparison:
    """The pictures as a viewer shows them, compared as ever."""
    found = verdict.compare(left.whole(), right.whole(), limits)
    colour, said, reason = float(found.colour_difference[0]), found.verdict[0], found.reason[0]
    area = math.nan
    if said == verdict.DUPLICATE:
        areas, verdicts, reasons = verdict.look_again(found.colour_difference, [left.square], [right.square], limits)
        area, said, reason = float(areas[0]), verdicts[0], reasons[0] or reason
    return Comparison(
        said, reason, views.WHOLE, views.WHOLE, int(found.distance[0]), colour, area, "same picture", tried
    )
