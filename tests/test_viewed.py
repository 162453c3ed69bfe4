"""A picture's views are made in one look; without any but the whole, its facts are exactly what they were."""

import numpy as np
import pytest
from PIL import Image

from dedup_spark import pictures as facts_of
from dedup_spark.errors import BadInput
from dedup_spark.images import thumbnail
from dedup_spark.images.views import TURNS, VIEWS
from tests import pictures

MAX_PIXELS = 1_000_000
ALL = tuple(VIEWS)
UPRIGHT = [name for name in ALL if name not in TURNS]
ITEMS = [
    ("photograph", pictures.jpeg(pictures.photograph(1, 480, 640), 90)),
    ("cut-out", pictures.jpeg(pictures.product(2), 90)),
    ("flat", pictures.jpeg(pictures.flat(), 90)),
    ("placeholder", pictures.jpeg(pictures.placeholder(), 90)),
    ("broken", b"<html>"),
]


def facts(way: str = "scaled", views: tuple[str, ...] = ALL) -> dict[str, dict[str, object]]:
    found = facts_of.facts(ITEMS, facts_of.Options(way, MAX_PIXELS, 64, square=True, views=views))
    return {name: {column: found[column][row] for column in found} for row, (name, _) in enumerate(ITEMS)}


@pytest.mark.parametrize("way", ["exact", "scaled"])
def test_other_views_change_nothing_of_the_whole(way: str) -> None:
    alone, with_all = facts(way, ("whole",)), facts(way)
    for name, row in alone.items():
        assert row["margins"] is None
        for column in set(row) - {"margins", "views", "square"}:
            assert row[column] == with_all[name][column]
        if row["status"] == "ok":
            assert row["views"] == with_all[name]["views"][:1]  # type: ignore[index]
            squares = [thumbnail.squares(file["square"]) for file in (row, with_all[name])]  # type: ignore[arg-type]
            assert (squares[0][0] == squares[1][0]).all()


def test_a_photograph_has_all_views_but_trimmed_and_a_cut_out_has_all() -> None:
    found = facts()
    shown = {name: [view["view"] for view in row["views"] or []] for name, row in found.items()}  # type: ignore[attr-defined]
    assert set(shown["photograph"]) == set(ALL) - {"trimmed"}
    assert set(shown["cut-out"]) == set(ALL)
    assert len(thumbnail.squares(found["photograph"]["square"])) == 1  # type: ignore[arg-type]
    assert len(thumbnail.squares(found["cut-out"]["square"])) == 2  # type: ignore[arg-type]


def test_what_shows_nothing_has_no_view_but_the_whole() -> None:
    found = facts()
    assert [row["view"] for row in found["flat"]["views"]] == ["whole"]  # type: ignore[attr-defined]
    assert found["broken"]["views"] is None
    for row in found["placeholder"]["views"]:  # type: ignore[attr-defined]
        assert row["view"] == "whole" or not row["unstable_channels"]


def test_views_are_the_same_in_any_company() -> None:
    alone = facts_of.facts(ITEMS[1:2], facts_of.Options("scaled", MAX_PIXELS, views=ALL))
    assert alone["views"][0] == facts()["cut-out"]["views"]


def test_a_padded_copy_has_a_view_in_common_with_its_original() -> None:
    shown = pictures.photograph(4, 400, 533)
    padded = Image.new("RGB", (460, 633), (250, 250, 245))
    padded.paste(shown, (30, 50))
    items = [("a", pictures.jpeg(shown, 90)), ("b", pictures.jpeg(padded, 75))]
    one, other = facts_of.facts(items, facts_of.Options("scaled", MAX_PIXELS, views=ALL))["views"]
    words = {row["view"]: np.array(row["words"]) for row in other}
    differing = np.unpackbits((np.array(one[0]["words"]) ^ words["trimmed"]).view(np.uint8)).sum()
    assert differing <= 10


def test_an_unknown_view_is_named() -> None:
    with pytest.raises(BadInput, match="view 'left'"):
        facts_of.facts(ITEMS, facts_of.Options("scaled", MAX_PIXELS, views=("whole", "left")))
