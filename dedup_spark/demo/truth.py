"""The truth says of each row of the demo's catalogue what it shows, and of two images whether they show the same."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from dedup_spark.demo.folder import TRUTH
from dedup_spark.demo.offers import FLAT
from dedup_spark.errors import BadInput

SAME, ALIKE, APART = "same", "alike", "apart"
USABLE = ("ok", "same_row")
VISIBLE = 0.15
"""Two steps of a ladder of darker copies whose light differs by more than this share are apart to any eye."""


@dataclass(frozen=True)
class Row:
    """One row of the catalogue, and what is true of it."""

    id: str
    image: str | None
    status: str  # what a run should find: `ok`, `same_row`, or why there is no picture
    case: str
    product: str
    variant: str
    kind: str  # product, card, flat or none
    picture: str | None
    edit: str
    ladder: str | None
    light: float


def load(folder: str | Path) -> list[Row]:
    """The truth of a demo folder; raises `BadInput` where there is none."""
    path = Path(folder) / TRUTH
    if not path.is_file():
        raise BadInput(f"{path} does not exist: {folder} is no demo folder")
    return [Row(**row) for row in pq.read_table(path).to_pylist()]


def relation(left: Row, right: Row) -> str:
    """Whether two images are copies (`same`), too alike to be right or wrong about (`alike`), or `apart`.

    Alike are steps of one ladder that no eye tells apart, and blank pictures.

    >>> step = Row("A-1", "1.jpg", "ok", "ladder", "mug-01", "light 100%", "product", "mug light 100%", "", "mug", 1.0)
    >>> from dataclasses import replace
    >>> [relation(step, replace(step, picture=f"mug {light}", light=light)) for light in (0.97, 0.8)]
    ['alike', 'apart']
    """
    if left.picture == right.picture:
        return SAME
    if left.kind == right.kind == FLAT:
        return ALIKE
    if left.ladder and left.ladder == right.ladder:
        darker, lighter = sorted((left.light, right.light))
        return ALIKE if darker >= lighter * (1 - VISIBLE) else APART
    return APART


def relative(image: object, roots: Iterable[str]) -> str | None:
    """An image of a result as the demo's catalogue names it, that is without any of the roots; None for none.

    >>> relative("s3://shop/demo/images/1.jpg", ["s3://shop/demo"]), relative("/demo/images/1.jpg", ["/x", "/demo"])
    ('images/1.jpg', 'images/1.jpg')
    >>> relative("images/1.jpg", ["/demo"]), relative("https://shop.example/1.jpg", ["/demo"])
    ('images/1.jpg', 'https://shop.example/1.jpg')
    """
    if not isinstance(image, str) or not image.strip():
        return None
    path = posixpath.normpath(image) if image.startswith("/") else image
    for root in roots:
        path = path.removeprefix(root.removesuffix("/") + "/")
    return path
