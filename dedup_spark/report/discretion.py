"""Discretion is what a report leaves unsaid: paths of the machine, secrets, and what `sanitised` leaves out.

A report is a folder that people send around.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dedup_spark.output import documents

LETTERS = 400
"""Letters of any text of the catalogue that a page shows, at most."""

UNSAID_SECTIONS = ("s3", "session", "storage")
"""Sections of the settings that say where a run worked, not what it did."""

UNSAID = ("image_root", "allowed", "judgements", "excluded", "references")
"""Settings that are paths."""

PATH = re.compile(r"""[a-z][a-z0-9+.-]*:/+[^\s,;'"]*|(?<![^\s'"(])/[^\s,;:'"]+/[^\s,;:'"]*""", re.IGNORECASE)
QUERY = re.compile(r"[?#].*", re.DOTALL)


@dataclass(frozen=True)
class Discretion:
    """What a report of one run may say. root: below it images are named by their path; else by their last part.

    >>> seen = Discretion("/shop/pictures")
    >>> seen.name("/shop/pictures/red/1.jpg"), seen.name("https://shop.example/2.jpg?token=abc"), seen.name(None)
    ('red/1.jpg', '2.jpg', '')
    >>> seen.text("not below /etc/secret/x, nor s3://me:pass@bucket/x")
    'not below …, nor …'
    >>> Discretion("/").name("/home/me/1.jpg")
    '1.jpg'
    >>> sanitised = Discretion("/shop/pictures", sanitised=True)
    >>> sanitised.name("/shop/pictures/red/1.jpg"), sanitised.merchant("harbour"), sanitised.merchant("linden")
    ('', 'merchant 1', 'merchant 2')
    """

    root: str
    sanitised: bool = False
    _numbers: dict[str, int] = field(default_factory=dict)

    def name(self, image: str | None) -> str:
        """What an image is called: never a path of the machine, nor what a URL says after its path."""
        if image is None or self.sanitised:
            return ""
        path = QUERY.sub("", image)
        root = self.root.rstrip("/")
        return short(path[len(root) + 1 :] if root and path.startswith(f"{root}/") else last(path))

    def text(self, text: str | None) -> str:
        """What a stage says, without the paths that it names."""
        return short(PATH.sub("…", str(documents.redacted(text)))) if text is not None else ""

    def merchant(self, name: str | None) -> str | None:
        """A merchant's name; sanitised, the number of the merchant, as they are first asked for."""
        if name is None or not self.sanitised:
            return None if name is None else short(name)
        return f"merchant {self._numbers.setdefault(name, len(self._numbers) + 1)}"

    def settings(self, chosen: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """The settings that decide something, as run.json has them; of those that are paths, whether they are set."""
        return {
            section: {key: self._setting(key, value) for key, value in values.items()}
            for section, values in chosen.items()
            if section not in UNSAID_SECTIONS
        }

    def _setting(self, key: str, value: Any) -> Any:
        return ("not shown" if value else "") if key in UNSAID else value


def last(path: str) -> str:
    """The last part of a path.

    >>> last("/shop/catalogue.parquet"), last("shop.offers")
    ('catalogue.parquet', 'shop.offers')
    """
    return path.rstrip("/").rpartition("/")[2]


def short(text: str) -> str:
    """A text of the catalogue, as far as a page shows it."""
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
