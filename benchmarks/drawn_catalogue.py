"""A drawn catalogue is products cut out on white, hundreds in one outline, each visibly unlike every other of its kind.

An outline is a kind in one of its shapes, with the same folds whatever it is made of. In it every pattern of the kind
is shown in every colour, with `TRIMS` choices of the other two colours: neighbours differ in the tone of the whole, of
a sole or of a button. Light multiplies what it falls on, so two drawings, one dark and one pale, tell what a product
looks like in any main colour. A picture that is not *visible* (`benchmarks/veto.py`) beside one of its kind is left
out: a person could take them for one, so nobody can say that they are not copies.
"""

import itertools
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.drawn_pairs import cut_out
from benchmarks.measured_pairs import VISIBLE, VISIBLE_SHARE
from dedup_spark.demo import assortment
from dedup_spark.demo.draw.designs import COLOURS, Design
from dedup_spark.hashing import hasher
from dedup_spark.images import decode
from dedup_spark.pictures import HASHER

TRIMS = 3
UPRIGHT, WIDE = (240, 300), (300, 240)  # pixels
DARK, PALE = "black", "grey"  # drawn; neither so bright that its highlights are cut off
WHITE = 255
QUALITY = 90  # of JPEG
STRIDE = (3, 5)  # of the pixels that are looked at first, down and across
Squares = NDArray[np.int16]


def write(place: Path, seed: int) -> None:
    """Writes the catalogue as `place`/<kind>/<number>.jpg, in place of what is there."""
    shutil.rmtree(place, ignore_errors=True)
    with Pool() as pool:
        for _ in pool.imap_unordered(partial(_write, place, seed), assortment.KINDS):
            pass


def pictures(kind: str, seed: int) -> Iterator[Image.Image]:
    """The pictures of one kind, the same each time: about 5 ms each, and 2 µs for each that is there already."""
    side = hasher.find(HASHER).SIDE
    wanted = list(designs(kind, seed))
    kept, count = np.zeros((len(wanted) * len(COLOURS), side, side, 3), dtype=np.int16), 0
    for picture in itertools.chain.from_iterable(in_all_colours(design, seed) for design in wanted):
        square = decode.square(picture, side).astype(np.int16)
        if visible(square, kept[:count]).all():
            kept[count] = square
            count += 1
            yield picture


def in_all_colours(design: Design, seed: int) -> Iterator[Image.Image]:
    """The design cut out on white, once in each main colour of `COLOURS`."""
    drawn = [
        np.asarray(
            cut_out(replace(design, colours=(name, design.colours[1], design.colours[2])), seed), dtype=np.float32
        )
        for name in (DARK, PALE)
    ]
    dark, pale = (np.array(COLOURS[name], dtype=np.float32) for name in (DARK, PALE))
    slope = (drawn[1] - drawn[0]) / (pale - dark)  # of each pixel's channel by the main colour's
    for colour in COLOURS.values():
        shown = drawn[0] + slope * (np.array(colour, dtype=np.float32) - dark)
        yield Image.fromarray(np.clip(np.rint(shown), 0, WHITE).astype(np.uint8))


def designs(kind: str, seed: int) -> Iterator[Design]:
    """All that is drawn of a kind, its main colour aside: outline by outline, pattern by pattern."""
    of, colours = assortment.KINDS[kind], tuple(COLOURS)
    for number, shape in enumerate(of.shapes):
        dice = random.Random(f"{seed} {kind} {number}")
        for pattern in dict.fromkeys(of.patterns):
            for _ in range(TRIMS):
                yield Design(
                    name=f"{kind}-{number}",
                    kind=kind,
                    colours=(DARK, dice.choice(of.trims or colours), dice.choice(of.thirds or colours)),
                    pattern=f"print:{dice.choice(assortment.MOTIFS)}" if pattern == "print" else pattern,
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
    some = _changed(square[::down, ::across], others[:, ::down, ::across])
    found: NDArray[np.bool_] = some >= least  # these pixels alone are enough
    found[~found] = _changed(square, others[~found]) >= least
    return found


def _changed(square: Squares, others: Squares) -> NDArray[np.int64]:
    """How many pixels differ, (n,)."""
    away = np.abs(others - square)
    total = away[..., 0] + away[..., 1] + away[..., 2]
    return np.asarray((total > VISIBLE).sum(axis=(1, 2)), dtype=np.int64)


def _write(place: Path, seed: int, kind: str) -> None:
    folder = place / kind
    folder.mkdir(parents=True)
    for number, picture in enumerate(pictures(kind, seed)):
        picture.save(folder / f"{number:04d}.jpg", quality=QUALITY)
