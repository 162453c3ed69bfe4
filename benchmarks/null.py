"""A null catalogue is pictures of different things: every pair of them that is taken for one picture is wrong.

    python -m benchmarks.null [FOLDER] [--work DIR] [--sheet FILE]

Two of them: the photographs of FOLDER and a drawn catalogue (`benchmarks/drawn_catalogue.py`). Of each it prints the
pairs by distance, before and after each witness, and the wrong merges to expect in larger catalogues that look like
it (`dedup_spark/pairs/wrong_merges.py`); beside it the rivals' pairs on the same pictures. Flat pictures and hashes
that are a coin toss are left out for all, as `dedup-spark evaluate null` does.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks import drawn_catalogue, rivals
from benchmarks.cost import DEFAULT
from benchmarks.rivals import RIVALS
from dedup_spark import pictures
from dedup_spark.comparing import centres
from dedup_spark.comparing.verdict import limits
from dedup_spark.images import decode
from dedup_spark.pairs import null_pairs, tail, wrong_merges
from dedup_spark.pairs.null_pairs import NullPairs
from dedup_spark.settings import load

WORK = Path("build") / "bench_null"
SEED = 1
MOST = 1 << 30  # pixels: the bench reads its own pictures
BATCH = 64  # pictures looked at in one task
COPIES = (
    ("shorts/6075b4a5-5b1a-4ce0-aea0-9dbfbca7c35c.jpg", "skirt/637a56e4-7fa6-4f75-8859-0f8902461554.jpg"),
)  # of the photographs: the same shorts, saved twice
SHOWN, SHEET_SIDE = 40, 300  # of the nearest pairs; pixels of a picture on the sheet
COLUMNS = ("image", "status", "content", "words", "colour_signature", "unstable_channels", "low_information", "square")


@dataclass(frozen=True)
class Taken:
    """How many pairs of different pictures someone takes for one, with what that means for larger catalogues."""

    name: str
    pairs: int
    per_million: tuple[tail.Expected, ...]  # pictures, in a catalogue of each of `wrong_merges.SIZES`


def looked_at(folder: Path) -> pd.DataFrame:
    """One row per picture below the folder: `COLUMNS`, `set_id`, and of each rival's hasher a hash."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    with Pool() as pool:
        rows = pd.concat(pool.imap(partial(_look, folder), batches), ignore_index=True)
    one = {second: first for first, second in COPIES}
    return rows.assign(set_id=rows["image"].map(lambda image: one.get(image, image)))


def searched(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that a plan covers: neither equal to another nor flat nor a coin toss."""
    usable = rows[rows["status"] == "ok"].drop_duplicates("content")
    return usable[~usable["low_information"].astype(bool) & (usable["unstable_channels"] == 0)].reset_index(drop=True)


def groups(rows: pd.DataFrame) -> np.ndarray:
    """Equal numbers for copies of one picture, (n,)."""
    return np.unique(rows["set_id"].to_numpy(str), return_inverse=True)[1]


def ours(found: NullPairs, threshold: int) -> Taken:
    """What the default settings merge."""
    merged = found.merged[null_pairs.DISTANCES.index(threshold)]
    expected = [wrong_merges.expected(found, size, threshold) for size in wrong_merges.SIZES]
    return Taken("dedup-spark", merged, _per_million(expected))


def theirs(rows: pd.DataFrame, rival: rivals.Rival, pairs: int) -> Taken:
    """What a rival takes for one picture: many enough to be counted, so a share of all pairs and its upper bound."""
    left, _ = null_pairs.near(np.stack(rows[rival.hasher].tolist()), groups(rows), rival.most)
    share, scales = tail.share(len(left), pairs), [size * (size - 1) / 2 for size in wrong_merges.SIZES]
    expected = [tail.Expected(share.pairs * scale, share.most * scale) for scale in scales]
    return Taken(rival.name, len(left), _per_million(expected))


def table(taken: Sequence[Taken]) -> str:
    """Wrong pairs of each, and wrong merges per million pictures in larger catalogues, as a Markdown table."""
    sizes = " | ".join(f"per million pictures at {size:,}" for size in wrong_merges.SIZES)
    lines = [f"| | wrong pairs | {sizes} |", "|---" * (2 + len(wrong_merges.SIZES)) + "|"]
    for one in taken:
        cells = [f"{said(found.pairs)}, at most {said(found.most)}" for found in one.per_million]
        lines.append(f"| {one.name} | {one.pairs:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def said(number: float) -> str:
    """Two digits of it.

    >>> said(59_133_021), said(0.01234)
    ('59,000,000', '0.012')
    """
    short = float(f"{number:.2g}")
    return f"{short:,.0f}" if short >= 1 else f"{short:g}"


def sheet(folder: Path, images: Sequence[tuple[str, str]], file: Path) -> None:
    """Writes the pairs side by side, one below the other, for a person to look at."""
    page = Image.new("RGB", (2 * SHEET_SIDE, max(1, len(images)) * SHEET_SIDE), "white")
    for row, pair in enumerate(images):
        for column, image in enumerate(pair):
            shown = Image.open(folder / image).convert("RGB")
            shown.thumbnail((SHEET_SIDE, SHEET_SIDE))
            page.paste(shown, (column * SHEET_SIDE, row * SHEET_SIDE))
    page.save(file)


def report(title: str, folder: Path, asked_sheet: Path | None = None) -> None:
    """Prints all that is measured of the pictures below a folder, and the pairs that came out as one."""
    settings, rows = load(), looked_at(folder)
    used, threshold = searched(rows), settings.candidate_pairs.max_distance
    found = null_pairs.count(centres.features(used), used["square"].tolist(), limits(settings), groups(used), SHOWN)
    copies = len(used) - used["set_id"].nunique()
    print(f"## {title}\n\n{wrong_merges.text(found, threshold)}\n")
    print(
        f"{len(rows) - len(used):,} pictures left out: equal, flat or a coin toss. True copies not counted: {copies}\n"
    )
    print(table([ours(found, threshold), *(theirs(used, rival, found.pairs) for rival in RIVALS)]))
    pairs = [(used["image"][left], used["image"][right]) for left, right in found.shown]
    print("".join(f"\nmerged: {left} {right}" for left, right in pairs), flush=True)
    if asked_sheet:
        sheet(folder, pairs, asked_sheet)


def _per_million(expected: Sequence[tail.Expected]) -> tuple[tail.Expected, ...]:
    """Of wrong merges in all, in a catalogue of each of `wrong_merges.SIZES`."""
    millions = [size / wrong_merges.SIZES[0] for size in wrong_merges.SIZES]
    return tuple(
        tail.Expected(found.pairs / number, found.most / number)
        for found, number in zip(expected, millions, strict=True)
    )


def _look(folder: Path, paths: Sequence[str]) -> pd.DataFrame:
    files = [(path, (folder / path).read_bytes()) for path in paths]
    found = pictures.facts(files, pictures.Options("exact", MOST, square=True))
    hashes = [rivals.hashes(decode.decode(file, MOST).picture) for _, file in files]
    hashed = {name: [one[name][0] for one in hashes] for name in rivals.HASHERS}
    return pd.DataFrame({name: found[name] for name in COLUMNS} | hashed)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--work", type=Path, default=WORK, help="where the drawn catalogue is kept")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="a PNG of the drawn pairs that came out as one")
    asked = parser.parse_args(arguments)
    report("Photographs", asked.folder)
    drawn_catalogue.write(asked.work / "drawn", SEED)
    report("Drawn cut-outs", asked.work / "drawn", asked.sheet)


if __name__ == "__main__":
    main()
