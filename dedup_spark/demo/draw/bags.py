"""A bag is drawn from its front: handbags, totes, backpacks."""

import numpy as np

from dedup_spark.demo.draw.fabrics import Cloth, darker, plain
from dedup_spark.demo.draw.parts import floor_shadow, line, part
from dedup_spark.demo.draw.relief import puffed
from dedup_spark.demo.draw.shapes import mirrored, smooth
from dedup_spark.demo.draw.sheet import Sheet


def handbag(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, tall: float = 0.3, flap: bool = True) -> None:
    """A handbag, with a `flap` or as a tote; `tall` is half its height."""
    floor_shadow(sheet, 0, tall + 0.1, 0.4, 0.04)
    top = 0.1 - tall
    arch = np.linspace(np.pi, 2 * np.pi, 22)
    reach = 0.3 if flap else 0.36
    for inset, shade in ((0.03, 0.7), (0.0, 1.0)):
        handle = [(float((0.19 - inset) * np.cos(a)), float(top + 0.05 + reach * np.sin(a))) for a in arch]
        line(sheet, handle, 0.03, darker(trim, shade), form=puffed(0.014), gloss=0.2, cast=0.008)
    body = [(0, top), (0.3, top), (0.3, top), (0.37, 0.0), (0.39, tall + 0.09), (0.36, tall + 0.12), (0, tall + 0.125)]
    part(sheet, smooth(mirrored(body)), cloth, form=puffed(0.07), folds=(0.018, 4, 5), gloss=0.12, cast=0.012)
    if flap:
        part(
            sheet,
            smooth(
                mirrored(
                    [(0, top - 0.015), (0.31, top - 0.01), (0.31, top - 0.01), (0.35, 0.0), (0.24, 0.14), (0, 0.19)]
                )
            ),
            cloth,
            form=puffed(0.04),
            gloss=0.16,
            cast=0.016,
        )
        part(
            sheet,
            smooth([(-0.045, 0.12), (0.045, 0.12), (0.045, 0.2), (-0.045, 0.2)]),
            plain((0.83, 0.68, 0.36)),
            form=puffed(0.02),
            gloss=0.6,
            cast=0.008,
        )
    else:
        for side in (-1, 1):
            part(
                sheet,
                smooth([(side * 0.22, top), (side * 0.16, top), (side * 0.16, top + 0.13), (side * 0.22, top + 0.13)]),
                trim,
                form=puffed(0.01),
                cast=0.005,
            )
        line(sheet, [(-0.3, top + 0.02), (0.3, top + 0.02)], 0.006, darker(cloth, 0.7))


def backpack(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth) -> None:
    """A backpack from its front: lid, pocket, zips, side pouches."""
    floor_shadow(sheet, 0, 0.49, 0.36, 0.04)
    handle = [(float(0.07 * np.cos(a)), float(-0.45 + 0.1 * np.sin(a))) for a in np.linspace(np.pi, 2 * np.pi, 14)]
    line(sheet, handle, 0.026, trim, form=puffed(0.012))
    for side in (-1, 1):
        part(
            sheet,
            smooth([(side * 0.28, 0.1), (side * 0.37, 0.14), (side * 0.37, 0.42), (side * 0.27, 0.46)]),
            darker(trim, 0.9),
            form=puffed(0.04),
        )
    body = [(0, -0.48), (0.2, -0.46), (0.29, -0.32), (0.31, 0.1), (0.31, 0.44), (0.26, 0.5), (0, 0.5)]
    part(sheet, smooth(mirrored(body)), cloth, form=puffed(0.1), folds=(0.016, 5, 4), cast=0.01)
    part(
        sheet,
        smooth(mirrored([(0, 0.06), (0.22, 0.06), (0.245, 0.12), (0.25, 0.42), (0.22, 0.46), (0, 0.46)])),
        cloth,
        form=puffed(0.06),
        folds=(0.014, 4, 4),
        cast=0.014,
    )
    line(sheet, [(-0.22, 0.1), (0, 0.088), (0.22, 0.1)], 0.014, darker(trim, 0.6))
    arch = [(float(0.255 * np.cos(a)), float(-0.13 + 0.27 * np.sin(a))) for a in np.linspace(np.pi, 2 * np.pi, 26)]
    line(sheet, arch, 0.014, darker(trim, 0.6))
    line(sheet, [(0.2, 0.096), (0.215, 0.16)], 0.016, trim, form=puffed(0.008), cast=0.004)
    part(
        sheet,
        smooth([(-0.07, -0.14), (0.07, -0.14), (0.07, -0.05), (-0.07, -0.05)]),
        trim,
        form=puffed(0.012),
        cast=0.004,
    )
