"""An edit makes of one photograph the bytes of another file: a copy, a shade of it, or another product.

| kind | what the flow must do with original and edit |
|---|---|
| copy | merge them: a person sees one picture |
| shade | either: a person who lays them side by side hardly sees a difference |
| other | keep them apart: another colour, another light, another print, the mirror image |

Every edit is a function of the picture and a seeded generator; whatever is not about the encoding is saved as JPEG 90,
so that an edit never stands alone without the noise of a real file.
"""

import colorsys
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

JPEG_QUALITY = 90
Change = Callable[[Image.Image, Random], Image.Image]


@dataclass(frozen=True)
class Edit:
    """One way to edit: its kind, the change of the pixels, and how the result is saved."""

    kind: str
    change: Change
    suffix: str = ".jpg"
    options: tuple[tuple[str, int], ...] = (("quality", JPEG_QUALITY),)

    def apply(self, picture: Image.Image, seed: str) -> bytes:
        """The bytes of the edited file; the same picture and seed give the same bytes."""
        return self.saved(self.change(picture.convert("RGB"), Random(seed)))

    def saved(self, edited: Image.Image) -> bytes:
        """The bytes of a picture that is edited already."""
        buffer = io.BytesIO()
        edited.save(buffer, FORMATS[self.suffix], **dict(self.options))
        return buffer.getvalue()


FORMATS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}


def same(picture: Image.Image, _: Random) -> Image.Image:
    return picture


def resized(picture: Image.Image, _: Random, *, across: float, down: float) -> Image.Image:
    size = max(1, round(picture.width * across)), max(1, round(picture.height * down))
    return picture.resize(size, Image.Resampling.BICUBIC)


def hue(picture: Image.Image, _: Random, *, degrees: float) -> Image.Image:
    turn = round(degrees / 360 * 256)
    hues, saturation, value = picture.convert("HSV").split()
    turned = hues.point([(level + turn) % 256 for level in range(256)])
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")


def swapped(picture: Image.Image, _: Random) -> Image.Image:
    red, green, blue = picture.split()
    return Image.merge("RGB", (blue, green, red))


def grey(picture: Image.Image, _: Random) -> Image.Image:
    return ImageOps.grayscale(picture).convert("RGB")


def lit(picture: Image.Image, _: Random, *, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(factor)


def saturated(picture: Image.Image, _: Random, *, factor: float) -> Image.Image:
    return ImageEnhance.Color(picture).enhance(factor)


def mirrored(picture: Image.Image, _: Random) -> Image.Image:
    return ImageOps.mirror(picture)


def printed(picture: Image.Image, random: Random, *, share: float, pieces: int = 1) -> Image.Image:
    """A print of `share` of the area in the middle of the picture, of a colour that stands out from what it covers.

    With several `pieces` it is a row of bars as far apart as they are wide.
    """
    spread = 2 * pieces - 1
    height = (picture.width * picture.height * share / pieces * spread) ** 0.5 * random.uniform(0.8, 1.25)
    width = picture.width * picture.height * share / pieces * spread / height
    left = picture.width / 2 + random.uniform(-0.1, 0.1) * picture.width - width / 2
    top = picture.height / 2 + random.uniform(-0.15, 0.15) * picture.height - height / 2
    covered = picture.crop((int(left), int(top), int(left + width) + 1, int(top + height) + 1))
    printed_on = picture.copy()
    pen = ImageDraw.Draw(printed_on)
    colour = _standing_out(covered, random)
    for piece in range(pieces):
        start = left + 2 * piece * width / spread
        pen.rectangle((start, top, start + width / spread, top + height), fill=colour)
    return printed_on


def _standing_out(covered: Image.Image, random: Random) -> tuple[int, int, int]:
    """A colour at least 150 of 765 from the middle of what it covers."""
    middle = np.asarray(covered).reshape(-1, 3).mean(axis=0)
    while True:
        shade = colorsys.hsv_to_rgb(random.random(), random.random(), random.random())
        colour = tuple(round(255 * value) for value in shade)
        if np.abs(np.subtract(colour, middle)).sum() >= 150:
            return colour[0], colour[1], colour[2]


def _jpeg(quality: int) -> Edit:
    return Edit("copy", same, options=(("quality", quality),))


def _size(across: float, down: float) -> Edit:
    return Edit("copy", partial(resized, across=across, down=down))


def _other(change: Callable[..., Image.Image], **options: float) -> Edit:
    return Edit("other", partial(change, **options))


EDITS = {
    "JPEG 90": _jpeg(90),
    "JPEG 75": _jpeg(75),
    "JPEG 50": _jpeg(50),
    "JPEG 30": _jpeg(30),
    "PNG": Edit("copy", same, ".png", ()),
    "WebP 80": Edit("copy", same, ".webp", (("quality", 80),)),
    "size x 1/2": _size(1 / 2, 1 / 2),
    "size x 2": _size(2, 2),
    "size x 1/3": _size(1 / 3, 1 / 3),
    "squashed 10 %": _size(1, 0.9),
    "squashed 25 %": _size(1, 0.75),
    "darker 5 %": Edit("shade", partial(lit, factor=0.95)),
    "hue 20": _other(hue, degrees=20),
    "hue 60": _other(hue, degrees=60),
    "hue 120": _other(hue, degrees=120),
    "hue 180": _other(hue, degrees=180),
    "red and blue swapped": _other(swapped),
    "grey": _other(grey),
    "saturation x 1/2": _other(saturated, factor=0.5),
    "saturation x 3/2": _other(saturated, factor=1.5),
    "darker 10 %": _other(lit, factor=0.9),
    "darker 15 %": _other(lit, factor=0.85),
    "darker 30 %": _other(lit, factor=0.7),
    "darker 50 %": _other(lit, factor=0.5),
    "print 0.5 %": _other(printed, share=0.005),
    "print 1 %": _other(printed, share=0.01),
    "print 2 %": _other(printed, share=0.02),
    "print 5 %": _other(printed, share=0.05),
    "print 10 %": _other(printed, share=0.1),
    "bars 2 %": _other(printed, share=0.02, pieces=4),
    "bars 5 %": _other(printed, share=0.05, pieces=4),
    "mirrored": _other(mirrored),
}
