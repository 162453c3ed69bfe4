"""A listed picture is one of which people say that it must not connect offers (`excluded`), or may (`allowed`).

Such a picture is named by its content, its path, or its hash: then it is every picture of that hash. Its whole set is
meant. The newest word on a name counts (of one moment, `excluded`); where the pictures of one set are named in unlike
ways, `excluded` wins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dedup_spark.people import names
from dedup_spark.people.judgements import said_at, said_by

EXCLUDED, ALLOWED = "excluded", "allowed"
COLUMNS = ("picture", "source", "time")


@dataclass(frozen=True)
class Listed:
    """What one row says. time: None counts as said now, so as the newest. place: the file or segment it stands in."""

    verdict: str
    picture: str
    source: str
    time: datetime | None
    place: str


def parse(row: Mapping[str, Any], verdict: str, place: str) -> Listed:
    """The entry of a row. Raises `ValueError` naming the column.

    >>> parse({"picture": " "}, "excluded", "mine.csv")
    Traceback (most recent call last):
    ValueError: picture = ' ': must be a content, a phash or the path of an image: the path is null or blank
    """
    value = row.get("picture")
    try:
        picture = names.picture(value, hashes=True)
    except ValueError as error:
        raise ValueError(f"picture = {value!r}: {error}") from None
    return Listed(verdict, picture, said_by(row, place), said_at(row), place)


def newest(said: Iterable[Listed], root: str) -> dict[str, Listed]:
    """Each name, its path resolved from `root`, with the word that counts.

    >>> said = [parse({"picture": "1.jpg"}, verdict, "mine.csv") for verdict in (ALLOWED, EXCLUDED)]
    >>> {name: word.verdict for name, word in newest(said, "/shop").items()}
    {'/shop/1.jpg': 'excluded'}
    """
    counts: dict[str, Listed] = {}
    for one in sorted(said, key=_precedence):
        counts.setdefault(names.resolve(one.picture, root), one)
    return counts


def _precedence(said: Listed) -> tuple[float, bool, str, str]:
    age = float("-inf") if said.time is None else -said.time.timestamp()
    return age, said.verdict == ALLOWED, said.source, said.place
