"""An edited catalogue is one offer for each photograph of a folder and for each edit of it, each with one picture.

Offer and picture are named `<source>/<edit>`: the names are the truth that a run is judged by.
"""

import re
import shutil
from collections.abc import Sequence
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.edits import EDITS

ORIGINAL = "original"
PROCESSES = 2
TOLD = 250  # photographs between two lines of progress


def slug(edit: str) -> str:
    """The name of an edit as a file may bear it.

    >>> slug("size x 1/2")
    'size_x_1_2'
    """
    return re.sub("[^a-z0-9]+", "_", edit.lower()).strip("_")


def photographs(folder: Path) -> list[Path]:
    """All JPEG files under the folder, in the order of their names, so that a sample is the same on every machine."""
    return sorted(folder.rglob("*.jpg"), key=lambda path: (path.name, str(path)))


def build(sources: Sequence[Path], place: Path) -> Path:
    """Writes `place`/pictures and `place`/catalogue.parquet; the catalogue. Pictures that are there stay."""
    with get_context("spawn").Pool(PROCESSES) as pool:
        for done, _ in enumerate(pool.imap_unordered(partial(_edit, place / "pictures"), sources), start=1):
            if done % TOLD == 0 or done == len(sources):
                print(f"{done:,} of {len(sources):,} photographs edited", flush=True)
    rows = [
        (f"{source.stem}/{slug(edit)}", _file(Path("pictures"), source, edit).as_posix())
        for source in sources
        for edit in (ORIGINAL, *EDITS)
    ]
    catalogue = place / "catalogue.parquet"
    pq.write_table(pa.table({"id": [row[0] for row in rows], "image": [row[1] for row in rows]}), catalogue)
    return catalogue


def _file(place: Path, source: Path, edit: str) -> Path:
    suffix = EDITS[edit].suffix if edit in EDITS else source.suffix
    return place / source.stem / f"{slug(edit)}{suffix}"


def _edit(place: Path, source: Path) -> None:
    """Writes the edits of one photograph that are not there yet."""
    (place / source.stem).mkdir(parents=True, exist_ok=True)
    missing = [edit for edit in (ORIGINAL, *EDITS) if not _file(place, source, edit).exists()]
    if not missing:
        return
    picture = Image.open(source).convert("RGB")
    for edit in missing:
        file = _file(place, source, edit)
        part = file.with_suffix(".part")
        if edit == ORIGINAL:
            shutil.copyfile(source, part)
        else:
            part.write_bytes(EDITS[edit].apply(picture, f"{source.stem}/{edit}"))
        part.replace(file)
