"""A dress or a skirt is drawn laid flat, or on a hanger."""

from dedup_spark.demo.draw.fabrics import Cloth, darker, plain
from dedup_spark.demo.draw.parts import line, part
from dedup_spark.demo.draw.relief import puffed
from dedup_spark.demo.draw.shapes import Points, ellipse, mirrored, smooth
from dedup_spark.demo.draw.sheet import Sheet

SOFT = puffed(0.035)


def hanger(sheet: Sheet) -> None:
    """A wooden hanger, to be drawn before the garment that hangs on it."""
    wood, metal = plain((0.72, 0.52, 0.33)), plain((0.55, 0.56, 0.58))
    line(
        sheet,
        [(0.0, -0.5), (0.0, -0.535), (0.022, -0.555), (0.02, -0.58), (-0.005, -0.59), (-0.03, -0.575)],
        0.012,
        metal,
    )
    part(
        sheet,
        smooth([(0, -0.505), (0.25, -0.38), (0.25, -0.35), (0, -0.46), (-0.25, -0.35), (-0.25, -0.38)]),
        wood,
        form=puffed(0.02),
        cast=0.01,
    )


def dress(
    sheet: Sheet,
    cloth: Cloth,
    trim: Cloth,
    third: Cloth,
    *,
    flare: float = 0.3,
    length: float = 0.53,
    straps: bool = True,
    belt: bool = True,
    hung: bool = False,
    back: bool = False,
) -> None:
    """A dress with straps or short sleeves; `flare` is half the width of its hem."""
    if hung:
        hanger(sheet)
    if straps:
        for side in (-1, 1):
            line(sheet, [(side * 0.1, -0.54), (side * 0.115, -0.36)], 0.022, cloth, form=puffed(0.01), cast=0.005)
            line(sheet, [(side * 0.1, -0.54), (side * 0.085, -0.36)], 0.018, darker(cloth, 0.7))
    else:
        for side in (-1, 1):
            outline = [(0.11, -0.49), (0.2, -0.45), (0.29, -0.31), (0.29, -0.31), (0.2, -0.24), (0.14, -0.27)]
            part(sheet, smooth([(side * x, y) for x, y in outline]), cloth, form=SOFT, folds=(0.02, 4, 4), cast=0.01)
    neck: Points = (
        [(0, -0.36 if not back else -0.31), (0.08, -0.37), (0.12, -0.4)]
        if straps
        else [(0, -0.47 if back else -0.39), (0.08, -0.44), (0.1, -0.505), (0.1, -0.505), (0.17, -0.47)]
    )
    bodice = [*neck, (0.165, -0.3), (0.14, -0.16), (0.125, -0.09), (0.125, -0.07), (0, -0.065)]
    skirt = [
        (0, -0.1),
        (0.122, -0.1),
        (0.122, -0.1),
        (0.18, 0.06),
        (flare * 0.93, length - 0.12),
        (flare, length),
        (flare, length),
        (flare * 0.5, length + 0.022),
        (0, length + 0.016),
    ]
    part(sheet, smooth(mirrored(skirt)), cloth, form=SOFT, folds=(0.045, 2, 13), cast=0.014)
    part(sheet, smooth(mirrored(bodice)), cloth, form=SOFT, folds=(0.016, 5, 5), cast=0.008)
    if belt:
        part(
            sheet,
            smooth(mirrored([(0, -0.105), (0.13, -0.11), (0.13, -0.11), (0.13, -0.07), (0.13, -0.07), (0, -0.065)])),
            trim,
            form=puffed(0.012),
            cast=0.006,
        )
        if not back:
            part(
                sheet,
                smooth([(0.02, -0.115), (0.07, -0.12), (0.065, -0.055), (0.02, -0.06)]),
                darker(trim, 1.15),
                form=puffed(0.015),
                cast=0.006,
            )


def skirt(
    sheet: Sheet,
    cloth: Cloth,
    trim: Cloth,
    third: Cloth,
    *,
    flare: float = 0.36,
    length: float = 0.36,
    pleats: int = 16,
    back: bool = False,
) -> None:
    """A skirt; the more pleats, the finer they are."""
    outline = [
        (0, -0.4),
        (0.165, -0.4),
        (0.165, -0.4),
        (0.22, -0.2),
        (flare, length),
        (flare, length),
        (flare * 0.5, length + 0.03),
        (0, length + 0.035),
    ]
    part(sheet, smooth(mirrored(outline)), cloth, form=SOFT, folds=(0.05, 2, pleats), cast=0.016)
    band = [(0, -0.445), (0.16, -0.45), (0.16, -0.45), (0.168, -0.395), (0.168, -0.395), (0, -0.385)]
    part(sheet, smooth(mirrored(band)), trim, form=puffed(0.014), folds=(0.006, 2, 8), cast=0.008)
    if not back:
        part(sheet, ellipse(0.1, -0.418, 0.014, 0.014), plain((0.85, 0.82, 0.72)), form=puffed(0.008), cast=0.003)
