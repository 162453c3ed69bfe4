"""Another fine pattern on one outline is seen, and no copy of a patterned shirt is taken for one."""

import io
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from dedup_spark.images import decode, pattern, witness

SIDE = 60
WIDTH, HEIGHT = 240, 300
TURN = 16  # pixels: 4 of the square, or 3
PINK, CREAM = (232, 150, 160), (240, 224, 190)
Floats = NDArray[np.float64]
PATTERNS: dict[str, Callable[[Floats, Floats], NDArray[Any]]] = {
    "stripes": lambda x, y: y % TURN < TURN / 2,
    "pinstripes": lambda x, y: x % TURN < TURN / 2,
    "checks": lambda x, y: (x % TURN < TURN / 2) ^ (y % TURN < TURN / 2),
    "diagonals": lambda x, y: (x + y) % TURN < TURN / 2,
    "plain": lambda x, y: np.full_like(x, 1 / 2),
}


def shirt(name: str) -> Image.Image:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    part = PATTERNS[name](x, y).astype(np.float64)[..., None]
    cloth = part * PINK + (1 - part) * CREAM
    body = (np.abs(x - WIDTH / 2) < WIDTH / 4) & (np.abs(y - HEIGHT / 2) < HEIGHT / 3)
    return Image.fromarray(np.where(body[..., None], cloth, 255).astype(np.uint8))


def area(left: Image.Image, right: Image.Image) -> float:
    return float(witness.differing(decode.square(left, SIDE)[None], decode.square(right, SIDE)[None])[0])


def saved(picture: Image.Image, form: str, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, form, quality=quality)
    return Image.open(file).convert("RGB")


@pytest.mark.parametrize(("left", "right"), list(combinations(PATTERNS, 2)))
def test_two_patterns_of_one_outline_in_the_same_tones_are_two(left: str, right: str) -> None:
    assert area(shirt(left), shirt(right)) > pattern.FEW
    assert area(shirt(right), shirt(left)) > pattern.FEW


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize(
    "copied",
    [
        lambda shirt: saved(shirt.resize((WIDTH // 4, HEIGHT // 4), Image.Resampling.BICUBIC), "JPEG", 90),
        lambda shirt: saved(shirt.resize((WIDTH // 2, HEIGHT // 3), Image.Resampling.BICUBIC), "JPEG", 75),
        lambda shirt: saved(shirt, "JPEG", 30),
        lambda shirt: saved(shirt, "WEBP", 40),
        lambda shirt: shirt.filter(ImageFilter.UnsharpMask(radius=2, percent=100, threshold=2)),
        lambda shirt: shirt.point(lambda level: round(0.95 * level)),
    ],
    ids=["1/4", "squashed", "JPEG 30", "WebP 40", "sharpened", "darker"],
)
def test_a_copy_of_a_patterned_shirt_is_one(name: str, copied: Callable[[Image.Image], Image.Image]) -> None:
    assert area(shirt(name), copied(shirt(name))) == 0


def test_a_picture_too_small_for_the_pattern_says_nothing_against_it() -> None:
    checked = shirt("checks")
    assert area(checked, checked.resize((WIDTH // 10, HEIGHT // 10), Image.Resampling.BOX)) <= 1 / SIDE**2


def channels(name: str) -> Floats:
    return decode.square(shirt(name), SIDE)[None].transpose(0, 3, 1, 2).astype(np.float64)


def test_a_button_may_differ_and_a_faint_weave_but_no_pocket() -> None:
    striped = channels("stripes")
    button, woven, pocket = striped.copy(), striped.copy(), striped.copy()
    button[..., 30, 30] -= 40
    woven[..., ::2, ::2] += 8
    pocket[..., 20:30, 30:40] = channels("pinstripes")[..., 20:30, 30:40]
    found = [pattern.differing(striped, other, 1)[0] for other in (button, woven, pocket)]
    assert found[:2] == [0, 0]
    assert 50 < found[2] * SIDE**2 < 150


def test_where_a_blur_is_needed_more_may_differ() -> None:
    small = shirt("stripes").resize((WIDTH // 6, HEIGHT // 6), Image.Resampling.BICUBIC)
    assert area(shirt("stripes"), saved(small, "JPEG", 75)) == 0


def test_finer_steps_of_a_grey_level_change_nothing() -> None:
    left, right = channels("checks"), channels("plain")
    assert pattern.differing(left, right, 1).tolist() == pattern.differing(16 * left, 16 * right, 16).tolist()
