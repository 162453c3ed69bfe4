"""A household thing stands or lies in a room: bottles, mugs, lamps, cushions, chairs, plants, plates."""

import numpy as np

from dedup_spark.demo.draw.fabrics import Cloth, darker, plain
from dedup_spark.demo.draw.parts import floor_shadow, line, part
from dedup_spark.demo.draw.relief import puffed, radius_at, turned
from dedup_spark.demo.draw.shapes import Array, Points, ellipse, mirrored, smooth
from dedup_spark.demo.draw.sheet import Sheet

SQUASH = 0.16
"""How round the rim of a thing looks from slightly above: its depth as a share of its width."""


LABELS = {"flask": (-0.08, 0.3), "wine": (0.1, 0.4), "spray": (0.06, 0.36), "jar": (0.02, 0.28)}
"""From where to where (unit y) the label of a bottle reaches."""


def lathe(
    sheet: Sheet, profile: Points, cloth: Cloth, *, x: float = 0.0, gloss: float = 0.3, cast: float = 0.0
) -> None:
    """A thing turned on a lathe from its (y, radius) profile, top to bottom."""
    steps = np.linspace(profile[0][0], profile[-1][0], 48)
    radii = radius_at(profile, steps)
    side = [(float(r), float(y)) for r, y in zip(radii, steps, strict=True)]
    low, wide = profile[-1]
    bottom = [(float(wide * np.cos(a)), float(low + SQUASH * wide * np.sin(a))) for a in np.linspace(0, np.pi, 24)]
    outline = [*side, *bottom, *[(-r, y) for r, y in reversed(side)]]
    part(sheet, [(x + a, b) for a, b in outline], cloth, form=turned(profile, x), gloss=gloss, cast=cast)


def bottle(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, form: str = "flask", label: str = "") -> None:
    """A bottle: `flask`, `wine`, `spray` or `jar`; the trim is its cap's, the third its label's if it has one."""
    profile: Points = {
        "flask": [(-0.4, 0.075), (-0.37, 0.085), (-0.3, 0.14), (-0.24, 0.15), (0.48, 0.15), (0.52, 0.14)],
        "wine": [
            (-0.48, 0.05),
            (-0.24, 0.052),
            (-0.16, 0.09),
            (-0.06, 0.145),
            (0.02, 0.155),
            (0.5, 0.155),
            (0.53, 0.145),
        ],
        "spray": [(-0.2, 0.06), (-0.16, 0.1), (-0.08, 0.19), (0.0, 0.2), (0.44, 0.19), (0.48, 0.17)],
        "jar": [(-0.12, 0.21), (-0.08, 0.24), (0.0, 0.26), (0.3, 0.26), (0.36, 0.24)],
    }[form]
    low, wide = profile[-1]
    floor_shadow(sheet, 0.03, low + 0.02, wide * 1.35, 0.045)
    lathe(sheet, profile, cloth, gloss=0.45)
    first, neck = profile[0]
    height = {"flask": 0.12, "wine": 0.06, "spray": 0.2, "jar": 0.09}[form]
    grip = 1.25 if form in ("flask", "jar") else 1.1
    lathe(
        sheet,
        [(first - height, neck * grip * 0.96), (first - height + 0.015, neck * grip), (first + 0.012, neck * grip)],
        trim,
        gloss=0.4,
        cast=0.006,
    )
    part(sheet, ellipse(0, first - height, neck * grip * 0.96, neck * grip * 0.96 * SQUASH), darker(trim, 1.12))
    if form == "spray":
        line(
            sheet,
            [(-0.1, first - height + 0.03), (0.06, first - height + 0.03)],
            0.05,
            trim,
            form=puffed(0.02),
            gloss=0.4,
        )
    if label:
        upper, lower = LABELS[form]
        reach = float(radius_at(profile, np.array((upper + lower) / 2))) * 0.96
        curve = np.linspace(-1, 1, 20)
        over = [(float(reach * c), float(upper + SQUASH * reach * np.sqrt(max(1 - c * c, 0)))) for c in curve]
        under = [(float(reach * c), float(lower + SQUASH * reach * np.sqrt(max(1 - c * c, 0)))) for c in curve[::-1]]
        part(sheet, [*over, *under], third, form=turned(profile), gloss=0.15)


