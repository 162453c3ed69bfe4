"""A case is some offers that show one thing a de-duplication must get right; together they are the demo's catalogue."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

from dedup_spark.demo.assortment import WORN, Product, products
from dedup_spark.demo.draw.designs import COLOURS, Design
from dedup_spark.demo.edits import BROKEN
from dedup_spark.demo.offers import CARD, FLAT, MERCHANTS, NONE, ORIGINAL, SAME_FILE, Offer, Picture, Shown

EDITS = (
    SAME_FILE,
    "jpeg_90",
    "jpeg_75",
    "jpeg_50",
    "jpeg_30",
    "half",
    "double",
    "third",
    "squash_10",
    "squash_25",
    "png",
    "webp",
)
"""The ways a copy was made, in turn."""

HAVE_BACKS = {"t-shirt", "jumper", "hoodie", "dress", "skirt", "trousers", "shorts"}
INKS = (
    ("navy", "lemon", "orange"),
    ("charcoal", "mint", "pink"),
    ("cream", "navy", "rust"),
    ("sand", "wine", "teal"),
    ("black", "cream", "red"),
)
"""A ground and the inks that show on it."""

BADGE = 0.85
"""A small print, 1 to 2 % of its picture; at half the size the colour veto lets 30 of 180 pairs pass."""
LADDER_STEPS, LADDER_STEP = 15, 0.97
DARKER = (0.85, 0.7, 0.5)
Stock = Iterator[Product]


def offers(seed: int) -> list[Offer]:
    """All offers of the demo, without ids."""
    stock, dice = products(seed), random.Random(f"{seed} cases")
    return [
        *copies(stock, dice, 27),
        *genders(stock, 6),
        *colours(stock, dice, 7),
        *prints(stock, dice),
        *ladders(stock, 2),
        *darker(stock, 2),
        *saturated(stock),
        *transparent(stock),
        *rotated(stock),
        *symmetric(stock),
        *placeholders(stock, 12),
        *blanks(stock),
        *broken(stock),
        *singles(stock, dice, 52),
    ]


def copies(stock: Stock, dice: random.Random, count: int) -> Iterator[Offer]:
    """Products that three merchants sell, two of them with copies of the first one's pictures."""
    edits = cycle(EDITS)
    for number in range(count):
        product = next(stock)
        poses = ("front", *_other_poses(product.design)[:1]) if number % 3 == 0 else ("front",)
        first, *others = dice.sample(MERCHANTS, 3)
        yield _offer("copies", first, product, [Shown(_picture(product, pose)) for pose in poses])
        for merchant in others:
            yield _offer("copies", merchant, product, [Shown(_picture(product, pose), next(edits)) for pose in poses])


def genders(stock: Stock, count: int) -> Iterator[Offer]:
    """One thing offered to women and to men with one picture: one file at first, byte copies of it later."""
    for number, product in enumerate(_worn(stock, count)):
        merchant, picture = MERCHANTS[number % len(MERCHANTS)], _picture(product, "front")
        shared = f"images/{merchant}/shared-{number + 1}.jpg" if number < count // 2 else ""
        for gender, edit in (("women", ORIGINAL), ("men", ORIGINAL if shared else SAME_FILE)):
            yield replace(_offer("genders", merchant, product, [Shown(picture, edit, shared)]), gender=gender)


def colours(stock: Stock, dice: random.Random, count: int) -> Iterator[Offer]:
    """One product in four colours, folds and light the same; another merchant has copies of two of them."""
    names = [name for name in COLOURS if name not in ("white", "cream", "silver", "gold")]
    for number, product in enumerate(_worn(stock, count)):
        palette = ["black", "navy", "charcoal", "brown"] if number == 0 else dice.sample(names, 4)
        merchant, other = dice.sample(MERCHANTS, 2)
        for turn, colour in enumerate(palette):
            variant = _coloured(product, colour)
            yield _offer("colours", merchant, variant, [Shown(_picture(variant, "front"))])
            if turn % 2 == 0 and number < 5:
                edit = ("jpeg_75", "webp", "half")[number % 3]
                yield _offer("colours", other, variant, [Shown(_picture(variant, "front"), edit)])


