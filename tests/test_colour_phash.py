"""The colour pHash against golden values, the notebook's definition written out anew, and its own copies."""

import csv
import io
import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dedup_spark.errors import BadInput
from dedup_spark.hashing import bits, colour_phash, hasher
from dedup_spark.images import decode
from tests import pictures

SHARED = Path(__file__).parents[2] / "shared" / "data"
SHAPES = ((240, 320), (320, 240), (60, 60), (61, 59), (30, 45), (400, 90), (37, 203), (1, 77), (500, 500))


def squares(*shown: Image.Image) -> NDArray[np.uint8]:
    return np.stack([decode.square(decode.shown(picture), colour_phash.SIDE) for picture in shown])


def texts(*shown: Image.Image) -> list[str]:
    return bits.to_text(colour_phash.compute(squares(*shown)).words())


def drawn() -> list[tuple[str, Image.Image]]:
    """Some hundreds of pictures of every kind, shape and mode."""
    many = [(f"product {seed}", pictures.product(seed, *SHAPES[seed % len(SHAPES)])) for seed in range(150)]
    many += [(f"photograph {seed}", pictures.photograph(seed, *SHAPES[seed % len(SHAPES)])) for seed in range(150)]
    many += [(f"cut-out {seed}", pictures.cut_out(seed, seed % 3)) for seed in range(30)]
    many += [(f"grey {seed}", pictures.product(seed).convert("L")) for seed in range(20)]
    many += [(f"see-through {seed}", pictures.see_through(seed)) for seed in range(30)]
    many += list(pictures.modes())
    return [
        *many,
        ("placeholder", pictures.placeholder()),
        ("square", pictures.centred_square()),
        ("flat", pictures.flat()),
    ]


COSINES = np.array([[2 * math.cos(math.pi * k * (2 * n + 1) / 120) for n in range(60)] for k in range(10)])


def second_version(square: NDArray[np.uint8]) -> str:
    """The hash from its definition: sums of cosines, a sorted list, one digit after the other. No scipy."""
    channels = []
    for channel in range(3):
        low: list[float] = (COSINES @ square[..., channel].astype(np.float64) @ COSINES.T).ravel().tolist()
        middle = sorted(low)[49:51]
        ones = ["1" if value > sum(middle) / 2 else "0" for value in low]
        channels.append("".join(f"{int(''.join(ones[at : at + 4]), 2):x}" for at in range(0, 100, 4)))
    return "-".join(channels)


@cache
def all_drawn() -> tuple[list[str], NDArray[np.uint8]]:
    names, shown = zip(*drawn(), strict=True)
    return list(names), squares(*shown)


def test_a_second_version_agrees_wherever_the_hash_is_no_coin_toss() -> None:
    """Unstable channels are left out: of equal coefficients, rounding decides which is larger, and it may."""
    compared = 0
    names, stacked = all_drawn()
    hashes = colour_phash.compute(stacked)
    ours = bits.to_text(hashes.words())
    for name, square, text, unstable in zip(names, stacked, ours, hashes.unstable_channels.tolist(), strict=True):
        theirs = second_version(square).split("-")
        for channel, (one, other) in enumerate(zip(text.split("-"), theirs, strict=True)):
            if not unstable >> channel & 1:
                assert one == other, (name, channel)
                compared += 1
    assert len(names) >= 390
    assert compared >= 0.85 * 3 * len(names)


def test_any_batch_gives_the_same_bits() -> None:
    shown = squares(*(pictures.product(seed, 90, 120) for seed in range(65)), pictures.placeholder(), pictures.flat())
    whole = colour_phash.compute(shown)
    for size in (1, 2, 7, 64, 66):
        parts = [colour_phash.compute(shown[at : at + size]) for at in range(0, len(shown), size)]
        assert (np.concatenate([part.bits for part in parts]) == whole.bits).all()
        assert (np.concatenate([part.unstable_channels for part in parts]) == whole.unstable_channels).all()
    nothing = colour_phash.compute(shown[:0])
    assert (nothing.bits.shape, nothing.unstable_channels.shape) == ((0, 300), (0,))


