"""An assortment is the products that the demo's shops sell: each a design with a brand, a name and a price."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from dedup_spark.demo.draw.designs import COLOURS, Design, Shape

BRANDS = ("Aster", "Brio", "Halden", "Juniper", "Kestrel", "Marlow", "Nordvik", "Tidewell")
GENDERS = ("women", "men", "unisex")
SIZES = ((480, 600), (420, 560), (400, 533), (500, 500))
WIDE_SIZES = ((560, 420), (500, 500), (540, 450))
PLAIN_GROUND = ("white", "white", "white", "paper", "stone", "sea", "blush")
"""What a shop photographs on: mostly white."""

GARMENT = (
    "print",
    "stripes",
    "floral",
    "plain",
    "checks",
    "melange",
    "dots",
    "blocks",
    "patches",
    "diagonals",
    "tartan",
)
MOTIFS = ("sun", "peaks", "wave", "bolt", "rings", "leaf", "cat", "rocket", "anchor", "NORTH", "hello", "1987", "tide")


@dataclass(frozen=True)
class Product:
    """One thing a shop can sell; colours and prints of it are variants."""

    name: str
    brand: str
    noun: str
    gender: str
    price: float
    design: Design


@dataclass(frozen=True)
class Kind:
    """What the products of a kind differ by."""

    nouns: tuple[str, ...]
    patterns: tuple[str, ...]
    shapes: tuple[Shape, ...]
    price: float
    wide: bool = False  # lies across the picture
    trims: tuple[str, ...] = ()  # colours of the second cloth; none: any
    thirds: tuple[str, ...] = ()  # colours of the third cloth; none: any


KINDS: dict[str, Kind] = {
    "t-shirt": Kind(
        ("T-shirt", "Tee"),
        GARMENT,
        ({}, {"v_neck": True}, {"ringer": True, "length": 0.38}, {"raglan": True, "ringer": True}, {"width": 0.27}),
        19.9,
    ),
    "dress": Kind(
        ("Dress", "Summer dress"),
        ("floral", "plain", "dots", "stripes", "bouquet", "checks", "diagonals", "fading"),
        (
            {"hung": True},
            {"straps": False, "flare": 0.22},
            {"flare": 0.36, "length": 0.4},
            {"straps": False, "belt": False, "flare": 0.26, "length": 0.3},
        ),
        59.0,
    ),
    "trainer": Kind(
        ("Trainers", "Running shoes"),
        ("plain", "blocks", "melange", "checks", "patches", "diagonals"),
        ({"mark": "bars"}, {"mark": "disc"}, {"mark": "arrow"}, {"mark": ""}),
        89.0,
        wide=True,
    ),
    "mug": Kind(
        ("Mug", "Coffee mug"),
        ("print", "spots", "stripes", "plain", "floral", "print", "checks"),
        ({}, {"wide": 0.3, "tall": 0.22}, {"inside": True}, {"wide": 0.21, "tall": 0.34, "inside": True}),
        12.5,
    ),
    "hoodie": Kind(
        ("Hoodie", "Hooded jumper"),
        ("print", "plain", "melange", "stripes", "patches", "blocks"),
        ({}, {"zipped": True}, {"raglan": True}),
        54.0,
    ),
    "handbag": Kind(
        ("Handbag", "Shoulder bag"),
        ("plain", "checks", "patches", "diagonals", "dots", "tartan"),
        ({}, {"tall": 0.24}, {"tall": 0.2}),
        129.0,
    ),
    "lamp": Kind(
        ("Table lamp", "Bedside lamp"),
        ("plain", "pinstripes", "checks", "floral", "stripes", "fading"),
        (
            {"foot": "gourd"},
            {"foot": "ball", "shade": 0.34},
            {"foot": "stem", "shade": 0.25},
            {"foot": "gourd", "shade": 0.36},
        ),
        45.0,
    ),
    "trousers": Kind(
        ("Trousers", "Jeans"),
        ("denim", "plain", "checks", "pinstripes", "patches", "floral"),
        ({"leg": 0.085}, {"leg": 0.125, "belt": True}, {"leg": 0.065}, {"length": 0.4, "leg": 0.1}),
        69.0,
    ),
    "backpack": Kind(
        ("Backpack", "Daypack"), ("plain", "print", "patches", "blocks", "floral", "melange"), ({},), 64.0
    ),
    "bottle": Kind(
        ("Bottle", "Flask"),
        ("plain", "fading", "diagonals", "spots", "plain", "floral"),
        (
            {"form": "flask"},
            {"form": "wine", "label": "leaf"},
            {"form": "spray", "label": "wave"},
            {"form": "jar", "label": "honey"},
            {"form": "flask", "label": "peaks"},
            {"form": "wine", "label": "1987"},
        ),
        14.0,
    ),
    "jumper": Kind(
        ("Jumper", "Sweater"),
        ("melange", "blocks", "stripes", "plain", "tartan", "dots", "print"),
        ({}, {"ringer": True}, {"raglan": True, "ringer": True}, {"v_neck": True}),
        49.0,
    ),
    "watch": Kind(
        ("Watch", "Wrist watch"),
        ("plain", "stripes", "melange", "checks"),
        ({"hours": 10.15}, {"hours": 1.8, "square": True}, {"hours": 7.4}, {"hours": 4.6, "square": True}),
        149.0,
        trims=("silver", "gold", "black"),
    ),
    "cushion": Kind(
        ("Cushion", "Pillow"),
        ("floral", "print", "checks", "spots", "diagonals", "patches", "bouquet", "stripes"),
        ({}, {"tall": 0.27}, {"tall": 0.33}),
        24.0,
    ),
    "skirt": Kind(
        ("Skirt", "Pleated skirt"),
        ("tartan", "plain", "floral", "stripes", "dots", "checks"),
        ({"pleats": 14}, {"flare": 0.24, "length": 0.2, "pleats": 5}, {"flare": 0.42, "length": 0.42, "pleats": 9}),
        39.0,
    ),
    "tote": Kind(("Tote bag", "Shopper"), ("print", "stripes", "floral", "dots", "print"), ({}, {"tall": 0.24}), 18.0),
    "sunglasses": Kind(
        ("Sunglasses", "Shades"),
        ("plain", "patches", "plain"),
        ({}, {"round": False}, {"wide": 0.14}),
        79.0,
        wide=True,
        thirds=("black", "brown", "navy", "green"),
    ),
    "boot": Kind(("Boots", "Ankle boots"), ("plain", "patches", "checks"), ({"shaft": 0.28}, {"shaft": 0.16}), 139.0),
    "armchair": Kind(
        ("Armchair", "Chair"),
        ("plain", "melange", "floral", "pinstripes"),
        ({}, {"arms": False}),
        349.0,
        trims=("brown", "black", "sand"),
    ),
    "cap": Kind(("Cap", "Baseball cap"), ("plain", "stripes", "patches", "checks"), ({},), 22.0, wide=True),
    "shorts": Kind(
        ("Shorts", "Bermudas"), ("checks", "plain", "denim", "floral"), ({}, {"length": 0.02, "leg": 0.13}), 35.0
    ),
    "plant": Kind(
        ("Potted plant", "Indoor plant"),
        ("plain", "stripes", "spots", "diagonals"),
        ({"leaves": 17}, {"leaves": 9}),
        27.0,
        trims=("green", "olive", "teal"),
    ),
    "headphones": Kind(("Headphones", "Headset"), ("plain", "fading", "patches"), ({},), 119.0),
}


def products(seed: int) -> Iterator[Product]:
    """Products without end: kind after kind, each time with the next pattern and shape, and colours by lot.

    Brands take turns, so that neighbours have different ones.


    >>> first = next(products(1))
    >>> first.name, first.noun, first.brand in BRANDS
    ('t-shirt-01', 'T-shirt', True)
    """
    dice = random.Random(seed)
    taken: set[tuple[str, str, str]] = set()
    for number in count():
        turn, place = divmod(number, len(KINDS))
        name = list(KINDS)[place]
        yield _product(name, BRANDS[number % len(BRANDS)], turn, dice, taken)


def _product(name: str, brand: str, turn: int, dice: random.Random, taken: set[tuple[str, str, str]]) -> Product:
    kind = KINDS[name]
    pattern = kind.patterns[turn % len(kind.patterns)]
    if pattern == "print":
        pattern = f"print:{dice.choice(MOTIFS)}"
    look = Design(
        name=f"{name}-{turn + 1:02d}",
        kind=name,
        colours=_colours(name, pattern, dice, taken),
        pattern=pattern,
        shape=kind.shapes[turn % len(kind.shapes)],
        ground=dice.choice(PLAIN_GROUND),
        size=dice.choice(WIDE_SIZES if kind.wide else SIZES),
        turn=dice.uniform(-0.06, 0.06) if name in LYING else 0.0,
        mirrored=dice.random() < 0.5,
        fill=dice.uniform(0.8, 0.94),
    )
    gender = dice.choice(GENDERS) if name in WORN else ""
    price = round(kind.price * dice.uniform(0.7, 1.6)) - 0.05
    return Product(look.name, brand, kind.nouns[turn % len(kind.nouns)], gender, price, look)


def _colours(name: str, pattern: str, dice: random.Random, taken: set[tuple[str, str, str]]) -> tuple[str, str, str]:
    """Three colours that differ, the first not taken for this kind and pattern, nor looking bare on white."""
    anything = [colour for colour in COLOURS if colour not in ("silver", "gold")]
    kind = KINDS[name]
    least = PRINT_CONTRAST if pattern.startswith("print") else CONTRAST
    while True:
        main = dice.choice(DENIM if pattern == "denim" else anything)
        second, third = dice.choice(kind.trims or anything), dice.choice(kind.thirds or anything)
        bare = main == "white" or (main == "cream" and pattern == "plain")
        apart = all(_contrast(main, other) > least for other in (second, third)) and second != third
        if apart and not bare and (name, pattern, main) not in taken:
            taken.add((name, pattern, main))
            return main, second, third


def _contrast(left: str, right: str) -> float:
    return sum(abs(a - b) for a, b in zip(COLOURS[left], COLOURS[right], strict=True))


CONTRAST, PRINT_CONTRAST = 0.45, 1.0
"""How far apart the colours of one product are, summed over red, green, blue (0 to 1 each)."""
DENIM = ("blue", "navy", "charcoal", "sky")
WORN = {
    "t-shirt",
    "dress",
    "trainer",
    "hoodie",
    "trousers",
    "jumper",
    "skirt",
    "boot",
    "cap",
    "shorts",
    "sunglasses",
    "watch",
}
LYING = {"t-shirt", "hoodie", "jumper", "dress", "trousers", "skirt", "shorts", "watch", "cushion"}
"""What is laid flat, seldom quite straight."""
