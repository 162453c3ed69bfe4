"""A decoded picture is what a viewer shows of a file: upright, opaque, 8 bits of R, G, B a pixel, the first frame.

Files come from anywhere and are believed nothing: the format is told by the bytes, only five formats are decoded, the
number of pixels is checked before any is, a file must reach its own end. Colour profiles are left alone, as the
notebook does: R, G, B are hashed as they are stored.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError, WebPImagePlugin, features

from dedup_spark.errors import BadImage
from dedup_spark.images import ending, jpeg, kinds
from dedup_spark.images.opaque import opaque
from dedup_spark.images.ways import EXACT, Way

_ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # EXIF orientation → what puts the picture upright
_SIDEWAYS = (5, 6, 7, 8)  # width and height change places
_ENDINGS = {ending.TRUNCATED: "ends too early", ending.CORRUPT: "has a wrong checksum"}
_PLUGINS = (WebPImagePlugin,)  # Pillow loads it by itself only together with those of all other formats


@dataclass(frozen=True)
class Decoded:
    """A picture as a viewer shows it. `picture` is RGB, as small as the way makes it, `width` and `height` are those of
    the whole one.
    """

    format: str
    width: int
    height: int
    picture: Image.Image


def decode(data: bytes, max_pixels: int, way: Way = EXACT) -> Decoded:
    """The picture that these bytes show, decoded in this way, or `BadImage` with one of the statuses

    empty, not_image, unsupported_format, too_many_pixels, truncated, corrupt.

    Pictures beyond Pillow's own limit (`Image.MAX_IMAGE_PIXELS`) are too large whatever `max_pixels` says. What no
    decoder notices is not noticed: a JPEG with wrong bytes in its middle shows a wrong picture, here as in a browser.

    >>> file = io.BytesIO()
    >>> Image.new("L", (3, 2), 7).save(file, "PNG")
    >>> decoded = decode(file.getvalue(), max_pixels=6)
    >>> decoded.format, decoded.width, decoded.height, decoded.picture.getpixel((0, 0))
    ('PNG', 3, 2, (7, 7, 7))
    >>> decode(file.getvalue()[:-1], max_pixels=6)
    Traceback (most recent call last):
    dedup_spark.errors.BadImage: truncated: PNG that ends too early
    """
    if not data:
        raise BadImage("empty", "0 bytes")
    kind = kinds.kind(data)
    if kind.status != "ok":
        raise BadImage(kind.status, kind.name)
    end = ending.ending(data, kind.name)
    try:
        with _strictly():
            file = Image.open(io.BytesIO(data), formats=[kind.name])
            width, height = file.size  # of the whole picture: what is loaded may be smaller
            _check_size(file.size, max_pixels)
            picture = _shown(file, way, data)
    except BadImage:
        raise
    except Exception as error:  # a decoder may raise anything; each is a fact about these bytes
        raise _bad(error, kind.name, end) from error
    if end != ending.WHOLE:
        raise BadImage(end, f"{kind.name} that {_ENDINGS[end]}")
    if _orientation(file) in _SIDEWAYS:
        width, height = height, width
    return Decoded(kind.name, width, height, picture)


def shown(picture: Image.Image, way: Way = EXACT) -> Image.Image:
    """A PIL image of any mode as a viewer shows it; `BadImage` where it cannot be loaded. The image is left as it is:
    where the way reduces, it is by averages, whatever file is behind it.

    >>> shown(Image.new("LA", (1, 1), (0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    if not (picture.width and picture.height):
        raise BadImage("corrupt", f"{picture.width} x {picture.height} pixels")
    try:
        return _shown(picture, way)
    except Exception as error:  # it may still be lazy, with a file of any kind behind it
        raise _bad(error, picture.format or f"{picture.mode} image", ending.WHOLE) from error


def square(picture: Image.Image, side: int, way: Way = EXACT) -> NDArray[np.uint8]:
    """The RGB picture at side × side pixels, (side, side, 3) uint8, its aspect given up."""
    return way.square(picture, side)


@cache
def decoder(way: Way = EXACT) -> str:
    """Who decodes here, with the versions that can change a pixel."""
    libraries = {
        "pillow": PIL.__version__,
        "libjpeg-turbo": features.version_feature("libjpeg_turbo"),
        "libwebp": features.version_module("webp"),
    }
    libraries |= {package: metadata.version(package) for package in (jpeg.PACKAGE, way.package) if package}
    return ", ".join(f"{name} {version}" for name, version in libraries.items())


@contextmanager
def _strictly() -> Iterator[None]:
    """Another library of this process may have told Pillow to make up what a truncated file lacks; not here."""
    told = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = told


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    limit = min(max_pixels, Image.MAX_IMAGE_PIXELS or max_pixels)
    if width * height > limit:
        said = f"{width} x {height} pixels, at most {limit}"
        raise BadImage("too_many_pixels", said, width=width, height=height)


def _shown(picture: Image.Image, way: Way, data: bytes = b"") -> Image.Image:
    """What the way leaves of the picture; of an opened JPEG whose bytes are given, of the file itself."""
    factor = way.factor(picture.size)
    loaded, inside = picture, 1
    if data and picture.format in jpeg.KINDS:
        inside = min(factor, jpeg.MOST)
        loaded = jpeg.load(picture, data, inside)
    loaded.load()
    turn = _ORIENTATIONS.get(_orientation(picture))  # read after load: a PNG may have it behind the pixels
    shown = opaque(loaded, factor // inside)
    return shown if turn is None else shown.transpose(turn)


def _orientation(picture: Image.Image) -> int:
    """1 to 8; 1 where there is none or the EXIF block is broken: the pixels are good all the same."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def _bad(error: Exception, name: str, end: str) -> BadImage:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning | MemoryError):
        return BadImage("too_many_pixels", str(error) or f"{name} that does not fit the memory")
    if end != ending.WHOLE:
        return BadImage(end, f"{name} that {_ENDINGS[end]}")
    if isinstance(error, UnidentifiedImageError):  # its text holds an address
        return BadImage("corrupt", f"{name} without a readable header")
    return BadImage("truncated" if "truncated" in str(error).lower() else "corrupt", f"{name}: {error}")
