"""A location is a place of bytes as text: `s3://bucket/key`, `/folder/file`, or `scheme://place/key` elsewhere.

Paths in a catalogue are untrusted. They are parsed strictly and never repaired by guessing: the key of an object is
kept character for character (`%20`, `+`, `#`, `?`, `//`, and the two ways to write `é` name different objects), and
whoever asks for `..` gets an error instead of somebody else's object.
"""

import os
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from dedup_spark.errors import BadImage, BadInput

ALIASES = {"s3a": "s3", "s3n": "s3", "gcs": "gs"}
"""Schemes that mean one store; Hadoop's names of S3 are S3."""

WEB = ("http", "https")
"""Schemes of addresses that nothing is ever fetched from: a server chooses what it answers, and sees who asks."""

MAX_KEY_BYTES = 1024
"""The longest key of an object, in UTF-8: a limit of S3 itself."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ONE_SLASH = re.compile(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]+:/(?!/)", re.IGNORECASE)
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]")
_BUCKET = re.compile(r"[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_AUTHORITY = re.compile(r"[A-Za-z0-9$][A-Za-z0-9$._@-]*(:[0-9]{1,5})?")  # hdfs://host:8020, abfss://container@account


@dataclass(frozen=True)
class Location:
    """Where bytes lie: a local file has scheme `file`, no bucket, and its absolute path as key.

    >>> str(Location("s3", "shop", "a b.jpg")), str(Location("s3", "shop", "")), str(Location("file", "", "/a.jpg"))
    ('s3://shop/a b.jpg', 's3://shop', '/a.jpg')
    """

    scheme: str
    bucket: str
    key: str

    def __str__(self) -> str:
        if self.scheme == "file":
            return self.key
        return f"{self.scheme}://{self.bucket}" + (f"/{self.key}" if self.key else "")


def parse(text: str) -> Location:
    """The location that an absolute path or a URI names; raises `ValueError` saying what is wrong.

    A message never repeats the text: people write secrets into URIs. Percent signs are decoded in `file://` URIs only,
    where they are an encoding; Hadoop's `file:/path` and all keys are taken as they stand. A local path is normalised.

    >>> parse("s3a://shop/tops//1%20.jpg?v=2")
    Location(scheme='s3', bucket='shop', key='tops//1%20.jpg?v=2')
    >>> parse("file:///tops/a%20b/../c.jpg")
    Location(scheme='file', bucket='', key='/tops/c.jpg')
    >>> parse("s3://shop/../other/1.jpg")
    Traceback (most recent call last):
    ValueError: a key with a '..' segment
    """
    _check_characters(text)
    scheme = _SCHEME.match(text)
    if text.startswith("//"):
        raise ValueError("begins with '//': neither a local path nor a URI with a scheme")
    if text.startswith("/"):
        return _local(text)
    if text[:6].lower() == "file:/" and not scheme:
        return _local(text[5:])
    if not scheme:
        raise ValueError("neither an absolute path nor a URI with a scheme")
    name = ALIASES.get(scheme[1].lower(), scheme[1].lower())
    rest = text[scheme.end() :]
    return _file_uri(rest) if name == "file" else _object(name, rest)


def resolve(text: str | None, root: str) -> str:
    """The canonical text of an image's path; a relative path starts at `root`, a canonical folder or prefix.

    Raises `BadImage`: `no_image` when there is nothing, `not_mirrored` for a web address, `malformed_path` else.

    >>> resolve("tops/1.jpg", "s3://shop/pictures"), resolve("./tops/../1.jpg", "/pictures")
    ('s3://shop/pictures/tops/1.jpg', '/pictures/1.jpg')
    >>> resolve("https://shop.example/1.jpg", "/pictures")
    Traceback (most recent call last):
    dedup_spark.errors.BadImage: not_mirrored: a web address is not fetched: mirror it first
    """
    if not isinstance(text, str) or not text.strip():  # pandas may hand over NaN
        raise BadImage("no_image", "the path is null or blank")
    try:
        location = parse(text if _absolute(text) else _joined(text, root))
        if location.scheme not in WEB and not location.key:
            raise ValueError("names a bucket, not an object")
    except ValueError as error:
        raise BadImage("malformed_path", str(error)) from None
    check_mirrored(location)
    return str(location)


def check_mirrored(location: Location) -> None:
    """Raises `BadImage` for a web address: the one place that refuses it, asked once more before any bytes are read."""
    if location.scheme in WEB:
        raise BadImage("not_mirrored", "a web address is not fetched: mirror it first")


def of_person(path: str | os.PathLike[str] | None) -> str:
    """The canonical text of a picture's path that a person gave; a relative one starts at the working folder.

    Raises `BadImage` as `resolve` does.
    """
    text = os.fspath(path) if isinstance(path, os.PathLike) else path
    if isinstance(text, str) and text.strip() and "://" not in text:
        text = os.path.abspath(text)
    return resolve(text, root="/")


def folder(path: str | os.PathLike[str], setting: str, elsewhere: bool = False) -> str:
    """The canonical text of a folder or prefix that a person gave; `setting` is its name in the message of `BadInput`.

    A relative one starts at the working folder, so this is for the driver, before paths travel to workers. elsewhere:
    whether it may lie in any store that pictures are read from, where tables are not.

    >>> folder("s3a://shop/out/", "OUTPUT"), folder("/data/../out", "OUTPUT")
    ('s3://shop/out', '/out')
    """
    try:
        text = os.fspath(path)
        location = _of_folder(text)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{setting}: {error}; must be a folder or s3://bucket/prefix") from None
    if not text.strip() or location.scheme in WEB or not (elsewhere or location.scheme in ("file", "s3")):
        raise BadInput(f"{setting} = {text!r}: must be a folder or s3://bucket/prefix")
    return str(location).removesuffix("/") or "/"


def within(path: str, allowed: Sequence[str]) -> bool:
    """Whether a canonical path lies in one of the allowed folders, buckets or prefixes, by whole segments.

    Nothing is within an empty `allowed`. Symbolic links are another matter: see `disk.read_within`.

    >>> within("s3://shop/tops/1.jpg", ["s3a://shop/tops/"]), within("s3://shop/tops2/1.jpg", ["s3://shop/tops"])
    (True, False)
    """
    return any(path == place or path.startswith(start) for place, start in _starts(tuple(allowed)))


def place(path: str) -> str:
    """The bucket or folder of a canonical path: what a message counts and what `[fingerprints] allowed` would name.

    >>> place("s3://shop/tops/1.jpg"), place("/pictures/tops/1.jpg")
    ('s3://shop', '/pictures/tops')
    """
    location = parse(path)
    return posixpath.dirname(location.key) if location.scheme == "file" else f"{location.scheme}://{location.bucket}"


def _check_characters(text: str) -> None:
    if _CONTROL.search(text):
        raise ValueError("a control character")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("not valid Unicode")
    if text[:5].lower() == "data:":
        raise ValueError("a data: URI holds a picture itself: write it to a file first")
    if _WINDOWS.match(text):
        raise ValueError("a path of Windows")
    if text[:1].isspace() and _SCHEME.match(text.lstrip()):
        raise ValueError("a space before the scheme")


def _absolute(text: str) -> bool:
    return text.startswith("/") or text[:6].lower() == "file:/" or "://" in text


def _of_folder(text: str) -> Location:
    if _ONE_SLASH.match(text):
        raise ValueError("a scheme with one slash, as a Path makes of it: give it as text")
    return parse(text if _absolute(text) else os.path.abspath(text))


def _local(path: str) -> Location:
    return Location("file", "", posixpath.normpath("/" + path.lstrip("/")))


def _file_uri(rest: str) -> Location:
    host, slash, path = rest.partition("/")
    if host.lower() not in ("", "localhost") or not slash:
        raise ValueError("a file: URI of another host, or without a path")
    decoded = unquote(path, errors="strict")
    _check_characters("/" + decoded)
    return _local(decoded)


def _object(scheme: str, rest: str) -> Location:
    bucket, _, key = rest.partition("/")
    if not (_BUCKET if scheme in ("s3", "gs") else _AUTHORITY).fullmatch(bucket):
        raise ValueError(f"{scheme}:// without a valid bucket name")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise ValueError(f"a key of more than {MAX_KEY_BYTES} bytes")
    dots = {".", ".."}.intersection(key.split("/")) if scheme not in ("http", "https") else ()
    if dots:
        raise ValueError(f"a key with a {max(dots)!r} segment")
    return Location(scheme, bucket, key)


def _joined(relative: str, root: str) -> str:
    _check_characters(relative)
    if not root:
        raise ValueError("a relative path, and no [catalogue] image_root that it starts from")
    if not root.startswith("/"):
        return f"{root.removesuffix('/')}/{relative.removeprefix('./')}"
    joined = posixpath.normpath(f"{root.rstrip('/')}/{relative}")
    if not within(joined, [root]):
        raise ValueError("'..' leads out of the root")
    return joined


@lru_cache(maxsize=64)
def _starts(allowed: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each allowed place with what a path inside begins with."""
    try:
        places = [str(parse(place)) for place in allowed]
    except ValueError as error:
        raise BadInput(f"[fingerprints] allowed: {error}; must be absolute folders or s3://bucket/prefix") from None
    return tuple((place, place if place.endswith("/") else place + "/") for place in places)
