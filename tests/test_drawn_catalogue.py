"""A drawn catalogue is the same each time, and holds nothing that a person could take for one of its others."""

from dataclasses import replace
from itertools import combinations, islice

import numpy as np
import pytest

from benchmarks import drawn_catalogue
from benchmarks.drawn_catalogue import designs, in_all_colours, pictures, visible
from benchmarks.drawn_pairs import cut_out
from dedup_spark.demo.assortment import KINDS
from dedup_spark.demo.draw.designs import COLOURS
from dedup_spark.images import decode


def test_the_pictures_are_the_same_each_time_and_visibly_differ() -> None:
    first, again = (list(islice(pictures("cap", 1), 60)) for _ in range(2))
    assert [one.tobytes() for one in first] == [one.tobytes() for one in again]
    squares = [decode.square(one, 60).astype(np.int16) for one in first]
    assert all(visible(left, right[None]).all() for left, right in combinations(squares, 2))


def test_what_nobody_could_tell_apart_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    design = next(designs("cap", 1))
    monkeypatch.setattr(drawn_catalogue, "designs", lambda kind, seed: [design, design])
    assert len(list(pictures("cap", 1))) <= len(COLOURS)


def test_some_pixels_are_enough_and_one_less_is_not() -> None:
    white = np.full((60, 60, 3), 255, np.int16)
    changed = np.stack([white, white])
    changed[0, 0, :36], changed[1, 0, :35] = 100, 100
    assert visible(white, changed).tolist() == [True, False]


@pytest.mark.parametrize("kind", ["cap", "watch", "handbag"])
def test_a_recoloured_drawing_is_what_would_have_been_drawn(kind: str) -> None:
    design = next(designs(kind, 1))
    for name, shown in zip(COLOURS, in_all_colours(design, 1), strict=True):
        if name in ("red", "navy", "mint"):
            drawn = cut_out(replace(design, colours=(name, design.colours[1], design.colours[2])), 1)
            assert np.abs(np.asarray(drawn, np.int64) - np.asarray(shown, np.int64)).mean() < 1


def test_there_are_enough_designs() -> None:
    assert sum(len(list(designs(kind, 1))) for kind in KINDS) * len(COLOURS) > 25_000
