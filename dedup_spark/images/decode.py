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

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError, WebPImagePlugin, features

from dedup_spark.errors import BadImage, BadInput
from dedup_spark.images import ending, kinds

DECODES = ("exact",)
"""Ways to decode: exact decodes every pixel."""

_WHITE = (255, 255, 255)
_ORIENTATIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # EXIF orientation → what puts the picture upright
_BYTE, _LARGEST, _LARGEST_16 = 8, 255, 65535
_ENDINGS = {ending.TRUNCATED: "ends too early", ending.CORRUPT: "has a wrong checksum"}
_PLUGINS = (WebPImagePlugin,)  # Pillow loads it by itself only together with those of all other formats


@dataclass(frozen=True)
class Decoded:
    """A picture as a viewer shows it; `width` and `height` are those of `picture`, which is RGB."""

    format: str
    width: int
    height: int
    picture: Image.Image


def decode(data: bytes, max_pixels: int) -> Decoded:
    """The picture that these bytes show, or `BadImage` with one of the statuses

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
            _check_size(file.size, max_pixels)
            picture = _shown(file)
    except BadImage:
        raise
    except Exception as error:  # a decoder may raise anything; each is a fact about these bytes
        raise _bad(error, kind.name, end) from error
    if end != ending.WHOLE:
        raise BadImage(end, f"{kind.name} that {_ENDINGS[end]}")
    return Decoded(kind.name, picture.width, picture.height, picture)


def shown(picture: Image.Image) -> Image.Image:
    """A PIL image of any mode as a viewer shows it; `BadImage` where it cannot be loaded. The image is left as it is.

    >>> shown(Image.new("LA", (1, 1), (0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    if not (picture.width and picture.height):
        raise BadImage("corrupt", f"{picture.width} x {picture.height} pixels")
    try:
        return _shown(picture)
    except Exception as error:  # it may still be lazy, with a file of any kind behind it
        raise _bad(error, picture.format or f"{picture.mode} image", ending.WHOLE) from error


def square(picture: Image.Image, side: int) -> NDArray[np.uint8]:
    """The RGB picture at side × side pixels, (side, side, 3) uint8, reduced with LANCZOS, its aspect given up."""
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS))


def check(name: str) -> None:
    """`BadInput` unless there is such a way to decode; it names the choices."""
    if name not in DECODES:
        raise BadInput(f"decode {name!r}: must be one of {', '.join(DECODES)}")


@cache
def decoder() -> str:
    """Who decodes here, with the versions that can change a pixel."""
    libraries = {"libjpeg-turbo": features.version_feature("libjpeg_turbo"), "libwebp": features.version_module("webp")}
    return ", ".join([f"pillow {PIL.__version__}", *(f"{name} {version}" for name, version in libraries.items())])


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
        raise BadImage("too_many_pixels", f"{width} x {height} pixels, at most {limit}")


def _shown(picture: Image.Image) -> Image.Image:
    picture.load()
    turn = _ORIENTATIONS.get(_orientation(picture))  # read after load: a PNG may have it behind the pixels
    opaque = _opaque(picture)
    return opaque if turn is None else opaque.transpose(turn)


def _orientation(picture: Image.Image) -> int:
    """1 to 8; 1 where there is none or the EXIF block is broken: the pixels are good all the same."""
    try:
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return 1


def _opaque(picture: Image.Image) -> Image.Image:
    """RGB, transparency on white. An RGB picture is given back as it is: `convert` would copy it."""
    if picture.mode.startswith("I;16"):
        return _eight_bits(picture)
    if picture.mode in ("I", "F"):
        return _scaled(picture)
    if picture.has_transparency_data:
        return _on_white(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _on_white(picture: Image.Image) -> Image.Image:
    key = picture.info.get("transparency")
    if isinstance(key, tuple) and max(key) > _LARGEST:  # of a 16-bit PNG, whose pixels Pillow has cut to 8 bits
        picture = picture.copy()
        picture.info["transparency"] = tuple(value >> _BYTE for value in key)
    if picture.mode == "La":
        picture = picture.convert("LA")
    layer = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    ground = Image.new("RGB", layer.size, _WHITE)
    ground.paste(layer, mask=layer)
    return ground


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit grey by its upper bytes, as Pillow reads 16-bit colour."""
    values = np.asarray(picture)
    grey = (values >> _BYTE).astype(np.uint8)
    if isinstance(key := picture.info.get("transparency"), int):
        grey[values == key] = _LARGEST
    return Image.fromarray(grey).convert("RGB")


def _scaled(picture: Image.Image) -> Image.Image:
    """Grey of 32 bits: taken as 16 bits where a value needs more than 8; what is beyond is clipped."""
    values = np.asarray(picture)
    if picture.mode == "I" and values.max() > _LARGEST:
        values = values.clip(0, _LARGEST_16) >> _BYTE
    return Image.fromarray(values.clip(0, _LARGEST).astype(np.uint8)).convert("RGB")


def _bad(error: Exception, name: str, end: str) -> BadImage:
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning | MemoryError):
        return BadImage("too_many_pixels", str(error) or f"{name} that does not fit the memory")
    if end != ending.WHOLE:
        return BadImage(end, f"{name} that {_ENDINGS[end]}")
    if isinstance(error, UnidentifiedImageError):  # its text holds an address
        return BadImage("corrupt", f"{name} without a readable header")
    return BadImage("truncated" if "truncated" in str(error).lower() else "corrupt", f"{name}: {error}")