def mug(
    sheet: Sheet,
    cloth: Cloth,
    trim: Cloth,
    third: Cloth,
    *,
    tall: float = 0.28,
    wide: float = 0.25,
    inside: bool = False,
) -> None:
    """A mug with its handle to the right; with `inside` the trim is the cloth of handle and inside."""
    trim = trim if inside else cloth
    floor_shadow(sheet, 0.02, tall + 0.02, wide * 1.35, 0.05)
    ring = [
        (float(wide + 0.01 + 0.15 * np.cos(a)), float(0.02 + tall * 0.62 * np.sin(a)))
        for a in np.linspace(-1.75, 1.75, 26)
    ]
    line(sheet, ring, 0.06, trim, form=puffed(0.026), gloss=0.3, cast=0.006)
    lathe(
        sheet,
        [(-tall, wide), (tall * 0.6, wide * 0.985), (tall * 0.9, wide * 0.93), (tall, wide * 0.82)],
        cloth,
        gloss=0.4,
        cast=0.006,
    )
    part(sheet, ellipse(0, -tall, wide, wide * SQUASH * 1.3), trim)
    part(sheet, ellipse(0, -tall + 0.008, wide * 0.93, wide * SQUASH * 1.1), darker(trim, 0.66))


def lamp(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, shade: float = 0.3, foot: str = "stem") -> None:
    """A table lamp; the cloth is its shade's (lit from inside), `foot` is `stem`, `gourd` or `ball`."""
    floor_shadow(sheet, 0.02, 0.49, 0.26, 0.045)
    profile: Points = {
        "stem": [(-0.1, 0.016), (0.42, 0.016), (0.44, 0.05), (0.455, 0.16), (0.475, 0.165)],
        "gourd": [
            (-0.1, 0.03),
            (-0.02, 0.06),
            (0.06, 0.13),
            (0.14, 0.145),
            (0.22, 0.1),
            (0.3, 0.11),
            (0.4, 0.17),
            (0.46, 0.15),
            (0.475, 0.13),
        ],
        "ball": [
            (-0.1, 0.02),
            (0.06, 0.022),
            (0.1, 0.1),
            (0.18, 0.17),
            (0.26, 0.195),
            (0.34, 0.17),
            (0.42, 0.1),
            (0.45, 0.12),
            (0.475, 0.12),
        ],
    }[foot]
    lathe(sheet, profile, trim, gloss=0.5)
    part(sheet, ellipse(0, -0.06, shade * 0.96, shade * 0.15), plain((0.98, 0.9, 0.7)))
    lathe(sheet, [(-0.5, shade * 0.58), (-0.07, shade)], _glowing(cloth), gloss=0.06, cast=0.01)


def _glowing(cloth: Cloth) -> Cloth:
    """The cloth of a shade with a bulb behind it."""

    def colour(x: Array, y: Array) -> Array:
        bulb = np.exp(-((x / 0.2) ** 2 + ((y + 0.16) / 0.2) ** 2))
        return np.clip(cloth(x, y) * (1.02 + 0.26 * bulb)[..., None], 0, 1)

    return colour


def cushion(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, tall: float = 0.38) -> None:
    """A cushion seen from its front, with piping of the trim."""
    right = [
        (0, -tall + 0.04),
        (0.3, -tall),
        (0.43, -tall - 0.05),
        (0.39, -tall + 0.1),
        (0.37, 0),
        (0.39, tall - 0.1),
        (0.43, tall + 0.04),
        (0.3, tall - 0.01),
        (0, tall - 0.04),
    ]
    outline = smooth(mirrored(right))
    part(sheet, [(x * 1.025, y * 1.025) for x, y in outline], trim, form=puffed(0.02), cast=0.025)
    part(sheet, outline, cloth, form=puffed(0.15), folds=(0.03, 3, 3))


