"""Views are tried where whole pictures are strangers, the nearest first, and what their squares show has the word."""

import numpy as np
import pytest
from numpy.typing import NDArray

from dedup_spark.comparing.verdict import Features, Limits, OfViews
from dedup_spark.comparing.view_pairs import ViewPairs
from dedup_spark.comparing.view_verdict import First, Looked, ViewPair, compare, look_again, near
from tests.tables_of import packed, signature

STORED = ("whole", "trimmed", "crop_5", "mirrored")
VIEWS = ViewPairs(STORED, ("whole", "trimmed"), STORED, ("mirrored",))
LIMITS = Limits(10, 5.0, views=VIEWS, max_differing_area=0.0005)
FAR = 0xFFFF


def pictures(*views: list[tuple[int, int]], usable: int = 0b1111) -> Features:
    """Pictures by the first word of the hash and the grey of each view, the whole one first."""
    words = np.array([[[word, 0, 0, 0, 0] for word, _ in one] for one in views], np.int64)
    greys = np.stack([np.stack([signature(grey) for _, grey in one]) for one in views])
    stable = np.zeros(len(views), np.uint8)
    return Features(words[:, 0], greys[:, 0], stable, OfViews(words, np.full(len(views), usable)))


def square(grey: int, patch: int = 0) -> bytes:
    pixels: NDArray[np.uint8] = np.full((60, 60, 3), grey, np.uint8)
    pixels[20 : 20 + patch, 20 : 20 + patch] = 255 - grey
    return packed(pixels)


ONE = pictures([(0, 100), (FAR << 16, 100), (FAR << 32, 100), (FAR << 47, 100)])
STRANGE = [(-1, 100), (0x0F0F0F0F0F0F0F0F, 100), (0x3333333333333333, 100), (0x5555555555555555, 100)]


def met(*views: tuple[int, int], usable: int = 0b1111, limits: Limits = LIMITS) -> First:
    return compare(ONE, pictures(list(views), usable=usable), limits).first(0)


def test_the_best_view_pair_may_know_better_where_it_is_nearer() -> None:
    """A part of a content stands back by two bits, and what is for people to judge behind all others."""
    assert met((-1, 100), (0b1111, 100), (0b11, 100), (0, 100)).by_views == ("whole", "trimmed", 4)
    assert met((-1, 100), (0b11111, 100), (0b11, 100), (0, 100)).by_views == ("whole", "crop_5", 2)
    assert met((-1, 100), STRANGE[1], STRANGE[2], (0, 100)).by_views == ("whole", "mirrored", 0)
    assert met((0b1, 100), (0b1111, 100), (0b11, 100), (0b11, 100)).by_views is None


def test_only_the_view_pairs_of_the_settings_meet() -> None:
    """A crop says nothing by itself; and a view that shows nothing meets none."""
    crops = [STRANGE[0], STRANGE[1], (FAR << 32, 100), STRANGE[3]]
    assert met(*crops).by_views is None
    assert met(STRANGE[0], (0, 100), STRANGE[2], STRANGE[3], usable=0b1101).by_views is None
    assert near(ONE, pictures(STRANGE, crops), LIMITS).tolist() == [False, False]
    assert near(ONE, pictures([*STRANGE[:1], (0, 100), *STRANGE[2:]]), LIMITS).tolist() == [True]


def test_without_views_it_is_the_verdict_on_whole_pictures() -> None:
    found = met((-1, 100), (0, 100), (0, 100), (0, 100), limits=LIMITS.of_whole())
    assert (found.reason, found.by_views) == ("distance", None)


def test_a_keeper_is_no_nearer_by_views() -> None:
    """Twice the distance is for whole pictures."""
    twelve = (1 << 12) - 1
    assert met((-1, 100), (twelve, 100), STRANGE[2], STRANGE[3], limits=LIMITS.at_keeper()).by_views is None


def looked(first: First, left: bytes | None, right: bytes | None) -> Looked:
    (found,) = look_again([first], [left], [right], LIMITS)
    return found


@pytest.mark.parametrize(
    ("other", "verdict", "reason", "colours"),
    [
        (square(100), "duplicate", "same picture, 0.5 % cut off at each side", 0),
        (square(130), "vetoed", "colour", 11),
        (square(100, 30), "vetoed", "colour", 20),
        (None, "review", "unseen", 0),
    ],
)
def test_the_squares_of_views_are_compared_in_colour_and_area(
    other: bytes | None, verdict: str, reason: str, colours: float
) -> None:
    stranger = First(150, 0.0, "vetoed", "distance", ViewPair("whole", "crop_5", 2))
    found = looked(stranger, square(100), other)
    assert (found.verdict, found.reason, found.right_view, found.distance) == (verdict, reason, "crop_5", 2)
    assert colours <= found.colour_difference < 60


def test_whole_pictures_that_pass_are_one_whatever_views_say() -> None:
    found = looked(First(4, 0.0, "duplicate", "near", ViewPair("whole", "mirrored", 0)), square(100), square(100))
    assert (found.verdict, found.reason, found.right_view) == ("duplicate", "near", "whole")


@pytest.mark.parametrize(("verdict", "reason"), [("duplicate", "near"), ("vetoed", "colour")])
def test_whole_pictures_that_are_vetoed_have_the_word_unless_views_pass(verdict: str, reason: str) -> None:
    """Pictures of another patch: the area, or before it the colours, are refused, and so are the views."""
    first = First(4, 1.0, verdict, reason, ViewPair("whole", "crop_5", 2))
    found = looked(first, square(100), square(100, 30))
    assert (found.verdict, found.reason, found.right_view) == ("vetoed", {"near": "area"}.get(reason, reason), "whole")
    assert looked(first._replace(verdict="vetoed"), square(100), square(100)).reason.endswith("cut off at each side")


def test_what_meets_turned_is_for_people() -> None:
    half: NDArray[np.uint8] = np.full((60, 60, 3), 200, np.uint8)
    half[:, :30] = 90
    stranger = First(150, 0.0, "vetoed", "distance", ViewPair("whole", "mirrored", 0))
    found = looked(stranger, packed(half), packed(half[:, ::-1]))
    assert (found.verdict, found.reason) == ("review", "same picture, mirrored")