def prints(stock: Stock, dice: random.Random) -> Iterator[Offer]:
    """One garment, mug or bag with one print or another, large or as small as a badge; of some there are copies."""
    motifs = ("sun", "wave", "bolt", "cat", "rocket", "anchor", "peaks", "leaf", "rings")
    kinds = (("t-shirt", 1.0), ("hoodie", 1.0), ("mug", 1.0), ("tote", 1.0), ("t-shirt", BADGE))
    for (kind, size), inks in zip(kinds, dice.sample(INKS, len(kinds)), strict=True):
        product = next(product for product in stock if product.design.kind == kind)
        merchant, other = dice.sample(MERCHANTS, 2)
        for turn, motif in enumerate(dice.sample(motifs, 3)):
            design = replace(product.design, colours=inks, pattern=f"print:{motif}", print_size=size)
            variant = replace(product, design=design)
            yield _offer("prints", merchant, variant, [Shown(_picture(variant, "front"))], motif)
            if turn == 0:
                yield _offer("prints", other, variant, [Shown(_picture(variant, "front"), "jpeg_75")], motif)


def ladders(stock: Stock, count: int) -> Iterator[Offer]:
    """Ever darker copies, each as like the one before as a copy would be; the ends are another thing to any eye."""
    for number in range(count):
        product = next(stock)
        for step in range(LADDER_STEPS):
            merchant = MERCHANTS[(number + step) % len(MERCHANTS)]
            yield _shaded("ladder", merchant, product, round(LADDER_STEP**step, 4), product.name)


def darker(stock: Stock, count: int) -> Iterator[Offer]:
    """Copies so much darker that they are another product, though their hash may be the same."""
    for number in range(count):
        product = next(stock)
        for step, light in enumerate((1.0, *DARKER)):
            yield _shaded("darker", MERCHANTS[(number + step) % len(MERCHANTS)], product, light, "")


def _shaded(case: str, merchant: str, product: Product, light: float, ladder: str) -> Offer:
    shade = f"light {light:.0%}"
    picture = replace(_picture(product, shade), pose="front", light=light, ladder=ladder)
    return _offer(case, merchant, product, [Shown(picture)], shade)


def saturated(stock: Stock) -> Iterator[Offer]:
    """Red things on white whose red channel is 255 everywhere, so that its hash says nothing; with copies."""
    edits = (("jpeg_75", "half"), ("png", "jpeg_50"), ("webp", "jpeg_90"), ("third", SAME_FILE))
    for number, pair in enumerate(edits):
        product = _on_white(_coloured(next(stock), "red"))
        yield from _family("saturated", number, product, (ORIGINAL, *pair), "saturated")


def transparent(stock: Stock) -> Iterator[Offer]:
    """Cut-outs without ground, and their copies on white, as WebP with alpha, half as large."""
    edits = (("jpeg_90", "webp"), ("half_cut_out", "jpeg_75"), ("webp", "jpeg_50"), ("jpeg_90", SAME_FILE))
    for number, pair in enumerate(edits):
        yield from _family("transparent", number, _on_white(next(stock)), (ORIGINAL, *pair), "cut out")


def rotated(stock: Stock) -> Iterator[Offer]:
    """Pixels that lie on their side or head, and an EXIF tag that puts them upright."""
    for number, turn in enumerate(("exif_180", "exif_right", "exif_left", "exif_right")):
        yield from _family("rotated", number, next(stock), (ORIGINAL, turn, "exif_180")[: 3 if number % 2 else 2])


def symmetric(stock: Stock) -> Iterator[Offer]:
    """Plates seen from straight above: their hash is a coin toss, so copies are hard to find."""
    for number, edits in enumerate(((ORIGINAL, "jpeg_75", "half"), (ORIGINAL, "png", SAME_FILE))):
        product = next(stock)
        design = replace(product.design, kind="plate", pattern="plain", shape={}, size=(500, 500), turn=0.0)
        plate = replace(
            product, name=f"plate-{number + 1:02d}", noun="Plate", gender="", design=replace(design, ground="white")
        )
        yield from _family("symmetric", number, plate, edits, "symmetric")


def _family(case: str, number: int, product: Product, edits: tuple[str, ...], look: str = "") -> Iterator[Offer]:
    """One picture at as many merchants as there are edits."""
    for turn, edit in enumerate(edits):
        merchant = MERCHANTS[(number + turn) % len(MERCHANTS)]
        yield _offer(case, merchant, product, [Shown(replace(_picture(product, "front"), look=look), edit)])


def placeholders(stock: Stock, count: int) -> Iterator[Offer]:
    """Offers that show nothing but "no picture yet"."""
    for number in range(count):
        merchant = MERCHANTS[number % len(MERCHANTS)]
        yield _offer("placeholder", merchant, next(stock), [placeholder(merchant)])


def placeholder(merchant: str) -> Shown:
    """The placeholder of a shop: one file for all of its offers, in some shops compressed or reduced once more."""
    edit = {"linden": "jpeg_75", "northside": "half"}.get(merchant, ORIGINAL)
    card = Picture("placeholder", CARD, look="placeholder")
    return Shown(card, edit, f"images/{merchant}/no-picture.jpg")


