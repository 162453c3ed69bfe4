"""The edits of the quality bench are what their names say, and the same each time."""

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.edits import EDITS
from tests import pictures


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_the_same_each_time(edit: str) -> None:
    original = pictures.photograph(1)
    file = EDITS[edit].apply(original, "seed")
    assert file == EDITS[edit].apply(original, "seed")
    assert Image.open(io.BytesIO(file)).format == {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[EDITS[edit].suffix]


@pytest.mark.parametrize("edit", [name for name in EDITS if name.startswith(("print", "bars"))])
def test_a_print_covers_its_share(edit: str) -> None:
    original = Image.new("RGB", (400, 533), (200, 200, 200))
    share = float(edit.split()[1]) / 100
    for seed in ("a", "b", "c"):
        pixels = np.asarray(Image.open(io.BytesIO(EDITS[edit].apply(original, seed))), dtype=np.int64)
        assert (np.abs(pixels - 200).sum(axis=2) > 75).mean() == pytest.approx(share, rel=0.25)


def test_light_and_hue_are_as_named() -> None:
    orange = Image.new("RGB", (64, 64), (200, 100, 20))
    files = {name: io.BytesIO(EDITS[name].apply(orange, "")) for name in EDITS}
    shown = {name: np.asarray(Image.open(file), dtype=np.int64) for name, file in files.items()}
    assert shown["darker 30 %"][9, 9] == pytest.approx((140, 70, 14), abs=3)
    assert shown["red and blue swapped"][9, 9] == pytest.approx((20, 100, 200), abs=3)
    assert shown["hue 180"][9, 9] == pytest.approx((20, 120, 200), abs=5)
    assert len(set(shown["grey"][9, 9].tolist())) == 1
