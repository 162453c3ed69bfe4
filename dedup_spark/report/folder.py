"""The folder of a report holds its files, each whole or not there: on a disk, or in a store that browsers read from."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from dedup_spark import storage
from dedup_spark.io import objects
from dedup_spark.settings import Settings

FOLDER, SANITISED = "report", "report-sanitised"
"""In the folder of its run: the one to send around does not take the place of the one to work with."""

WRITERS = 16
"""Files that are written at once: hides the latency of a store."""

LAST = "index.html"

KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "webp": "image/webp",
}


def write(files: Mapping[str, bytes], run: str, settings: Settings) -> str:
    """Writes the files in place of what lies there, `index.html` last; the path of that.

    run: the folder of the run. Who reads meanwhile may find a page without its pictures.
    """
    place = f"{run}/{SANITISED if settings.report.sanitised else FOLDER}"
    storage.clear(place, settings)

    def put(name: str) -> None:
        objects.write(f"{place}/{name}", files[name], settings.s3, kind=kind(name))

    with ThreadPoolExecutor(WRITERS) as writers:
        for _ in writers.map(put, (name for name in files if name != LAST)):
            pass
    put(LAST)
    return f"{place}/{LAST}"


def kind(name: str) -> str:
    """The content type of a file: a store keeps it, and a browser believes it.

    >>> kind("index.html"), kind("pictures/1.webp")
    ('text/html; charset=utf-8', 'image/webp')
    """
    return KINDS[name.rpartition(".")[2]]
