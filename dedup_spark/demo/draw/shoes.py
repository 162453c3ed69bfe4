"""A shoe is drawn from its side: trainers low, boots high."""

from dedup_spark.demo.draw.fabrics import Cloth, darker, plain
from dedup_spark.demo.draw.parts import floor_shadow, line, part
from dedup_spark.demo.draw.relief import puffed
from dedup_spark.demo.draw.shapes import ellipse, smooth
from dedup_spark.demo.draw.sheet import Sheet


def trainer(sheet: Sheet, cloth: Cloth, trim: Cloth, third: Cloth, *, mark: str = "bars", shaft: float = 0.0) -> None:
    """A trainer from its side, its toe to the left, with a sole of the third cloth; with a `shaft` (0.3) a boot."""
    floor_shadow(sheet, 0.0, 0.25, 0.47, 0.035)
    high = -0.13 - shaft
    part(
        sheet,
        smooth(
            [
                (0.02, -0.24 - shaft),
                (0.17, -0.14 - shaft),
                (0.3, high),
                (0.33, 0.0),
                (0.0, 0.02),
                (-0.05, -0.1 - shaft / 2),
            ]
        ),
        darker(cloth, 0.55),
        form=puffed(0.03),
    )
    upper = [
        (0.43, 0.17),
        (0.43, 0.17),
        (0.425, 0.0),
        (0.385, high - 0.03),
        (0.34, high - 0.03),
        (0.26, high + 0.06),
        (0.15, high + 0.05),
        (0.05, -0.2 - shaft),
        (-0.02, -0.2 - shaft),
        (-0.03, -0.14 - shaft * 0.7),
        (-0.17, -0.02),
        (-0.33, 0.055),
        (-0.44, 0.12),
        (-0.455, 0.18),
        (-0.455, 0.18),
    ]
    part(sheet, smooth(upper), cloth, form=puffed(0.09), folds=(0.01, 4, 6), gloss=0.12, cast=0.01)
    part(
        sheet,
        smooth(
            [(-0.455, 0.18), (-0.455, 0.18), (-0.45, 0.12), (-0.36, 0.065), (-0.3, 0.1), (-0.27, 0.18), (-0.27, 0.18)]
        ),
        trim,
        form=puffed(0.05),
        gloss=0.15,
        cast=0.006,
    )
    part(
        sheet,
        smooth([(0.43, 0.18), (0.43, 0.18), (0.43, 0.02), (0.38, -0.03), (0.31, 0.06), (0.27, 0.18), (0.27, 0.18)]),
        trim,
        form=puffed(0.05),
        gloss=0.15,
        cast=0.006,
    )
    _mark(sheet, trim, mark)
    for step in range(5 + int(shaft * 14)):
        x, y = -0.145 + step * 0.042, -0.025 - step * (0.044 + shaft * 0.03)
        line(
            sheet,
            [(x - 0.035, y - 0.012), (x + 0.06, y + 0.03)],
            0.02,
            plain((0.95, 0.95, 0.93)),
            form=puffed(0.012),
            cast=0.006,
        )
    part(
        sheet,
        smooth(
            [
                (-0.46, 0.17),
                (-0.46, 0.17),
                (-0.3, 0.175),
                (0.0, 0.185),
                (0.3, 0.165),
                (0.44, 0.16),
                (0.44, 0.16),
                (0.45, 0.25),
                (0.43, 0.26),
                (0.1, 0.25),
                (-0.25, 0.26),
                (-0.42, 0.25),
                (-0.485, 0.2),
            ]
        ),
        third,
        form=puffed(0.03),
        cast=0.006,
    )
    line(sheet, [(-0.43, 0.245), (-0.25, 0.256), (0.1, 0.246), (0.44, 0.256)], 0.016, darker(trim, 0.7))
    line(sheet, [(-0.44, 0.2), (0.0, 0.212), (0.435, 0.19)], 0.004, darker(third, 0.8))


def _mark(sheet: Sheet, trim: Cloth, mark: str) -> None:
    if mark == "bars":
        for x in (0.06, 0.12, 0.18):
            line(sheet, [(x - 0.05, 0.165), (x + 0.03, 0.0)], 0.026, trim, form=puffed(0.008), cast=0.003)
    elif mark == "disc":
        part(sheet, ellipse(0.12, 0.07, 0.062, 0.062), trim, form=puffed(0.015), cast=0.003)
    elif mark == "arrow":
        line(sheet, [(0.03, 0.01), (0.12, 0.08), (0.02, 0.155)], 0.032, trim, form=puffed(0.008), cast=0.003)
