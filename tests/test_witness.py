"""The second look finds a patch of another colour, and takes neither blur nor noise for one."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from dedup_spark.images import witness
from tests import pictures

SIDE = 60


def square(picture: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS))[None]


def saved(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


@pytest.mark.parametrize("seed", range(5))
def test_a_patch_is_seen_and_a_copy_is_not(seed: int) -> None:
    original = pictures.photograph(seed)
    small = original.resize((original.width // 3, original.height // 3), Image.Resampling.BICUBIC)  # 80 × 107
    for copy in (saved(original, 30), saved(small, 75), original.filter(ImageFilter.GaussianBlur(4))):
        assert witness.differing(square(original), square(copy))[0] <= 1 / SIDE**2
    printed = np.asarray(small).copy()
    printed[10 : 10 + printed.shape[0] // 8, 10 : 10 + printed.shape[1] // 8] ^= 0x80
    assert witness.differing(square(original), square(saved(Image.fromarray(printed), 75)))[0] > 1 / SIDE**2


def test_the_order_of_the_two_and_of_the_pairs_is_nothing() -> None:
    left = np.concatenate([square(pictures.photograph(seed)) for seed in range(4)])
    right = np.concatenate([square(pictures.photograph(seed).filter(ImageFilter.GaussianBlur(9))) for seed in range(4)])
    right[2, 20:40, 20:40] //= 2
    found = witness.differing(left, right)
    assert found[2] > found[[0, 1, 3]].max()
    assert (found == witness.differing(right, left)).all()
    assert (found == [witness.differing(left[[row]], right[[row]])[0] for row in range(4)]).all()


def test_another_light_of_a_twentieth_is_not_seen_and_of_a_tenth_is() -> None:
    white = np.full((1, SIDE, SIDE, 3), 240, np.uint8)
    assert witness.differing(white, (white * 0.95).astype(np.uint8))[0] == 0
    assert witness.differing(white, (white * 0.9).astype(np.uint8))[0] == 1


@pytest.mark.parametrize(
    ("side", "darker", "sharpened", "seen"),
    [(5, 15, False, True), (5, 15, True, False), (14, 15, True, True), (5, 40, True, True)],
)
def test_a_small_faint_patch_is_let_pass_in_a_sharpened_copy_only(
    side: int, darker: int, sharpened: bool, seen: bool
) -> None:
    original = square(pictures.photograph(3)).clip(60, 200)
    copy = original.copy()
    if sharpened:
        copy[0, :, ::2] += 8
        copy[0, :, 1::2] -= 8
    copy[0, 20 : 20 + side, 20 : 20 + side] -= np.uint8(darker)
    assert (witness.differing(original, copy)[0] > 0) == seen
    assert (witness.differing(copy, original)[0] > 0) == seen
