"""The cells of a picture are the averages of equal blocks of its pixels, 120 and more a side: views are made of them.

The way `scaled` makes them before it resizes, so that all views together look at a picture's pixels once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LEAST = 120  # cells a side, where the picture has as many pixels
PARTS = 10_000  # of a side: what margins and windows are measured in

Window = tuple[int, int, int, int]
"""What is left out of a picture at its left, top, right and bottom, in `PARTS` of its width and height."""

NOTHING: Window = (0, 0, 0, 0)


@dataclass(frozen=True)
class Cells:
    """`picture` has one RGB pixel a cell. It is `across` × `down` cells: the last column and row may stand for a part
    of one. `block` is the width and height of a cell in pixels.
    """

    picture: Image.Image
    across: float
    down: float
    block: tuple[int, int]

    def pixels(self) -> NDArray[np.uint8]:
        """The cells as (rows, columns, 3)."""
        return np.asarray(self.picture)

    def square(self, side: int, window: Window = NOTHING) -> NDArray[np.uint8]:
        """What the window shows, resized to side × side pixels: (side, side, 3) uint8.

        >>> cells(Image.new("RGB", (300, 130), (1, 2, 3))).square(60, (500, 0, 500, 0))[0, 0].tolist()
        [1, 2, 3]
        """
        left, top, right, bottom = window
        box = (
            left * self.across / PARTS,
            top * self.down / PARTS,
            (PARTS - right) * self.across / PARTS,
            (PARTS - bottom) * self.down / PARTS,
        )
        return np.asarray(self.picture.resize((side, side), Image.Resampling.LANCZOS, box=box))


def cells(picture: Image.Image) -> Cells:
    """The cells of an RGB picture. About 0.5 ms for 400 × 533 pixels.

    >>> made = cells(Image.new("RGB", (500, 90)))
    >>> made.picture.size, made.across, made.down
    ((125, 90), 125.0, 90.0)
    """
    across, down = (max(1, side // LEAST) for side in picture.size)
    small = picture.reduce((across, down)) if across > 1 or down > 1 else picture
    return Cells(small, picture.width / across, picture.height / down, (across, down))
