"""An edit makes the bytes of a file from a picture: a copy as shops make them, or a file that is broken in one way."""

import io
from collections.abc import Callable

from PIL import Image

Edit = Callable[[Image.Image], bytes]
ORIGINAL_QUALITY = 92
COPY_QUALITY = 90
WEBP_QUALITY = 80
ORIENTATION = 0x0112  # the EXIF tag
TURNED = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
"""EXIF orientations, and how the pixels lie when a viewer is told to undo them."""


def encoded(picture: Image.Image, file_format: str, **options: object) -> bytes:
    """A picture as a file."""
    file = io.BytesIO()
    picture.save(file, file_format, **options)
    return file.getvalue()


def jpeg(quality: int) -> Edit:
    """Compressed again, on white where it is transparent."""
    return lambda picture: encoded(on_white(picture), "JPEG", quality=quality)


def resized(width: float, height: float) -> Edit:
    """Another size, as shares of the old one."""

    def edit(picture: Image.Image) -> bytes:
        size = (round(picture.width * width), round(picture.height * height))
        smaller = picture.resize(size, Image.Resampling.LANCZOS)
        return encoded(smaller, "PNG") if "A" in picture.mode else encoded(smaller, "JPEG", quality=COPY_QUALITY)

    return edit


def turned(orientation: int) -> Edit:
    """Pixels turned, and the EXIF tag that tells a viewer to turn them back."""

    def edit(picture: Image.Image) -> bytes:
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        lying = picture.transpose(TURNED[orientation])
        return encoded(lying, "JPEG", quality=COPY_QUALITY, exif=exif.tobytes())

    return edit


def on_white(picture: Image.Image) -> Image.Image:
    """A picture without transparency."""
    if "A" not in picture.mode:
        return picture
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    white.alpha_composite(picture)
    return white.convert("RGB")


COPIES: dict[str, tuple[str, Edit]] = {
    "jpeg_90": (".jpg", jpeg(90)),
    "jpeg_75": (".jpg", jpeg(75)),
    "jpeg_50": (".jpg", jpeg(50)),
    "jpeg_30": (".jpg", jpeg(30)),
    "half": (".jpg", resized(1 / 2, 1 / 2)),
    "third": (".jpg", resized(1 / 3, 1 / 3)),
    "double": (".jpg", resized(2, 2)),
    "squash_10": (".jpg", resized(1, 0.9)),
    "squash_25": (".jpg", resized(0.75, 1)),
    "png": (".png", lambda picture: encoded(picture, "PNG")),
    "webp": (".webp", lambda picture: encoded(picture, "WEBP", quality=WEBP_QUALITY)),
    "exif_180": (".jpg", turned(3)),
    "exif_right": (".jpg", turned(6)),
    "exif_left": (".jpg", turned(8)),
    "half_cut_out": (".png", resized(1 / 2, 1 / 2)),
}
"""Suffix and maker of each kind of copy, made from the picture that the original file shows."""

HTML = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body><h1>This picture has moved</h1></body></html>\n"
TRUNCATED_SHARE = 0.55
BOMB_SIDE = 9000
"""Pixels: 81 million of one colour in a file of some kilobytes."""

BROKEN: dict[str, tuple[str, str, Edit]] = {
    "truncated jpeg": (".jpg", "truncated", lambda picture: _start(encoded(picture, "JPEG", quality=COPY_QUALITY))),
    "truncated png": (".png", "truncated", lambda picture: _start(encoded(picture, "PNG"))),
    "corrupt png": (".png", "corrupt", lambda picture: _scratched(encoded(picture, "PNG"))),
    "empty file": (".jpg", "empty", lambda picture: b""),
    "web page": (".jpg", "not_image", lambda picture: HTML),
    "text": (".png", "not_image", lambda picture: b"see attachment\n"),
    "tiff": (".tif", "unsupported_format", lambda picture: encoded(picture, "TIFF")),
    "bomb": (".png", "too_many_pixels", lambda picture: encoded(Image.new("1", (BOMB_SIDE, BOMB_SIDE)), "PNG")),
}
"""Suffix, the status that the run should give, and maker of each kind of unusable file."""


def _start(data: bytes) -> bytes:
    return data[: int(len(data) * TRUNCATED_SHARE)]


def _scratched(data: bytes) -> bytes:
    """Half of the compressed pixels overwritten; the length stays."""
    start = len(data) // 2
    return data[:start] + bytes(len(data) - start - 12) + data[-12:]
