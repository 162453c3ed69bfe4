"""Trousers are drawn laid flat: two legs, a waistband, pockets."""

from dedup_spark.demo.draw.fabrics import Cloth, darker, plain
from dedup_spark.demo.draw.parts import line, part
from dedup_spark.demo.draw.relief import puffed
from dedup_spark.demo.draw.shapes import ellipse, mirrored, smooth
from dedup_spark.demo.draw.sheet import Sheet

SOFT = puffed(0.035)


def trousers(
    sheet: Sheet,
    cloth: Cloth,
    trim: Cloth,
    third: Cloth,
    *,
    length: float = 0.55,
    leg: float = 0.085,
    belt: bool = False,
    back: bool = False,
) -> None:
    """Trousers, or shorts, by how far down they reach; `leg` is half the width of a hem, a belt is of the trim."""
    trim = trim if belt else darker(cloth, 0.96)
    rise, middle = -0.1, 0.115 + 0.05 * (1 - length)
    for side in (-1, 1):
        knee = (length + rise) / 2
        outer = 0.215 - 0.03 * length / 0.55
        leg_line = [
            (0.0, -0.52),
            (0.0, -0.52),
            (0.165, -0.52),
            (0.165, -0.52),
            (0.2, -0.32),
            (outer + 0.01, knee),
            (middle + leg, length),
            (middle + leg, length),
            (middle - leg, length + 0.008),
            (middle - leg, length + 0.008),
            (0.035, knee * 0.6),
            (0.004, rise + 0.02),
            (0.004, rise + 0.02),
            (-0.006, -0.3),
        ]
        part(sheet, smooth([(side * x, y) for x, y in leg_line]), cloth, form=SOFT, folds=(0.018, 7, 3), cast=0.012)
        line(
            sheet,
            [(side * (middle - leg), length - 0.02), (side * (middle + leg), length - 0.028)],
            0.004,
            darker(cloth, 0.7),
        )
        pocket = (
            [(0.09, -0.47), (0.13, -0.44), (0.182, -0.4)]
            if not back
            else [(0.05, -0.4), (0.15, -0.4), (0.145, -0.28), (0.1, -0.25), (0.055, -0.28), (0.05, -0.4)]
        )
        line(sheet, [(side * x, y) for x, y in pocket], 0.006, darker(cloth, 0.68))
    if not back:
        line(sheet, [(0, -0.48), (0.004, rise)], 0.005, darker(cloth, 0.65))
        line(sheet, [(0.032, -0.48), (0.03, -0.24), (0.002, -0.19)], 0.004, darker(cloth, 0.7))
    band = [(0, -0.545), (0.158, -0.552), (0.158, -0.552), (0.168, -0.49), (0.168, -0.49), (0, -0.48)]
    part(sheet, smooth(mirrored(band)), trim, form=puffed(0.012), cast=0.006)
    for x in (-0.1, 0.1):
        line(sheet, [(x, -0.55), (x * 1.02, -0.482)], 0.014, darker(cloth, 0.92), cast=0.003)
    if not back:
        part(sheet, ellipse(0.012, -0.515, 0.014, 0.014), plain((0.78, 0.68, 0.45)), form=puffed(0.008), gloss=0.4)
