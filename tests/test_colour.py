"""The colour signature is the exact average, its difference a metric in CIE-Lab, decided by the worst block."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup_spark.images import colour

THOUSANDTH = 0.001
SEEDS = st.integers(0, 2**32 - 1)


def signatures(seed: int, count: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(seed)
    middle = random.integers(0, 256, (count, 1, 1, 1))
    return colour.signature(np.clip(middle + random.normal(0, 30, (count, 60, 60, 3)), 0, 255).astype(np.uint8))


def flat(*rgb: int) -> NDArray[np.uint8]:
    return colour.signature(np.full((1, 60, 60, 3), rgb, dtype=np.uint8))


@given(SEEDS)
def test_a_signature_is_the_exact_average(seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    words = colour.signature(picture[None]).view("<u2").reshape(10, 10, 3)
    row, column, channel = np.random.default_rng(seed).integers(0, (10, 10, 3))
    block = picture[6 * row : 6 * row + 6, 6 * column : 6 * column + 6, channel]
    assert words[row, column, channel] == floor(Fraction(sum(block.ravel().tolist()) * 256, 36) + Fraction(1, 2))


@pytest.mark.parametrize(
    ("rgb", "lab"),  # as published for sRGB under D65 by Bruce Lindbloom and in Wikipedia's tables
    [
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((255, 255, 0), (97.14, -21.55, 94.48)),
        ((128, 128, 128), (53.59, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
    ],
)
def test_a_difference_is_that_of_published_colours(rgb: tuple[int, ...], lab: tuple[float, ...]) -> None:
    from_white = sum((part - white) ** 2 for part, white in zip(lab, (100, 0, 0), strict=True)) ** 0.5
    assert colour.difference(flat(*rgb), flat(255, 255, 255))[0] == pytest.approx(from_white, abs=0.02)


def test_the_worst_block_decides() -> None:
    picture = np.full((60, 60, 3), 200, dtype=np.uint8)
    edited = picture.copy()
    edited[12:18, 30:36] = 150
    edited[0:30, 0:10] = 197
    pair = colour.signature(np.stack([picture, edited]))
    assert colour.difference(pair[:1], pair[1:]) == colour.difference(flat(200, 200, 200), flat(150, 150, 150))


@given(SEEDS)
def test_it_is_a_metric(seed: int) -> None:
    one, two, three = (signatures(seed + number, 8) for number in range(3))
    assert (colour.difference(one, one) == 0).all()
    assert (colour.difference(one, two) == colour.difference(two, one)).all()
    detour = colour.difference(one, two) + colour.difference(two, three)
    assert (colour.difference(one, three) <= detour + THOUSANDTH).all()


def test_one_stands_against_many() -> None:
    some = signatures(1, 5)
    assert (colour.difference(some[:1], some) == colour.difference(np.repeat(some[:1], 5, axis=0), some)).all()


def test_none_give_none() -> None:
    nothing = colour.signature(np.zeros((0, 60, 60, 3), dtype=np.uint8))
    assert nothing.shape == (0, colour.BYTES)
    assert colour.difference(nothing, nothing).shape == (0,)
