"""A row of the views table is one edit that changes how much of a scene is shown: how many copies are found, by whom.

    python -m benchmarks.views [FOLDER] [--sample N] [--drawn N] [--decode WAY] [--stored VIEW ...] [--alone]

Every photograph is padded, trimmed, cropped, shifted or turned and saved as JPEG 90, or at half its size as JPEG 75.
Files and originals, and as many drawn cut-outs on white, all different, are searched together: pairs are those whose
views share a band and are near, judged by their squares (`comparing.views`) as a run judges them. A *wrong* pair is one
of two sources. The rivals compare the same pictures, each with each.
"""

import argparse
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageOps

from benchmarks import drawn_catalogue
from benchmarks.cost import DEFAULT
from benchmarks.edited_catalogue import ORIGINAL, photographs
from benchmarks.edits import Edit, same
from benchmarks.rivals import RIVALS, hashes
from dedup_spark import pictures
from dedup_spark.bands import band_sort, banding
from dedup_spark.comparing import verdict, view_pairs, views
from dedup_spark.comparing.view_pairs import ViewPairs
from dedup_spark.comparing.views import Shown
from dedup_spark.demo import assortment
from dedup_spark.hashing import bits
from dedup_spark.images.cells import NOTHING
from dedup_spark.images.views import VIEWS
from dedup_spark.settings import load

SEED = 11
CHUNK = 4096  # view pairs judged at once
GROUNDS = {"white": (255, 255, 255), "grey": (200, 200, 200), "blue": (40, 70, 120)}
PADDED, CROPPED, SHIFTED = (2, 5, 10, 20), (1, 2, 3, 5), (1, 2, 3)  # per cent
ONE_SIDED, PARTLY = (5, 15), (1, 2, 3)  # per cent
EDGES = ("left", "top", "right", "bottom")
SAVED = {"JPEG 90": (1, 90), "half, JPEG 75": (2, 75)}  # divisor of the size, quality
OURS = "dedup-spark"
Colour = tuple[int, int, int]


def padded(
    picture: Image.Image, dice: random.Random, *, per_cent: float, ground: Colour, sides: int = 4
) -> Image.Image:
    left, top, right, bottom = _widths(picture, dice, per_cent, sides)
    canvas = Image.new("RGB", (picture.width + left + right, picture.height + top + bottom), ground)
    canvas.paste(picture, (left, top))
    return canvas


def squared(picture: Image.Image, _: random.Random, *, ground: Colour) -> Image.Image:
    side = max(picture.size)
    return ImageOps.pad(picture, (side, side), color=ground)


def cropped(picture: Image.Image, dice: random.Random, *, per_cent: float, sides: int = 4) -> Image.Image:
    left, top, right, bottom = _widths(picture, dice, per_cent, sides)
    return picture.crop((left, top, picture.width - right, picture.height - bottom))


def shifted(picture: Image.Image, dice: random.Random, *, per_cent: float, both: bool) -> Image.Image:
    """Moved along one axis or both, what comes into sight is white."""
    across, down = (round(dice.choice((-1, 1)) * side * per_cent / 100) for side in picture.size)
    if not both:
        across, down = dice.choice(((across, 0), (0, down)))
    canvas = Image.new("RGB", picture.size, GROUNDS["white"])
    canvas.paste(picture, (across, down))
    return canvas


def turned(picture: Image.Image, _: random.Random, *, how: Image.Transpose) -> Image.Image:
    return picture.transpose(how)


def _widths(picture: Image.Image, dice: random.Random, per_cent: float, sides: int) -> list[int]:
    """Of so many sides, drawn by lot, the share in pixels: left, top, right, bottom."""
    chosen = dice.sample(EDGES, sides)
    spans = (picture.width, picture.height, picture.width, picture.height)
    return [round(span * per_cent / 100) if edge in chosen else 0 for edge, span in zip(EDGES, spans, strict=True)]


