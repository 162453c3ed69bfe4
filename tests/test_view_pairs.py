"""What met decides which pixels are compared: the content, its part, the turned picture, and nothing beside it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from dedup_spark import settings as settings_of
from dedup_spark.comparing import view_pairs
from dedup_spark.comparing.aligning import SIDE, Part, aligned
from dedup_spark.comparing.verdict import Limits
from dedup_spark.comparing.views import Shown, judge, order, words
from dedup_spark.errors import BadInput
from dedup_spark.images import thumbnail
from dedup_spark.images.cells import cells
from dedup_spark.images.views import TURNS, VIEWS
from dedup_spark.settings import load
from tests import pictures

LIMITS = Limits(10, 5.5, max_differing_area=0.0005)
SHOWN = pictures.photograph(8, 400, 533)


def square(picture: Image.Image) -> np.ndarray:
    return cells(picture).square(60)


def shown(view: str, picture: Image.Image, size: tuple[int, int] | None = None) -> Shown:
    return Shown(view, thumbnail.lossless(square(picture)), size=size or picture.size)


@given(st.tuples(*[st.integers(-6, 6)] * 4))
@settings(max_examples=25, deadline=None)
def test_aligned_squares_differ_less_than_a_grey_level_or_two(cut: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = (max(0, side) for side in cut)
    part = SHOWN.crop((left, top, SHOWN.width - right, SHOWN.height - bottom))
    ours, theirs = aligned(Part(square(SHOWN)), Part(square(part)))
    assert ours.shape == theirs.shape == (SIDE, SIDE, 3)
    assert np.abs(ours.astype(int) - theirs.astype(int)).mean() < 2


def test_a_part_of_one_is_the_whole_of_the_other() -> None:
    cropped = SHOWN.crop((8, 11, 392, 522))
    found = judge([shown("crop_20", SHOWN)], [shown("whole", cropped)], LIMITS)
    assert (found.verdict[0], found.reason[0], found.area[0]) == ("duplicate", "view", 0)


def test_a_turned_picture_is_for_people() -> None:
    pair = [shown("mirrored", SHOWN)], [shown("whole", ImageOps.mirror(SHOWN))]
    assert judge(*pair, LIMITS).verdict[0] == "duplicate"
    assert judge(*pair, LIMITS, load().views.review).verdict[0] == "review"
    on_its_side = [shown("rotated_90", SHOWN)], [shown("whole", SHOWN.transpose(Image.Transpose.ROTATE_90))]
    assert judge(*on_its_side, LIMITS).reason[0] == "view"


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        (shown("crop_20", SHOWN), shown("whole", pictures.photograph(9, 400, 533)), "colour"),
        (shown("crop_20", SHOWN), Shown("whole", None, size=(400, 533)), "unseen"),
        (shown("crop_20", SHOWN), shown("whole", SHOWN, (400, 700)), "shape"),
    ],
)
def test_why_not(left: Shown, right: Shown, reason: str) -> None:
    assert judge([left], [right], LIMITS).reason.tolist() == judge([right], [left], LIMITS).reason.tolist() == [reason]


def test_the_plainer_of_two_view_pairs_is_the_better() -> None:
    assert order(4, "trimmed", "whole") < order(4, "crop_5", "whole") < order(4, "crop_5", "crop_20")
    assert order(2, "crop_5", "crop_20") < order(8, "trimmed", "whole")


def test_one_view_on_both_sides_says_nothing_but_of_the_content() -> None:
    names = view_pairs.of(load().views).names()
    assert ("trimmed", "trimmed") in names
    assert not {(view, view) for view in VIEWS} & {*names} - {("trimmed", "trimmed")}
    assert {("mirrored", "whole"), ("crop_5", "crop_45"), ("left_5", "left_30")} <= {*names}
    assert not {("mirrored", "rotated_90"), ("crop_5", "left_5"), ("left_5", "top_5")} & {*names}


def test_whatever_met_can_be_said() -> None:
    for view in VIEWS:
        assert words(shown(view, SHOWN), shown("whole", SHOWN)).startswith("same picture")
    assert words(shown("rotated_90", SHOWN), shown("whole", SHOWN)) == "same picture, rotated by 90°"


def test_views_of_the_settings() -> None:
    described = set(load().views.stored)
    for setting in ("stored", "probe", "against", "review"):
        assert settings_of.described()["views"][setting]["choices"] == list(VIEWS)
    assert set(load().views.review) == set(TURNS)
    pairs = view_pairs.of(load().views)
    probe, against = pairs.probe, pairs.against
    assert set(probe) == described
    assert set(against) == described - set(TURNS)
    assert load(overrides=['views.stored=["whole"]', "views.review=[]"]).views.stored == ("whole",)
    for wrong in ('views.stored=["trimmed"]', 'views.probe=["mirrored_90"]', 'views.against=["all"]'):
        with pytest.raises(BadInput, match="views"):
            load(overrides=[wrong])
