"""A JPEG is loaded whole or at 1/2, 1/4, 1/8 of its size, which its decoder does for a fraction of the work.

Where simplejpeg is installed (`dedup-spark[fast]`), it decodes what is plain and without any fault, in 75 to 85 % of
Pillow's time; all else is left to Pillow, whose word on a file is the only one. Both are libjpeg-turbo: the pixels are
the same (`tests/test_jpeg.py`). At a reduced size they are equally fast, for nearly all the work is reading the codes.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pyarrow as pa
from PIL import Image

BYTES = 4  # of a pixel, as Pillow keeps them
MOST = 8  # by which a decoder reduces
KINDS = ("JPEG", "MPO")  # as Pillow calls them
PACKAGE = "simplejpeg" if find_spec("simplejpeg") else ""
decode_jpeg: Any = import_module(PACKAGE).decode_jpeg if PACKAGE else None


def load(file: Image.Image, data: bytes, factor: int) -> Image.Image:
    """The picture of an opened JPEG and its bytes, reduced by 1, 2, 4 or 8: each side rounded up.

    Raises what Pillow raises.
    """
    picture = None
    if factor > 1:
        file.draft(None, (file.width // factor, file.height // factor))
    elif file.mode == "RGB":
        picture = _plain(data, file.size)
    if picture is None:
        file.load()
    return picture or file


def _plain(data: bytes, size: tuple[int, int]) -> Image.Image | None:
    """The RGB picture of this size; None where simplejpeg cannot or warns, and Pillow shall say what that means."""
    if decode_jpeg is None:
        return None
    try:
        pixels = decode_jpeg(data, "RGBX", strict=True)
    except ValueError:
        return None
    if pixels.shape[1::-1] != size:
        return None
    four = pa.FixedSizeListArray.from_arrays(pa.array(pixels.reshape(-1)), BYTES)
    return Image.fromarrow(four, "RGB", size)  # nothing is copied, which would take as long as simplejpeg saves
