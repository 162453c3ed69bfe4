"""A card is a picture that shops put where no product is shown: "no picture yet", a size chart, plain white."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = (500, 500)
GREY, DARK, PALE = (236, 237, 239), (176, 180, 186), (214, 217, 221)


def placeholder() -> Image.Image:
    """A camera on grey, its right half the mirror of its left: half of its frequencies are nothing but rounding."""
    canvas = Image.new("RGB", SIZE, GREY)
    draw = ImageDraw.Draw(canvas)
    draw.rounded_rectangle((110, 170, 389, 369), 28, fill=DARK)
    draw.rounded_rectangle((195, 135, 304, 220), 18, fill=DARK)
    for reach, colour in ((78, GREY), (60, DARK), (40, PALE)):
        draw.ellipse((249.5 - reach, 270 - reach, 249.5 + reach, 270 + reach), fill=colour)
    for left in (0, 1):
        x = 100 if left else 399
        draw.line([(x, 410), (249.5, 440)], fill=PALE, width=9)
    pixels = np.asarray(canvas).astype(np.uint16)
    return Image.fromarray(((pixels + pixels[:, ::-1]) // 2).astype(np.uint8))


def size_chart() -> Image.Image:
    """A table of sizes as a brand's supplier hands it out."""
    canvas = Image.new("RGB", (520, 440), (255, 255, 255))
    draw = ImageDraw.Draw(canvas)
    large, small = ImageFont.load_default(34), ImageFont.load_default(22)
    draw.text((30, 22), "Size chart", (40, 44, 52), large)
    draw.text((330, 34), "all in cm", (130, 134, 140), small)
    rows = [
        ("", "XS", "S", "M", "L", "XL"),
        ("Chest", "82", "88", "96", "104", "112"),
        ("Waist", "66", "72", "80", "88", "96"),
    ]
    rows += [
        ("Hips", "88", "94", "102", "110", "118"),
        ("Inseam", "76", "78", "80", "82", "83"),
        ("Sleeve", "59", "61", "62", "64", "65"),
    ]
    for number, row in enumerate(rows):
        top = 84 + number * 56
        draw.rectangle(
            (24, top, 496, top + 56),
            fill=(52, 73, 104) if number == 0 else ((244, 246, 249), (255, 255, 255))[number % 2],
        )
        for column, text in enumerate(row):
            ink = (255, 255, 255) if number == 0 else (50, 54, 62)
            draw.text((40 + column * 72 + (24 if column else 0), top + 15), text, ink, small)
    draw.rectangle((24, 84, 496, 420), outline=(150, 156, 166), width=2)
    return canvas


def flat(size: tuple[int, int], colour: tuple[int, int, int]) -> Image.Image:
    """Nothing but one colour."""
    return Image.new("RGB", size, colour)
