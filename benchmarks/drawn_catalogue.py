"""A drawn catalogue is products cut out on white, hundreds in one outline, each visibly unlike every other of its kind.

An outline is a kind in one of its shapes, with the same folds whatever it is made of. In it every pattern of the kind
is shown in every colour, with `TRIMS` choices of the other two colours: neighbours differ in the tone of the whole, of
a sole or of a button. A picture that is not *visible* (`benchmarks/veto.py`) beside one of its kind is left out: a
person could take them for one, so nobody can say that they are not copies.
"""

import random
import shutil
from collections.abc import Iterator
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.drawn_pairs import cut_out
from benchmarks.veto import VISIBLE, VISIBLE_SHARE
from dedup_spark.demo import assortment
from dedup_spark.demo.draw.designs import COLOURS, Design
from dedup_spark.hashing import hasher
from dedup_spark.images import decode
from dedup_spark.pictures import HASHER

TRIMS = 3
UPRIGHT, WIDE = (240, 300), (300, 240)  # pixels
QUALITY = 90  # of JPEG
STRIDE = (2, 3)  # of the pixels that are looked at first, down and across
Squares = NDArray[np.int16]


def write(place: Path, seed: int) -> None:
    """Writes the catalogue as `place`/<kind>/<number>.jpg, in place of what is there."""
    shutil.rmtree(place, ignore_errors=True)
    with Pool() as pool:
        for _ in pool.imap_unordered(partial(_write, place, seed), assortment.KINDS):
            pass


def pictures(kind: str, seed: int) -> Iterator[Image.Image]:
    """The pictures of one kind, the same each time: about 20 ms each, and 2 µs for each that is there already."""
    side = hasher.find(HASHER).SIDE
    wanted = list(designs(kind, seed))
    kept, count = np.zeros((len(wanted), side, side, 3), dtype=np.int16), 0
    for design in wanted:
        picture = cut_out(design, seed)
        square = decode.square(picture, side).astype(np.int16)
        if visible(square, kept[:count]).all():
            kept[count] = square
            count += 1
            yield picture


def designs(kind: str, seed: int) -> Iterator[Design]:
    """All that is drawn of a kind: outline by outline, pattern by pattern."""
    of = assortment.KINDS[kind]
    for number, shape in enumerate(of.shapes):
        dice = random.Random(f"{seed} {kind} {number}")
        for pattern in dict.fromkeys(of.patterns):
            for _ in range(TRIMS):
                second, third = dice.choice(of.trims or tuple(COLOURS)), dice.choice(of.thirds or tuple(COLOURS))
                shown = f"print:{dice.choice(assortment.MOTIFS)}" if pattern == "print" else pattern
                for main in COLOURS:
                    yield Design(
                        name=f"{kind}-{number}",
                        kind=kind,
                        colours=(main, second, third),
                        pattern=shown,
                        shape=shape,
                        size=WIDE if of.wide else UPRIGHT,
                    )


def visible(square: Squares, others: Squares) -> NDArray[np.bool_]:
    """Whether a square (60, 60, 3) visibly differs from each of the others (n, 60, 60, 3).

    >>> white, dot = np.full((60, 60, 3), 255, np.int16), np.full((60, 60, 3), 255, np.int16)
    >>> dot[:6, :6] = 0
    >>> visible(white, np.stack([white, dot])).tolist()
    [False, True]
    """
    least = VISIBLE_SHARE * square.shape[0] * square.shape[1]
    down, across = STRIDE
    found = _changed(square[::down, ::across], others[:, ::down, ::across]) >= least  # some pixels alone are enough
    found[~found] = _changed(square, others[~found]) >= least
    return found


def _changed(square: Squares, others: Squares) -> NDArray[np.int64]:
    """How many pixels differ, (n,)."""
    away = np.abs(others - square)
    total = away[..., 0] + away[..., 1] + away[..., 2]
    return np.asarray((total > VISIBLE).sum(axis=(1, 2)))


def _write(place: Path, seed: int, kind: str) -> None:
    folder = place / kind
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures(kind, seed)):
        picture.save(folder / f"{number:04d}.jpg", quality=QUALITY)