def chair(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, arms: bool = True) -> None:
    """An armchair, or a side chair, with legs of the trim."""
    floor_shadow(sheet, 0, 0.47, 0.42, 0.05)
    for x, lean in ((-0.27, -0.04), (0.27, 0.04)):
        line(sheet, [(x, 0.24), (x + lean, 0.5)], 0.04, trim, form=puffed(0.018), gloss=0.2)
        line(sheet, [(x * 0.7, 0.24), (x * 0.72, 0.42)], 0.032, darker(trim, 0.7))
    back = [(0, -0.5), (0.2, -0.5), (0.3, -0.44), (0.31, -0.1), (0.29, 0.12), (0, 0.12)]
    part(sheet, smooth(mirrored(back)), cloth, form=puffed(0.1), folds=(0.012, 4, 4), cast=0.01)
    for x in (-0.12, 0.12):
        line(sheet, [(x, -0.42), (x * 1.02, 0.04)], 0.006, darker(cloth, 0.72))
    part(
        sheet,
        smooth(mirrored([(0, 0.03), (0.3, 0.03), (0.36, 0.08), (0.36, 0.2), (0.33, 0.27), (0, 0.28)])),
        cloth,
        form=puffed(0.08),
        folds=(0.012, 3, 5),
        cast=0.015,
    )
    if arms:
        for side in (-1, 1):
            arm = [(0.29, -0.14), (0.38, -0.16), (0.42, -0.1), (0.42, 0.22), (0.39, 0.28), (0.33, 0.28), (0.31, 0.1)]
            part(
                sheet, smooth([(side * x, y) for x, y in arm]), cloth, form=puffed(0.06), folds=(0.01, 3, 3), cast=0.012
            )


def plant(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, leaves: int = 17) -> None:
    """A plant in a pot; the cloth is the pot's, the trim the leaves'."""
    floor_shadow(sheet, 0.02, 0.5, 0.25, 0.045)
    for number in range(leaves):
        angle = -np.pi / 2 + (number / (leaves - 1) - 0.5) * 2.5 + sheet.rng.uniform(-0.12, 0.12)
        reach = sheet.rng.uniform(0.36, 0.62) * (1 - 0.18 * abs(float(np.cos(angle))))
        tip = np.array([np.cos(angle), np.sin(angle)]) * reach + (0, 0.12)
        side = np.array([-np.sin(angle), np.cos(angle)]) * sheet.rng.uniform(0.035, 0.06)
        middle = tip * 0.62 + np.array([0, 0.12]) * 0.38
        points = [(0.0, 0.12), (0.0, 0.12), tuple(middle + side), tuple(tip), tuple(tip), tuple(middle - side)]
        part(
            sheet,
            smooth([(float(x), float(y)) for x, y in points]),
            darker(trim, float(sheet.rng.uniform(0.7, 1.15))),
            form=puffed(0.03),
            gloss=0.15,
            cast=0.01,
        )
    lathe(sheet, [(0.08, 0.22), (0.14, 0.225), (0.145, 0.205), (0.46, 0.15), (0.5, 0.14)], cloth, gloss=0.25, cast=0.01)


def plate(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth) -> None:
    """A plate seen from straight above: about the most symmetric thing a shop can sell."""
    part(sheet, ellipse(0, 0, 0.46, 0.46, 128), cloth, form=puffed(0.05), cast=0.02)
    part(sheet, ellipse(0, 0, 0.42, 0.42, 128), trim, form=puffed(0.01))
    part(sheet, ellipse(0, 0, 0.395, 0.395, 128), cloth)
    part(sheet, ellipse(0, 0, 0.29, 0.29, 128), cloth, form=puffed(0.02), gloss=0.2)
