"""A part is an outline filled with a cloth (what colour a point has) and lit over a form (how high a point lies)."""

import numpy as np
from PIL import Image, ImageDraw

from dedup_spark.demo.draw.fabrics import Cloth
from dedup_spark.demo.draw.relief import Form, blur, flat, lit, noise
from dedup_spark.demo.draw.shapes import Array, Points, ellipse
from dedup_spark.demo.draw.sheet import Sheet

OVERSAMPLE = 2
SHADOW_REACH, SHADOW_SHIFT, SHADOW_DEPTH = 3.0, 1.2, 0.38


def part(
    sheet: Sheet,
    outline: Points,
    cloth: Cloth,
    *,
    form: Form = flat,
    folds: tuple[float, int, int] = (0.0, 2, 2),
    gloss: float = 0.0,
    cast: float = 0.0,
    opacity: float = 1.0,
) -> None:
    """Lay an outline (unit coordinates) of a cloth onto the sheet, lit over its form.

    `folds` are (height in units, hills down, hills across); `gloss` is the strength of the highlight; `cast` is how
    far its shadow falls, in units.
    """
    corners = sheet.pixels(outline)
    margin = SHADOW_REACH * cast * sheet.scale + 3
    height, width = sheet.cover.shape
    left, top = np.maximum(np.floor(corners.min(axis=0) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0) + margin), (width, height)).astype(int)
    if right - left < 2 or bottom - top < 2:  # outside of the picture
        return
    box = (slice(top, bottom), slice(left, right))
    cover = _filled(corners - (left, top), (right - left, bottom - top))
    page = sheet.page[box]
    if cast and sheet.shadows:
        _darken(page, cover, sheet, cast)
    x, y = sheet.units(*box)
    raised = form(cover, x, y, sheet.scale)
    if folds[0]:
        raised = raised + folds[0] * sheet.scale * noise(sheet.rng, cover.shape, folds[1], folds[2])
    shade, shine = lit(raised, sheet.light)
    colour = cloth(x, y) * shade[..., None] + gloss * shine[..., None]
    blend = (cover * opacity)[..., None]
    page *= 1 - blend
    page += colour * blend
    np.maximum(sheet.cover[box], cover * opacity, out=sheet.cover[box])


def line(
    sheet: Sheet,
    points: Points,
    width: float,
    cloth: Cloth,
    *,
    form: Form = flat,
    gloss: float = 0.0,
    cast: float = 0.0,
    opacity: float = 1.0,
) -> None:
    """A stroke of `width` units along the points: a seam, a strap, a handle, a hand of a watch."""
    at = np.asarray(points, np.float64)
    steps = np.diff(at, axis=0)
    steps /= np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)[:, None]
    along = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    side = width / 2 * np.stack([-along[:, 1], along[:, 0]], axis=1)
    outline = [(float(x), float(y)) for x, y in np.concatenate([at + side, (at - side)[::-1]])]
    part(sheet, outline, cloth, form=form, gloss=gloss, cast=cast, opacity=opacity)


def floor_shadow(sheet: Sheet, x: float, y: float, across: float, down: float, strength: float = 0.45) -> None:
    """The soft shadow that a standing thing leaves on the floor, an ellipse by its middle and radii."""
    if not sheet.shadows:
        return
    height, width = sheet.cover.shape
    shadow = _filled(sheet.pixels(ellipse(x, y, across, down)), (width, height))
    near = blur(shadow, down * sheet.scale * 0.35)
    sheet.page[...] *= 1 - strength * (0.6 * near + 0.4 * blur(shadow, down * sheet.scale * 0.9))[..., None]


def _filled(corners: Array, size: tuple[int, int]) -> Array:
    """How much of each pixel an outline covers, 0..1, (h, w)."""
    canvas = Image.new("L", (int(size[0]) * OVERSAMPLE, int(size[1]) * OVERSAMPLE))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in corners * OVERSAMPLE], fill=255)
    return (np.asarray(canvas.reduce(OVERSAMPLE)) / 255).astype(np.float32)


def _darken(page: Array, cover: Array, sheet: Sheet, cast: float) -> None:
    """The shadow of a part on what lies below it, away from the lamp."""
    blurred = blur(cover, cast * sheet.scale)
    down, right = (round(-side * cast * sheet.scale * SHADOW_SHIFT) for side in (sheet.light[1], sheet.light[0]))
    height, width = cover.shape
    if down >= height or right >= width:
        return
    page[down:, right:] *= 1 - SHADOW_DEPTH * blurred[: height - down, : width - right, None]
