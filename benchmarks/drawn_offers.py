"""A drawn row is one offer showing one set of pictures, as `duplicate_sets.show` gives it, and what the set truly is.

A catalogue of products with a heavy tail of offers (one in x² has more than x), named by each merchant in its own way:
synonyms, another language at every fifth merchant, words left out or put in, brands misspelled, missing or replaced by
the merchant's own name. Half of the offers show one picture only; others share the maker's pictures or have their own.
Among them lie cards, each shown by so many offers of different products:

| card | who shows it |
|---|---|
| `one merchant, one brand` ... | a size chart: its offers have pictures of their own beside it |
| `placeholder, ...` | it is all that its offers show |
| `with a logo card` | a size chart whose offers share a second card too |

and products of as many offers, so that both stand in equal numbers at each frequency.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

FREQUENCIES = (2, 3, 5, 8, 20, 80)
CARDS = tuple(
    f"{look}{merchants}, {brands}"
    for look in ("", "placeholder, ")
    for merchants in ("one merchant", "many merchants")
    for brands in ("one brand", "many brands")
)
LOGO = "with a logo card"
PRODUCT, ONE_PICTURE, MANY_PICTURES = "product", "one picture", "many pictures"

NOUNS = {
    "t-shirt": ("t-shirt", "tee", "shirt"), "hoodie": ("hoodie", "hooded sweatshirt", "sweater"),
    "jeans": ("jeans", "denim trousers", "denim pants"), "dress": ("dress", "gown", "midi dress"),
    "jacket": ("jacket", "blouson", "coat"), "sneaker": ("sneaker", "trainers", "shoe"),
    "boots": ("boots", "ankle boots", "bootees"), "skirt": ("skirt", "mini skirt", "a-line skirt"),
    "socks": ("socks", "pair of socks", "crew socks"), "cap": ("cap", "hat", "baseball cap"),
    "bag": ("bag", "tote", "shopper"), "mug": ("mug", "cup", "coffee mug"), "lamp": ("lamp", "light", "table lamp"),
    "chair": ("chair", "seat", "dining chair"), "towel": ("towel", "bath towel", "hand towel"),
}  # fmt: skip
ADJECTIVES = (
    *("slim", "classic", "casual", "vintage", "sporty", "light", "warm", "soft", "long", "short", "striped"),
    *("floral", "basic", "premium", "quilted"),
)
MATERIALS = ("cotton", "linen", "wool", "denim", "leather", "polyester", "fleece", "velvet", "oak", "ceramic")
COLOURS = ("black", "white", "navy", "red", "green", "beige", "grey", "pink", "brown", "yellow")
FILLERS = ("new", "sale", "original", "free", "shipping", "2024", "women", "men", "unisex", "gift", "top", "quality")
SYLLABLES = (
    *("ba", "do", "ka", "li", "mo", "na", "per", "rin", "so", "ta", "vel", "xo"),
    *("zu", "cor", "den", "fal", "gri", "hol"),
)
TAIL = 2.0
"""One in x ** TAIL products has more than x offers."""
VARIANTS = 0.15
"""Share of the products that one merchant offers in variants, with one set of pictures."""
AGAIN = 0.05
"""Share of the offers that their merchant lists again, in other words, half of them with another picture of its own."""


@dataclass(frozen=True)
class Product:
    brand: str
    noun: str
    words: tuple[str, ...]
    model: str
    colour: str
    pictures: tuple[str, ...]


@dataclass
class Draw:
    """A catalogue in the making."""

    dice: random.Random
    merchants: list[str]
    brands: list[str]
    rows: list[dict[str, object]] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def word(self) -> str:
        return "".join(self.dice.choices(SYLLABLES, k=self.dice.choice((2, 3))))

    def picture(self, kind: str) -> str:
        name = f"{next(self.numbers):08x}"
        self.truth[name] = kind
        return name

    def product(self, brand: str | None = None, noun: str | None = None, pictures: int | None = None) -> Product:
        """A product with the maker's pictures. Two in five have no name of their own: a summer dress, floral."""
        dice = self.dice
        model = f"{self.word()} {dice.randrange(10, 999)}" if dice.random() < 0.3 else self.word()
        count = dice.choices((1, 2, 3, 4), (5, 2, 2, 1))[0] if pictures is None else pictures
        return Product(
            brand or self.brands[min(int(dice.paretovariate(0.7)) - 1, len(self.brands) - 1)],
            noun or dice.choice(list(NOUNS)),
            (*dice.sample(ADJECTIVES, 2), dice.choice(MATERIALS)),
            model if dice.random() < 0.6 else "",
            dice.choice(COLOURS),
            tuple(self.picture(PRODUCT) for _ in range(count)),
        )

    def offer(
        self, product: Product, merchant: int, pictures: tuple[str, ...], variant: str = "", wording: int = 0
    ) -> None:
        """One row for each picture."""
        number = next(self.numbers)
        for picture in dict.fromkeys(pictures):
            self.rows.append(
                {
                    "id": f"offer {number}",
                    "image": f"/{number}/{picture}.jpg",
                    "merchant": self.merchants[merchant],
                    "brand": self.branded(product, merchant),
                    "title": self.title(product, merchant, wording, variant),
                    "colour": self.coloured(product, merchant, number),
                    "low_information": False,
                    "set_id": picture,
                }
            )

    def branded(self, product: Product, merchant: int) -> str | None:
        said = random.Random(f"{product.brand} at {merchant}").random()
        choices = ((0.05, None), (0.08, f"{product.brand} GmbH"), (0.1, f"The {product.brand}"))
        choices = (*choices, (0.12, self.merchants[merchant]), (0.14, "Generic"))
        return next((name for up_to, name in choices if said < up_to), product.brand)

    def coloured(self, product: Product, merchant: int, number: int) -> str | None:
        said = random.Random(f"{product.colour} at {merchant}").random()
        colour = product.colour if said < 0.8 else f"{'dark' if said < 0.9 else 'light'} {product.colour}"
        return None if random.Random(number).random() < 0.3 else foreign(colour, merchant)

    def title(self, product: Product, merchant: int, wording: int, variant: str) -> str:
        """As this merchant writes it: the style is the merchant's, what is left out hangs on the wording."""
        style, dice = random.Random(f"style {merchant}"), random.Random(f"{merchant} {product} {wording}")
        noun = NOUNS[product.noun][style.randrange(3)]
        words = [word for word in (*product.words, noun, product.colour) if word == noun or dice.random() < 0.7]
        words = [foreign(word, merchant) for word in words]
        words += [product.model] if product.model and dice.random() < 0.9 else []
        words += [product.brand] if style.random() < 0.7 else []
        words += dice.sample(FILLERS, 2) if style.random() < 0.5 else []
        style.shuffle(words)
        return " ".join([*words, variant]).strip()

    def sold(self, product: Product, offers: int, own: float = 0.4) -> None:
        """The product at so many merchants: each shows the first picture, some the maker's others, some their own."""
        for turn in range(offers):
            merchant = self.dice.randrange(len(self.merchants))
            others = [picture for picture in product.pictures[1:] if self.dice.random() < 0.7]
            if self.dice.random() < own:
                others += [self.picture(PRODUCT) for _ in range(self.dice.choice((1, 2)))]
            self.offer(product, merchant, (product.pictures[0], *others))
            if self.dice.random() < AGAIN:
                again = [self.picture(PRODUCT) for _ in range(self.dice.choice((0, 1)))]
                self.offer(product, merchant, (product.pictures[0], *again), wording=1)
            if turn == 0 and self.dice.random() < VARIANTS:
                for variant in self.dice.sample(("for her", "for him", "XL", "size 40"), 2):
                    self.offer(product, merchant, (product.pictures[0], *others), variant)

    def card(self, kind: str, offers: int) -> None:
        """A card shown by so many offers of different products."""
        name, logo = self.picture(kind), (self.picture(kind) if kind == LOGO else "")
        one_brand = self.dice.choice(self.brands) if "one brand" in kind or logo else None
        noun = self.dice.choice(list(NOUNS)) if self.dice.random() < 0.5 else None  # half of the charts: one category
        at = self.dice.randrange(len(self.merchants))
        for _ in range(offers):
            merchant = self.dice.randrange(len(self.merchants)) if "many merchants" in kind else at
            own = 0 if kind.startswith("placeholder") else self.dice.choice((1, 1, 2, 3))
            product = self.product(one_brand, noun, pictures=own)
            self.offer(product, merchant, tuple(filter(None, (*product.pictures, name, logo))))


