"""Every plan is held to its proof: a difference within the threshold leaves one band untouched."""

from itertools import chain, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup_spark.bands.banding import Plan, plan
from dedup_spark.errors import BadInput
from dedup_spark.hashing.bits import WORD

SHAPES = [(3, 100), (1, 100), (1, 64), (1, 256), (4, 64), (2, 150), (3, 341), (1, 1024), (4, 256)]


def positions(mask: tuple[int, ...]) -> list[int]:
    ones = "".join(f"{word % 2**WORD:064b}" for word in mask)
    return [position for position, one in enumerate(ones) if one == "1"]


def number(mask: tuple[int, ...]) -> int:
    """A mask, or a hash, as one integer: the first bit is the most significant."""
    return sum((word % 2**WORD) << WORD * place for place, word in enumerate(reversed(mask)))


def bit(position: int, found: Plan) -> int:
    return 1 << (found.words * WORD - 1 - position)


def test_the_plan_of_the_default_threshold_has_nine_bands_of_33_bits_inside_one_channel_each() -> None:
    found = plan(10)
    assert (len(found.bands), set(found.sizes), found.words) == (9, {33, 34}, 5)
    for band in found.bands:
        assert len({position // 100 for position in positions(band)}) == 1
    assert plan(11).bands == found.bands


def test_the_bits_of_a_channel_are_dealt_in_turn_low_frequencies_first() -> None:
    first, second, third = (set(positions(band)) for band in plan(10).bands[:3])
    zigzag = [0, 1, 10, 20, 11, 2, 3, 12, 21, 30]  # 10 * row + column
    for number, band in enumerate((first, second, third)):
        assert set(zigzag[number::3]) <= band


@pytest.mark.parametrize("t", range(24))
def test_the_parity_plan_needs_no_more_bands_than_equal_shares_or_the_plain_plan(t: int) -> None:
    equal_shares = 3 * (2 * (t // 6) + 1)
    assert len(plan(t).bands) <= min(equal_shares, t + 1)
    assert len(plan(t).bands) == (max(2 * (t // 2) - 1, t // 2 + 1))
    assert len(plan(t, even=False).bands) == t + 1


@given(st.sampled_from(SHAPES), st.data(), st.booleans())
def test_the_bands_share_no_bit_and_leave_none_out(shape: tuple[int, int], data: st.DataObject, even: bool) -> None:
    channels, bits = shape
    found = plan(data.draw(st.integers(0, channels * bits // 5)), channels, bits, even)
    dealt = list(chain.from_iterable(positions(band) for band in found.bands))
    assert sorted(dealt) == list(range(channels * bits))
    assert all(-(2**63) <= word < 2**63 for band in found.bands for word in band)
    assert sorted(chain.from_iterable(positions(mask) for mask in found.channel_masks)) == sorted(dealt)


@pytest.mark.parametrize(("channels", "bits", "even"), [(3, 4, True), (2, 5, True), (1, 9, True), (3, 4, False)])
def test_every_difference_within_the_threshold_leaves_a_band_untouched(channels: int, bits: int, even: bool) -> None:
    for t in range(channels * bits):
        found = plan(t, channels, bits, even)
        bands, masks = [number(band) for band in found.bands], [number(mask) for mask in found.channel_masks]
        for ones in product((0, 1), repeat=channels * bits):
            difference = sum(bit(position, found) for position, one in enumerate(ones) if one)
            allowed = not even or all((difference & mask).bit_count() % 2 == 0 for mask in masks)
            if allowed and difference.bit_count() <= t:
                assert any(difference & band == 0 for band in bands), (t, ones)


@pytest.mark.parametrize(("channels", "bits", "even"), [(3, 4, True), (2, 5, True), (1, 9, True), (3, 3, False)])
def test_a_bucket_is_searched_by_a_plan_that_misses_nothing_in_it(channels: int, bits: int, even: bool) -> None:
    """And a bucket of that plan by another, until no bits are left."""
    for t in range(channels * bits):
        deeper = [found for found in within(plan(t, channels, bits, even)) if found is not None]
        while deeper:
            found = deeper.pop()
            bands, masks = [number(band) for band in found.bands], [number(mask) for mask in found.channel_masks]
            free = [position for position in range(channels * bits) if position not in found.held]
            assert sorted(chain.from_iterable(positions(band) for band in found.bands)) == free
            for ones in product((0, 1), repeat=len(free)):
                difference = sum(bit(position, found) for position, one in zip(free, ones, strict=True) if one)
                allowed = not even or all((difference & mask).bit_count() % 2 == 0 for mask in masks)
                if allowed and difference.bit_count() <= t:
                    assert any(difference & band == 0 for band in bands), (t, ones)
            deeper += [further for further in within(found) if further is not None]


def within(found: Plan) -> list[Plan | None]:
    return [found.within(band) for band in range(len(found.bands))]


def test_a_bucket_of_the_default_plan_is_divided_until_its_bits_are_used_up() -> None:
    found, sizes = plan(10), []
    while (deeper := found.within(0)) is not None:
        sizes.append(min(deeper.sizes))
        found = deeper
    assert sizes[:3] == [22, 14, 9]
    assert plan(10, channels=1, bits=11, even=False).within(0) is None  # 10 bits are left for 11 bands


@given(st.sampled_from(SHAPES), st.data(), st.booleans())
def test_no_difference_within_the_threshold_can_touch_every_band(
    shape: tuple[int, int], data: st.DataObject, even: bool
) -> None:
    """The worst difference: each bit (with `even` each two bits of a channel) touches new bands while there are any."""
    channels, bits = shape
    t = data.draw(st.integers(0, channels * bits // 5), label="t")
    found = plan(t, channels, bits, even)
    untouched = data.draw(st.permutations([positions(band) for band in found.bands]), label="order of the bands")
    difference: set[int] = set()
    while untouched and len(difference) + (2 if even else 1) <= t:
        struck = data.draw(st.sampled_from(untouched.pop()), label="bit")
        difference.add(struck)
        if even:
            channel = range(struck // bits * bits, struck // bits * bits + bits)
            partners = [band for band in untouched if band[0] in channel and band[-1] in channel]
            if partners:
                untouched.remove(partners[-1])
            fresh = partners[-1] if partners else sorted(set(channel) - difference)
            difference.add(data.draw(st.sampled_from(fresh), label="second bit"))
    assert len(difference) <= t
    assert any(difference.isdisjoint(positions(band)) for band in found.bands)


@pytest.mark.parametrize("t", range(4, 24))
def test_one_band_fewer_would_miss_a_pair(t: int) -> None:
    """The tests above can fail: without any one of its bands a plan is broken by a difference of at most t bits."""
    bands = [positions(band) for band in plan(t).bands]
    for missing in range(len(bands)):
        left = [band[0] // 100 for band in bands[:missing] + bands[missing + 1 :]]
        touched = [left.count(channel) for channel in range(3)]  # a bit in each band, and one more to make them even
        assert sum(count + count % 2 for count in touched) <= t


def test_other_orders_of_the_bits_are_dealt_as_they_come() -> None:
    found = plan(2, channels=1, bits=8, order=[7, 6, 5, 4, 3, 2, 1, 0])
    assert [positions(band) for band in found.bands] == [[1, 4, 7], [0, 3, 6], [2, 5]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"max_distance": -1}, "max_distance = -1: must be 0 to 299"),
        ({"max_distance": 300}, "max_distance = 300: must be 0 to 299 for 300 bits"),
        ({"max_distance": 1, "channels": 0}, "0 channels of 100 bits"),
        ({"max_distance": 1, "bits": 0}, "3 channels of 0 bits"),
        ({"max_distance": 1, "bits": 3, "order": [0, 1, 1]}, "each of the 3 positions"),
    ],
)
def test_what_cannot_be_planned_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        plan(**arguments)


def test_a_plan_says_why_nothing_is_missed() -> None:
    assert str(plan(14)).startswith("13 bands of 20 to 34 bits find every pair within 14: ")
    assert str(plan(14)).endswith("at least 6 + 6 + 4 = 16 > 14")
    assert str(plan(0, channels=1)).startswith("1 band of 100 bits find every pair within 0")
