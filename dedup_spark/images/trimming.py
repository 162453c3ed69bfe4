"""A margin is what lies around the picture proper: lines of one colour at a side, which a shop added or cut away.

Each side has its own margin and its own ground, the colour of its outermost line; a side whose line is not of one
colour has none. Going inwards, the content begins where lines differ from the ground, on average over the extent of the
content: by EDGE, or by RINGING of what the next pixels show, which a JPEG lets ring before a strong edge. Where exactly
is told by the share of that level which a line reaches, to a fraction of a cell: two thousandths of the picture are
three bits of its hash. Faint differences do not count at all, so that a margin of any width adds nothing.
"""

import numpy as np
from numpy.typing import NDArray

from dedup_spark.images.cells import NOTHING, PARTS, Cells, Window

UNEVEN = 3.0  # grey levels of luma by which the pixels of a line of one colour differ, on average, at most
FAINT = 12  # of 765: the differences of the three channels, added, that count for nothing
EDGE = 7.5  # of 765 beyond it, on average over a line of content
RINGING, RANG = 0.1, 8  # of the strongest line within so many pixels
REMAINS = 0.25  # of each side at least; else nothing is trimmed
SLIGHT = 20  # of PARTS: margins up to here, all four, are none
ROUNDS = 3  # across and down by turns, since the extent of the content tells how strong a line is
_LUMA = np.array([1, 2, 1], dtype=np.int16)  # of R, G, B, in sum 4

Lines = NDArray[np.int16]


def margins(cells: Cells) -> Window:
    """The margins of a picture, `NOTHING` where there are none or too little would be left.

    About 0.1 ms for a picture without margins, 0.6 ms for a cut-out.

    >>> from PIL import Image
    >>> from dedup_spark.images.cells import cells
    >>> shown = Image.new("RGB", (200, 100), "white")
    >>> shown.paste((90, 20, 20), (50, 0, 150, 80))
    >>> margins(cells(shown))
    (2499, 0, 2499, 1999)
    """
    rows = cells.pixels().astype(np.int16)
    columns = rows.swapaxes(0, 1)
    across, down = (0.0, cells.across), (0.0, cells.down)
    for _ in range(ROUNDS):
        before = across, down
        across = _extent(columns, cells.across, down, cells.block[0])
        down = _extent(rows, cells.down, across, cells.block[1])
        if (across, down) == before:
            break
    shares = (across[0] / cells.across, down[0] / cells.down, across[1] / cells.across, down[1] / cells.down)
    left, top, right, bottom = (round(PARTS * share) for share in shares)
    window = (left, top, PARTS - right, PARTS - bottom)
    remains = min(right - left, bottom - top) >= REMAINS * PARTS
    return window if remains and max(window) > SLIGHT else NOTHING


def _extent(lines: Lines, length: float, beside: tuple[float, float], block: int) -> tuple[float, float]:
    """Where the content begins and ends along an axis, in cells: lines (n, m, 3), of which `beside` is what counts.

    A side without content to its very end has the end of the picture: so what is all margin remains as it is.
    """
    start, stop = int(beside[0]), max(int(np.ceil(beside[1])), int(beside[0]) + 1)
    reach = -(-RANG // block) + 1
    shown, extent = lines[:, start:stop], beside[1] - beside[0]
    first, last = (_edge(each, extent, reach) for each in (shown, shown[::-1]))
    return first, length if last == 0 else len(lines) - last


def _edge(lines: Lines, extent: float, reach: int) -> float:
    """Where the content begins, going inwards over the lines, in cells; 0 where there is no margin, or nothing else."""
    ground = np.median(lines[0], axis=0).astype(np.int16)
    luma = np.abs((lines[0] - ground) @ _LUMA)
    if luma.sum() > UNEVEN * _LUMA.sum() * len(luma):
        return 0.0
    away = np.abs(lines - ground)
    strong = np.maximum(away[..., 0] + away[..., 1] + away[..., 2] - FAINT, 0)
    return _first(strong.sum(axis=1, dtype=np.int64) / extent, reach)


def _first(strength: NDArray[np.float64], reach: int) -> float:
    """Where the strength of the lines rises to the level of content, between the middles of two lines."""
    padded = np.concatenate([strength, np.zeros(reach)])
    strongest = np.lib.stride_tricks.sliding_window_view(padded, reach + 1).max(axis=1)
    found = np.flatnonzero(strength >= np.maximum(EDGE, RINGING * strongest))
    if not len(found) or found[0] == 0:
        return 0.0
    line = int(found[0])
    level = max(EDGE, float(strength[min(line + 1, len(strength) - 1)]) / 2 - EDGE)
    while strength[line] < level and line < len(strength) - 1:
        line += 1
    below, here = strength[line - 1], strength[line]
    share = (level - below) / (here - below) if here > below else 1.0
    return float(line - 1 / 2 + min(1.0, max(0.0, share)))
