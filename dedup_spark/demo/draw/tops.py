"""A top is drawn laid flat from the cloths it is made of: T-shirts, jumpers, hoodies."""

from dedup_spark.demo.draw.fabrics import Cloth, darker, plain
from dedup_spark.demo.draw.parts import line, part
from dedup_spark.demo.draw.relief import puffed
from dedup_spark.demo.draw.shapes import mirrored, smooth
from dedup_spark.demo.draw.sheet import Sheet

CLOTH_FOLDS = (0.022, 5, 6)


SOFT = puffed(0.035)


def top(
    sheet: Sheet,
    cloth: Cloth,
    trim: Cloth,
    third: Cloth,
    *,
    sleeve: float = 0.0,
    length: float = 0.43,
    width: float = 0.25,
    v_neck: bool = False,
    ringer: bool = False,
    raglan: bool = False,
    back: bool = False,
) -> None:
    """A T-shirt (`sleeve` 0) or a jumper (`sleeve` 1); `ringer` has a collar, `raglan` sleeves, of the trim."""
    sleeves = trim if raglan else cloth
    trim = trim if ringer else darker(cloth, 0.94)
    dip = -0.425 if back else (-0.27 if v_neck else -0.365)
    for side in (-1, 1):
        outline = _sleeve(sleeve, side)
        part(sheet, outline, sleeves, form=SOFT, folds=(0.02, 6, 5), cast=0.012)
        if sleeve > 0:
            cuff = [(side * 0.462, 0.27), (side * 0.452, 0.33), (side * 0.362, 0.33), (side * 0.366, 0.27)]
            part(sheet, cuff, trim, form=puffed(0.02))
        else:
            line(sheet, [(side * 0.475, -0.115), (side * 0.37, -0.035)], 0.006, darker(sleeves, 0.72))
    if not back:
        part(
            sheet,
            smooth([(-0.11, -0.44), (0, -0.462), (0.11, -0.44), (0.09, -0.38), (0, dip + 0.02), (-0.09, -0.38)]),
            darker(cloth, 0.62),
        )
        line(sheet, [(-0.1, -0.442), (0, -0.458), (0.1, -0.442)], 0.016, darker(trim, 0.8))
    neck = [(0, dip), (0, dip)] if v_neck else [(0, dip), (0.07, dip - 0.012)]
    body = mirrored(
        [
            *neck,
            (0.105, -0.445),
            (0.105, -0.445),
            (0.2, -0.415),
            (0.27, -0.375),
            (0.262, -0.17),
            (width - 0.005, 0.05),
            (width + 0.005, length),
            (width + 0.005, length),
            (0, length + 0.018),
        ]
    )
    part(sheet, smooth(body), cloth, form=SOFT, folds=CLOTH_FOLDS, cast=0.014)
    collar = [(-0.108, -0.447), (-0.07, dip - 0.006), (0, dip + 0.006), (0.07, dip - 0.006), (0.108, -0.447)]
    if v_neck and not back:
        collar = [collar[0], collar[2], collar[4]]
    line(sheet, collar, 0.026, trim, cast=0.003)
    for inset in (0.018, 0.026):
        line(
            sheet,
            [(-width, length - inset), (0, length - inset + 0.017), (width, length - inset)],
            0.003,
            darker(cloth, 0.74),
        )


def _sleeve(length: float, side: int) -> list[tuple[float, float]]:
    if length > 0:
        right = [
            (0.19, -0.42),
            (0.3, -0.375),
            (0.37, -0.25),
            (0.465, 0.27),
            (0.465, 0.27),
            (0.365, 0.28),
            (0.365, 0.28),
            (0.29, -0.02),
            (0.24, -0.16),
        ]
    else:
        right = [
            (0.19, -0.42),
            (0.3, -0.375),
            (0.49, -0.125),
            (0.49, -0.125),
            (0.375, -0.035),
            (0.375, -0.035),
            (0.24, -0.16),
        ]
    return smooth([(side * x, y) for x, y in right])


def hoodie(
    sheet: Sheet,
    cloth: Cloth,
    trim: Cloth,
    third: Cloth,
    *,
    zipped: bool = False,
    raglan: bool = False,
    back: bool = False,
) -> None:
    """A hooded jumper with a pouch; `zipped` has a zip down the front, `raglan` has sleeves and hem of the trim."""
    top(sheet, cloth, trim, third, sleeve=1, length=0.4, width=0.262, raglan=raglan, ringer=raglan, back=back)
    trim = trim if raglan else darker(cloth, 0.94)
    part(
        sheet,
        smooth(
            [
                (-0.255, 0.385),
                (-0.255, 0.385),
                (0.255, 0.385),
                (0.255, 0.385),
                (0.25, 0.45),
                (0.25, 0.45),
                (-0.25, 0.45),
                (-0.25, 0.45),
            ]
        ),
        trim,
        form=puffed(0.02),
        folds=(0.008, 2, 24),
    )
    hood = [(0, -0.56), (0.12, -0.55), (0.175, -0.47), (0.17, -0.37), (0.08, -0.33 if back else -0.315), (0, -0.27)]
    part(sheet, smooth(mirrored(hood)), cloth, form=puffed(0.06), folds=(0.02, 3, 4), cast=0.015)
    if back:
        line(sheet, [(0, -0.55), (0, -0.29)], 0.004, darker(cloth, 0.7))
        return
    part(
        sheet,
        smooth(mirrored([(0, -0.5), (0.08, -0.49), (0.105, -0.42), (0.05, -0.35), (0, -0.31)])),
        darker(cloth, 0.5),
    )
    for side in (-1, 1):
        line(
            sheet,
            [(side * 0.04, -0.32), (side * 0.047, -0.22), (side * 0.042, -0.12)],
            0.011,
            plain((0.93, 0.92, 0.88)),
            cast=0.006,
        )
    pouch = [(0, 0.12), (0.11, 0.12), (0.11, 0.12), (0.19, 0.27), (0.185, 0.375), (0.185, 0.375), (0, 0.378)]
    part(sheet, smooth(mirrored(pouch)), cloth, form=puffed(0.025), folds=(0.012, 3, 4), cast=0.008)
    if zipped:
        line(sheet, [(0, -0.3), (0.002, 0.44)], 0.016, darker(trim, 0.55))
        line(sheet, [(0, -0.3), (0.002, 0.44)], 0.005, plain((0.8, 0.8, 0.78)))
