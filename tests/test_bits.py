"""Packed hashes against Python's own whole numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dedup_spark.errors import BadInput
from dedup_spark.hashing import bits

HASH = st.integers(0, 2**300 - 1)


def _bits(*numbers: int) -> NDArray[np.bool_]:
    return np.array([[digit == "1" for digit in f"{number:0300b}"] for number in numbers])


@given(HASH, HASH)
def test_words_are_the_bits_in_order(one: int, other: int) -> None:
    words = bits.pack(_bits(one, other))
    assert words.dtype == np.int64
    for row, number in zip(words.tolist(), (one, other), strict=True):
        assert [word % 2**64 for word in row] == [number << 20 >> 64 * (4 - place) & (2**64 - 1) for place in range(5)]
    assert (bits.unpack(words) == _bits(one, other)).all()


@given(HASH, HASH)
def test_text_is_hex_channel_by_channel(one: int, other: int) -> None:
    words = bits.pack(_bits(one, other))
    digits = [f"{number:075x}" for number in (one, other)]
    texts = ["-".join([text[:25], text[25:50], text[50:]]) for text in digits]
    assert bits.to_text(words) == texts
    assert (bits.from_text(texts) == words).all()
    assert (bits.from_text([text.upper() for text in texts]) == words).all()


@given(HASH, HASH)
def test_distance_counts_differing_bits(one: int, other: int) -> None:
    words = bits.pack(_bits(one, other))
    expected = (one ^ other).bit_count()
    assert bits.distance(words[:1], words[1:]).tolist() == [expected]
    assert bits.distance(words, words[1]).tolist() == [expected, 0]


def test_distance_of_the_most_negative_words() -> None:
    least, minus_one = np.full((1, 5), np.iinfo(np.int64).min), np.full((1, 5), -1)
    assert bits.distance(least, np.zeros_like(least)).tolist() == [5]
    assert bits.distance(minus_one, np.zeros_like(least)).tolist() == [320]
    assert bits.distance(minus_one, least).tolist() == [315]


@pytest.mark.parametrize(("channels", "size"), [(1, 64), (1, 65), (1, 1), (4, 7), (2, 256), (1, 1024)])
def test_other_shapes(channels: int, size: int) -> None:
    ones = np.random.default_rng(channels * size).random((5, channels * size)) < 0.5
    texts = bits.to_text(bits.pack(ones), channels, size)
    assert {len(text) for text in texts} == {channels * -(-size // 4) + channels - 1}
    assert (bits.unpack(bits.from_text(texts, channels, size), channels * size) == ones).all()


def test_nothing_gives_nothing() -> None:
    none = bits.pack(np.zeros((0, 300), dtype=np.bool_))
    assert none.shape == (0, 5)
    assert bits.to_text(none) == []
    assert bits.from_text([]).shape == (0, 5)
    assert bits.distance(none, none).shape == (0,)


@pytest.mark.parametrize("text", ["", "f" * 25, "-".join(["f" * 26] * 3), "-".join(["g" * 25] * 3), "f" * 75])
def test_a_text_that_is_no_hash_is_named(text: str) -> None:
    with pytest.raises(BadInput, match=f"hash '{text}': must be 3 x 25 hex digits"):
        bits.from_text(["-".join(["0" * 25] * 3), text])


def test_a_text_with_bits_too_many_is_no_hash() -> None:
    with pytest.raises(BadInput, match="1 x 2 hex digits"):
        bits.from_text(["ff"], channels=1, bits=7)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (2, 5), (7,)])
def test_an_older_numpy_counts_the_same_ones(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, shape)
    newer = bits.ones(words)
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert np.array_equal(bits.ones(words), newer)
    assert bits.ones(words).shape == shape
