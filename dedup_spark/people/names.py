"""A name is what people call an offer or a picture by, as text: the one form that it has in a run's tables.

| what is named | how | the text |
|---|---|---|
| an offer | its id: text, whole number, or an object of the columns of `[catalogue] id` | `forms.as_text` |
| a picture | its content: the first 32 hex digits of the SHA-256 of its bytes | the digits |
| a set | the content of its keeper | the digits |
| a picture | an image: its path, absolute or from `image_root` | the canonical path |
| all pictures of one hash | a phash: 25 hex digits a channel, R-G-B | the digits |
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from dedup_spark.errors import BadImage
from dedup_spark.io import locations

CONTENT = re.compile(r"[0-9a-f]{32}")
PHASH = re.compile(r"[0-9a-f]{25}(-[0-9a-f]{25}){2}")
ANYWHERE = "/"
"""Stands for `image_root`, where all that matters is whether a path is one."""


def offer(value: Any, ids: Sequence[str]) -> str:
    """The text of an offer's id; `ids` are the columns that make it. Raises `ValueError` saying what would be right.

    >>> offer(7, ["id"]), offer({"offer": 7, "shop": "a"}, ["shop", "offer"])
    ('7', '{"shop":"a","offer":7}')
    >>> offer("", ["id"])
    Traceback (most recent call last):
    ValueError: must be the id of an offer
    """
    if len(ids) > 1:
        return _of_columns(value, ids)
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise ValueError("must be the id of an offer")
    return str(value)


def picture(value: Any, hashes: bool = False) -> str:
    """The text of a picture, a path as it is written; `hashes`: a phash is allowed. Raises `ValueError`.

    >>> picture("A" * 32), picture("tops/1.jpg")
    ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'tops/1.jpg')
    >>> picture("https://shop.example/1.jpg")
    Traceback (most recent call last):
    ValueError: must be a content or the path of an image: a web address is not fetched: mirror it first
    """
    if isinstance(value, str) and CONTENT.fullmatch(value.lower()):
        return value.lower()
    if isinstance(value, str) and PHASH.fullmatch(value.lower()):
        if hashes:
            return value.lower()
        raise ValueError("must be a content or the path of an image, not a hash: unlike pictures can have one hash")
    try:
        locations.resolve(value, ANYWHERE)
    except BadImage as bad:
        kinds = "a content, a phash or" if hashes else "a content or"
        raise ValueError(f"must be {kinds} the path of an image: {bad.detail}") from None
    return str(value)


def resolve(name: str, root: str) -> str:
    """The name of a picture as the tables of a run have it: relative paths start at `root`, its `image_root`.

    >>> resolve("tops/1.jpg", "s3://shop/pictures"), resolve("a" * 32, "/pictures")
    ('s3://shop/pictures/tops/1.jpg', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
    """
    if CONTENT.fullmatch(name) or PHASH.fullmatch(name):
        return name
    try:
        return locations.resolve(name, root)
    except BadImage:  # out of this root: no image of the run has this name
        return name


def _of_columns(value: Any, ids: Sequence[str]) -> str:
    """The id of several columns as the JSON that Spark makes of it: in the order of the columns, without a blank."""
    try:
        parts = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        parts = None
    if not isinstance(parts, dict) or set(parts) != set(ids):
        raise ValueError(f"must be the id of an offer, an object with {', '.join(ids)}")
    return json.dumps({name: parts[name] for name in ids}, ensure_ascii=False, separators=(",", ":"))
