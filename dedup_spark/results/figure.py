"""A figure is one picture and its copies, drawn by matplotlib: the keeper first, then those nearest to it.

Nothing is left behind in matplotlib, nor taken from what else is set there: no pyplot, and its own defaults and font.
"""

import io
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from matplotlib import rc_context, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from PIL import Image

from dedup_spark.report.values import Offer, Picture, Set

COLUMNS, LEAST = 4, 2
WIDE, TALL = 2.3, 3.1  # inches of one picture with its words
HEAD, FOOT, EDGE, GAP = 0.7, 0.7, 0.15, 0.2  # inches above and below the pictures, around all, and not between rows
DOTS = 100  # an inch
LETTERS = 30  # that fit below one picture
SMALL, LARGE = 8.0, 11.0  # points
INK, SOFT, LINE, KEEPER, ASKED = "#20282b", "#5d676a", "#c9c6bd", "#8f6115", "#2b6f6c"
FONT = FontProperties(family="DejaVu Sans")  # comes with matplotlib
UNKNOWN = "□"
"""Stands for a letter that the font lacks."""

KINDS = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""What a figure can be written as, and what is left unsaid in it, so that equal figures are equal files."""

CONTENT_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


class Plot(Figure):
    """A figure that a notebook shows, whether or not pyplot was ever imported there."""

    def _repr_png_(self) -> bytes:
        return encoded(self, "png")


def draw(found: Set, asked: int, thumbnails: Mapping[str, bytes]) -> Plot:
    """The figure of a set. asked: the place of the image that was asked for; thumbnails: content → WebP."""
    rows, columns = -(-len(found.members) // COLUMNS), max(LEAST, min(COLUMNS, len(found.members)))
    wide, tall = WIDE * columns, TALL * rows + HEAD - GAP
    edges = {"left": EDGE / wide, "right": 1 - EDGE / wide, "bottom": FOOT / tall, "top": 1 - HEAD / tall}
    with style.context("default"):
        plot = Plot(figsize=(wide, tall), dpi=DOTS, facecolor="white")
        places = plot.subplots(rows, columns, squeeze=False, gridspec_kw=edges | {"wspace": 0.1, "hspace": 0.45})
        plot.text(edges["left"], 1 - EDGE / tall, _head(found), va="top", **_text(LARGE, INK))
        for place, axes in enumerate(places.flat):
            axes.set_axis_off()
            if place < len(found.members):
                _picture(axes, *found.members[place], place == asked, thumbnails)
    return plot


def encoded(plot: Figure, kind: str) -> bytes:
    """The figure as a file of one of `KINDS`; the same figure gives the same bytes."""
    data = io.BytesIO()
    with rc_context({"savefig.bbox": None, "svg.hashsalt": "dedup-spark"}):
        plot.savefig(data, format=kind, dpi=DOTS, facecolor="white", metadata=KINDS[kind])
    return data.getvalue()


def plain(text: str) -> str:
    """A text that is drawn letter by letter: on one line, and with nothing that the font lacks.

    >>> plain("$x^2$ \\n 2 € \\u202eboots 👟")
    '$x^2$ 2 € boots □'
    """
    shown = (letter for letter in " ".join(text.split()) if unicodedata.category(letter) not in ("Cc", "Cf"))
    return "".join(letter if ord(letter) in _letters() else UNKNOWN for letter in shown)


def _picture(
    axes: Axes, picture: Picture, offers: Sequence[Offer], asked: bool, thumbnails: Mapping[str, bytes]
) -> None:
    """One picture in its frame: above it how far it is, below it its name and an offer that shows it."""
    colour = ASKED if asked else KEEPER if picture.joined == "keeper" else LINE
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=1 if colour == LINE else 2)
    if picture.content in thumbnails:
        with Image.open(io.BytesIO(thumbnails[picture.content])) as small:
            axes.imshow(small.convert("RGB"), interpolation="antialiased", aspect="equal", extent=_square(small))
        axes.set(xlim=(-0.5, 0.5), ylim=(-0.5, 0.5), box_aspect=1)
    else:
        axes.set_box_aspect(1)
        axes.text(0.5, 0.5, "no picture", ha="center", transform=axes.transAxes, **_text(SMALL, SOFT))
    axes.set_title(_far(picture, asked), loc="left", pad=5, **_text(SMALL, SOFT if colour == LINE else colour))
    axes.set_xlabel("\n".join(_words(picture, offers)), loc="left", **_text(SMALL, INK))


def _square(small: Image.Image) -> tuple[float, float, float, float]:
    """Where a picture lies in a square of 1 × 1 around the origin: left, right, bottom, top."""
    wide, tall = (side / max(small.size) / 2 for side in small.size)
    return -wide, wide, -tall, tall


def _head(found: Set) -> str:
    if found.images == 1:
        return "no other picture is a copy of this one"
    shown = len(found.members)
    return f"{found.images:,} images of one picture" + (f", {shown:,} shown" if shown < found.images else "")


def _far(picture: Picture, asked: bool) -> str:
    if picture.distance is None:
        return "asked for"
    far = f"{picture.joined}, {picture.distance} bits, ΔE {picture.colour_difference:.1f}"
    said = picture.joined if picture.joined == "keeper" else far
    return plain(f"asked for: {said}" if asked else said)


def _words(picture: Picture, offers: Sequence[Offer]) -> list[str]:
    name = plain(picture.name)
    said = [name if len(name) <= LETTERS else f"…{name[1 - LETTERS :]}"]
    for offer in offers[:1]:
        said += [plain(offer.id), plain(offer.title or "")]
    return [line if len(line) <= LETTERS else f"{line[: LETTERS - 1]}…" for line in said if line]


def _text(size: float, colour: str) -> dict[str, Any]:
    """How a text is drawn: as it stands, no formula in it."""
    return {"fontproperties": FONT, "size": size, "color": colour, "parse_math": False, "usetex": False}


@cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont(FONT)).get_charmap())
