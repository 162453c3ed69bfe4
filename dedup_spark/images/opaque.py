"""An opaque picture is 8 bits of R, G, B a pixel, whatever its mode was; what is transparent shows white.

It is made strip by strip, so that a large picture is never held in three modes at once, nor twice where it is reduced.
"""

import numpy as np
from PIL import Image

_WHITE = (255, 255, 255)
_ROWS = 128  # of a strip, a multiple of any factor
_BYTE, _LARGEST, _LARGEST_16 = 8, 255, 65535


def opaque(picture: Image.Image, factor: int = 1) -> Image.Image:
    """RGB, transparency on white, reduced to the averages of factor × factor pixels, a power of 2.

    An RGB picture that is not reduced is given back as it is: `convert` would copy it.

    >>> opaque(Image.new("LA", (1, 1), (0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    if picture.mode in ("I", "F"):  # what a value means there is known of the whole only
        return _reduced(_clipped(picture), factor)
    if picture.height <= _ROWS or (picture.mode == "RGB" and not picture.has_transparency_data):
        return _reduced(_opaque(picture), factor)
    shown = Image.new("RGB", (-(-picture.width // factor), -(-picture.height // factor)))
    for top in range(0, picture.height, _ROWS):
        strip = picture.crop((0, top, picture.width, min(top + _ROWS, picture.height)))
        shown.paste(_reduced(_opaque(strip), factor), (0, top // factor))
    return shown


def _reduced(picture: Image.Image, factor: int) -> Image.Image:
    return picture.reduce(factor) if factor > 1 else picture


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):
        return _eight_bits(picture)
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


def _clipped(picture: Image.Image) -> Image.Image:
    """Grey of 32 bits: taken as 16 bits where a value needs more than 8; what is beyond is clipped."""
    values = np.asarray(picture)
    if picture.mode == "I" and values.max() > _LARGEST:
        values = values.clip(0, _LARGEST_16) >> _BYTE
    return Image.fromarray(values.clip(0, _LARGEST).astype(np.uint8)).convert("RGB")