def test_golden_hashes_of_drawn_pictures() -> None:
    golden = json.loads((Path(__file__).parent / "golden" / "drawn.json").read_text("utf-8"))
    shown = {f"product {seed}": pictures.product(seed) for seed in range(12)}
    shown |= {f"photograph {seed}": pictures.photograph(seed) for seed in range(12)}
    shown |= {f"mode {mode}": picture for mode, picture in pictures.modes() if mode != "PA"}  # Pillows draw it unlike
    assert dict(zip(shown, texts(*shown.values()), strict=True)) == golden


def test_a_channel_has_fifty_ones_or_is_unstable() -> None:
    hashes = colour_phash.compute(all_drawn()[1])
    ones = hashes.bits.reshape(-1, 3, 100).sum(axis=2)
    unstable = np.unpackbits(hashes.unstable_channels[:, None], axis=1, bitorder="little")[:, :3] == 1
    assert (unstable | (ones == 50)).all()


def test_a_channel_without_fifty_ones_is_unstable_however_wide_it_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = np.arange(300.0).reshape(1, 3, 100) * 1000
    wide[0, 1, 50] = wide[0, 1, 49]  # the middle two are equal, nothing else is near
    monkeypatch.setattr(colour_phash, "low_frequencies", lambda _: wide)
    hashes = colour_phash.compute(np.zeros((1, 60, 60, 3), dtype=np.uint8))
    assert hashes.bits.reshape(3, 100).sum(axis=1).tolist() == [50, 49, 50]
    assert hashes.unstable_channels.tolist() == [2]


@pytest.mark.parametrize(
    ("picture", "mask"),
    [
        (pictures.placeholder(), 7),
        (pictures.placeholder(301, 200), 7),
        (pictures.centred_square(), 7),
        (pictures.centred_square(101, (200, 30, 30)), 7),
        (pictures.flat(), 7),
        (pictures.flat((255, 255, 255)), 7),
        (pictures.cut_out(1, 0), 1),
        (pictures.cut_out(2, 1), 2),
        (pictures.cut_out(3, 2), 4),
        (pictures.cut_out(4, None), 0),
        (pictures.product(5), 0),
        (pictures.photograph(5), 0),
    ],
)
def test_coin_tosses_are_flagged_by_channel(picture: Image.Image, mask: int) -> None:
    assert colour_phash.compute(squares(picture)).unstable_channels.tolist() == [mask]


def test_equal_coefficients_are_not_above_the_median() -> None:
    black, white = texts(pictures.flat((0, 0, 0)), pictures.flat((255, 255, 255)))
    assert black == "-".join(["0" * 25] * 3)
    assert white == "-".join(["8" + "0" * 24] * 3)


def test_copies_of_what_is_not_flagged_are_near() -> None:
    """Product by product: every copy within 10 bits, and none flagged; of a coin toss some copy is beyond."""
    for seed in range(25):
        picture = pictures.product(seed)
        files = [Image.open(io.BytesIO(file)) for file in pictures.copies(picture).values()]
        hashes = colour_phash.compute(squares(picture, *files))
        assert not hashes.unstable_channels.any(), seed
        assert bits.distance(hashes.words(), hashes.words()[0]).max() <= 10, seed
    for picture in (pictures.placeholder(), pictures.centred_square(), pictures.cut_out(6)):
        files = [Image.open(io.BytesIO(file)) for file in pictures.copies(picture).values()]
        hashes = colour_phash.compute(squares(picture, *files))
        assert bits.distance(hashes.words(), hashes.words()[0]).max() > 10
        assert hashes.unstable_channels.all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photographs of ../shared/data")
def test_almost_no_photograph_is_flagged() -> None:
    with (SHARED / "clothing_reference.csv").open() as file:
        rows = list(csv.DictReader(file))[::10]
    shown = squares(*(Image.open(SHARED / "clothing" / row["image"]) for row in rows))
    hashes = colour_phash.compute(shown)
    assert bits.to_text(hashes.words()) == [row["phash"] for row in rows]
    assert np.count_nonzero(hashes.unstable_channels) <= 1


def test_a_hasher_declares_what_it_makes() -> None:
    for chosen in (hasher.find("colour_phash"),):
        shown = np.zeros((2, chosen.SIDE, chosen.SIDE, 3), dtype=np.uint8)
        assert chosen.compute(shown).bits.shape == (2, chosen.CHANNELS * chosen.BITS)
    with pytest.raises(BadInput, match="hasher 'phash': must be one of colour_phash"):
        hasher.find("phash")
