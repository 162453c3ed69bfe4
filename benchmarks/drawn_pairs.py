"""A drawn pair is one product cut out on white, and another that shares its outline: the hard case of any hash.

| family | what differs |
|---|---|
| tone | one colour of the design, which covers much or hardly anything, beside the four nearest to it |
| dark | the same garment in black, navy, charcoal and grey |
| label | a text only: 500 ml and 750 ml, a pack of 1 and of 6, size 38 and 39 |
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dedup_spark.demo import assortment
from dedup_spark.demo.draw.designs import COLOURS, Design, draw

NEIGHBOURS = 4
DARK = ("black", "navy", "charcoal", "grey")
LABELS = (("500 ml", "750 ml"), ("pack of 1", "pack of 6"), ("38", "39"))
INK = (40, 40, 45)


@dataclass(frozen=True)
class DrawnPair:
    """Two pictures of different products; `source` names the design that both come from."""

    source: str
    family: str
    left: Image.Image
    right: Image.Image


def pairs(designs: int, seed: int) -> Iterator[DrawnPair]:
    """The pairs of so many designs: of each either its tones, its dark tones or its labels, in turn."""
    makers = (_tones, _tones, _dark, _labels)
    for number, product in enumerate(islice(assortment.products(seed), designs)):
        yield from makers[number % len(makers)](product.design, random.Random(f"{seed} {product.design.name}"), seed)


def cut_out(design: Design, seed: int) -> Image.Image:
    """The design alone on white."""
    drawn = draw(design, "cut out", seed)
    return Image.alpha_composite(Image.new("RGBA", drawn.size, (255, 255, 255, 255)), drawn).convert("RGB")


def _tones(design: Design, dice: random.Random, seed: int) -> Iterator[DrawnPair]:
    slot = dice.randrange(len(design.colours))
    names = [design.colours[slot], *_nearest(design.colours[slot])]
    yield from _in_colours(design, slot, names, "tone", seed)


def _dark(design: Design, _: random.Random, seed: int) -> Iterator[DrawnPair]:
    yield from _in_colours(design, 0, DARK, "dark", seed)


def _labels(design: Design, dice: random.Random, seed: int) -> Iterator[DrawnPair]:
    plain = cut_out(replace(design, pattern="plain"), seed)
    one, other = dice.choice(LABELS)
    share = dice.uniform(0.03, 0.09)  # of the picture's height
    yield DrawnPair(design.name, "label", _lettered(plain, one, share), _lettered(plain, other, share))


def _in_colours(design: Design, slot: int, names: Sequence[str], family: str, seed: int) -> Iterator[DrawnPair]:
    shown = [cut_out(replace(design, colours=_with(design.colours, slot, name)), seed) for name in names]
    for left, right in combinations(shown, 2):
        if left.tobytes() != right.tobytes():  # not every design shows all three of its colours
            yield DrawnPair(design.name, family, left, right)


def _with(colours: tuple[str, str, str], slot: int, name: str) -> tuple[str, str, str]:
    first, second, third = (name if place == slot else colour for place, colour in enumerate(colours))
    return first, second, third


def _nearest(name: str) -> list[str]:
    """The colours nearest to this one."""
    away = {other: float(np.abs(np.subtract(shade, COLOURS[name])).sum()) for other, shade in COLOURS.items()}
    return sorted(away, key=lambda other: (away[other], other))[1 : NEIGHBOURS + 1]  # the first is itself


def _lettered(picture: Image.Image, text: str, share: float) -> Image.Image:
    """The picture with a text in its middle, on a pale tag."""
    lettered = picture.copy()
    pen, size = ImageDraw.Draw(lettered), max(8, round(share * picture.height))
    middle, font = (picture.width / 2, picture.height / 2), ImageFont.load_default(size)
    left, top, right, bottom = pen.textbbox(middle, text, font, anchor="mm")
    pen.rectangle((left - size / 4, top - size / 4, right + size / 4, bottom + size / 4), fill=(250, 248, 240))
    pen.text(middle, text, INK, font, anchor="mm")
    return lettered
