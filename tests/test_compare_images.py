"""Two pictures are one whatever margins and crops they came with; changed ones are two."""

from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageOps

import dedup_spark
from tests import pictures

SHOWN = pictures.photograph(6, 400, 533)


def padded(picture: Image.Image, ground: tuple[int, int, int] = (255, 255, 255), share: float = 0.1) -> Image.Image:
    across, down = round(share * picture.width), round(share * picture.height)
    return ImageOps.expand(picture, (across, down), ground)


def cropped(left: int, top: int, right: int, bottom: int) -> Image.Image:
    return SHOWN.crop((left, top, SHOWN.width - right, SHOWN.height - bottom))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda: SHOWN, "near"),
        (lambda: padded(SHOWN), "of white margin removed"),
        (lambda: padded(SHOWN, (40, 70, 180), 0.05), "of blue margin removed"),
        (lambda: cropped(8, 11, 8, 11), "2 % cut off at each side"),
        (lambda: cropped(12, 0, 0, 0), "cut off at the left"),
        (lambda: cropped(12, 16, 0, 0), "cut off at the top"),
    ],
)
def test_a_copy_is_found_and_said_in_words(edit: Callable[[], Image.Image], said: str) -> None:
    found = dedup_spark.compare_images(pictures.jpeg(SHOWN, 95), pictures.jpeg(edit(), 75))
    assert (found.verdict, said in found.reason) == ("duplicate", True), found


def test_a_changed_picture_with_a_margin_is_another() -> None:
    changed = SHOWN.copy()
    ImageDraw.Draw(changed).rectangle((180, 240, 230, 300), fill=(250, 20, 20))
    found = dedup_spark.compare_images(SHOWN, padded(changed))
    assert found.verdict == "vetoed"


def test_a_stretched_content_is_another() -> None:
    found = dedup_spark.compare_images(padded(SHOWN), padded(SHOWN.resize((400, 660)), share=0.2))
    assert (found.verdict, found.reason) == ("vetoed", "shape")


def test_other_pictures_are_far() -> None:
    found = dedup_spark.compare_images(SHOWN, pictures.photograph(7, 400, 533))
    assert (found.verdict, found.reason, found.left_view) == ("vetoed", "distance", "whole")
    assert found.tried.num_rows > len(found.tried["distance"].unique()) > 1


def test_the_hash_of_a_view() -> None:
    framed = padded(SHOWN)
    whole, trimmed = dedup_spark.hash_image(SHOWN), dedup_spark.hash_image(framed, view="trimmed")
    assert len(dedup_spark.find_pairs([whole, trimmed], 10)) == 1
    assert len(dedup_spark.find_pairs([whole, dedup_spark.hash_image(framed)], 10)) == 0
    mirrored = dedup_spark.hash_image(ImageOps.mirror(SHOWN), view="mirrored")
    assert len(dedup_spark.find_pairs([whole, mirrored], 2)) == 1
    with pytest.raises(dedup_spark.errors.BadInput):
        dedup_spark.hash_image(SHOWN, view="sideways")
