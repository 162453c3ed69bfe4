"""A design is what a product looks like: its kind, colours, pattern and shape, and how its shop photographs it."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from dedup_spark.demo.draw import bags, dresses, fabrics, household, shoes, tops, trousers, wearables
from dedup_spark.demo.draw.fabrics import Cloth
from dedup_spark.demo.draw.motifs import motif
from dedup_spark.demo.draw.shapes import Colour
from dedup_spark.demo.draw.sheet import HALF_HEIGHT, blank, cut_out, finished

COLOURS: dict[str, Colour] = {
    "white": (0.95, 0.95, 0.94),
    "cream": (0.95, 0.91, 0.82),
    "sand": (0.85, 0.74, 0.58),
    "grey": (0.62, 0.63, 0.65),
    "charcoal": (0.27, 0.28, 0.30),
    "black": (0.10, 0.10, 0.11),
    "brown": (0.42, 0.27, 0.18),
    "rust": (0.72, 0.35, 0.18),
    "red": (0.76, 0.15, 0.17),
    "wine": (0.42, 0.10, 0.18),
    "pink": (0.92, 0.63, 0.68),
    "orange": (0.93, 0.52, 0.18),
    "mustard": (0.87, 0.66, 0.19),
    "lemon": (0.96, 0.89, 0.45),
    "olive": (0.43, 0.45, 0.24),
    "green": (0.20, 0.48, 0.32),
    "mint": (0.66, 0.86, 0.76),
    "teal": (0.10, 0.49, 0.52),
    "sky": (0.56, 0.74, 0.89),
    "blue": (0.18, 0.36, 0.70),
    "navy": (0.12, 0.17, 0.34),
    "lilac": (0.71, 0.62, 0.84),
    "silver": (0.80, 0.81, 0.83),
    "gold": (0.84, 0.69, 0.37),
}
GROUNDS: dict[str, Colour] = {
    "white": (1, 1, 1),
    "paper": (0.95, 0.95, 0.945),
    "stone": (0.90, 0.89, 0.87),
    "sea": (0.87, 0.91, 0.92),
    "blush": (0.95, 0.90, 0.88),
}
DETAIL_ZOOM = 2.2
BACK_TURN, BACK_FILL = 0.05, 0.93
SCENE_FILL, SCENE_AT = 0.68, (0.12, -0.14)
BACK_CUT = (np.float32(0.31), np.float32(0.173))
"""A back is cut from another place of the cloth, so its pattern does not go on where the front's ends."""
Shape = Mapping[str, float | str | bool]


@dataclass(frozen=True)
class Design:
    """All that decides a product's pictures; `name` seeds its folds: colours and prints of one product share them."""

    name: str
    kind: str
    colours: tuple[str, str, str]  # names of COLOURS: main, trim, third
    pattern: str = "plain"  # plain, melange, stripes, ..., or `print:` and a motif
    shape: Shape = field(default_factory=dict)
    ground: str = "white"
    size: tuple[int, int] = (480, 600)
    turn: float = 0.0
    mirrored: bool = False
    fill: float = 0.88
    print_size: float = 1.0

    @property
    def reads(self) -> bool:
        """Whether it bears a print or a label, which a mirror would show."""
        return self.pattern.startswith("print") or "label" in self.shape


def draw(design: Design, pose: str, seed: int) -> Image.Image:
    """One picture (RGB) of a design: `front`, `back`, `detail` or `scene` (small, on another ground).

    `cut out` is RGBA, without ground and shadow.

    >>> draw(Design("mug-1", "mug", ("red", "white", "black"), size=(60, 75)), "front", 1).size
    (60, 75)
    """
    rng = np.random.default_rng([seed, zlib.crc32(f"{design.name} {pose}".encode())])
    seen = _posed(design, pose)
    middle, half_height = _FRAME.get(design.kind, (0.0, HALF_HEIGHT))
    look_at = {"detail": _FOCUS.get(design.kind, (0.08, -0.12)), "scene": SCENE_AT}.get(pose, (0.0, middle))
    sheet = blank(
        seen.size,
        rng,
        ground=GROUNDS[seen.ground],
        fill=seen.fill,
        half_height=half_height,
        zoom=DETAIL_ZOOM if pose == "detail" else 1.0,
        look_at=look_at,
        turn=seen.turn,
        mirrored=seen.mirrored and not design.reads,
        shadows=pose != "cut out",
    )
    main, trim = cloth(design, seed, pose == "back"), fabrics.plain(COLOURS[design.colours[1]])
    shape = {**_FIXED.get(design.kind, {}), **design.shape, **({"back": True} if pose == "back" else {})}
    KINDS[design.kind](sheet, main, trim, _third(design), **shape)
    return cut_out(sheet) if pose == "cut out" else finished(sheet)


def _posed(design: Design, pose: str) -> Design:
    if pose == "back":
        return replace(design, turn=BACK_TURN - design.turn, fill=design.fill * BACK_FILL)
    if pose != "scene":
        return design
    grounds = list(GROUNDS)
    ground = grounds[(grounds.index(design.ground) + 2) % len(grounds)]
    return replace(design, ground=ground, mirrored=not design.mirrored, fill=design.fill * SCENE_FILL)