def size_chart(merchant: str) -> Shown:
    """The size chart of a shop, one file for the garments of all brands."""
    edit, ending = {"mercato": ("jpeg_90", "jpg"), "papaya": ("png", "png")}.get(merchant, (ORIGINAL, "jpg"))
    return Shown(Picture("size chart", CARD, look="size chart"), edit, f"images/{merchant}/size-chart.{ending}")


def blank_pictures() -> list[Shown]:
    """Pictures of one colour."""
    looks = (("white", (500, 500)), ("white", (300, 400)), ("pale", (480, 600)), ("pale", (400, 400)))
    pictures = [Picture(f"flat {look} {size[0]}x{size[1]}", FLAT, look=look, size=size) for look, size in looks]
    return [Shown(picture, "png" if number % 2 else ORIGINAL) for number, picture in enumerate(pictures)]


def blanks(stock: Stock) -> Iterator[Offer]:
    """Offers that show nothing but white, or almost white."""
    for number, blank in enumerate(blank_pictures()):
        yield _offer("flat", MERCHANTS[number % len(MERCHANTS)], next(stock), [blank])


def broken(stock: Stock) -> Iterator[Offer]:
    """One image each that cannot be used; every other offer has a good picture beside it."""
    bad: list[tuple[str, str | None, str]] = [(edit, "", status) for edit, (_, status, _) in BROKEN.items()]
    bad += [
        ("missing file", "images/harbour/never-delivered.jpg", "not_found"),
        ("null", None, "no_image"),
        ("blank", "   ", "no_image"),
        ("outside", "../elsewhere/1.jpg", "malformed_path"),
        ("web address", "https://shop.example/pictures/1.jpg", "not_mirrored"),
        ("other bucket", "s3://somebody-else/pictures/1.jpg", "not_allowed"),
        ("no bucket", "s3:///pictures/1.jpg", "malformed_path"),
    ]
    for number, (edit, path, status) in enumerate(bad):
        product = next(stock)
        picture = _picture(product, "front") if edit in BROKEN else Picture("", NONE)
        good = [Shown(_picture(product, "front"))] if number % 2 else []
        image = Shown(replace(picture, kind=NONE), edit, path, status)
        yield _offer("broken", MERCHANTS[number % len(MERCHANTS)], product, [*good, image])


def singles(stock: Stock, dice: random.Random, count: int) -> Iterator[Offer]:
    """Products that one merchant sells, with up to three pictures; some bear a card, a blank, a row given twice."""
    awkward = cycle(("blå kjole {}.jpg", "100% cotton #{}.jpg", "top+shorts ({}).jpg"))
    for number in range(count):
        product, merchant = next(stock), MERCHANTS[number % len(MERCHANTS)]
        others = _other_poses(product.design)
        poses = ("front", *dice.sample(others, min(len(others), number % 3)))
        shown = [Shown(_picture(product, pose)) for pose in poses]
        if number % 17 == 0:
            shown[0] = replace(shown[0], path=f"images/{merchant}/{next(awkward).format(number)}")
        if product.design.kind in WORN:
            shown.append(size_chart(merchant))
        elif number % 2 == 0:
            shown.append(placeholder(merchant))
        if number % 13 == 5:
            shown.append(blank_pictures()[number % 4])
        if number % 12 == 3:
            path = f"images/{merchant}/twice-{number}.jpg"
            shown = [replace(shown[0], path=path), replace(shown[0], path=path, status="same_row"), *shown[1:]]
        yield _offer("singles", merchant, product, shown)


def _offer(case: str, merchant: str, product: Product, shown: list[Shown], variant: str = "") -> Offer:
    colour = product.design.colours[0]
    return Offer(case, merchant, product, variant or colour, colour, tuple(shown), product.gender)


def _picture(product: Product, pose: str) -> Picture:
    look = f"{product.design.colours[0]} {product.design.pattern}"
    return Picture(f"{product.name}/{look}/{pose}", design=product.design, pose=pose)


def _other_poses(design: Design) -> list[str]:
    return ["back" if design.kind in HAVE_BACKS else "scene", "detail"]


def _worn(stock: Stock, count: int) -> Iterator[Product]:
    wearable = (product for product in stock if product.design.kind in WORN)
    for _ in range(count):
        yield next(wearable)


def _coloured(product: Product, colour: str) -> Product:
    return replace(product, design=replace(product.design, colours=(colour, *product.design.colours[1:])))


def _on_white(product: Product) -> Product:
    return replace(product, design=replace(product.design, ground="white"))