Change = Callable[[Image.Image, random.Random], Image.Image]
EDITS: dict[str, Change] = {
    "saved again": same,
    **{
        f"padded {per_cent} %, {name}": partial(padded, per_cent=per_cent, ground=ground)
        for per_cent in PADDED
        for name, ground in GROUNDS.items()
    },
    **{f"squared, {name}": partial(squared, ground=ground) for name, ground in GROUNDS.items()},
    **{f"one side padded {p} %": partial(padded, per_cent=p, ground=GROUNDS["white"], sides=1) for p in ONE_SIDED},
    **{f"cropped {per_cent} %": partial(cropped, per_cent=per_cent) for per_cent in CROPPED},
    **{f"one side cropped {per_cent} %": partial(cropped, per_cent=per_cent, sides=1) for per_cent in PARTLY},
    **{f"shifted {per_cent} %": partial(shifted, per_cent=per_cent, both=False) for per_cent in SHIFTED},
    **{f"shifted {p} % both ways": partial(shifted, per_cent=p, both=True) for p in SHIFTED},
    "mirrored": partial(turned, how=Image.Transpose.FLIP_LEFT_RIGHT),
    "rotated by 90": partial(turned, how=Image.Transpose.ROTATE_90),
}


@dataclass(frozen=True)
class File:
    """One picture of the bench: which source it shows and how it was made; its facts; its hashes by the rivals."""

    source: str
    edit: str
    saved: str
    facts: dict[str, Any]
    rivals: dict[str, NDArray[np.int64]]


def files(path: Path, options: pictures.Options, rivals: bool) -> list[File]:
    """The original and its edits, each saved in every way."""
    picture, made = Image.open(path).convert("RGB"), []
    for edit, change in EDITS.items():
        edited = change(picture, random.Random(f"{SEED} {path.stem} {edit}"))
        for saved, (divisor, quality) in SAVED.items():
            size = edited.width // divisor, edited.height // divisor
            file = Edit("copy", same, options=(("quality", quality),)).saved(
                edited.resize(size, Image.Resampling.BICUBIC)
            )
            made.append((edit, saved, file))
    return [_file(path.stem, *each, options, rivals) for each in [(ORIGINAL, "", path.read_bytes()), *made]]


def drawn(kind: str, number: int, options: pictures.Options, rivals: bool) -> list[File]:
    """So many cut-outs of one kind, each a source of its own."""
    saved = Edit("copy", same)
    return [
        _file(f"{kind} {place}", ORIGINAL, "", saved.saved(picture), options, rivals)
        for place, picture in enumerate(islice(drawn_catalogue.pictures(kind, SEED), number))
    ]


def _file(source: str, edit: str, saved: str, data: bytes, options: pictures.Options, rivals: bool) -> File:
    found = pictures.facts([(source, data)], options)
    facts = {name: values[0] for name, values in found.items()}
    if not rivals:
        return File(source, edit, saved, facts, {})
    return File(source, edit, saved, facts, hashes(Image.open(io.BytesIO(data)).convert("RGB")))


def near(made: Sequence[File], meeting: ViewPairs, most: int) -> pd.DataFrame:
    """The best view pair of every two files that share a band and are near: `left`, `right`, two views, `distance`.

    Of one source only the original is compared with the others.
    """
    rows = [(place, row["view"], row["words"]) for place, file in enumerate(made) for row in file.facts["views"]]
    place, view = np.array([row[0] for row in rows]), np.array([views.ORDER[row[1]] for row in rows])
    words = np.array([row[2] for row in rows], dtype=np.int64)
    source = np.unique([file.source for file in made], return_inverse=True)[1][place]
    original = np.array([file.edit == ORIGINAL for file in made])[place]
    meet = np.zeros((len(views.ORDER), len(views.ORDER)), np.bool_)
    meet[0, 0] = True
    numbers = np.array([views.ORDER[name] for name in meeting.stored])
    for one, other in meeting.met():
        meet[numbers[one], numbers[other]] = True
    found = [pd.DataFrame(columns=["left", "right", "left_view", "right_view", "distance"], dtype=np.int64)]
    for pairs in band_sort.find(words, None, banding.plan(most)):
        one, other, distance = pairs.left, pairs.right, pairs.distance  # rows stand in the order of files
        kept = meet[view[one], view[other]]
        kept &= ((source[one] != source[other]) | original[one] | original[other]) & (place[one] != place[other])
        one, other = one[kept], other[kept]
        columns = place[one], place[other], view[one], view[other], distance[kept]
        found.append(_best(pd.DataFrame(dict(zip(found[0].columns, columns, strict=True)))))
    pairs = _best(pd.concat(found))
    names = np.array(list(views.ORDER))
    return pairs.assign(left_view=names[pairs["left_view"]], right_view=names[pairs["right_view"]])


