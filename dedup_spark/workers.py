"""A worker is a Python process of Spark: it runs task after task, and what one has imported the next ones have."""

import sys
from zipimport import zipimporter


def forget_archives() -> None:
    """Drops what Python knows of the archives in which it has looked for modules: it looks again when it has to.

    Before each task Spark makes Python forget what modules there are (until 4.2, see SPARK-54744), and Python reads the
    contents of every archive that it knows anew, among them a jar with 5,000 classes: 30 ms of an idle processor, as
    much as hashing ten photographs takes.

    >>> forget_archives()
    >>> [place for place, finder in sys.path_importer_cache.items() if isinstance(finder, zipimporter)]
    []
    """
    for place, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimporter):
            del sys.path_importer_cache[place]
