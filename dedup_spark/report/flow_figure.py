"""The figure of the flow: ribbons from the catalogue to the rows kept, removed and rejected, as wide as rows are many.

What comes in goes out: the widths balance, since the rows do (`account.balance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dedup_spark.report.svg import Drawing, drawing, tag

GAP = 26.0  # between two nodes above one another
NODE = 10.0  # width of one
ABOVE, BELOW = 44.0, 12.0
THIN = 2.0  # of the thinnest ribbon that is any
LINE = 16.0


@dataclass(frozen=True)
class Out:
    """One way out: its word, how many rows take it, from which step of the flow it leaves (0: the catalogue), and the
    class of its colour.
    """

    word: str
    rows: int
    step: int
    kind: str


def flow(steps: Sequence[str], ways: Sequence[Out], width: float, height: float, words: float, class_: str) -> Drawing:
    """The ribbons. steps: what the rows pass through; ways: top down; words: room on the right for their names.

    >>> outs = [Out("kept", 3, 1, "kept"), Out("no path", 1, 0, "rejected")]
    >>> flow(["catalogue", "pictures"], outs, 360, 200, 120, "flow").count("<path")
    3
    """
    total = sum(way.rows for way in ways)
    room = height - ABOVE - BELOW - GAP * (len(ways) - 1)
    unit = room / max(1, total)
    stride = (width - words) / len(steps)
    label = ", ".join(f"{way.rows:,} {way.word}" for way in ways)
    parts: list[Markup] = []
    left = list(ways)
    for number, step in enumerate(steps):
        tall = _tall(left, unit)
        parts += _node(stride * number, ABOVE, tall, step, f"{sum(way.rows for way in left):,}")
        going = [way for way in left if way.step > number]
        parts += _ribbons((stride * number + NODE, stride * (number + 1), width - words), left, ways, unit, number)
        left = going
    parts += [part for way in ways for part in _end(width - words, way, ways, unit)]
    return drawing(width, height, f"{total:,} rows came in: {label}", parts, class_)


def _ribbons(
    x: tuple[float, float, float], left: Sequence[Out], ways: Sequence[Out], unit: float, number: int
) -> list[Markup]:
    """From one step: those that go on, as one ribbon, and each that leaves here, to its end. x: here, next, end."""
    start, following, end = x
    onward = [way for way in left if way.step > number]
    tall = _tall(onward, unit)
    parts = [_ribbon(start, ABOVE, following, ABOVE, tall, "onward")] if onward else []
    top = ABOVE + tall
    for way in (way for way in left if way.step == number):
        own = _tall([way], unit)
        if way.rows:
            parts.append(_ribbon(start, top, end, _top(way, ways, unit), own, way.kind))
        top += own
    return parts


def _ribbon(x: float, y: float, to_x: float, to_y: float, tall: float, word: str) -> Markup:
    middle = (x + to_x) / 2
    upper = f"M{x:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    back = f"L{to_x:.1f} {to_y + tall:.1f}C{middle:.1f} {to_y + tall:.1f} {middle:.1f} {y + tall:.1f}"
    return tag("path", d=f"{upper}{back} {x:.1f} {y + tall:.1f}Z", class_=f"ribbon {word}")


def _node(x: float, y: float, tall: float, name: str, count: str) -> list[Markup]:
    return [
        tag("rect", x=x, y=y, width=NODE, height=tall, rx=2, class_="node"),
        tag("text", count, x=x, y=y - BELOW - LINE, class_="count"),
        tag("text", name, x=x, y=y - BELOW, class_="word"),
    ]


def _end(x: float, way: Out, ways: Sequence[Out], unit: float) -> list[Markup]:
    top, tall = _top(way, ways, unit), _tall([way], unit)
    said = tag("tspan", f"{way.rows:,}", class_="count"), f" {way.word}"
    return [
        tag("rect", x=x, y=top, width=NODE, height=tall, rx=2, class_=f"node {way.kind}"),
        tag("text", *said, x=x + NODE + LINE / 2, y=top + tall / 2, class_="word"),
    ]


def _top(way: Out, ways: Sequence[Out], unit: float) -> float:
    before = ways[: ways.index(way)]
    return ABOVE + sum(_tall([other], unit) + GAP for other in before)


def _tall(ways: Sequence[Out], unit: float) -> float:
    return sum(max(THIN, way.rows * unit) if way.rows else 0.0 for way in ways)
