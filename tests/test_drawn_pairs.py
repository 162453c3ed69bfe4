"""A drawn pair differs in what its family says, and shares its outline."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageChops

from benchmarks.drawn_pairs import ASSORTMENT, FABRIC, FAMILIES, LABELS, SKIN, designs, pairs, source
from dedup_spark.demo.draw.designs import Design

SHIRT = Design("shirt", "t-shirt", ("navy", "cream", "red"), "blocks", size=(96, 120))
GROUND = 255
SHADES = {"tone": 5, "dark": 4, "skin": len(SKIN), "fabric": len(FABRIC)}


@pytest.mark.parametrize("number", range(5))
def test_two_of_a_pair_share_their_outline(number: int) -> None:
    drawn = list(pairs(number, 1, SHIRT))
    families = {pair.family for pair in drawn}
    assert families <= set(FAMILIES)
    shades = SHADES.get(drawn[0].family)
    assert len(drawn) == (len(LABELS) if shades is None else shades * (shades - 1) // 2)
    for pair in drawn:
        left, right = (np.asarray(picture).min(axis=2) == GROUND for picture in (pair.left, pair.right))
        assert (left == right).mean() > 0.99
        assert 0.3 < left.mean() < 0.9
        assert pair.left.tobytes() != pair.right.tobytes()


def test_a_label_differs_in_its_text_only() -> None:
    for pair in pairs(4, 1, replace(SHIRT, size=(400, 500))):
        changed = ImageChops.difference(pair.left, pair.right).convert("L").point(lambda level: GROUND * (level > 0))
        left, top, right, bottom = changed.getbbox() or (0, 0, 0, 0)
        assert 0 < (right - left) * (bottom - top) < 0.1 * 400 * 500


def test_designs_of_two_assortments_have_two_names() -> None:
    drawn = list(designs(ASSORTMENT + 2, 1))
    assert [number for number, _, _ in drawn] == list(range(ASSORTMENT + 2))
    assert len({source(design, seed) for _, seed, design in drawn}) == len(drawn)
    assert drawn[0][2] != drawn[ASSORTMENT][2]
