"""The null bench counts the wrong pairs of a rival as it counts ours, true copies aside."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmarks import null
from benchmarks.rivals import Rival
from dedup_spark.pairs.null_pairs import DISTANCES, NullPairs

TWO_BITS = Rival("two bits", "imagehash", 2)


def rows() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image": ["a", "b", "c", "d", "e"],
            "status": ["ok", "ok", "ok", "ok", "not_image"],
            "content": ["1", "2", "3", "3", None],
            "low_information": [False, False, False, False, None],
            "unstable_channels": [0, 0, 0, 0, None],
            "set_id": ["a", "b", "c", "d", "e"],
            "imagehash": [np.array([hashed]) for hashed in (0, 3, 7, 7, 0)],
        }
    )


def test_equal_and_unusable_pictures_are_left_out() -> None:
    table = rows()
    assert null.searched(table)["image"].tolist() == ["a", "b", "c"]
    table["low_information"], table["unstable_channels"] = [True, False, False, False, None], [0, 4, 0, 0, None]
    assert null.searched(table)["image"].tolist() == ["c"]


def test_a_true_copy_is_not_counted() -> None:
    used = null.searched(rows())
    assert null.theirs(used, TWO_BITS, pairs=3).pairs == 2  # a b, b c
    used["set_id"] = ["a", "a", "c"]
    taken = null.theirs(used, TWO_BITS, pairs=2)
    assert taken.pairs == 1
    assert taken.per_million[0].pairs == pytest.approx(1 / 2 * 10**6 * (10**6 - 1) / 2)
    assert taken.per_million[0].pairs < taken.per_million[0].most


def test_what_merges_is_what_lies_within_the_threshold() -> None:
    counts = tuple(range(1, len(DISTANCES) + 1))
    taken = null.ours(NullPairs(100, 4950, counts, counts, counts, ()), threshold=10)
    assert taken.pairs == counts[DISTANCES.index(10)]
    assert null.table([taken]).splitlines()[-1].startswith("| dedup-spark | 2 | ")


def test_the_sheet_shows_both_pictures_of_each_pair(tmp_path: Path) -> None:
    for name, colour in (("red.png", (255, 0, 0)), ("blue.png", (0, 0, 255))):
        Image.new("RGB", (30, 30), colour).save(tmp_path / name)
    null.sheet(tmp_path, [("red.png", "blue.png")], tmp_path / "sheet.png")
    page = Image.open(tmp_path / "sheet.png")
    assert (page.getpixel((5, 5)), page.getpixel((null.SHEET_SIDE + 5, 5))) == ((255, 0, 0), (0, 0, 255))
