"""A turned hash is the hash of the turned picture, and a turn undone is the picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dedup_spark.hashing import colour_phash
from dedup_spark.hashing.turns import TURNS, turned, turned_square
from dedup_spark.images.views import TURNS as NAMES
from tests import pictures

SIDE = colour_phash.SIDE
UNDONE = {name: name for name in TURNS} | {"rotated_90": "rotated_270", "rotated_270": "rotated_90"}
TRANSPOSED = {
    "mirrored": [Image.Transpose.FLIP_LEFT_RIGHT],
    "rotated_90": [Image.Transpose.ROTATE_90],
    "rotated_180": [Image.Transpose.ROTATE_180],
    "rotated_270": [Image.Transpose.ROTATE_270],
    "mirrored_90": [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90],
    "mirrored_180": [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180],
    "mirrored_270": [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_270],
}


def square(seed: int) -> Image.Image:
    return pictures.photograph(seed).resize((SIDE, SIDE))


@pytest.mark.parametrize("turn", TURNS)
def test_pixels_are_turned_as_pillow_turns_them(turn: str) -> None:
    shown = square(1)
    for step in TRANSPOSED[turn]:
        shown = shown.transpose(step)
    assert (turned_square(np.asarray(square(1)), turn) == np.asarray(shown)).all()


@given(st.sampled_from(sorted(TURNS)), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_a_turned_hash_is_the_hash_of_the_turned_picture(turn: str, seed: int) -> None:
    pixels = np.asarray(square(seed))
    expected = colour_phash.compute(turned_square(pixels, turn)[None])
    found = colour_phash.of_low(turned(colour_phash.low_frequencies(pixels[None]), turn))
    assert (found.bits == expected.bits).all()
    assert (found.unstable_channels == expected.unstable_channels).all()


@given(st.sampled_from(sorted(TURNS)), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_a_turn_undone_is_the_picture(turn: str, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    low = colour_phash.low_frequencies(pixels[None])
    assert (turned(turned(low, turn), UNDONE[turn]) == low).all()
    assert (turned_square(turned_square(pixels, turn), UNDONE[turn]) == pixels).all()


def test_both_lists_of_turns_are_one() -> None:
    assert tuple(TURNS) == NAMES