def _best(pairs: pd.DataFrame) -> pd.DataFrame:
    """At most two rows for two files: whole against whole; the best other view pair, by `views.order`."""
    parts = np.array([view.window != NOTHING for view in VIEWS.values()], dtype=np.int64)
    together = pairs["left_view"] + pairs["right_view"]
    far = pairs["distance"] + views.PART * (parts[pairs["left_view"]] + parts[pairs["right_view"]])
    ordered = pairs.assign(far=far, together=together, whole=together == 0).sort_values(
        ["far", "together", "left_view"]
    )
    return ordered.drop_duplicates(["left", "right", "whole"]).drop(columns=["far", "together"])


def judged(made: Sequence[File], pairs: pd.DataFrame, limits: verdict.Limits) -> pd.DataFrame:
    """The pairs with `verdict` and `reason`: whole against whole as ever, then by a nearer view pair what may be so."""
    wholes = _in_chunks(partial(_whole, made, limits=limits), pairs[pairs["whole"]])
    found = wholes.set_index(["left", "right"])
    others = pairs[~pairs["whole"]].join(found[["distance", "verdict"]], on=["left", "right"], rsuffix="_whole")
    nearer = (others["verdict"] == verdict.VETOED) & (others["distance"] < others["distance_whole"])
    asked = others[others["verdict"].isna() | nearer].drop(columns=["distance_whole", "verdict"])
    by_view = _in_chunks(partial(_judged, made, limits=limits), asked)
    return pd.concat([wholes, by_view], ignore_index=True)


def _in_chunks(judge: Callable[[pd.DataFrame], pd.DataFrame], pairs: pd.DataFrame) -> pd.DataFrame:
    chunks = [judge(pairs.iloc[start : start + CHUNK]) for start in range(0, len(pairs), CHUNK)]
    return pd.concat(chunks) if chunks else pairs.assign(verdict="", reason="")


def _whole(made: Sequence[File], pairs: pd.DataFrame, limits: verdict.Limits) -> pd.DataFrame:
    sides = [[made[place].facts for place in pairs[side]] for side in ("left", "right")]
    compared = verdict.compare(*map(_features, sides), limits)
    passed = compared.verdict == verdict.DUPLICATE
    squares = [[row["square"] for row, ours in zip(side, passed, strict=True) if ours] for side in sides]
    _, verdicts, reasons = verdict.look_again(compared.colour_difference[passed], squares[0], squares[1], limits)
    compared.verdict[passed] = verdicts
    compared.reason[passed] = np.where(reasons == "", compared.reason[passed], reasons)
    return pairs.assign(verdict=compared.verdict, reason=compared.reason)


def _features(rows: Sequence[dict[str, Any]]) -> verdict.Features:
    signatures = b"".join(row["colour_signature"] for row in rows)
    return verdict.Features(
        np.array([row["words"] for row in rows]),
        np.frombuffer(signatures, np.uint8).reshape(len(rows), -1),
        np.array([row["unstable_channels"] for row in rows], dtype=np.uint8),
    )


def _judged(made: Sequence[File], pairs: pd.DataFrame, limits: verdict.Limits) -> pd.DataFrame:
    sides = [
        [
            Shown(view, made[place].facts["square"], tuple(made[place].facts["margins"]), _size(made[place]))
            for place, view in zip(pairs[side], pairs[f"{side}_view"], strict=True)
        ]
        for side in ("left", "right")
    ]
    found = views.judge(*sides, limits)  # turned views as well, which a run leaves to people
    return pairs.assign(verdict=found.verdict, reason=found.reason)


