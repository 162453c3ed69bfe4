"""A window's hash is that of the pixels which it shows, and its sums are exact: the same in any order of addition."""

import numpy as np
import pytest

from dedup_spark.hashing import bits, colour_phash, windows
from dedup_spark.images.cells import PARTS, cells
from dedup_spark.images.views import VIEWS, WHOLE, inside
from tests import pictures

MOST = 6  # bits of 300 between two ways to average


@pytest.mark.parametrize("name", [view.name for view in VIEWS.values() if not view.turn])
def test_a_window_hashes_as_what_it_shows(name: str) -> None:
    made, window = cells(pictures.photograph(5, 400, 533)), VIEWS[name].window
    low = windows.low_frequencies(
        made.pixels(), made.across, made.down, [inside((0, 0, 0, 0), window), inside((0, 0, 0, 0), VIEWS[WHOLE].window)]
    )
    squares = np.stack([made.square(colour_phash.SIDE, window), made.square(colour_phash.SIDE)])
    found, expected = colour_phash.of_low(low), colour_phash.compute(squares)
    assert bits.distance(found.words(), expected.words()).max() <= MOST


def test_the_sums_are_exact() -> None:
    made = cells(pictures.photograph(7, 479, 601))
    pixels, shares = made.pixels(), [(0.013, 0.2, 0.1, 0.0)]
    found = windows.low_frequencies(pixels, made.across, made.down, shares)
    turned = windows.low_frequencies(np.swapaxes(pixels, 0, 1), made.down, made.across, [(0.2, 0.013, 0.0, 0.1)])
    assert (np.swapaxes(turned, 2, 3) == found).all()


def test_a_window_within_a_window() -> None:
    half = PARTS // 2
    assert inside((half, 0, 0, half), (0, half, half, 0)) == (0.5, 0.25, 0.25, 0.5)
