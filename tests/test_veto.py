"""The tables of the veto count what they say: copies found, visible changes merged, sources and not pairs."""

import pandas as pd
import pytest

from benchmarks import veto
from benchmarks.rivals import RIVALS
from dedup_spark.comparing.verdict import limits
from dedup_spark.settings import load

COLUMNS = ["source", "number", "edit", "kind", "near", "colour_difference", "area", "area_changed", "strength"]


@pytest.fixture
def rows() -> pd.DataFrame:
    drawn = float("nan")
    listed = [
        ("chosen on", 0, "hue 20", "other", True, 1.0, 0.0, 0.3, 60.0),
        ("chosen on", 0, "JPEG 50", "copy", True, 1.0, 0.0, 0.0, 0.0),
        ("a", 400, "JPEG 50", "copy", True, 1.0, 0.0, 0.0, 0.0),
        ("b", 401, "JPEG 50", "copy", False, 1.0, drawn, 0.0, 0.0),
        ("a", 400, "hue 20", "other", True, 5.0, 0.0, 0.3, 60.0),
        ("a", 400, "hue 20", "other", True, 5.4, 0.0, 0.3, 60.0),
        ("b", 401, "hue 20", "other", True, 5.6, 0.0, 0.3, 60.0),
        ("b", 401, "hue 10", "other", True, 1.0, 0.0, 0.005, 45.0),
        ("c", drawn, "label 38 / 39", "other", True, 1.0, 0.0, 0.002, 50.0),
        ("d", drawn, "tone", "other", True, 5.0, 0.01, 0.1, 95.0),
    ]
    made = pd.DataFrame(listed, columns=COLUMNS)
    rivals = {rival.name: made["near"] for rival in RIVALS}
    return made.assign(visible=made["area_changed"] >= 0.01, strong=made["strength"] > 90, **rivals)


def test_what_passes_is_near_and_within_both_limits(rows: pd.DataFrame) -> None:
    passed = veto.passing(rows, limits(load()))
    assert rows.index[~passed].tolist() == [3, 6, 9]


def test_sources_are_counted_and_those_of_the_choice_are_not(rows: pd.DataFrame) -> None:
    report = "\n".join(veto.report(rows))
    assert "Held out, 8 pairs of 4 sources" in report
    assert f"{veto.OURS}: copies 50.00%, visible merged 1 of 3, < 86.46 %, strong merged 0 of 1, < 95.00 %" in report
    assert f"{RIVALS[0].name}: copies 50.00%, visible merged 3 of 3, < 100.00 %" in report
    assert "| 20% to 100% | 1 of 2, < 97.47 % |" in report


def test_a_changed_text_counts_though_hardly_visible(rows: pd.DataFrame) -> None:
    judged = rows.assign(**{veto.OURS: veto.passing(rows, limits(load()))})
    table = veto.by_edit(judged[rows["number"] != 0]).splitlines()
    assert [line for line in table if line.startswith("| label 38 / 39 | 1 | 1 | 1 (100.00%)")]
    assert [line for line in table if line.startswith("| hue 10 | 0 | 0 | – |")]
    assert [line for line in table if line.startswith("| hue 20 | 3 | 3 | 2 (66.67%) | 3 (100.00%)")]
