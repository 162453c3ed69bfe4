"""A call of the plain interface answers one question about pictures in Python alone, without Spark.

What it says is what a run says: the same decoder, the same hasher, the same limits.
"""

import os
from functools import cache
from pathlib import Path

from PIL import Image

from dedup_spark import disk, locations, objects, settings
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.hashing import bits
from dedup_spark.hashing import hasher as hashers
from dedup_spark.images import decode as decoders

Source = str | Path | bytes | bytearray | memoryview | Image.Image


def hash_image(source: Source, hasher: str = "colour_phash", decode: str | None = None) -> str:
    """The hash of one picture as text: for the colour pHash 25 hex digits a channel, `R-G-B` joined by '-'.

    `source` is a path (local, or `s3://bucket/key` with the credentials of the environment), the bytes of a file, or a
    PIL image of any mode; `decode` None means the default of the settings. The picture is hashed as a viewer shows it,
    see `images.decode`. One that cannot be used raises `BadImage` with the status that a run gives it; an unknown
    hasher or decode raises `BadInput`. About 4 ms for a photograph of 400 x 533 pixels.

    >>> hash_image(Image.effect_mandelbrot((90, 60), (-2, -1, 1, 1.5), 50))[:25]
    'c4f931b26a611ed3859c474f3'
    """
    chosen = hashers.find(hasher)
    decoders.check(_settings().fingerprints.decode if decode is None else decode)
    square = decoders.square(_picture(source), chosen.SIDE)
    return bits.to_text(chosen.compute(square[None]).words(), chosen.CHANNELS, chosen.BITS)[0]


def _picture(source: Source) -> Image.Image:
    if isinstance(source, Image.Image):
        return decoders.shown(source)
    if isinstance(source, str | Path):
        source = _read(str(source))
    if not isinstance(source, bytes | bytearray | memoryview):
        raise BadInput(f"source of type {type(source).__name__}: must be a path, bytes or a PIL image")
    return decoders.decode(bytes(source), _settings().fingerprints.max_pixels).picture


def _read(path: str) -> bytes:
    """The bytes a run would get. A local path is the user's own, so links may lead anywhere."""
    absolute = "://" in path or not path.strip()
    location = locations.resolve(path if absolute else os.path.abspath(path), root="/")
    if location.startswith("/"):
        return disk.read_within(location, ("/",), _settings().fingerprints.max_bytes)
    place = locations.place(location)
    ((_, found),) = objects.fetch([location], _settings().fingerprints, _settings().s3, [place])
    if isinstance(found, BadImage):
        raise found
    return found


@cache
def _settings() -> settings.Settings:
    return settings.load()
