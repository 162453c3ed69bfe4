"""A view is a named way of looking at a picture: the whole, its content without margins, a part of this, or it turned.

| view | shows |
|---|---|
| whole | the picture as a viewer shows it |
| trimmed | what is left without margins (`trimming`) |
| crop_5, crop_20, crop_35, crop_45 | of this, without so many thousandths at each side |
| left_5, left_20, left_30, top_, right_, bottom_ | without so many thousandths at one side |
| top_left_5, top_left_20, top_left_30, top_right_, bottom_left_, bottom_right_ | at two |
| mirrored, rotated_90, rotated_180, rotated_270, mirrored_90, mirrored_180, mirrored_270 | all of it, turned |

What each finds, of 50 photographs edited in 33 ways and saved twice, as JPEG 90 and at half size as JPEG 75
(`benchmarks/views.py`), and what it costs beside `whole` alone, which takes 2.2 ms of processor time for 400 × 533
pixels (4.0 with thumbnail and square):

| stored | finds | ms more |
|---|---|---|
| whole, trimmed | padded by 2 to 20 % on white, grey and blue, squared, one side padded | 0.5 |
| and the crops | cropped by 1 to 3 % at each side | 1.3 |
| and those of one side | one side cropped by 1 to 3 %, shifted along one axis | 1.7 at most |
| and those of two | shifted by 1 to 3 % along both | 1.7 |
| and mirrored, rotated_90, rotated_180, rotated_270 | these, for people to look at | 2.1 |

With all of them 98 to 100 % are found of every edit up to 3 % and of every margin, but for 96 % of those padded by 5 %
on blue at half size, where JPEG blurs the colour; of those cropped by 5 % 77. Without the views of two sides 12 to 32 %
are found of what is shifted by 2 or 3 % along both axes.
Views merge no wrong pair, neither among these nor of 2,000 drawn cut-outs on white, where 5,800 pairs of strangers are
near in some view and are vetoed, nearly all by their colours.

The numbers are the marks of a ruler. Two pictures, one cut by 15 thousandths, meet where a view of the one leaves out
so much more than a view of the other: 20 and 5. With 0, 5, 20, 35 and 45 every multiple of 5 up to 45 is such a
difference, with 0, 5, 20 and 30 up to 30, and nothing lies farther than 3 thousandths from one: that is what a hash
bears. Five views of either picture do the work of ten of one, and what two shops cut away of one original is found too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from dedup_spark.errors import BadInput
from dedup_spark.images.cells import NOTHING, PARTS, Window

WHOLE, TRIMMED = "whole", "trimmed"
CROPS, SIDES = (5, 20, 35, 45), (5, 20, 30)  # thousandths
_THOUSANDTH = PARTS // 1000
_EDGES = ("left", "top", "right", "bottom")
_CORNERS = tuple(product(("top", "bottom"), ("left", "right")))


@dataclass(frozen=True)
class View:
    """`window` is what is left out of the content; `turn` a name of `hashing.turns`, empty where it is upright."""

    name: str
    window: Window = NOTHING
    turn: str = ""


def _without(mark: int, *edges: str) -> Window:
    left, top, right, bottom = (mark * _THOUSANDTH if edge in edges else 0 for edge in _EDGES)
    return left, top, right, bottom


TURNS = ("mirrored", "rotated_90", "rotated_180", "rotated_270", "mirrored_90", "mirrored_180", "mirrored_270")
VIEWS = {
    view.name: view
    for view in (
        View(WHOLE),
        View(TRIMMED),
        *(View(f"crop_{mark}", _without(mark, *_EDGES)) for mark in CROPS),
        *(View(f"{edge}_{mark}", _without(mark, edge)) for edge in _EDGES for mark in SIDES),
        *(View(f"{'_'.join(corner)}_{mark}", _without(mark, *corner)) for corner in _CORNERS for mark in SIDES),
        *(View(turn, turn=turn) for turn in TURNS),
    )
}


def find(names: Sequence[str]) -> list[View]:
    """The views of these names; `BadInput` names one that there is not.

    >>> find(["top_left_20"])[0].window
    (200, 200, 0, 0)
    """
    for name in names:
        if name not in VIEWS:
            raise BadInput(f"view {name!r}: must be one of {', '.join(VIEWS)}")
    return [VIEWS[name] for name in names]


def inside(outer: Window, inner: Window) -> tuple[float, float, float, float]:
    """What a window within a window leaves out of the picture, in shares of its sides.

    >>> inside((5000, 0, 0, 0), (5000, 0, 0, 0))
    (0.75, 0.0, 0.0, 0.0)
    """
    left, top, right, bottom = outer
    across, down = PARTS - left - right, PARTS - top - bottom
    spans = (across, down, across, down)
    first, second, third, fourth = (
        (PARTS * of + cut * span) / PARTS**2 for of, cut, span in zip(outer, inner, spans, strict=True)
    )
    return first, second, third, fourth
