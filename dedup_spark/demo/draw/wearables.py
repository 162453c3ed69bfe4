"""A wearable is a small thing worn on head or wrist: caps, watches, sunglasses, headphones."""

import numpy as np

from dedup_spark.demo.draw.fabrics import Cloth, darker, lighter_below, plain
from dedup_spark.demo.draw.parts import floor_shadow, line, part
from dedup_spark.demo.draw.relief import puffed
from dedup_spark.demo.draw.shapes import ellipse, smooth
from dedup_spark.demo.draw.sheet import Sheet


def cap(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth) -> None:
    """A cap from three quarters, its visor to the left."""
    floor_shadow(sheet, -0.02, 0.2, 0.44, 0.04, 0.35)
    part(
        sheet,
        smooth(
            [
                (-0.22, 0.18),
                (-0.24, -0.02),
                (-0.12, -0.22),
                (0.08, -0.27),
                (0.28, -0.18),
                (0.36, 0.02),
                (0.36, 0.18),
                (0.36, 0.18),
                (0.2, 0.2),
                (-0.05, 0.21),
            ]
        ),
        cloth,
        form=puffed(0.16),
        folds=(0.012, 4, 4),
    )
    for points in (
        [(0.08, -0.27), (0.02, -0.1), (0.02, 0.19)],
        [(0.08, -0.27), (0.22, -0.08), (0.24, 0.19)],
        [(0.08, -0.27), (-0.12, -0.12), (-0.18, 0.14)],
    ):
        line(sheet, points, 0.005, darker(cloth, 0.7))
    part(sheet, ellipse(0.08, -0.27, 0.026, 0.016), trim, form=puffed(0.014), cast=0.004)
    part(
        sheet,
        smooth(
            [
                (-0.23, 0.1),
                (-0.23, 0.1),
                (-0.05, 0.13),
                (0.1, 0.19),
                (0.1, 0.19),
                (-0.1, 0.225),
                (-0.3, 0.235),
                (-0.46, 0.22),
                (-0.47, 0.18),
                (-0.36, 0.12),
            ]
        ),
        trim,
        form=puffed(0.03),
        cast=0.012,
    )
    line(sheet, [(-0.42, 0.2), (-0.28, 0.145), (-0.1, 0.165), (0.04, 0.195)], 0.004, darker(trim, 0.75))


def watch(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, hours: float = 10.15, square: bool = False) -> None:
    """A watch from above: strap of the cloth, case of the trim, dial of the third; `hours` is the time it shows."""
    for side in (-1, 1):
        strap = [
            (0.13, 0.15),
            (0.13, 0.15),
            (0.115, 0.4),
            (0.1, 0.58),
            (0.1, 0.58),
            (-0.1, 0.58),
            (-0.1, 0.58),
            (-0.115, 0.4),
            (-0.13, 0.15),
            (-0.13, 0.15),
        ]
        part(
            sheet,
            smooth([(x, side * y) for x, y in strap]),
            cloth,
            form=puffed(0.04),
            folds=(0.01, 6, 2),
            gloss=0.15,
            cast=0.015,
        )
    for y in (0.34, 0.4, 0.46):
        part(sheet, ellipse(0, y, 0.014, 0.018), plain((0.2, 0.16, 0.14)))
    for edge in (-0.085, 0.085):
        line(sheet, [(edge, -0.55), (edge * 1.2, -0.2)], 0.004, darker(cloth, 1.3))
        line(sheet, [(edge, 0.55), (edge * 1.2, 0.2)], 0.004, darker(cloth, 1.3))
    part(
        sheet,
        smooth([(0.2, -0.03), (0.25, -0.03), (0.25, 0.03), (0.2, 0.03)]),
        trim,
        form=puffed(0.02),
        gloss=0.5,
        cast=0.01,
    )
    if square:
        case, face = [
            smooth([(-r, -r), (0, -r), (r, -r), (r, 0), (r, r), (0, r), (-r, r), (-r, 0)]) for r in (0.23, 0.19)
        ]
    else:
        case, face = ellipse(0, 0, 0.225, 0.225, 96), ellipse(0, 0, 0.182, 0.182, 96)
    part(sheet, case, trim, form=puffed(0.05), gloss=0.8, cast=0.02)
    part(sheet, face, third, form=puffed(0.01))
    for hour in range(12):
        angle = hour * np.pi / 6
        inner, outer = (0.135 if hour % 3 == 0 else 0.15), 0.168
        sin, cos = float(np.sin(angle)), float(-np.cos(angle))
        line(sheet, [(inner * sin, inner * cos), (outer * sin, outer * cos)], 0.012 if hour % 3 == 0 else 0.006, trim)
    for angle, reach, width in (
        (hours * np.pi / 6, 0.09, 0.014),
        (hours % 1 * 2 * np.pi, 0.14, 0.01),
        (hours * 3.1, 0.15, 0.004),
    ):
        line(sheet, [(0, 0), (reach * float(np.sin(angle)), -reach * float(np.cos(angle)))], width, trim, cast=0.004)
    part(sheet, ellipse(0, 0, 0.012, 0.012, 24), trim, form=puffed(0.01))