def cloth(design: Design, seed: int, back: bool = False) -> Cloth:
    """The main cloth of a design; a print is on the front only."""
    rng = np.random.default_rng([seed, zlib.crc32(design.name.encode())])
    main, second, third = (COLOURS[name] for name in design.colours)
    name, _, word = design.pattern.partition(":")
    if name == "print":
        if back:
            return fabrics.plain(main)
        x, y, width = _PRINT.get(design.kind, (0.0, -0.06, 0.3))
        return fabrics.printed(fabrics.plain(main), motif(word, (second, third, main)), x, y, width * design.print_size)
    pattern = _PATTERNS[name](main, second, third, rng)
    return (lambda x, y: pattern(x + BACK_CUT[0], y + BACK_CUT[1])) if back else pattern


def _third(design: Design) -> Cloth:
    third = COLOURS[design.colours[2]]
    if "label" not in design.shape:
        return fabrics.plain(third)
    upper, lower = household.LABELS[str(design.shape.get("form", "flask"))]
    inks = (third, COLOURS[design.colours[0]], COLOURS["black"])
    word = motif(str(design.shape["label"]), inks)
    return fabrics.printed(fabrics.plain(COLOURS["cream"]), word, 0, (upper + lower) / 2 + 0.01, 0.8 * (lower - upper))


_PATTERNS: dict[str, Callable[[Colour, Colour, Colour, np.random.Generator], Cloth]] = {
    "plain": lambda a, b, c, rng: fabrics.plain(a),
    "melange": lambda a, b, c, rng: fabrics.melange(a, rng),
    "denim": lambda a, b, c, rng: fabrics.denim(a, rng),
    "stripes": lambda a, b, c, rng: fabrics.stripes((a, b), 0.075),
    "pinstripes": lambda a, b, c, rng: fabrics.stripes((a, c), 0.045, np.pi / 2, 0.22),
    "blocks": lambda a, b, c, rng: fabrics.stripes((a, b, c), 0.23, share=0.62),
    "diagonals": lambda a, b, c, rng: fabrics.stripes((a, b), 0.12, 0.7),
    "checks": lambda a, b, c, rng: fabrics.checks(a, b, 0.085),
    "tartan": lambda a, b, c, rng: fabrics.checks(a, c, 0.17, 0.34, 0.12),
    "dots": lambda a, b, c, rng: fabrics.dots(a, c, 0.095),
    "spots": lambda a, b, c, rng: fabrics.dots(a, b, 0.19, 0.36),
    "floral": lambda a, b, c, rng: fabrics.floral(a, (b, c, (0.97, 0.95, 0.9)), rng),
    "bouquet": lambda a, b, c, rng: fabrics.floral(a, (c, b), rng, 0.85),
    "patches": lambda a, b, c, rng: fabrics.camouflage((a, b, c), rng),
    "fading": lambda a, b, c, rng: fabrics.fading(a, c),
}
_PRINT: dict[str, tuple[float, float, float]] = {
    "mug": (-0.03, 0.0, 0.3),
    "tote": (0.0, 0.17, 0.36),
    "cushion": (0.0, 0.0, 0.46),
    "hoodie": (0.0, -0.08, 0.27),
    "jar": (0.0, 0.16, 0.17),
    "backpack": (0.0, 0.27, 0.26),
}
"""Where a print sits on a kind: its middle and its width."""

_FRAME: dict[str, tuple[float, float]] = {
    "trainer": (0.03, 0.4),
    "cap": (-0.02, 0.38),
    "sunglasses": (0.0, 0.36),
    "shorts": (-0.2, 0.44),
    "mug": (0.0, 0.44),
    "cushion": (0.0, 0.5),
    "skirt": (-0.02, 0.52),
    "t-shirt": (-0.01, 0.54),
    "jumper": (-0.01, 0.54),
    "handbag": (0.0, 0.54),
    "tote": (0.0, 0.54),
}
"""Where the middle (unit y) of a kind lies, and how far it reaches from there."""

_FOCUS: dict[str, tuple[float, float]] = {
    "trainer": (-0.15, 0.06),
    "boot": (-0.1, -0.05),
    "trousers": (0.04, -0.36),
    "shorts": (0.04, -0.36),
    "skirt": (0.03, -0.24),
    "dress": (0.04, -0.2),
    "watch": (0.05, -0.02),
    "handbag": (0.04, 0.1),
    "sunglasses": (-0.2, 0.0),
}
"""Where a detail picture of a kind looks."""


KINDS: dict[str, Callable[..., None]] = {
    "t-shirt": tops.top,
    "jumper": tops.top,
    "hoodie": tops.hoodie,
    "dress": dresses.dress,
    "skirt": dresses.skirt,
    "trousers": trousers.trousers,
    "shorts": trousers.trousers,
    "trainer": shoes.trainer,
    "boot": shoes.trainer,
    "cap": wearables.cap,
    "handbag": bags.handbag,
    "tote": bags.handbag,
    "backpack": bags.backpack,
    "watch": wearables.watch,
    "sunglasses": wearables.sunglasses,
    "bottle": household.bottle,
    "mug": household.mug,
    "lamp": household.lamp,
    "cushion": household.cushion,
    "armchair": household.chair,
    "plant": household.plant,
    "headphones": wearables.headphones,
    "plate": household.plate,
}
"""Who draws a kind; the shape of a design is handed over as keywords."""

_FIXED: dict[str, Shape] = {
    "jumper": {"sleeve": 1},
    "shorts": {"length": 0.1, "leg": 0.11},
    "boot": {"shaft": 0.28, "mark": ""},
    "tote": {"flap": False},
}
