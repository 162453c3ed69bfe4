"""A sheet is one product picture while it is drawn: its pixels, where unit coordinates lie on them, its light and dice.

Shapes are given in unit coordinates: x from -0.5 to 0.5, y from -0.6 (top) to 0.6, whatever the size of the picture.
"""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from dedup_spark.demo.draw.shapes import Array, Colour, Points

HALF_HEIGHT = 0.6


@dataclass(frozen=True)
class Sheet:
    """One picture being drawn; `page` and `cover` are drawn on in place."""

    page: Array  # (h, w, 3) in 0..1
    cover: Array  # (h, w) in 0..1: where the product is
    centre: tuple[float, float]  # pixels
    scale: float  # pixels a unit
    turn: float  # radians, clockwise
    mirrored: bool
    light: tuple[float, float, float]  # towards the lamp: right, down, out of the page; of length 1
    shadows: bool
    rng: np.random.Generator

    def pixels(self, points: Points) -> Array:
        """Unit points (n, 2) as pixel positions (n, 2)."""
        at = np.asarray(points, np.float32) * (np.array([-1, 1]) if self.mirrored else 1)
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return np.asarray(at @ (self.scale * np.array([[cos, sin], [-sin, cos]])) + self.centre, np.float32)

    def units(self, rows: slice, columns: slice) -> tuple[Array, Array]:
        """Unit x and y, each (h, w), of a box of pixels: the inverse of `pixels`."""
        x = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5 - self.centre[0]) / self.scale
        y = (np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5 - self.centre[1]) / self.scale
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        x, y = x * cos + y * sin, y * cos - x * sin
        return np.asarray(-x if self.mirrored else x, np.float32), np.asarray(y, np.float32)


def blank(
    size: tuple[int, int],
    rng: np.random.Generator,
    *,
    ground: Colour = (1, 1, 1),
    fill: float = 0.88,
    half_height: float = HALF_HEIGHT,
    zoom: float = 1.0,
    look_at: tuple[float, float] = (0.0, 0.0),
    turn: float = 0.0,
    mirrored: bool = False,
    shadows: bool = True,
) -> Sheet:
    """An empty sheet of (width, height) pixels, seen so that `look_at` (unit coordinates) is in its middle.

    It shows a width of 1 and twice `half_height`, as far as both fit, at `fill` 1 and `zoom` 1.

    A ground that is not white gets the falling light of a studio wall; white stays 255 in every pixel.
    """
    width, height = size
    scale = min(width, height / (2 * half_height)) * fill * zoom
    page = np.ones((height, width, 3), np.float32) * np.asarray(ground, np.float32)
    if min(ground) < 1:
        y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
        page *= (1.03 - 0.05 * ((x - 0.3) ** 2 + (y + 0.4) ** 2))[..., None]
    sheet = Sheet(
        page=page,
        cover=np.zeros((height, width), np.float32),
        centre=(0.0, 0.0),
        scale=scale,
        turn=turn,
        mirrored=mirrored,
        light=_light(rng),
        shadows=shadows,
        rng=rng,
    )
    x, y = sheet.pixels([look_at])[0]
    return replace(sheet, centre=(width / 2 - float(x), height / 2 - float(y)))


def _light(rng: np.random.Generator) -> tuple[float, float, float]:
    angle = rng.uniform(-2.5, -2.0)  # from the upper left, never quite the same
    light = np.array([np.cos(angle), np.sin(angle), 1.25])
    x, y, z = light / np.linalg.norm(light)
    return float(x), float(y), float(z)


def finished(sheet: Sheet, grain: float = 0.004) -> Image.Image:
    """The sheet as an RGB picture, with the grain of a sensor where it is not pure white."""
    speckle = grain * sheet.rng.standard_normal(sheet.cover.shape, np.float32)[..., None]
    page = np.where(sheet.page >= 1, sheet.page, sheet.page + speckle)
    return Image.fromarray((np.clip(page, 0, 1) * 255 + 0.5).astype(np.uint8))


def cut_out(sheet: Sheet) -> Image.Image:
    """The product alone as an RGBA picture: transparent, and black below, where it is not."""
    rgb = np.clip(sheet.page, 0, 1) * (sheet.cover > 0)[..., None]
    rgba = np.concatenate([rgb, np.clip(sheet.cover, 0, 1)[..., None]], axis=2)
    return Image.fromarray((rgba * 255 + 0.5).astype(np.uint8))
