"""Trimming takes away what a shop put around a picture, whatever its colour and width, and nothing else."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from dedup_spark.images.cells import NOTHING, PARTS, Window, cells
from dedup_spark.images.trimming import margins
from tests import pictures

LEVELS = st.integers(0, 255)
NEAR = 60  # of PARTS: half a cell and more


def around(picture: Image.Image, widths: Window, ground: tuple[int, int, int]) -> Image.Image:
    left, top, right, bottom = widths
    canvas = Image.new("RGB", (picture.width + left + right, picture.height + top + bottom), ground)
    canvas.paste(picture, (left, top))
    return canvas


def shares(size: tuple[int, int], widths: Window) -> NDArray[np.float64]:
    spans = np.array([size[0], size[1], size[0], size[1]])
    return np.asarray(PARTS * np.array(widths) / spans)


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(pictures.jpeg(picture, quality))).convert("RGB")


@given(
    st.integers(0, 30),
    st.tuples(LEVELS, LEVELS, LEVELS),
    st.tuples(*[st.integers(8, 90)] * 4),
    st.sampled_from([75, 90, 100]),
)
@settings(max_examples=40, deadline=None)
def test_a_margin_of_any_colour_and_width_is_found(
    seed: int, ground: tuple[int, int, int], widths: Window, quality: int
) -> None:
    random = np.random.default_rng(seed)
    blocks = np.kron(random.integers(0, 256, (8, 6, 3)), np.ones((40, 40, 1))).astype(np.uint8)
    picture = Image.fromarray(blocks).filter(ImageFilter.GaussianBlur(1))
    shown = around(picture, widths, ground)
    found = np.array(margins(cells(jpeg(shown, quality))))
    assert np.abs(found - shares(shown.size, widths)).max() < NEAR


@pytest.mark.parametrize("side", range(4))
def test_one_side_alone(side: int) -> None:
    widths = [0, 0, 0, 0]
    widths[side] = 30
    shown = around(pictures.photograph(3), (widths[0], widths[1], widths[2], widths[3]), (255, 255, 255))
    found = np.array(margins(cells(jpeg(shown, 90))))
    assert np.abs(found - shares(shown.size, (widths[0], widths[1], widths[2], widths[3]))).max() < NEAR


@pytest.mark.parametrize("seed", range(8))
def test_a_photograph_keeps_all_it_shows(seed: int) -> None:
    assert margins(cells(pictures.photograph(seed))) == NOTHING


def test_a_soft_shadow_beside_the_product_is_no_margin_and_no_reason_to_stop_early() -> None:
    shown = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(shown).ellipse((90, 200, 250, 230), fill=(200, 200, 200))
    shown = shown.filter(ImageFilter.GaussianBlur(8))
    ImageDraw.Draw(shown).rectangle((100, 60, 200, 215), fill=(120, 30, 30))
    wide = around(shown, (60, 60, 60, 60), (255, 255, 255))
    narrow, after = margins(cells(jpeg(shown, 90))), margins(cells(jpeg(wide, 75)))
    pixels = np.array(narrow) * 300 / PARTS, np.array(after) * 420 / PARTS - 60
    assert np.abs(pixels[0] - pixels[1]).max() < 2


@pytest.mark.parametrize(
    "picture",
    [
        pictures.flat(),
        around(Image.new("RGB", (20, 20), "black"), (140, 140, 140, 140), (255, 255, 255)),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (1, 300), "white"),
    ],
)
def test_where_too_little_would_be_left_nothing_is_trimmed(picture: Image.Image) -> None:
    assert margins(cells(picture)) == NOTHING
