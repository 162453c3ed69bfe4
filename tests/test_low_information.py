"""Blank pictures of any kind are low information; products, cut-outs and photographs are not."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from dedup_spark.images.decode import decode, square
from dedup_spark.images.low_information import MIN_SHARE, low_information, standing_out
from tests import pictures

SHARED = Path(__file__).parents[2] / "shared" / "data"
SIDE, MAX_PIXELS = 60, 40_000_000
LEVELS = st.integers(0, 255)
QUALITIES = st.sampled_from([30, 50, 75, 95])


def squares(*files: bytes) -> NDArray[np.uint8]:
    return np.stack([square(decode(file, MAX_PIXELS).picture, SIDE) for file in files])


def encoded(pixels: NDArray[np.float64], quality: int = 75) -> bytes:
    return pictures.jpeg(Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8)), quality)


@given(st.tuples(LEVELS, LEVELS, LEVELS), QUALITIES, st.integers(1, 400), st.integers(1, 400))
@settings(max_examples=30)
def test_one_colour_is(colour: tuple[int, int, int], quality: int, width: int, height: int) -> None:
    assert low_information(squares(pictures.jpeg(pictures.flat(colour, width, height), quality)))[0]


@given(st.integers(0, 2**32 - 1), QUALITIES, st.floats(0, 40))
@settings(max_examples=30)
def test_a_faint_gradient_vignette_or_grain_is(seed: int, quality: int, change: float) -> None:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[-0.5:0.5:200j, -0.5:0.5:150j][..., None]
    base, turn = random.uniform(50, 200, 3), random.uniform(0, 6)
    gradient = base + change * (np.cos(turn) * x + np.sin(turn) * y)
    vignette = base - change * np.hypot(x, y)
    grain = base + random.normal(0, change / 5, (200, 150, 3))
    assert low_information(squares(*(encoded(pixels, quality) for pixels in (gradient, vignette, grain)))).all()


def test_almost_blank_is() -> None:
    specks = Image.new("RGB", (600, 600), "white")
    pen = ImageDraw.Draw(specks)
    for x, y in np.random.default_rng(5).integers(0, 590, (5, 2)).tolist():
        pen.ellipse((x, y, x + 6, y + 6), fill="black")
    assert low_information(squares(pictures.jpeg(specks)))[0]


def test_products_are_not() -> None:
    drawn = [
        pictures.jpeg(make(seed))
        for make in (pictures.product, pictures.photograph, pictures.cut_out)
        for seed in range(20)
    ]
    assert not low_information(squares(*drawn)).any()


def test_a_white_garment_on_white_is_not() -> None:
    outlined = Image.new("RGB", (600, 600), "white")
    corners = [
        (200, 100),
        (400, 100),
        (520, 200),
        (420, 230),
        (420, 500),
        (180, 500),
        (180, 230),
        (80, 200),
        (200, 100),
    ]
    ImageDraw.Draw(outlined).line([*corners, corners[0]], fill=(215, 215, 215), width=4)
    assert not low_information(squares(pictures.jpeg(outlined)))[0]


def test_it_does_not_depend_on_the_batch() -> None:
    some = squares(*(pictures.jpeg(pictures.photograph(seed)) for seed in range(19)))
    alone = [standing_out(some[row : row + 1])[0] for row in range(19)]
    assert standing_out(some).tolist() == alone
    assert low_information(some[:0]).shape == (0,)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photographs of ../shared/data")
def test_no_photograph_is() -> None:
    photographs = sorted((SHARED / "clothing").rglob("*.jpg"))[::10]
    share = standing_out(np.stack([square(Image.open(io.BytesIO(path.read_bytes())), SIDE) for path in photographs]))
    assert share.min() > 5 * MIN_SHARE
