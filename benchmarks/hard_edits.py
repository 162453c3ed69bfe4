"""A hard edit is one that the hash and the block averages hardly see: neighbouring tones, small prints, weak copies.

The others are what a shop keeps apart: the same garment in a tone beside it, in another light, with a small print or
another sole. Some change the whole picture, some the garment only, and leave its ground as it is.
"""

from functools import partial
from random import Random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from benchmarks.edits import Change, Edit, hue, lit, printed, resized, same, saturated

GROUND = 60
"""How far of 765 a pixel is from the ground at most, the median of the border, to belong to it."""

HOLE = 4
"""Pixels around one that are asked, by majority, whether it belongs to the garment: noise does not."""

WHITE = 255
SOLES = ((250, 250, 250), (20, 20, 20), (160, 120, 70), (200, 30, 30))
SOLE = 10  # the part of a garment's height that its sole takes


def garment(picture: Image.Image) -> Image.Image:
    """A mask, soft at its edge, of what differs from the ground inside of the middle ellipse."""
    pixels = np.asarray(picture, dtype=np.int64)
    height, width = pixels.shape[:2]
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    away = np.abs(pixels - np.median(border, axis=0)).sum(axis=2) > GROUND
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    middle = (x / 0.9) ** 2 + (y / 0.9) ** 2 < 1
    mask = Image.fromarray((away & middle).astype(np.uint8) * WHITE).filter(ImageFilter.BoxBlur(HOLE))
    return mask.point(lambda level: WHITE * (2 * level > WHITE)).filter(ImageFilter.GaussianBlur(2))


def on_garment(picture: Image.Image, random: Random, *, change: Change) -> Image.Image:
    """The change inside of the garment only."""
    return Image.composite(change(picture, random), picture, garment(picture))


def soled(picture: Image.Image, random: Random) -> Image.Image:
    """The lowest tenth of the garment in another plain colour."""
    mask = garment(picture)
    box = mask.getbbox()
    if box is None:
        return picture
    left, top, right, bottom = box
    top = bottom - max(2, (bottom - top) // SOLE)
    strip = Image.new("L", picture.size, 0)
    strip.paste(mask.crop((left, top, right, bottom)), (left, top))
    return Image.composite(Image.new("RGB", picture.size, random.choice(SOLES)), picture, strip)


def contrasted(picture: Image.Image, _: Random, *, factor: float) -> Image.Image:
    return ImageEnhance.Contrast(picture).enhance(factor)


def sharpened(picture: Image.Image, _: Random) -> Image.Image:
    return picture.filter(ImageFilter.UnsharpMask(radius=2, percent=100, threshold=2))


def _both(name: str, change: Change) -> dict[str, Edit]:
    return {name: Edit("other", change), f"garment {name}": Edit("other", partial(on_garment, change=change))}


HARD = {
    "size x 1/4": Edit("copy", partial(resized, across=1 / 4, down=1 / 4)),
    "WebP 40": Edit("copy", same, ".webp", (("quality", 40),)),
    "sharpened": Edit("copy", sharpened),
    "light + 5 %": Edit("copy", partial(lit, factor=1.05)),
    "light - 5 %": Edit("copy", partial(lit, factor=0.95)),
    "contrast + 5 %": Edit("copy", partial(contrasted, factor=1.05)),
    "contrast - 5 %": Edit("copy", partial(contrasted, factor=0.95)),
    **{
        name: edit
        for degrees in (10, 20, 30, 45)
        for name, edit in _both(f"hue {degrees}", partial(hue, degrees=degrees)).items()
    },
    **{
        name: edit
        for percent in (-40, -20, -10, 10, 20, 40)
        for name, edit in _both(f"light {percent:+} %", partial(lit, factor=1 + percent / 100)).items()
    },
    **{
        name: edit
        for factor in (0.5, 1.5)
        for name, edit in _both(f"saturation x {factor}", partial(saturated, factor=factor)).items()
    },
    **{
        f"print {share:.2%}": Edit("other", partial(printed, share=share))
        for share in (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1)
    },
    "sole": Edit("other", soled),
}