def sunglasses(
    sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, wide: float = 0.17, round: bool = True
) -> None:
    """Sunglasses from their front; the cloth is the frame's, the trim its temples', the third its lenses'."""
    lens = lighter_below(third)
    floor_shadow(sheet, 0, 0.2, 0.42, 0.03, 0.3)
    for side in (-1, 1):
        temple = [(0.4, -0.06), (0.425, -0.075), (0.43, -0.1), (0.41, -0.13), (0.33, -0.17), (0.22, -0.19)]
        line(sheet, [(side * x, y) for x, y in temple], 0.022, darker(trim, 0.75), form=puffed(0.01), gloss=0.3)
    line(sheet, [(-0.07, -0.04), (0, -0.065), (0.07, -0.04)], 0.034, cloth, form=puffed(0.016), gloss=0.4)
    for side in (-1, 1):
        if round:
            rim, glass = ellipse(side * 0.225, 0.03, wide + 0.03, 0.165), ellipse(side * 0.225, 0.03, wide, 0.135)
        else:
            rim, glass = (
                smooth(
                    [
                        (side * 0.225 + side * a * s, 0.02 + b * s)
                        for a, b in [
                            (-0.16, -0.11),
                            (-0.16, -0.11),
                            (0.2, -0.13),
                            (0.2, -0.13),
                            (0.17, 0.08),
                            (0.05, 0.15),
                            (-0.12, 0.12),
                        ]
                    ]
                )
                for s in (1.12, 0.92)
            )
        part(sheet, rim, cloth, form=puffed(0.02), gloss=0.5, cast=0.015)
        part(sheet, glass, lens, form=puffed(0.05), gloss=0.25)
        line(sheet, [(side * 0.225 - 0.09, 0.05), (side * 0.225 + 0.02, -0.07)], 0.03, plain((1, 1, 1)), opacity=0.16)


def headphones(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth) -> None:
    """Headphones from their front; the cloth is the band's and the cups', the trim the pads'."""
    arch = [
        (float(0.3 * np.cos(a)), float(0.02 + 0.44 * np.sin(a))) for a in np.linspace(np.pi * 0.98, np.pi * 2.02, 34)
    ]
    line(sheet, arch, 0.055, cloth, form=puffed(0.024), gloss=0.35, cast=0.008)
    line(sheet, arch[8:-8], 0.03, trim, form=puffed(0.014))
    for side in (-1, 1):
        part(sheet, ellipse(side * 0.265, 0.2, 0.075, 0.17), trim, form=puffed(0.06), cast=0.01)
        part(sheet, ellipse(side * 0.335, 0.2, 0.065, 0.15), cloth, form=puffed(0.06), gloss=0.4, cast=0.008)
        line(sheet, [(side * 0.3, 0.02), (side * 0.33, 0.1)], 0.035, darker(cloth, 0.8), form=puffed(0.014), gloss=0.3)
