"""A measured pair says how much was changed before it was encoded, and how near the two came."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import rivals
from benchmarks.measured_pairs import ALL, drawn, edited, measured
from dedup_spark.demo.draw.designs import Design
from tests import pictures

EACH = 2


@pytest.fixture(autouse=True)
def _no_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their packages are not among those of the tests."""
    hashes = {rival.hasher: np.zeros((1, 4), np.int64) for rival in rivals.RIVALS}
    monkeypatch.setattr(rivals, "hashes", lambda picture: hashes)


def test_a_photograph_shows_its_copies_and_other_edits_until_one_is_visible(tmp_path: Path) -> None:
    grey = tmp_path / "grey.png"  # without colour: no turn of the hue changes it
    pictures.photograph(1).convert("L").convert("RGB").save(grey)
    others = [name for name, edit in ALL.items() if edit.kind == "other"]
    number = next(n for n in range(len(others)) if others[n * EACH % len(others)] == "hue 10")
    rows = pd.DataFrame(edited((number, grey), EACH, "scaled"))
    assert rows["kind"].value_counts()["copy"] == EACH
    shown = rows[rows["kind"] == "other"]
    assert shown["edit"].tolist() == others[others.index("hue 10") :][: len(shown)]
    assert shown["visible"].tolist() == [False] * (len(shown) - 1) + [True]
    assert len(shown) > EACH


def test_pairs_are_measured_by_what_was_meant_and_by_their_files() -> None:
    design = Design("shirt", "t-shirt", ("navy", "cream", "red"), "blocks", size=(240, 300))
    rows = measured(pd.DataFrame(drawn((1, 1, design), EACH, "scaled")))
    dark, copies = rows[rows["edit"] == "dark"], rows[rows["kind"] == "copy"]
    assert dark["visible"].all()
    assert (dark["area_changed"] > 0.05).all()
    assert (dark["colour_difference"] > 10).all()
    assert copies["near"].all()
    assert (copies["area"] == 0).all()
    assert rows["area"].isna().equals(~rows["near"])
