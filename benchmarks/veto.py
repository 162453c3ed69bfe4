"""A measured pair is two pictures of which it is known whether they are one, and what each look says of them.

    python -m benchmarks.veto [FOLDER] [--sample N] [--each K] [--designs N]

Pairs are photographs with an edit of theirs (`edits`, `hard_edits`) and drawn products that share an outline
(`drawn_pairs`). The sources are split by their names: the limits were chosen on the first 400 photographs, the tables
are of the others. *Visible*: at least 1 % of the pixels of the two 60 × 60 pictures differ by more than 40 of 765
before the edit is encoded; *strong*: at least 5 % by more than 90.
"""

import argparse
import io
import random
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from scipy.stats import beta

from benchmarks.cost import DEFAULT
from benchmarks.drawn_pairs import pairs
from benchmarks.edits import EDITS, Edit
from benchmarks.hard_edits import HARD
from dedup_spark import pictures
from dedup_spark.hashing import hasher
from dedup_spark.images import decode
from dedup_spark.settings import load
from dedup_spark.verdict import DUPLICATE, Features, Limits, compare, limits, look_again

CHOSEN_ON = 400  # photographs that the limits were chosen on
MOST = 1 << 30  # pixels: the bench reads its own pictures
DRAWN_QUALITY = (90, 75)  # JPEG, of the left and of the right picture
AREAS, STRENGTHS = (0, 0.01, 0.05, 0.2, 1), (40, 90, 200, 765)
VISIBLE, VISIBLE_SHARE, STRONG, STRONG_SHARE = 40, 0.01, 90, 0.05
CONFIDENCE = 0.95
ALL = {name: edit for name, edit in EDITS.items() if edit.kind == "copy"} | HARD
DRAWN = ("drawn tone", "drawn dark", "drawn label")
Row = dict[str, Any]


def photographs(folder: Path) -> list[Path]:
    """All of them, in an order that their names alone decide."""
    return sorted(folder.rglob("*.jpg"), key=lambda path: (zlib.crc32(str(path.relative_to(folder)).encode()), path))


def edited(task: tuple[int, Path], each: int) -> list[Row]:
    """The rows of one photograph: `each` of the copies and of the other edits, whose turn it is."""
    number, path = task
    original = decode.decode(path.read_bytes(), MOST).picture
    rows = []
    for kind in ("copy", "other"):
        names = [name for name, edit in ALL.items() if edit.kind == kind]
        for turn in range(min(each, len(names))):
            name = names[(number * each + turn) % len(names)]
            edit = ALL[name]
            changed = edit.change(original, random.Random(f"{path.name} {name}"))
            row = _row(original, changed, path.read_bytes(), _saved(changed, edit))
            rows.append(row | {"source": path.name, "edit": name, "kind": kind, "chosen_on": number < CHOSEN_ON})
    return rows


def drawn(seed: int, designs: int) -> Iterator[Row]:
    """The rows of drawn pairs."""
    for pair in pairs(designs, seed):
        files = [
            _saved(picture, Edit("other", _same, options=(("quality", quality),)))
            for picture, quality in zip((pair.left, pair.right), DRAWN_QUALITY, strict=True)
        ]
        facts = {"source": pair.source, "edit": f"drawn {pair.family}", "kind": "other", "chosen_on": False}
        yield _row(pair.left, pair.right, *files) | facts


