"""An offer of the demo is one merchant selling one product, with the pictures it shows and what is true of each."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace

from PIL import Image, ImageEnhance

from dedup_spark.demo.assortment import Product
from dedup_spark.demo.draw import cards
from dedup_spark.demo.draw.designs import Design, draw
from dedup_spark.demo.edits import BROKEN, COPIES

MERCHANTS = ("harbour", "linden", "mercato", "northside", "papaya")
ORIGINAL, SAME_FILE = "original", "same_file"
PRODUCT, CARD, FLAT, NONE = "product", "card", "flat", "none"
"""What a picture shows: a product, a card for many products, one colour; or there is none to see."""


@dataclass(frozen=True)
class Picture:
    """One thing to see; its files are copies of one another."""

    name: str  # product/variant/pose
    kind: str = PRODUCT
    design: Design | None = None
    pose: str = "front"
    light: float = 1.0
    look: str = ""  # `saturated`, `symmetric`, `cut out`; of a card its name
    ladder: str = ""  # which ladder of darker copies it is a step of
    size: tuple[int, int] = (0, 0)  # of a flat picture

    @property
    def transparent(self) -> bool:
        """Whether its original is an RGBA picture."""
        return self.look == "cut out"


@dataclass(frozen=True)
class Shown:
    """One image of an offer: a row of the catalogue."""

    picture: Picture
    edit: str = ORIGINAL  # `original`, `same_file`, a name of COPIES or of BROKEN, or why there is no file
    path: str | None = ""  # as the catalogue has it; empty: named after the offer
    status: str = "ok"  # what the run should find; `same_row`: a repeated row


@dataclass(frozen=True)
class Offer:
    """One merchant selling one product in one variant."""

    case: str
    merchant: str
    product: Product
    variant: str
    colour: str
    shown: tuple[Shown, ...]
    gender: str = ""
    id: str = ""

    @property
    def title(self) -> str:
        """Each merchant has its own way to name things."""
        styles = ("{brand} {noun} {colour}", "{noun} by {brand}, {colour}", "{colour} {noun} ({brand})")
        style = styles[MERCHANTS.index(self.merchant) % len(styles)]
        title = style.format(brand=self.product.brand, noun=self.product.noun, colour=self.colour)
        return f"{title} for {self.gender}" if self.gender else title


def numbered(offers: Iterable[Offer], seed: int) -> list[Offer]:
    """The offers in an order drawn by lot, with ids, and with a path for each image that has none yet."""
    shuffled = list(offers)
    random.Random(seed).shuffle(shuffled)
    return [_named(replace(offer, id=f"{offer.merchant[:2].upper()}-{1000 + n}")) for n, offer in enumerate(shuffled)]


def _named(offer: Offer) -> Offer:
    shown = []
    for number, image in enumerate(offer.shown, start=1):
        path = image.path
        if path == "":
            path = f"images/{offer.merchant}/{offer.id}-{number}{suffix(image)}"
        shown.append(replace(image, path=path))
    return replace(offer, shown=tuple(shown))


def suffix(image: Shown) -> str:
    """What the file of an image ends with.

    >>> suffix(Shown(Picture("mug-01/red/front"), "webp")), suffix(Shown(Picture("mug-01/red/front")))
    ('.webp', '.jpg')
    """
    if image.edit in COPIES:
        return COPIES[image.edit][0]
    if image.edit in BROKEN:
        return BROKEN[image.edit][0]
    return ".png" if image.picture.transparent else ".jpg"


def render(picture: Picture, seed: int) -> Image.Image:
    """The picture drawn: RGB, or RGBA when it is transparent."""
    if picture.kind == FLAT:
        return cards.flat(picture.size, (255, 255, 255) if picture.look == "white" else (246, 246, 246))
    if picture.kind == CARD:
        return {"placeholder": cards.placeholder, "size chart": cards.size_chart}[picture.look]()
    if picture.design is None:
        raise ValueError(f"nothing to draw for {picture.name}")
    drawn = draw(picture.design, "cut out" if picture.transparent else picture.pose, seed)
    if picture.look == "saturated":
        red = Image.new("L", drawn.size, 255)
        drawn = Image.merge("RGB", (red, drawn.getchannel("G"), drawn.getchannel("B")))
    if picture.look == "symmetric":
        drawn = Image.blend(drawn, drawn.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.5)
    return drawn if picture.light == 1 else ImageEnhance.Brightness(drawn).enhance(picture.light)
