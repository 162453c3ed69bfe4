"""A plot is a figure that somebody asked for: drawn, and written where a file is named."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dedup_spark.errors import BadInput
from dedup_spark.io import locations, objects
from dedup_spark.report.values import Set
from dedup_spark.settings import Settings

if TYPE_CHECKING:
    from dedup_spark.results.figure import Plot


def drawing(
    file: str | os.PathLike[str] | None, settings: Settings
) -> "Callable[[Set, int, Mapping[str, bytes]], Plot]":
    """What draws a set, see `figure.draw`, and writes the file if there is to be one.

    Raises `BadInput` for what would stop it, before anything is asked of a run.
    """
    if settings.report.sanitised:
        raise BadInput("report.sanitised = true: must be false, since a figure is made of pictures")
    try:
        from dedup_spark.results import figure
    except ModuleNotFoundError as missing:
        raise BadInput("plot_duplicates needs matplotlib: pip install 'dedup-spark[plot]'") from missing
    target = None if file is None else locations.folder(file, "file")
    kind = "" if target is None else _kind(target, figure.KINDS)

    def draw(found: Set, asked: int, thumbnails: Mapping[str, bytes]) -> "Plot":
        plot = figure.draw(found, asked, thumbnails)
        if target is not None:
            objects.write(target, figure.encoded(plot, kind), settings.s3, kind=figure.CONTENT_TYPES[kind])
        return plot

    return draw


def _kind(path: str, known: Mapping[str, object]) -> str:
    kind = os.path.splitext(path)[1].removeprefix(".").lower()
    if kind not in known:
        raise BadInput(f"file = {path!r}: must end with .{', .'.join(known)}")
    return kind
