"""A figure shows a picture and its copies as they are, whatever their titles say and whatever matplotlib is told."""

import io
import warnings
from typing import Any

import matplotlib
import pytest
from matplotlib import _pylab_helpers
from matplotlib.axes import Axes
from PIL import Image

from dedup_spark.report.values import Offer, Picture, Set
from dedup_spark.results import figure
from tests.hostile import ODD, TEXTS

FORMULAS = ("$x^2$", "$\\frac{1}{2", "$$", "\\textbf{50 $", "50 $ or $60")
COLOURS = ("teal", "maroon", "olive")


def a_set(titles: list[str], images: int | None = None) -> Set:
    """A keeper and its copies, each of an offer with one of these titles."""
    members = [
        (Picture(title, colour, 2 * place, 1.5, "near" if place else "keeper"), [Offer(title, title, None, None, {})])
        for place, (title, colour) in enumerate(zip(titles, COLOURS * len(titles), strict=False))
    ]
    return Set("set", images or len(members), {}, members)


def thumbnails() -> dict[str, bytes]:
    found = {}
    for colour in COLOURS:
        data = io.BytesIO()
        Image.new("RGB", (60, 80), colour).save(data, "WEBP", lossless=True)
        found[colour] = data.getvalue()
    return found


def words(plot: figure.Plot) -> list[str]:
    return [axes.get_title(loc="left") for axes in plot.axes if axes.axison]


def colour(axes: Axes) -> list[int]:
    """Of a picture, in its corner."""
    pixels = axes.images[0].get_array()
    assert pixels is not None
    return [int(channel) for channel in pixels[0, 0]]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_the_keeper_comes_first_and_the_asked_image_is_marked() -> None:
    plot = figure.draw(a_set(["a", "b", "c"], images=12), 1, thumbnails())
    assert words(plot) == ["keeper", "asked for: near, 2 bits, ΔE 1.5", "near, 4 bits, ΔE 1.5"]
    assert [text.get_text() for text in plot.texts] == ["12 images of one picture, 3 shown"]
    assert [colour(axes) for axes in plot.axes[:3]] == [
        [0, 128, 128],
        [128, 0, 0],
        [128, 128, 0],
    ]
    assert plot.axes[1].spines["left"].get_linewidth() > plot.axes[2].spines["left"].get_linewidth()


def test_a_notebook_shows_the_figure_as_it_is_written() -> None:
    plot = figure.draw(a_set(["a"] * 6), 0, thumbnails())
    picture = opened(plot._repr_png_())
    assert picture.size == tuple(round(side * figure.DOTS) for side in plot.get_size_inches())
    assert {(0, 128, 128), (128, 0, 0), (128, 128, 0)} <= {colour for _, colour in picture.getcolors(1 << 20) or ()}


@pytest.mark.parametrize("kind", figure.KINDS)
def test_equal_figures_are_equal_files(kind: str) -> None:
    first, second = (figure.encoded(figure.draw(a_set(["a", "b"]), 0, thumbnails()), kind) for _ in range(2))
    assert first == second
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind])


def test_a_title_is_no_formula_and_no_letter_is_too_much() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.draw(a_set([*FORMULAS, "".join(map(figure.plain, TEXTS))]), 0, {})._repr_png_()
        plot = figure.draw(a_set([*FORMULAS, *ODD]), 0, {})
        plot._repr_png_()
    assert FORMULAS[0] in plot.axes[0].get_xlabel()


def test_nothing_is_left_in_matplotlib_nor_taken_from_there() -> None:
    before = str(matplotlib.rcParams)
    plain = figure.draw(a_set(["a", "b"]), 0, thumbnails())._repr_png_()
    assert str(matplotlib.rcParams) == before
    assert _pylab_helpers.Gcf.figs == {}
    odd: Any = {"axes.facecolor": "black", "text.color": "red", "font.family": "cursive", "savefig.bbox": "tight"}
    with matplotlib.rc_context(odd | {"savefig.dpi": 30, "axes.titlesize": 40}):
        assert figure.draw(a_set(["a", "b"]), 0, thumbnails())._repr_png_() == plain


def test_a_picture_without_a_thumbnail_leaves_its_place() -> None:
    plot = figure.draw(a_set(["a", "b"]), 0, {})
    assert [axes.texts[0].get_text() for axes in plot.axes] == ["no picture"] * 2
