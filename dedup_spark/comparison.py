"""A comparison is what a run would say of two pictures, found in Python alone, without Spark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup_spark import viewed
from dedup_spark.api import Source, shown
from dedup_spark.comparing import squares, verdict, view_verdict, views
from dedup_spark.comparing.verdict import Features, OfViews
from dedup_spark.comparing.view_pairs import ViewPairs
from dedup_spark.hashing import bits, colour_phash
from dedup_spark.images import decode as decoders
from dedup_spark.images import thumbnail, ways
from dedup_spark.images import views as images
from dedup_spark.images.cells import cells
from dedup_spark.settings import load


@dataclass(frozen=True)
class Comparison:
    """What a run would say of two pictures: `verdict`, and the `reason`, which is the view pair in words where the two
    pass by one; through `left_view` and `right_view`.

    `distance` in differing bits of 300, `colour_difference` in Delta E, `differing_area` as a share, NaN where it was
    refused before the area was looked at. `tried` has every view pair that may meet, the best first: `left_view`,
    `right_view`, `distance`.
    """

    verdict: str
    reason: str
    left_view: str
    right_view: str
    distance: int
    colour_difference: float
    differing_area: float
    tried: pa.Table


def compare_images(left: Source, right: Source, decode: str | None = None) -> Comparison:
    """Whether two pictures are one, whatever margins and crops they came with: by the limits and views of the settings.

    Sources, `decode` and what is raised: as `hash_image`. About 15 ms for two photographs of 400 x 533 pixels.

    >>> from PIL import Image
    >>> shown = Image.effect_mandelbrot((90, 60), (-2, -1, 1, 1.5), 50).convert("RGB")
    >>> framed = Image.new("RGB", (110, 80), "white")
    >>> framed.paste(shown, (10, 10))
    >>> found = compare_images(shown, framed)
    >>> found.verdict, found.reason
    ('duplicate', 'same picture, 12.5 % of white margin removed')
    """
    chosen = load()
    way = ways.find(chosen.fingerprints.decode if decode is None else decode)
    limits = verdict.limits(chosen)
    ours, theirs = (_looked_at(source, way, limits.views.stored) for source in (left, right))
    met = view_verdict.compare(ours.features, theirs.features, limits)
    first, tried = met.first(0), _tried(ours.features, theirs.features, limits.views)
    if not len(met.rows()):
        far = first.distance, first.colour_difference, math.nan
        return Comparison(first.verdict, first.reason, images.WHOLE, images.WHOLE, *far, tried)
    (looked,) = view_verdict.look_again([first], [ours.square], [theirs.square], limits)
    far = looked.distance, looked.colour_difference, looked.area
    return Comparison(looked.verdict, looked.reason, looked.left_view, looked.right_view, *far, tried)


@dataclass(frozen=True)
class _LookedAt:
    """A picture that is compared: its features, and the packed square that a second look takes."""

    features: Features
    square: bytes


def _looked_at(source: Source, way: ways.Way, stored: Sequence[str]) -> _LookedAt:
    picture, size = shown(source, way)
    made, wanted = cells(picture), images.find(stored)
    square = decoders.square(picture, colour_phash.SIDE, way)
    seen = viewed.look(made, wanted)
    kept = square if seen.content is None else np.concatenate([square, seen.content])
    (others,) = viewed.rows(square[None], [seen], wanted)
    packed = squares.pack(thumbnail.lossless(kept), seen.margins, size)
    return _LookedAt(_features(viewed.whole_row(square), others, stored), packed)


def _features(whole: dict[str, Any], others: Sequence[dict[str, Any]], stored: Sequence[str]) -> Features:
    """The features of one picture, as a run has them."""
    known = {row["view"]: row["words"] for row in others}
    if not (whole["low_information"] or whole["unstable_channels"]):
        known[images.WHOLE] = whole["words"]
    words: NDArray[np.int64] = np.array([known.get(name, np.zeros(verdict.WORDS)) for name in stored], dtype=np.int64)
    usable = sum(1 << place for place, name in enumerate(stored) if name in known)
    return Features(
        np.array([whole["words"]], dtype=np.int64),
        np.frombuffer(whole["colour_signature"], dtype=np.uint8)[None],
        np.array([whole["unstable_channels"]], dtype=np.uint8),
        OfViews(words[None], np.array([usable])),
    )


def _tried(left: Features, right: Features, pairs: ViewPairs) -> pa.Table:
    """Whole against whole, and every view pair that may meet, the best first (`views.order`)."""
    found = [(images.WHOLE, images.WHOLE, int(bits.distance(left.words, right.words)[0]))]
    if left.views and right.views:
        ours, theirs = ({place: of.words[:, place] for place in _usable(of)} for of in (left.views, right.views))
        met = [(one, other) for one, other in pairs.met() if one in ours and other in theirs]
        far = [int(bits.distance(ours[one], theirs[other])[0]) for one, other in met]
        found += [(pairs.stored[one], pairs.stored[other], apart) for (one, other), apart in zip(met, far, strict=True)]
    ordered = sorted(found, key=lambda tried: views.order(tried[2], *tried[:2]))
    return pa.table(dict(zip(("left_view", "right_view", "distance"), zip(*ordered, strict=True), strict=True)))


def _usable(seen: OfViews) -> list[int]:
    return [place for place in range(seen.words.shape[1]) if seen.usable[0] >> place & 1]
