"""A figure is a distribution of a run as a drawing: bars of counts, pairs by distance and colour, seconds of stages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from dedup_spark.report.svg import Drawing, drawing, tag
from dedup_spark.report.values import Cell

WIDTH = 360.0
"""Of every figure, in units that are pixels on a phone."""

LINE, BAR = 24.0, 12.0  # height of a line of bars, and of a bar in it
LEFT, RIGHT, TOP, BOTTOM = 34.0, 8.0, 20.0, 38.0  # margins of a plot with axes
HEIGHT = 220.0
LETTER = 6.6  # width of one, on average
FINEST = 5  # up to here each number is a bin of its own
SHARE_OF_COLUMN = 0.72
LARGEST_DOT, SMALLEST_DOT = 9.0, 1.6
TICKS = 4
VERDICTS = ("duplicate", "review", "vetoed")


def lines(rows: Sequence[tuple[str, float, str]], label: str, class_: str = "one") -> Drawing:
    """A line for each row: its name, a bar, and what the bar says. rows: name, length of the bar, text.

    >>> lines([("2", 28, "28"), ("3", 44, "44")], "sizes of clusters").count("<rect")
    2
    """
    if not rows:
        return Markup("")
    left = LETTER * max(len(name) for name, _, _ in rows) + BAR
    right = LETTER * max(len(text) for _, _, text in rows) + BAR
    longest = max(value for _, value, _ in rows) or 1
    parts = []
    for number, (name, value, text) in enumerate(rows):
        middle = LINE * (number + 1 / 2)
        length = (WIDTH - left - right) * value / longest
        parts += [
            tag("text", name, x=left - BAR / 2, y=middle, class_="name"),
            tag("rect", x=left, y=middle - BAR / 2, width=max(1, length), height=BAR, rx=2, class_=class_),
            tag("text", text, x=left + max(1, length) + BAR / 2, y=middle, class_="value"),
        ]
    return drawing(WIDTH, LINE * len(rows), label, parts)


def binned(counts: Mapping[str, int]) -> list[tuple[str, float, str]]:
    """A distribution of run.json as rows of `lines`: small numbers each for itself, larger ones by doubling ranges.

    >>> binned({"1": 9, "2": 4, "6": 1, "9": 2, "40": 1})
    [('1', 9, '9'), ('2', 4, '4'), ('6–10', 3, '3'), ('21–40', 1, '1')]
    """
    found: dict[tuple[int, int], int] = defaultdict(int)
    for number, count in counts.items():
        found[_bin(int(number))] += count
    return [(_range(*ends), found[ends], f"{found[ends]:,}") for ends in sorted(found)]


def distances(cells: Sequence[Cell], limit: int) -> Drawing:
    """How many pairs there are at each distance, by their verdict; the threshold is drawn in."""
    per: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(VERDICTS, 0))
    for cell in cells:
        per[cell.distance][cell.verdict] += cell.pairs
    most, farthest = max((sum(of.values()) for of in per.values()), default=1), max([limit, *per])
    wide, high = (WIDTH - LEFT - RIGHT) / (farthest + 2), HEIGHT - TOP - BOTTOM
    parts = [*_across(farthest, wide, "differing bits"), *_up(most, high)]
    for distance, of in per.items():
        top = TOP + high
        for verdict in VERDICTS:
            tall = high * of[verdict] / most
            top -= tall
            if of[verdict]:
                at = LEFT + wide * (distance + 1) - wide * SHARE_OF_COLUMN
                title = tag("title", f"{of[verdict]:,} pairs at distance {distance}: {verdict}")
                size = {"width": 2 * wide * SHARE_OF_COLUMN, "height": max(1, tall)}
                parts.append(tag("rect", title, x=at, y=top, **size, class_=verdict))
    parts += _threshold(LEFT + wide * (limit + 2), f"at most {limit} bits")
    return drawing(WIDTH, HEIGHT, f"pairs by distance, the threshold at {limit}", parts)


def decisions(cells: Sequence[Cell], limit: int, colour_limit: float) -> Drawing:
    """Pairs by distance and colour difference: a dot for each bit and step, as large as its pairs are many."""
    farthest = max([limit, *(cell.distance for cell in cells)])
    highest = max([colour_limit, *(cell.colour + 1 for cell in cells)])
    most = max((cell.pairs for cell in cells), default=1)
    wide, high = (WIDTH - LEFT - RIGHT) / (farthest + 2), HEIGHT - TOP - BOTTOM
    parts = [*_across(farthest, wide, "differing bits"), *_up(highest, high)]
    for cell in cells:
        at = {
            "cx": LEFT + wide * (cell.distance + 1),
            "cy": TOP + high * (1 - (cell.colour + 1 / 2) / highest),
            "r": max(SMALLEST_DOT, LARGEST_DOT * (cell.pairs / most) ** (1 / 2)),
        }
        said = f"{cell.pairs:,} pairs at distance {cell.distance}, colour difference {cell.colour}–{cell.colour + 1}"
        parts.append(tag("circle", tag("title", f"{said}: {cell.verdict}, {cell.reason}"), **at, class_=cell.verdict))
    parts += _threshold(LEFT + wide * (limit + 2), f"at most {limit} bits")
    level = TOP + high * (1 - colour_limit / highest)
    parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=level, y2=level, class_="threshold"))
    parts.append(tag("text", f"at most ΔE {colour_limit:g}", x=WIDTH - RIGHT, y=level - BAR / 2, class_="limit"))
    said = f"pairs by distance and colour difference, at most {limit} and {colour_limit:g}"
    return drawing(WIDTH, HEIGHT, said, parts)


def _threshold(at: float, text: str) -> list[Markup]:
    """The line, and above the plot what it is, on that side of the line where there is room."""
    line = tag("line", x1=at, x2=at, y1=TOP / 2, y2=HEIGHT - BOTTOM, class_="threshold")
    x, class_ = (at - 4, "limit") if at > WIDTH / 2 else (at + 4, "limit start")
    return [line, tag("text", text, x=x, y=TOP / 2, class_=class_)]


def _across(farthest: int, wide: float, name: str) -> list[Markup]:
    """The axis below: distances are even but for the fallback's, so every so many even number is named."""
    step = next(step for step in (2, 4, 10, 20, 50, 100, 300) if farthest <= step * 2 * TICKS)
    bottom = HEIGHT - BOTTOM
    ticks = range(0, farthest + 1, step)
    return [
        tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=bottom, y2=bottom, class_="axis"),
        *(tag("text", str(tick), x=LEFT + wide * (tick + 1), y=bottom + BAR, class_="tick") for tick in ticks),
        tag("text", name, x=(LEFT + WIDTH) / 2, y=HEIGHT - BAR * 3 / 4, class_="tick"),
    ]


def _up(most: float, high: float) -> list[Markup]:
    """The axis on the left: nothing, and the most there is."""
    ends = ((0, TOP + high), (most, TOP))
    return [tag("text", f"{value:,.10g}", x=LEFT - 6, y=at, class_="name") for value, at in ends]


def _bin(number: int) -> tuple[int, int]:
    last = FINEST
    while number > last:
        last *= 2
    return (number, number) if last == FINEST else (last // 2 + 1, last)


def _range(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"
