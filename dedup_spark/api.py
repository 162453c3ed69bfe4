"""A call of the plain interface answers one question about pictures in Python alone, without Spark.

What it says is what a run says: the same decoder, the same hasher, the same limits.
"""

from functools import cache
from pathlib import Path

from PIL import Image

from dedup_spark import settings
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.hashing import bits
from dedup_spark.hashing import hasher as hashers
from dedup_spark.images import decode as decoders


def hash_image(
    source: str | Path | bytes | Image.Image, hasher: str = "colour_phash", decode: str | None = None
) -> str:
    """The hash of one picture as text: for the colour pHash 25 hex digits a channel, `R-G-B` joined by '-'.

    `source` is the path of a local file, the bytes of a file, or a PIL image of any mode; `decode` None means the
    default of the settings. The picture is hashed as a viewer shows it, see `images.decode`. One that cannot be used
    raises `BadImage` with the status and detail that a run gives it; an unknown hasher or decode raises `BadInput`.

    >>> hash_image(Image.effect_mandelbrot((90, 60), (-2, -1, 1, 1.5), 50))[:25]
    'c4f931b26a611ed3859c474f3'
    """
    chosen = hashers.find(hasher)
    decoders.check(_defaults().decode if decode is None else decode)
    square = decoders.square(_picture(source), chosen.SIDE)
    return bits.to_text(chosen.compute(square[None]).words(), chosen.CHANNELS, chosen.BITS)[0]


def _picture(source: str | Path | bytes | Image.Image) -> Image.Image:
    if isinstance(source, Image.Image):
        return decoders.shown(source)
    if isinstance(source, str | Path):
        source = _read(Path(source))
    if not isinstance(source, bytes | bytearray | memoryview):
        raise BadInput(f"source of type {type(source).__name__}: must be a path, bytes or a PIL image")
    return decoders.decode(bytes(source), _defaults().max_pixels).picture


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _defaults().max_bytes:
            raise BadImage("too_many_bytes", f"{path.stat().st_size} bytes, at most {_defaults().max_bytes}")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadImage("not_found", f"no file at {path}") from error
    except PermissionError as error:
        raise BadImage("access_denied", f"{path}: {error.strerror}") from error
    except OSError as error:
        raise BadImage("unreadable", f"{path}: {error.strerror}") from error


@cache
def _defaults() -> settings.Fingerprints:
    return settings.load().fingerprints
