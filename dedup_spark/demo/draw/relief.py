"""A form says how high each point of a part lies, so that one lamp lights edges, folds and curves alike."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import interpolate, ndimage

from dedup_spark.demo.draw.shapes import Array, Points

Form = Callable[[Array, Array, Array, float], Array]
"""Coverage (h, w), unit x, unit y and pixels per unit to a height in pixels, (h, w)."""


DIFFUSE = 0.62


ROUNDNESS = 0.75
BOXES, GLINT = 3, 24


DARKEST, BRIGHTEST = 0.22, 1.22


def flat(cover: Array, x: Array, y: Array, scale: float) -> Array:
    """A form without height."""
    return np.zeros_like(cover)


def puffed(radius: float) -> Form:
    """A form with edges rounded off over `radius` units: cloth, leather, a pillow."""

    def height(cover: Array, x: Array, y: Array, scale: float) -> Array:
        inside = np.clip((blur(cover, radius * scale / 2) - 0.45) / 0.55, 0, 1)
        return np.asarray(ROUNDNESS * radius * scale * np.sqrt(inside * (2 - inside)), np.float32)

    return height


def turned(profile: Points, x: float = 0.0) -> Form:
    """The form of something turned on a lathe: (y, radius) from top to bottom, around the upright line at x."""

    def height(cover: Array, across: Array, down: Array, scale: float) -> Array:
        return np.asarray(
            scale * np.sqrt(np.maximum(radius_at(profile, down) ** 2 - (across - x) ** 2, 1e-5)), np.float32
        )

    return height


def radius_at(profile: Points, y: npt.NDArray[np.floating]) -> Array:
    """The radius of a lathe profile at heights y: a smooth curve that never swings beyond its points."""
    curve = interpolate.PchipInterpolator([p[0] for p in profile], [p[1] for p in profile])
    grid = np.linspace(profile[0][0], profile[-1][0], 400)
    return np.asarray(np.interp(y, grid, curve(grid)), np.float32)


def noise(rng: np.random.Generator, shape: tuple[int, ...], down: int, across: int) -> Array:
    """Soft noise of about -1..1, (h, w), with so many hills down and across."""
    total = np.zeros(shape, np.float32)
    for octave in (1, 2):
        hills = Image.fromarray(
            rng.normal(0, 0.5 / octave, (down * octave + 1, across * octave + 1)).astype(np.float32)
        )
        total += np.asarray(hills.resize((shape[1], shape[0]), Image.Resampling.BICUBIC), np.float32)
    return total


def lit(raised: Array, light: tuple[float, float, float]) -> tuple[Array, Array]:
    """How bright a surface of these heights (pixels) is: diffuse around 1, and a highlight of 0..1, each (h, w)."""
    down, across = np.gradient(raised)
    length = np.sqrt(1 + across**2 + down**2)
    facing = (light[2] - across * light[0] - down * light[1]) / length
    shade = np.clip(1 + DIFFUSE * (facing / light[2] - 1), DARKEST, BRIGHTEST)
    bright = math.hypot(light[0], light[1], light[2] + 1)  # where the lamp and the eye are on two sides of one line
    shine = np.clip((light[2] + 1 - across * light[0] - down * light[1]) / (bright * length), 0, 1) ** GLINT
    return shade.astype(np.float32), shine.astype(np.float32)


def blur(values: Array, radius: float) -> Array:
    """A Gaussian blur by three box blurs, with a cost that does not grow with the radius (in pixels)."""
    width = int(np.sqrt(4 * radius * radius + 1)) | 1
    for _ in range(BOXES):
        values = ndimage.uniform_filter(values, width, mode="nearest")
    return np.asarray(values, np.float32)
