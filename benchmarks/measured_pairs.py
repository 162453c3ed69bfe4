"""A measured pair is two pictures of which it is known whether they are one, and what each look says of them.

Pairs are photographs with an edit of theirs (`edits`, `hard_edits`) and drawn products that share an outline
(`drawn_pairs`). A photograph shows but a few of the edits, other photographs others: what counts is how many sources
there are. *Visible*: at least 1 % of the pixels of the two 60 × 60 pictures differ by more than 40 of 765 before the
edit is encoded; *strong*: at least 5 % by more than 90.
"""

import random
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from benchmarks import drawn_pairs, rivals
from benchmarks.edits import EDITS, Edit, same
from benchmarks.hard_edits import HARD
from dedup_spark import pictures
from dedup_spark.comparing.verdict import DUPLICATE, Features, Limits, compare, look_again
from dedup_spark.demo.draw.designs import Design
from dedup_spark.hashing import hasher
from dedup_spark.images import decode
from dedup_spark.settings import load

MOST = 1 << 30  # pixels: the bench reads its own pictures
JPEG = Edit("other", same)
VISIBLE, VISIBLE_SHARE, STRONG, STRONG_SHARE = 40, 0.01, 90, 0.05
KINDS = ("copy", "other")
DRAWN_COPY = "copy of a cut-out"
FAR = ("hue 180", "red and blue swapped", "grey", "mirrored")  # hard for a hash of brightness alone
ALL = {name: edit for name, edit in EDITS.items() if edit.kind == "copy" or name in FAR} | HARD
FACTS = ("words", "colour_signature", "unstable_channels", "square")
Row = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One picture of a pair: the square of what was meant, before it was encoded, and what is known of its file."""

    meant: NDArray[np.uint8]
    facts: Row
    hashes: dict[str, rivals.Words]


def photographs(folder: Path) -> list[Path]:
    """All of them, in an order that their names alone decide."""
    return sorted(folder.rglob("*.jpg"), key=lambda path: (zlib.crc32(str(path.relative_to(folder)).encode()), path))


def edited(task: tuple[int, Path], each: int, way: str) -> list[Row]:
    """The rows of one photograph: `each` of the copies and of the other edits, whose turn it is.

    Where none of the others is visible, the turn goes on until one is: every photograph is a trial.
    """
    number, path = task
    data = path.read_bytes()
    original = decode.decode(data, MOST).picture
    left = _seen(original, data, way)
    rows: list[Row] = []
    for kind in KINDS:
        facts: Row = {"source": path.name, "number": number, "kind": kind}
        for place, name in enumerate(_from_turn(number, each, kind)):
            if place >= each and (kind == "copy" or any(row["visible"] for row in rows[-place:])):
                break
            rows.append(_row(left, _edited(original, name, path.name, way)) | facts | {"edit": name})
    return rows


def drawn(design: tuple[int, int, Design], each: int, way: str) -> list[Row]:
    """The rows of one drawn design, with `each` of its copies; no limit was chosen on them: they have no `number`."""
    number, seed, looks = design
    facts = {"source": drawn_pairs.source(looks, seed)}
    seen: dict[bytes, Seen] = {}
    rows = []
    for pair in drawn_pairs.pairs(*design):
        for picture in (pair.left, pair.right):
            if picture.tobytes() not in seen:
                seen[picture.tobytes()] = _seen(picture, JPEG.saved(picture), way)
        row = _row(seen[pair.left.tobytes()], seen[pair.right.tobytes()])
        rows.append(row | facts | {"edit": pair.family, "kind": "other"})
    original = drawn_pairs.cut_out(looks, seed)
    left = _seen(original, JPEG.saved(original), way)
    for name in _from_turn(number, each, "copy")[:each]:
        row = _row(left, _edited(original, name, facts["source"], way))
        rows.append(row | facts | {"edit": DRAWN_COPY, "kind": "copy"})
    return rows


def measured(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with `near`, `colour_difference` and the `area` of the second look at what is near."""
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
    facts = rows.drop(columns=[f"{side}_{name}" for side in ("left", "right") for name in FACTS])
    return facts.assign(near=near, colour_difference=compared.colour_difference, area=area)


def _from_turn(number: int, each: int, kind: str) -> list[str]:
    """All edits of this kind, from those on whose turn it is at the source of this number."""
    names = [name for name, edit in ALL.items() if edit.kind == kind]
    start = number * each % len(names)
    return names[start:] + names[:start]


def _edited(original: Image.Image, name: str, source: str, way: str) -> Seen:
    changed = ALL[name].change(original, random.Random(f"{source} {name}"))
    return _seen(changed, ALL[name].saved(changed), way)


def _seen(meant: Image.Image, file: bytes, way: str) -> Seen:
    found = pictures.facts([("", file)], pictures.Options(way, MOST, square=True))
    square = decode.square(meant, hasher.find(pictures.HASHER).SIDE)
    return Seen(square, {name: found[name][0] for name in FACTS}, rivals.hashes(decode.decode(file, MOST).picture))


def _row(left: Seen, right: Seen) -> Row:
    away = np.abs(np.subtract(left.meant, right.meant, dtype=np.int64)).sum(axis=2)
    changed = away > VISIBLE
    row: Row = {
        "area_changed": float(changed.mean()),
        "strength": float(away[changed].mean()) if changed.any() else 0.0,
        "visible": bool(changed.mean() >= VISIBLE_SHARE),
        "strong": bool((away > STRONG).mean() >= STRONG_SHARE),
    }
    for name in FACTS:
        row |= {f"left_{name}": left.facts[name], f"right_{name}": right.facts[name]}
    for rival in rivals.RIVALS:
        row[rival.name] = bool(rival.same(left.hashes[rival.hasher], right.hashes[rival.hasher])[0])
    return row


def _features(rows: pd.DataFrame, side: str) -> Features:
    signatures = b"".join(rows[f"{side}_colour_signature"])
    return Features(
        np.array(rows[f"{side}_words"].tolist(), dtype=np.int64),
        np.frombuffer(signatures, np.uint8).reshape(len(rows), -1),
        rows[f"{side}_unstable_channels"].to_numpy(np.uint8),
    )
