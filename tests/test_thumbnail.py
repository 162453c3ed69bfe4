"""Small pictures for people keep their aspect, those for later signatures every pixel."""

import io

import numpy as np
import pytest
from PIL import Image

from dedup_spark.images import decode, thumbnail
from tests import pictures
from tests.hostile import TEXTS


@pytest.mark.parametrize(
    ("size", "expected"),
    [((400, 533), (96, 128)), ((533, 400), (128, 96)), ((50, 20), (50, 20)), ((5000, 1), (128, 1)), ((1, 1), (1, 1))],
)
def test_the_longer_side_is_bounded_and_nothing_is_enlarged(size: tuple[int, int], expected: tuple[int, int]) -> None:
    small = Image.open(io.BytesIO(thumbnail.thumbnail(Image.new("RGB", size, (10, 90, 200)), 128)))
    assert (small.format, small.size) == ("WEBP", expected)


def test_a_thumbnail_shows_the_picture() -> None:
    picture = pictures.photograph(1)
    small = Image.open(io.BytesIO(thumbnail.thumbnail(picture, 128))).convert("RGB")
    expected = picture.resize(small.size, Image.Resampling.BOX)
    assert np.abs(np.asarray(small).astype(int) - np.asarray(expected)).mean() < 6


def test_nothing_that_a_file_says_beside_its_pixels_is_kept() -> None:
    exif, said = Image.Exif(), "".join(TEXTS)
    exif[0x010E] = said  # ImageDescription
    beside = {"exif": exif.tobytes(), "comment": said.encode(), "icc_profile": b"<script>", "xmp": said.encode()}
    picture = decode.decode(pictures.saved(pictures.photograph(1), "JPEG", **beside), 1_000_000).picture
    small = Image.open(io.BytesIO(thumbnail.thumbnail(picture, 128)))
    assert not small.info.keys() & {"exif", "comment", "icc_profile", "xmp"}
    assert b"script" not in thumbnail.thumbnail(picture, 128)


def test_lossless_pixels_come_back() -> None:
    for picture in (pictures.product(1), pictures.photograph(2), pictures.flat()):
        square = decode.square(picture, 60)
        assert (thumbnail.read_lossless(thumbnail.lossless(square)) == square).all()