def foreign(word: str, merchant: int) -> str:
    """The word in the language of the merchant: every fifth has another one."""
    return " ".join(part[::-1] for part in word.split()) if merchant % 5 == 4 else word


def catalogue(offers: int, each: int, seed: int, most: int) -> tuple[list[dict[str, object]], dict[str, str]]:
    """The rows, and what each set is: products of about so many offers, and among them `each` cards of every kind at
    each frequency up to `most`, and as many products of 20 and of 60 offers with one picture only, and with several.
    """
    dice = random.Random(seed)
    merchants = [f"Shop {number}" for number in range(max(5, min(1000, offers // 100)))]
    draw = Draw(dice, merchants, [])
    draw.brands = [draw.word().title() for _ in range(max(8, offers // 100))]
    for frequency in FREQUENCIES:
        for kind in (*CARDS, LOGO):
            for _ in range(each if frequency <= most else 0):
                draw.card(kind, frequency)
    for frequency in (20, 60):
        for kind, pictures, own in ((ONE_PICTURE, 1, 0.0), (MANY_PICTURES, 3, 0.5)):
            for _ in range(each if frequency <= most else 0):
                product = draw.product(pictures=pictures)
                draw.truth |= dict.fromkeys(product.pictures, f"{PRODUCT}, {kind}")
                draw.sold(product, frequency, own)
    drawn = 0
    while drawn < offers:
        count = min(int(dice.paretovariate(TAIL)), len(merchants) * 2)
        draw.sold(draw.product(), count)
        drawn += count
    return draw.rows, draw.truth
