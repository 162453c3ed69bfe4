"""A motif is a print for a chest, a mug or a bag: a small RGBA picture drawn in two or three colours."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dedup_spark.demo.draw.shapes import Colour

SIDE = 480
Ink = tuple[int, int, int, int]
Draw = Callable[[ImageDraw.ImageDraw, Sequence[Ink]], None]


def motif(name: str, colours: Sequence[Colour]) -> Image.Image:
    """A motif of MOTIFS, or else the name itself as a word, in three colours; 240 pixels wide.

    >>> motif("peaks", [(1, 0, 0), (0, 1, 0), (0, 0, 1)]).size
    (240, 240)
    """
    inks: list[Ink] = [(int(r * 255), int(g * 255), int(b * 255), 255) for r, g, b in colours]
    canvas = Image.new("RGBA", (SIDE, SIDE), (*inks[0][:3], 0))
    if name in MOTIFS:
        MOTIFS[name](ImageDraw.Draw(canvas), inks)
    else:
        _word(ImageDraw.Draw(canvas), name, inks)
    return canvas.reduce(2)


def _word(draw: ImageDraw.ImageDraw, word: str, inks: Sequence[Ink]) -> None:
    size = int(1.55 * SIDE / max(len(word), 2))
    font = ImageFont.load_default(size)
    draw.text((SIDE / 2, SIDE / 2), word, inks[0], font, anchor="mm", stroke_width=size // 28)
    draw.rectangle((50, SIDE / 2 + size * 0.5, SIDE - 50, SIDE / 2 + size * 0.56), inks[1])


def _sun(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    draw.ellipse((70, 50, 410, 390), inks[0])
    for number in range(7):
        top = 210 + number * 28
        draw.rectangle((40, top, 440, top + 5 + number * 2), (0, 0, 0, 0))
    draw.polygon([(20, 420), (160, 300), (230, 360), (320, 280), (460, 420)], inks[1])


def _peaks(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    draw.ellipse((300, 60, 400, 160), inks[2])
    draw.polygon([(20, 400), (190, 100), (350, 400)], inks[0])
    draw.polygon([(190, 100), (236, 188), (200, 176), (180, 200), (148, 172)], inks[1])
    draw.polygon([(230, 400), (340, 220), (460, 400)], inks[1])


def _wave(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    for number in range(5):
        x = np.linspace(20, 460, 60)
        y = 130 + number * 56 + 26 * np.sin(x / 38 + number * 0.9)
        draw.line(list(zip(x.tolist(), y.tolist(), strict=True)), inks[number % 2], 26, joint="curve")


def _bolt(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    draw.ellipse((60, 60, 420, 420), inks[1])
    draw.polygon([(270, 40), (130, 260), (225, 260), (190, 440), (350, 200), (250, 200)], inks[0])


def _rings(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    for number, inset in enumerate(range(30, 230, 40)):
        draw.ellipse((inset, inset, SIDE - inset - number * 10, SIDE - inset), inks[number % 3])


def _leaf(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    along = np.linspace(0, 1, 40)
    wide = 130 * np.sin(np.pi * along**0.8)
    x, y = 70 + 350 * along, 420 - 350 * along
    for side, ink in ((-1, inks[0]), (1, inks[1])):
        edge = np.stack([x + side * wide * 0.7, y + side * wide * 0.7], axis=1)
        draw.polygon([(70.0, 420.0), *((float(a), float(b)) for a, b in edge), (420.0, 70.0)], ink)
    draw.line([(40, 450), (400, 90)], inks[2], 12)


def _cat(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    draw.polygon([(80, 60), (90, 250), (230, 150)], inks[0])
    draw.polygon([(400, 60), (390, 250), (250, 150)], inks[0])
    draw.ellipse((70, 110, 410, 420), inks[0])
    for x in (165, 315):
        draw.ellipse((x - 42, 210, x + 42, 294), inks[1])
        draw.ellipse((x - 12, 214, x + 12, 290), inks[2])
    draw.polygon([(220, 310), (260, 310), (240, 336)], inks[1])
    for y in (330, 360):
        draw.line([(40, y - 10), (180, y)], inks[1], 6)
        draw.line([(440, y - 10), (300, y)], inks[1], 6)


def _rocket(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    draw.polygon([(150, 330), (90, 420), (180, 390)], inks[1])
    draw.polygon([(330, 330), (390, 420), (300, 390)], inks[1])
    draw.polygon([(240, 20), (330, 160), (320, 380), (160, 380), (150, 160)], inks[0])
    draw.ellipse((195, 150, 285, 240), inks[2])
    draw.polygon([(190, 385), (290, 385), (240, 470)], inks[2])


def _anchor(draw: ImageDraw.ImageDraw, inks: Sequence[Ink]) -> None:
    draw.ellipse((195, 30, 285, 120), outline=inks[0], width=24)
    draw.line([(240, 110), (240, 430)], inks[0], 30)
    draw.line([(140, 170), (340, 170)], inks[1], 28)
    draw.arc((70, 130, 410, 440), 20, 160, inks[0], 30)
    draw.polygon([(40, 320), (130, 300), (80, 390)], inks[0])
    draw.polygon([(440, 320), (350, 300), (400, 390)], inks[0])


MOTIFS: dict[str, Draw] = {
    "sun": _sun,
    "peaks": _peaks,
    "wave": _wave,
    "bolt": _bolt,
    "rings": _rings,
    "leaf": _leaf,
    "cat": _cat,
    "rocket": _rocket,
    "anchor": _anchor,
}