def _size(file: File) -> tuple[int, int]:
    return file.facts["width"], file.facts["height"]


def table(made: Sequence[File], found: set[tuple[int, int]], rivals: dict[str, set[tuple[int, int]]]) -> Iterator[str]:
    """Recall of each edit in per cent, and below it the wrong pairs of the whole bench."""
    original = {file.source: place for place, file in enumerate(made) if file.edit == ORIGINAL}
    tools = {OURS: found, **rivals}
    yield f"| edit | saved | files | {' | '.join(tools)} |"
    yield "|---" * (len(tools) + 3) + "|"
    groups: dict[tuple[str, str], list[int]] = {}
    for place, file in enumerate(made):
        if file.edit != ORIGINAL:
            groups.setdefault((file.edit, file.saved), []).append(place)
    for (edit, saved), places in groups.items():
        pairs = [(original[made[place].source], place) for place in places]
        shares = [f"{100 * np.mean([pair in pairs_of for pair in pairs]):.1f}" for pairs_of in tools.values()]
        yield f"| {edit} | {saved} | {len(places):,} | {' | '.join(shares)} |"
    wrong = [sum(made[left].source != made[right].source for left, right in of) for of in tools.values()]
    yield f"| wrong pairs | | {len(made):,} | {' | '.join(f'{number:,}' for number in wrong)} |"


def by_rivals(made: Sequence[File]) -> dict[str, set[tuple[int, int]]]:
    """The pairs that each rival takes for one picture, of all files with all."""
    found = {}
    for rival in RIVALS:
        packed = np.concatenate([file.rivals[rival.hasher] for file in made])
        found[rival.name] = {
            (place, place + 1 + int(other))
            for place in range(len(packed) - 1)
            for other in np.flatnonzero(bits.distance(packed[place + 1 :], packed[place : place + 1]) <= rival.most)
        }
    return found


def _met(stored: Sequence[str]) -> ViewPairs:
    return view_pairs.of(replace(load().views, stored=tuple(stored)))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--sample", type=int, default=300, metavar="N", help="that many photographs; 0: all")
    parser.add_argument("--drawn", type=int, default=2000, metavar="N", help="drawn cut-outs on white")
    parser.add_argument("--decode", default=load().fingerprints.decode, metavar="WAY", help="exact, scaled or simd")
    parser.add_argument("--stored", nargs="+", default=list(load().views.stored), metavar="VIEW")
    parser.add_argument("--alone", action="store_true", help="without the rivals")
    asked = parser.parse_args(arguments)
    options = pictures.Options(asked.decode, load().fingerprints.max_pixels, square=True, views=tuple(asked.stored))
    sources = photographs(asked.folder)
    taken = random.Random(SEED).sample(sources, asked.sample) if asked.sample else sources
    with Pool() as pool:
        made = [file for of in pool.imap(partial(files, options=options, rivals=not asked.alone), taken) for file in of]
        each = partial(drawn, number=-(-asked.drawn // len(assortment.KINDS)), options=options, rivals=not asked.alone)
        made += [file for of in pool.imap(each, assortment.KINDS) for file in of]
    limits = verdict.limits(load())
    pairs = judged(made, near(made, _met(asked.stored), limits.max_distance), limits)
    print(
        f"{len(made):,} files, near pairs by verdict and reason:",
        Counter(zip(pairs["verdict"], pairs["reason"], strict=True)),
    )
    kept = pairs[pairs["verdict"] == verdict.DUPLICATE]
    found = set(zip(kept["left"], kept["right"], strict=True))
    print("\n".join(table(made, found, {} if asked.alone else by_rivals(made))))
    for row in kept.itertuples():
        if made[row.left].source != made[row.right].source:
            print(made[row.left].source, made[row.right].source, row.left_view, row.right_view, row.distance)


if __name__ == "__main__":
    main()
