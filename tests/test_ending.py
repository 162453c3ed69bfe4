"""A file of each format cut at every byte, and files whose end lies where few look for it."""

import pytest

from dedup_spark.images.ending import ending
from tests import pictures

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
PICTURE = pictures.product(1, 24, 32)


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_whole_file_is_whole(kind: str) -> None:
    file = pictures.saved(PICTURE, kind)
    assert ending(file, kind) == "whole"
    assert ending(file + b"anything", kind) == "whole"
    assert {ending(file[:length], kind) for length in range(len(file))} == {"truncated"}


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"progressive": True}),
        ("JPEG", {"restart_marker_blocks": 1}),
        ("JPEG", {"comment": b"\xff\xd9 is no end here"}),
        ("PNG", {"interlace": 1}),
        ("GIF", {"save_all": True, "append_images": [pictures.product(2, 24, 32)]}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_unusual_files_end_too(kind: str, options: dict[str, object]) -> None:
    file = pictures.saved(PICTURE, kind, **options)
    assert ending(file, kind) == "whole"
    assert ending(file[:-1], kind) == "truncated"


def test_the_thumbnail_inside_a_jpeg_is_not_its_end() -> None:
    inner, outer = pictures.jpeg(PICTURE, 30), pictures.jpeg(PICTURE, 90)
    segment = b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner
    file = outer[:2] + segment + outer[2:]
    assert ending(file, "JPEG") == "whole"
    assert ending(file[:-2], "JPEG") == "truncated"


def test_zeros_where_the_rest_should_be_are_no_end() -> None:
    assert ending(pictures.blanked(pictures.jpeg(PICTURE), 0.7, 1), "JPEG") == "truncated"


def test_a_wrong_byte_in_what_decides_the_pixels_of_a_png() -> None:
    file = pictures.saved(PICTURE, "PNG", pnginfo=None)
    assert ending(pictures.flipped(file), "PNG") == "corrupt"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_rows_of_a_bmp_have_a_length(mode: str) -> None:
    file = pictures.saved(pictures.product(1, 23, 31).convert(mode), "BMP")
    assert (ending(file, "BMP"), ending(file[:-1], "BMP")) == ("whole", "truncated")
