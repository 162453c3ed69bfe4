"""A square on its way to a second look is one binary: a line that says how to see the picture, then the stored file.

So whoever carries squares carries one column; which view is meant, the margins and the shape of the picture are known
where it is looked at.
"""

from functools import lru_cache

from dedup_spark.comparing.views import Shown
from dedup_spark.images.cells import Window

VIEW = 24  # characters of the name of a view
NO_VIEW = ""
"""The view of a picture that is seen in whichever view it met another."""

KEPT = 1024  # lines that are read again and again


def pack(square: bytes, margins: Window, size: tuple[int, int], view: str = NO_VIEW) -> bytes:
    """The square of a picture with these margins, so many pixels wide and high.

    >>> shown(pack(b"file", (0, 5, 0, 5), (3, 4)))
    Shown(view='', square=b'file', margins=(0, 5, 0, 5), size=(3, 4))
    """
    return f"{view:{VIEW}}{' '.join(map(str, (*margins, *size)))}\n".encode() + square


def shown(square: bytes) -> Shown:
    """What is packed there."""
    line, _, file = square.partition(b"\n")
    view, margins, size = _read(line)
    return Shown(view, file, margins, size)


def file(square: bytes | None) -> bytes | None:
    """The stored file alone; None where there is none."""
    return None if square is None else square.partition(b"\n")[2]


@lru_cache(KEPT)
def _read(line: bytes) -> tuple[str, Window, tuple[int, int]]:
    left, top, right, bottom, width, height = map(int, line[VIEW:].split())
    return line[:VIEW].decode().rstrip(), (left, top, right, bottom), (width, height)
