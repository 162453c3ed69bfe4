"""A cloth says what colour each point of a surface has, before the light: plain, striped, checked, printed ..."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from dedup_spark.demo.draw.shapes import Array, Colour

Cloth = Callable[[Array, Array], Array]
"""Unit x and y, each (h, w), to a colour in 0..1, (h, w, 3)."""

TILE = 256


def plain(colour: Colour) -> Cloth:
    """One colour.

    >>> point = np.zeros((1, 1), np.float32)
    >>> plain((1, 0.5, 0))(point, point).tolist()
    [[[1.0, 0.5, 0.0]]]
    """
    return lambda x, y: np.broadcast_to(np.asarray(colour, np.float32), (*x.shape, 3))


def darker(cloth: Cloth, factor: float) -> Cloth:
    """The cloth with its light multiplied: linings, hems, the far side."""
    return lambda x, y: cloth(x, y) * np.float32(factor)


def lighter_below(cloth: Cloth) -> Cloth:
    """The cloth fading to half of its darkness downwards: a tinted lens."""

    def colour(x: Array, y: Array) -> Array:
        share = 0.5 * np.clip((y + 0.1) / 0.35, 0, 1)[..., None]
        return np.asarray(cloth(x, y) * (1 - share) + share)

    return colour


def melange(colour: Colour, rng: np.random.Generator, amount: float = 0.07) -> Cloth:
    """Knitted of lighter and darker yarn: grain that runs sideways."""
    grain = ndimage.gaussian_filter(rng.normal(0, 1, (TILE, TILE)), (0.8, 2.0), mode="wrap")
    grain = grain / grain.std() * amount
    return tiled(np.clip(np.asarray(colour) * (1 + grain[..., None]), 0, 1).astype(np.float32), 0.62)


def denim(colour: Colour, rng: np.random.Generator) -> Cloth:
    """Twill: fine diagonals, washed out in soft patches."""
    fade = ndimage.gaussian_filter(rng.normal(0, 1, (TILE, TILE)), 20, mode="wrap")
    y, x = np.mgrid[0:TILE, 0:TILE]
    twill = 0.05 * np.sin((x + y) * 2 * np.pi / 4) + 0.07 * rng.normal(0, 1, (TILE, TILE))
    shade = 1 + 0.09 * fade / fade.std() + twill
    return tiled(np.clip(np.asarray(colour) * shade[..., None], 0, 1).astype(np.float32), 1.3)


def stripes(colours: Sequence[Colour], period: float, angle: float = 0.0, share: float = 0.5) -> Cloth:
    """Bands of the second colour on the first (further colours in turn); at angle 0 they lie, at pi/2 they stand."""

    def colour(x: Array, y: Array) -> Array:
        along = (y * math.cos(angle) + x * math.sin(angle)) / period
        band = _edge(np.mod(along, 1), share, 0.03 / period * 0.1)
        second = np.asarray(colours[1:], np.float32)[np.floor(along).astype(int) % (len(colours) - 1)]
        return np.asarray(np.asarray(colours[0], np.float32) * (1 - band[..., None]) + second * band[..., None])

    return colour


def checks(ground: Colour, over: Colour, period: float, share: float = 0.5, angle: float = 0.0) -> Cloth:
    """Gingham or tartan: standing and lying bands, deeper where they cross."""

    def colour(x: Array, y: Array) -> Array:
        cos, sin = math.cos(angle), math.sin(angle)
        lying = _edge(np.mod((y * cos - x * sin) / period, 1), share, 0.02)
        standing = _edge(np.mod((x * cos + y * sin) / period, 1), share, 0.02)
        depth = (0.5 * (lying + standing))[..., None]
        return np.asarray(np.asarray(ground, np.float32) * (1 - depth) + np.asarray(over, np.float32) * depth)

    return colour


def dots(ground: Colour, spot: Colour, period: float, radius: float = 0.28) -> Cloth:
    """Round spots in staggered rows; the radius is a share of the period."""

    def colour(x: Array, y: Array) -> Array:
        row = np.floor(y / period)
        across = np.mod(x / period + 0.5 * np.mod(row, 2), 1) - 0.5
        inside = np.clip((radius - np.hypot(across, np.mod(y / period, 1) - 0.5)) / 0.06 + 0.5, 0, 1)[..., None]
        return np.asarray(np.asarray(ground, np.float32) * (1 - inside) + np.asarray(spot, np.float32) * inside)

    return colour


def fading(top: Colour, bottom: Colour, start: float = -0.4, end: float = 0.5) -> Cloth:
    """One colour running into another from `start` to `end` (unit y)."""

    def colour(x: Array, y: Array) -> Array:
        share = np.clip((y - start) / (end - start), 0, 1)[..., None]
        return np.asarray(np.asarray(top, np.float32) * (1 - share) + np.asarray(bottom, np.float32) * share)

    return colour


def floral(ground: Colour, petals: Sequence[Colour], rng: np.random.Generator, size: float = 0.5) -> Cloth:
    """Scattered flowers with leaves."""
    canvas = Image.new("RGB", (TILE * 2, TILE * 2), _bytes(ground))
    draw = ImageDraw.Draw(canvas)
    for number in range(26):
        x, y = rng.uniform(0, TILE * 2, 2)
        radius, spin = rng.uniform(14, 30), rng.uniform(0, np.pi)
        petal = petals[number % len(petals)]
        for shift_x, shift_y in [(a, b) for a in (-TILE * 2, 0, TILE * 2) for b in (-TILE * 2, 0, TILE * 2)]:
            _flower(draw, x + shift_x, y + shift_y, radius, spin, petal)
    return tiled((np.asarray(canvas.reduce(2)) / 255).astype(np.float32), size)


def _flower(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, spin: float, petal: Colour) -> None:
    leaf = _bytes((0.25, 0.42 + 0.2 * petal[1], 0.28))
    for turn in (spin + 0.6, spin + 3.4):
        at_x, at_y = x + 1.5 * radius * np.cos(turn), y + 1.5 * radius * np.sin(turn)
        draw.ellipse((at_x - radius * 0.5, at_y - radius * 0.3, at_x + radius * 0.5, at_y + radius * 0.3), fill=leaf)
    for turn in np.linspace(0, 2 * np.pi, 5, endpoint=False) + spin:
        at_x, at_y = x + 0.7 * radius * np.cos(turn), y + 0.7 * radius * np.sin(turn)
        reach = 0.55 * radius
        draw.ellipse((at_x - reach, at_y - reach, at_x + reach, at_y + reach), fill=_bytes(petal))
    draw.ellipse((x - radius * 0.3, y - radius * 0.3, x + radius * 0.3, y + radius * 0.3), fill=(246, 214, 92))


def camouflage(colours: Sequence[Colour], rng: np.random.Generator, size: float = 0.9) -> Cloth:
    """Patches with soft borders, as of a field jacket, terrazzo or a tie-dye, by their colours."""
    tile = np.ones((TILE, TILE, 3), np.float32) * np.asarray(colours[0], np.float32)
    for colour in colours[1:]:
        hills = ndimage.gaussian_filter(rng.normal(0, 1, (TILE, TILE)), 11, mode="wrap")
        patch = np.clip((hills / hills.std() - 0.35) * 8, 0, 1)[..., None]
        tile = tile * (1 - patch) + np.asarray(colour, np.float32) * patch
    return tiled(tile.astype(np.float32), size)


def tiled(tile: Array, size: float) -> Cloth:
    """A square tile (n, n, 3) repeated every `size` units."""

    def colour(x: Array, y: Array) -> Array:
        side = tile.shape[0]
        rows, columns = np.mod(y / size * side, side), np.mod(x / size * side, side)
        return np.asarray(tile[rows.astype(int) % side, columns.astype(int) % side])

    return colour


def printed(cloth: Cloth, motif: Image.Image, x: float, y: float, width: float) -> Cloth:
    """A cloth with a motif (RGBA) stamped on it, `width` units wide, its middle at (x, y)."""
    ink = np.asarray(motif, np.float32) / 255
    ink[..., :3] *= ink[..., 3:]  # premultiplied, so that its soft border has no dark rim
    rows, columns = ink.shape[:2]

    def colour(across: Array, down: Array) -> Array:
        at_column = (across - x) / width * columns + columns / 2
        at_row = (down - y) / width * columns + rows / 2
        inside = (np.abs(at_column - columns / 2) < columns / 2) & (np.abs(at_row - rows / 2) < rows / 2)
        at = [at_row[inside], at_column[inside]]
        layers = [
            ndimage.map_coordinates(ink[..., layer], at, order=1, mode="constant") for layer in range(ink.shape[2])
        ]
        below = np.array(cloth(across, down))
        below[inside] = below[inside] * (1 - layers[3][:, None]) + np.stack(layers[:3], axis=-1)
        return below

    return colour


def _edge(phase: Array, share: float, softness: float) -> Array:
    """1 where a phase of 0..1 lies in its first `share`, with soft borders."""
    soft = max(softness, 0.02)
    return np.asarray(np.clip(np.minimum(phase / soft, (share - phase) / soft) + 0.5, 0, 1), np.float32)


def _bytes(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = (round(255 * min(max(level, 0), 1)) for level in colour)
    return red, green, blue