def measured(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with `distance`, `colour_difference` and the `area` of the second look at what is near enough for it."""
    left, right = (_features(rows, side) for side in ("left", "right"))
    widest = Limits(load().candidate_pairs.max_distance, float("inf"), max_differing_area=1.0)
    compared = compare(left, right, widest)
    near = compared.verdict == DUPLICATE
    area = np.full(len(rows), np.nan)
    looked, _, _ = look_again(
        compared.colour_difference[near],
        rows["left_square"][near].tolist(),
        rows["right_square"][near].tolist(),
        widest,
    )
    area[near] = looked
    facts = rows[["source", "edit", "kind", "chosen_on", "area_changed", "strength", "visible", "strong"]]
    return facts.assign(near=near, colour_difference=compared.colour_difference, area=area)


def passing(rows: pd.DataFrame, chosen: Limits) -> pd.Series:
    """Which pairs come out as one picture under these limits."""
    area = chosen.max_differing_area
    return rows["near"] & (rows["colour_difference"] <= chosen.max_colour_difference) & (rows["area"] <= area)


def by_edit(rows: pd.DataFrame, chosen: Limits) -> str:
    """Recall of each copy edit, wrong merges of each other."""
    lines = [
        "| edit | pairs | near | found or merged | visible | of these merged | strong merged |",
        "|---|---|---|---|---|---|---|",
    ]
    passed = passing(rows, chosen)
    for name in sorted(rows["edit"].unique(), key=[*ALL, *DRAWN].index):
        of = rows["edit"] == name
        found, near, some = int((of & passed).sum()), int((of & rows["near"]).sum()), rows[of]
        visible = "" if some["kind"].iloc[0] == "copy" else f"{some['visible'].sum():,}"
        wrong = "" if not visible else f"{(some['visible'] & passed[of]).sum():,}"
        strong = "" if not visible else f"{(some['strong'] & passed[of]).sum():,}"
        share = f"{found / len(some):.2%}, of the near {found / max(near, 1):.2%}"
        lines.append(f"| {name} | {len(some):,} | {near:,} | {found:,} ({share}) | {visible} | {wrong} | {strong} |")
    return "\n".join(lines)


def by_change(rows: pd.DataFrame, chosen: Limits) -> str:
    """Wrong merges by how much of the area is changed and how strongly, with a one-sided bound."""
    lines = [
        "| of the pixels changed | "
        + " | ".join(f"by {low} to {high} on average" for low, high in _spans(STRENGTHS))
        + " |"
    ]
    lines.append("|---" * len(STRENGTHS) + "|")
    others = rows[(rows["kind"] == "other") & (rows["area_changed"] > 0)]
    passed = passing(others, chosen)
    for least, most in _spans(AREAS):
        cells = []
        for low, high in _spans(STRENGTHS):
            of = others["area_changed"].between(least, most, inclusive="right" if least else "both")
            of &= others["strength"].between(low, high, inclusive="left")
            cells.append(bounded(int(passed[of].sum()), int(of.sum())))
        lines.append(f"| {least:.0%} to {most:.0%} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def by_limits(rows: pd.DataFrame) -> str:
    """What other limits would have done, on the pairs that they are chosen on."""
    lines = [
        "| colour limit | area limit | recall of near copies, mean / least | visible wrong merges |",
        "|---|---|---|---|",
    ]
    copies, others = rows[rows["kind"] == "copy"], rows[rows["kind"] == "other"]
    for colour in (4.5, 5.0, 5.5, 6.0):
        for area in (0.0, 0.0005, 0.001, 0.003, 1.0):
            chosen = Limits(0, colour, max_differing_area=area)
            kept = passing(copies, chosen)[copies["near"]].groupby(copies["edit"]).mean()
            wrong = (passing(others, chosen) & others["visible"]).sum()
            least = f"{kept.min():.2%} ({kept.idxmin()})"
            lines.append(f"| {colour} | {area:.2%} | {kept.mean():.2%} / {least} | {wrong:,} of {len(others):,} |")
    return "\n".join(lines)


def bounded(found: int, total: int) -> str:
    """`found` of `total`, with the upper bound of the rate that a test at 95 % would not reject (Clopper-Pearson).

    >>> bounded(0, 3000)
    '0 of 3,000, < 0.10 %'
    """
    if not total:
        return ""
    upper = 1.0 if found == total else float(beta.ppf(CONFIDENCE, found + 1, total - found))
    return f"{found:,} of {total:,}, < {100 * upper:.2f} %"


def _row(left: Image.Image, right: Image.Image, *files: bytes) -> Row:
    side = hasher.find(pictures.HASHER).SIDE
    away = np.abs(np.subtract(decode.square(left, side), decode.square(right, side), dtype=np.int64)).sum(axis=2)
    changed = away > VISIBLE
    row: Row = {
        "area_changed": float(changed.mean()),
        "strength": float(away[changed].mean()) if changed.any() else 0.0,
        "visible": bool(changed.mean() >= VISIBLE_SHARE),
        "strong": bool((away > STRONG).mean() >= STRONG_SHARE),
    }
    found = pictures.facts([("left", files[0]), ("right", files[1])], pictures.Options("exact", MOST, square=True))
    for name in ("words", "colour_signature", "unstable_channels", "square"):
        row |= {f"left_{name}": found[name][0], f"right_{name}": found[name][1]}
    return row


def _features(rows: pd.DataFrame, side: str) -> Features:
    signatures = b"".join(rows[f"{side}_colour_signature"])
    return Features(
        np.array(rows[f"{side}_words"].tolist(), dtype=np.int64),
        np.frombuffer(signatures, np.uint8).reshape(len(rows), -1),
        rows[f"{side}_unstable_channels"].to_numpy(np.uint8),
    )


def _saved(picture: Image.Image, edit: Edit) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[edit.suffix], **dict(edit.options))
    return buffer.getvalue()


def _same(picture: Image.Image, _: random.Random) -> Image.Image:
    return picture


def _spans(edges: Sequence[float]) -> list[tuple[float, float]]:
    return list(pairwise(edges))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="that many photographs; 0: all")
    parser.add_argument("--each", type=int, default=4, metavar="K", help="copies, and other edits, of one photograph")
    parser.add_argument("--designs", type=int, default=400, metavar="N", help="drawn designs")
    asked = parser.parse_args(arguments)
    sources = photographs(asked.folder)[: asked.sample or None]
    with Pool() as pool:
        made = pool.imap(partial(edited, each=asked.each), enumerate(sources), chunksize=4)
        rows = measured(pd.DataFrame([*(row for several in made for row in several), *drawn(1, asked.designs)]))
    chosen = limits(load())
    held_out = rows[~rows["chosen_on"]]
    others = held_out[(held_out["kind"] == "other") & held_out["visible"]]
    print(f"Chosen on {CHOSEN_ON} photographs:\n\n{by_limits(rows[rows['chosen_on']])}\n")
    print(f"Held out, {len(held_out):,} pairs of {held_out['source'].nunique():,} sources:\n")
    print(f"{by_edit(held_out, chosen)}\n")
    print(f"{by_change(held_out, chosen)}\n")
    for name in ("visible", "strong"):
        some = others[others[name]]
        merged = bounded(int(passing(some, chosen).sum()), len(some))
        print(f"{name}: merged {merged}, of {some['source'].nunique():,} independent sources")


if __name__ == "__main__":
    main()
