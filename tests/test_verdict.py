"""Two offers that a person would keep apart are never merged: what passes, what is vetoed, and why."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from dedup_spark.comparing.verdict import CHANNEL_BITS, CHANNELS, Compared, Features, Limits, compare
from dedup_spark.hashing import bits, colour_phash
from dedup_spark.images import colour
from dedup_spark.images.decode import decode, square
from dedup_spark.settings import load
from tests import pictures

SHARED = Path(__file__).parents[2] / "shared" / "data"
MAX_PIXELS = 40_000_000
DEFAULTS = load()
LIMITS = Limits(DEFAULTS.candidate_pairs.max_distance, DEFAULTS.duplicate_pairs.max_colour_difference)
R, G, B = 1, 2, 4


def hashed(*differing: int) -> NDArray[np.int64]:
    """A hash whose R, G, B have this many leading ones."""
    ones = np.zeros((1, CHANNELS, CHANNEL_BITS), dtype=np.bool_)
    for channel, count in enumerate(differing):
        ones[0, channel, :count] = True
    return bits.pack(ones.reshape(1, -1))


def features(words: NDArray[np.int64], grey: int = 100, unstable: int = 0) -> Features:
    signature = colour.signature(np.full((1, 60, 60, 3), grey, dtype=np.uint8))
    return Features(words, signature, np.array([unstable], dtype=np.uint8))


def seen(files: Sequence[bytes]) -> Features:
    """What the flow knows of these files."""
    squares = np.stack([square(decode(file, MAX_PIXELS).picture, colour_phash.SIDE) for file in files])
    hashes = colour_phash.compute(squares)
    return Features(hashes.words(), colour.signature(squares), hashes.unstable_channels)


def against(original: bytes, files: Sequence[bytes], limits: Limits = LIMITS) -> Compared:
    return compare(seen([original] * len(files)), seen(files), limits)


@pytest.mark.parametrize(
    ("left", "right", "verdict", "reason"),
    [
        (features(hashed(0)), features(hashed(0)), "duplicate", "same hash"),
        (features(hashed(0)), features(hashed(4, 4, 2)), "duplicate", "near"),
        (features(hashed(0)), features(hashed(4, 4, 4)), "vetoed", "distance"),
        (features(hashed(0)), features(hashed(0), grey=115), "vetoed", "colour"),
        (features(hashed(0)), features(hashed(4), grey=115), "vetoed", "colour"),
        (features(hashed(0)), features(hashed(12), grey=115), "vetoed", "distance"),
        (features(hashed(0), unstable=R), features(hashed(60), unstable=R), "duplicate", "fallback"),
        (features(hashed(0), unstable=R), features(hashed(60)), "duplicate", "fallback"),
        (features(hashed(0), unstable=R), features(hashed(0)), "duplicate", "fallback"),
        (features(hashed(0), unstable=R), features(hashed(60, 4, 4)), "duplicate", "fallback"),
        (features(hashed(0), unstable=R), features(hashed(0, 6, 4)), "vetoed", "distance"),
        (features(hashed(0), unstable=R), features(hashed(60), grey=115), "vetoed", "colour"),
        (features(hashed(0), unstable=R), features(hashed(9, 9, 4), unstable=G), "duplicate", "fallback"),
        (features(hashed(0), unstable=R), features(hashed(0, 0, 6), unstable=G), "vetoed", "distance"),
        (features(hashed(0), unstable=R), features(hashed(0), unstable=G | B), "vetoed", "no stable channel"),
        (features(hashed(0), unstable=R | G | B), features(hashed(0)), "vetoed", "no stable channel"),
    ],
)
def test_each_reason(left: Features, right: Features, verdict: str, reason: str) -> None:
    for one, other in ((left, right), (right, left)):
        found = compare(one, other, LIMITS)
        assert (found.verdict[0], found.reason[0]) == (verdict, reason)
        assert found.distance[0] == bits.distance(left.words, right.words)[0]


def test_a_keeper_may_be_twice_as_far_but_no_fallback() -> None:
    keeper = LIMITS.at_keeper()
    assert compare(features(hashed(0)), features(hashed(10, 10)), keeper).reason[0] == "near"
    assert compare(features(hashed(0)), features(hashed(10, 12)), keeper).reason[0] == "distance"
    assert compare(features(hashed(0)), features(hashed(0), grey=115), keeper).reason[0] == "colour"
    assert compare(features(hashed(0), unstable=R), features(hashed(0, 6, 4)), keeper).reason[0] == "distance"
    assert keeper.at_keeper().stable_distance().tolist() == LIMITS.stable_distance().tolist()


WORDS = st.lists(st.integers(0, 2**300 - 1), min_size=2, max_size=2)


@given(WORDS, st.integers(0, 7), st.integers(0, 7), st.integers(0, 150), st.integers(0, 23), st.booleans())
def test_a_second_version_agrees(
    values: list[int], left: int, right: int, kept: int, max_distance: int, at_keeper: bool
) -> None:
    """The same in whole numbers of Python; most of the second hash is taken from the first, so that some pass."""
    one, two = values[0], values[0] ^ (values[1] & ((1 << kept) - 1) & (values[1] >> 150))
    words = [bits.pack(np.array([[text == "1" for text in f"{value:0300b}"]])) for value in (one, two)]
    limits = Limits(max_distance, LIMITS.max_colour_difference)
    found = compare(
        features(words[0], unstable=left),
        features(words[1], unstable=right),
        limits.at_keeper() if at_keeper else limits,
    )
    differing = [f"{one ^ two:0300b}"[start : start + 100].count("1") for start in (0, 100, 200)]
    stable = [channel for channel in range(3) if not (left | right) >> channel & 1]
    if len(stable) == 3:
        passes = sum(differing) <= max_distance * (2 if at_keeper else 1)
    else:
        share = -(-max_distance * len(stable) // 3)
        passes = bool(stable) and sum(differing[channel] for channel in stable) <= share + share % 2
    assert (found.verdict[0] == "duplicate") == passes
    assert found.distance[0] == sum(differing)


def test_copies_pass() -> None:
    verdicts: list[str] = []
    for seed in range(12):
        for original in (pictures.photograph(seed), pictures.product(seed)):
            found = against(pictures.jpeg(original), list(pictures.copies(original).values()))
            assert "colour" not in found.reason
            verdicts += found.verdict.tolist()
    assert verdicts.count("duplicate") >= 0.98 * len(verdicts)


def test_darker_copies_of_equal_hash_are_vetoed() -> None:
    equal = 0
    for seed in range(20):
        original = pictures.photograph(seed)
        darker = [pictures.jpeg(ImageEnhance.Brightness(original).enhance(light)) for light in (0.85, 0.7, 0.5)]
        found = against(pictures.jpeg(original), darker)
        equal += int((found.distance == 0).sum())
        assert (found.verdict == "vetoed").all()
    assert equal >= 10  # else this test proves nothing


def test_recoloured_copies_are_vetoed() -> None:
    for seed in range(20):
        red, green, blue = pictures.product(seed).split()
        found = against(
            pictures.jpeg(pictures.product(seed)),
            [pictures.jpeg(Image.merge("RGB", channels)) for channels in ((blue, green, red), (green, green, green))],
        )
        assert (found.verdict == "vetoed").all()


@pytest.mark.parametrize("saturated", [0, 1, 2])
def test_copies_of_a_saturated_cut_out_are_found_by_the_fallback(saturated: int) -> None:
    drawn = [pictures.cut_out(seed, saturated) for seed in range(8)]
    files = [pictures.jpeg(picture) for picture in drawn]
    for picture, file in zip(drawn, files, strict=True):
        found = against(file, list(pictures.copies(picture).values()))
        assert (found.reason == "fallback").all(), found.reason
        assert (against(file, [other for other in files if other != file]).verdict == "vetoed").all()


def test_copies_of_a_symmetric_placeholder_are_not_duplicates() -> None:
    original = pictures.placeholder()
    found = against(pictures.jpeg(original), list(pictures.copies(original).values()))
    assert (found.reason == "no stable channel").all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photographs of ../shared/data")
def test_ladders_of_light_end_apart() -> None:
    """15 steps of 3 % less light: each step passes, the ends must not, not even against a keeper."""
    photographs = sorted((SHARED / "clothing").rglob("*.jpg"))[:: 3068 // 20]
    for path in photographs:
        rung = Image.open(path)
        rungs = [pictures.jpeg(ImageEnhance.Brightness(rung).enhance(0.97**step)) for step in range(16)]
        found = seen(rungs)
        lower = Features(found.words[1:], found.colour_signature[1:], found.unstable_channels[1:])
        upper = Features(found.words[:-1], found.colour_signature[:-1], found.unstable_channels[:-1])
        assert (compare(upper, lower, LIMITS).verdict == "duplicate").mean() > 0.8
        assert against(rungs[0], rungs[-1:], LIMITS.at_keeper()).reason[0] == "colour"


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_left_and_right_are_equal_before_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    sides = [
        Features(
            bits.pack(random.random((20, 300)) < 0.02),
            np.full((20, colour.BYTES), 100, dtype=np.uint8),
            random.choice(np.array([0, 0, 1, 2, 5, 7], dtype=np.uint8), 20),
        )
        for _ in range(2)
    ]
    there, back = compare(sides[0], sides[1], LIMITS), compare(sides[1], sides[0], LIMITS)
    assert there.reason.tolist() == back.reason.tolist()
    assert there.colour_difference.tolist() == back.colour_difference.tolist()
