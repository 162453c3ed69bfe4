"""A drawn pair is one product cut out on white, and another that shares its outline: the hard case of any hash.

| family | what differs |
|---|---|
| tone | one colour of the design, which covers much or hardly anything, beside the four nearest to it |
| dark | the same garment in black, navy, charcoal and grey |
| skin, fabric | the whole product in five shades of nude, in five of undyed cloth |
| label ... | a text only: 500 ml and 750 ml, a pack of 1 and of 6, size 38 and 39 |
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from dedup_spark.demo import assortment
from dedup_spark.demo.draw.designs import COLOURS, Design, draw

NEIGHBOURS = 4
DARK = ("black", "navy", "charcoal", "grey")
SKIN = ((246, 226, 208), (240, 214, 192), (232, 201, 175), (222, 186, 157), (209, 170, 139))
FABRIC = ((242, 237, 224), (234, 226, 209), (224, 214, 194), (213, 202, 182), (201, 190, 170))
LABELS = (("500 ml", "750 ml"), ("pack of 1", "pack of 6"), ("38", "39"))
FAMILIES = ("tone", "dark", "skin", "fabric", *(f"label {one} / {other}" for one, other in LABELS))
INK = (40, 40, 45)
ASSORTMENT = 300  # designs of one seed: no assortment has colours for many more


@dataclass(frozen=True)
class DrawnPair:
    """Two pictures of different products; `source` names the design that both come from."""

    source: str
    family: str
    left: Image.Image
    right: Image.Image


def designs(number: int, seed: int) -> Iterator[tuple[int, int, Design]]:
    """So many designs, each as its number, the seed of its assortment, and itself."""
    for first in range(0, number, ASSORTMENT):
        ours = seed + first // ASSORTMENT
        products = islice(assortment.products(ours), min(ASSORTMENT, number - first))
        for place, product in enumerate(products, first):
            yield place, ours, product.design


def pairs(number: int, seed: int, design: Design) -> Iterator[DrawnPair]:
    """The pairs of one design: either its tones, its dark tones, skin, fabric or its labels, as its number has it."""
    makers = (_tones, _dark, _skin, _fabric, _labels)
    yield from makers[number % len(makers)](design, random.Random(source(design, seed)), seed)


def source(design: Design, seed: int) -> str:
    """What names a design among those of all assortments."""
    return f"{seed} {design.name}"


def cut_out(design: Design, seed: int, tone: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """The design alone on white, seen through a tone."""
    drawn = draw(design, "cut out", seed)
    toned = ImageChops.multiply(drawn, Image.new("RGBA", drawn.size, (*tone, 255)))
    return Image.alpha_composite(Image.new("RGBA", drawn.size, (255, 255, 255, 255)), toned).convert("RGB")


def _tones(design: Design, dice: random.Random, seed: int) -> Iterator[DrawnPair]:
    slot = dice.randrange(len(design.colours))
    names = [design.colours[slot], *_nearest(design.colours[slot])]
    yield from _in_colours(design, slot, names, "tone", seed)


def _dark(design: Design, _: random.Random, seed: int) -> Iterator[DrawnPair]:
    yield from _in_colours(design, 0, DARK, "dark", seed)


def _skin(design: Design, _: random.Random, seed: int) -> Iterator[DrawnPair]:
    yield from _seen_through(design, SKIN, "skin", seed)


def _fabric(design: Design, _: random.Random, seed: int) -> Iterator[DrawnPair]:
    yield from _seen_through(design, FABRIC, "fabric", seed)


def _labels(design: Design, dice: random.Random, seed: int) -> Iterator[DrawnPair]:
    plain = cut_out(replace(design, pattern="plain"), seed)
    share = dice.uniform(0.03, 0.09)  # of the picture's height
    for one, other in LABELS:
        shown = _lettered(plain, one, share), _lettered(plain, other, share)
        yield DrawnPair(source(design, seed), f"label {one} / {other}", *shown)


def _in_colours(design: Design, slot: int, names: Sequence[str], family: str, seed: int) -> Iterator[DrawnPair]:
    shown = [cut_out(replace(design, colours=_with(design.colours, slot, name)), seed) for name in names]
    yield from _each_two(shown, family, source(design, seed))


def _seen_through(design: Design, tones: Sequence[tuple[int, int, int]], family: str, seed: int) -> Iterator[DrawnPair]:
    undyed = replace(design, colours=("white", "white", "white"), pattern="plain")
    yield from _each_two([cut_out(undyed, seed, tone) for tone in tones], family, source(design, seed))


def _each_two(shown: Sequence[Image.Image], family: str, source: str) -> Iterator[DrawnPair]:
    for left, right in combinations(shown, 2):
        if left.tobytes() != right.tobytes():  # not every design shows all three of its colours
            yield DrawnPair(source, family, left, right)


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
