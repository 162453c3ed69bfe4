"""The hard edits change what their names say: the garment and not its ground, the sole and not the rest."""

from random import Random

import numpy as np
import pytest
from PIL import Image

from benchmarks.hard_edits import HARD, garment

GROUND, CLOTH = (250, 250, 250), (120, 40, 40)
BOX = (60, 60, 140, 200)


def shown() -> Image.Image:
    picture = Image.new("RGB", (200, 260), GROUND)
    picture.paste(CLOTH, BOX)
    picture.putpixel((100, 100), GROUND)
    picture.putpixel((30, 130), CLOTH)
    return picture


def test_a_garment_has_no_holes_and_noise_is_none() -> None:
    mask = np.asarray(garment(shown()))
    assert mask[100, 100] == 255
    assert mask[130, 30] == 0
    assert (mask > 127).mean() == pytest.approx(80 * 140 / (200 * 260), rel=0.01)


def test_a_change_of_the_garment_leaves_its_ground() -> None:
    darker = HARD["garment light -40 %"].change(shown(), Random(1))
    assert darker.getpixel((100, 150)) == (72, 24, 24)
    assert darker.getpixel((5, 5)) == GROUND


def test_a_sole_is_the_lowest_tenth() -> None:
    changed = np.asarray(HARD["sole"].change(shown(), Random(1))) != np.asarray(shown())
    rows = np.flatnonzero(changed.any(axis=(1, 2)))
    assert BOX[3] - 0.15 * (BOX[3] - BOX[1]) < rows.min() < rows.max() < BOX[3] + 5
