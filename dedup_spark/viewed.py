"""What is seen of a picture is its content without margins, and the hash of each view asked for (`images.views`).

All of it is made of the picture's cells, in one look, for a batch of pictures at a time. A view that shows nothing to
know a product by is left out: one with an unstable channel or of low information (`hashing`, `images.low_information`),
every view of a content that is so, and `trimmed` where there are no margins. So no such view enters a search.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup_spark.hashing import colour_phash, turns, windows
from dedup_spark.images import colour, low_information, trimming
from dedup_spark.images.cells import NOTHING, Cells, Window
from dedup_spark.images.views import TRIMMED, WHOLE, View, inside

Row = dict[str, Any]
Low = NDArray[np.float64]
Squares = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """`margins` of the picture, `content`: the square of what they leave, None where there are none, and the low
    frequencies of the windows that were asked for, (n, 3, 10, 10).
    """

    margins: Window
    content: Squares | None
    parts: Low


def look(made: Cells, wanted: Sequence[View]) -> Seen:
    """What these views show of a picture, of which the cells are given. About 2 ms for all views.

    >>> from PIL import Image
    >>> from dedup_spark.images.cells import cells
    >>> look(cells(Image.new("RGB", (240, 320), "white")), []).margins
    (0, 0, 0, 0)
    """
    margins = trimming.margins(made)
    content = None if margins == NOTHING else made.square(colour_phash.SIDE, margins)
    shares = [inside(margins, view.window) for view in wanted if view.window != NOTHING]
    if not shares:
        return Seen(margins, content, np.zeros((0, colour_phash.CHANNELS, colour_phash.LOW, colour_phash.LOW)))
    return Seen(margins, content, windows.low_frequencies(made.pixels(), made.across, made.down, shares))


def rows(whole: Squares, seen: Sequence[Seen], wanted: Sequence[View]) -> Iterator[list[Row]]:
    """The views of n pictures, `whole` aside, from their squares (n, 60, 60, 3) and what was seen of them.

    A row has `view`, `words`, `unstable_channels`, `low_information` and `colour_signature`, which only `trimmed` has:
    parts and turned pictures are compared by their squares (`comparing.views`).
    """
    contents = np.stack([of if one.content is None else one.content for one, of in zip(seen, whole, strict=True)])
    low = colour_phash.low_frequencies(contents)
    hashes = colour_phash.of_low(low)
    blank = low_information.low_information(contents) | (hashes.unstable_channels != 0)
    trimmed = zip(hashes.words(), colour.signature(contents), strict=True)
    for one, block, nothing, (words, signature) in zip(seen, low, blank, trimmed, strict=True):
        found = [] if nothing else [*_parts(one.parts, block, wanted)]
        if one.content is not None and not nothing and any(view.name == TRIMMED for view in wanted):
            found.insert(0, _row(TRIMMED, words.tolist(), signature.tobytes()))
        yield found


def low_frequencies(made: Cells, whole: Squares, view: View) -> Low:
    """Those of one view of a picture, from its cells and its square (60, 60, 3), whatever it shows: (3, 10, 10).

    >>> from PIL import Image
    >>> from dedup_spark.images.cells import cells
    >>> from dedup_spark.images.views import VIEWS
    >>> made = cells(Image.new("RGB", (90, 90), "red"))
    >>> low_frequencies(made, made.square(60), VIEWS["crop_5"]).shape
    (3, 10, 10)
    """
    seen = look(made, [view])
    if view.window != NOTHING:
        part: Low = seen.parts[0]
        return part
    upright = whole if view.name == WHOLE or seen.content is None else seen.content
    low = colour_phash.low_frequencies(upright[None])[0]
    return turns.turned(low, view.turn) if view.turn else low


def _parts(parts: Low, content: Low, wanted: Sequence[View]) -> Iterator[Row]:
    """The rows of the windows, then of the turns, those with an unstable channel left out."""
    turning = [view for view in wanted if view.turn]
    names = [view.name for view in wanted if view.window != NOTHING] + [view.name for view in turning]
    if not names:
        return
    turned = [turns.turned(content, view.turn)[None] for view in turning]
    hashes = colour_phash.of_low(np.concatenate([parts, *turned]))
    for name, words, unstable in zip(names, hashes.words().tolist(), hashes.unstable_channels, strict=True):
        if not unstable:
            yield _row(name, words, None)


def _row(name: str, words: list[int], signature: bytes | None) -> Row:
    return {
        "view": name,
        "words": words,
        "colour_signature": signature,
        "low_information": False,
        "unstable_channels": 0,
    }


def whole(row: Row) -> Row:
    """The view `whole` of a picture whose facts are known."""
    names = ("words", "colour_signature", "low_information", "unstable_channels")
    return {"view": WHOLE} | {name: row[name] for name in names}


def whole_row(square: Squares) -> Row:
    """The view `whole` of one square (60, 60, 3)."""
    hashes = colour_phash.compute(square[None])
    return {
        "view": WHOLE,
        "words": hashes.words()[0].tolist(),
        "colour_signature": colour.signature(square[None])[0].tobytes(),
        "low_information": bool(low_information.low_information(square[None])[0]),
        "unstable_channels": int(hashes.unstable_channels[0]),
    }
