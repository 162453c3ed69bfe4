"""What a way to decode leaves of a picture, whatever kind of file it is in."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from dedup_spark.errors import BadInput
from dedup_spark.hashing import bits, colour_phash
from dedup_spark.images import colour, decode, ways
from tests import pictures

LIMIT = 40_000_000
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("JPEG", {"quality": 92}),
    ("PNG", {}),
    ("WEBP", {"quality": 90}),
    ("BMP", {}),
)
SIZES = ((240, 320), (479, 480), (480, 640), (640, 481), (1021, 1333))
SCALED = ways.find("scaled")
HERE = [ways.find(name) for name in ways.names()]
REDUCING = [way for way in HERE if way.least]


def drawn(width: int, height: int) -> Image.Image:
    """A picture with detail of its own at any size."""
    tile = pictures.photograph(1, 97, 113)
    whole = pictures.photograph(2, width // 4, height // 4).resize((width, height), Image.Resampling.BICUBIC)
    repeated = Image.new("RGB", (width, height))
    for left in range(0, width, tile.width):
        for top in range(0, height, tile.height):
            repeated.paste(tile, (left, top))
    return Image.blend(whole, repeated, 0.3)


def hashes(squares: list[np.ndarray[Any, np.dtype[np.uint8]]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return colour_phash.compute(np.stack(squares)).words()


@pytest.mark.parametrize("way", REDUCING, ids=lambda way: way.name)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_all_kinds_of_file_are_reduced_alike(size: tuple[int, int], way: ways.Way) -> None:
    found = {kind: decode.decode(pictures.saved(drawn(*size), kind, **options), LIMIT, way) for kind, options in KINDS}
    assert {(one.width, one.height) for one in found.values()} == {size}
    factor = way.factor(size)
    assert {one.picture.size for one in found.values()} == {tuple(-(-side // factor) for side in size)}
    assert way.least is not None
    assert way.least <= min(found["PNG"].picture.size) <= 2 * way.least or factor == 1
    words = hashes([decode.square(one.picture, 60, way) for one in found.values()])
    assert bits.distance(words, words[:1]).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_reduced_picture_stands_upright(kind: str, orientation: int) -> None:
    picture = drawn(500, 780)
    upright = decode.decode(pictures.saved(picture, kind), LIMIT, SCALED)
    found = decode.decode(pictures.turned(picture, orientation, kind), LIMIT, SCALED)
    assert (found.width, found.height, found.picture.size) == (500, 780, upright.picture.size)
    away = np.asarray(found.picture).astype(int) - np.asarray(upright.picture)
    assert np.abs(away).mean() < 3


def test_the_largest_are_reduced_by_the_decoder_first_and_by_averages_then() -> None:
    picture = pictures.photograph(3, 241, 247).resize((16 * 241, 16 * 247), Image.Resampling.NEAREST)
    found = [decode.decode(pictures.saved(picture, kind), LIMIT, SCALED).picture for kind in ("JPEG", "BMP")]
    assert [one.size for one in found] == [(241, 247)] * 2
    assert np.abs(np.asarray(found[0]).astype(int) - np.asarray(found[1])).mean() < 2


@pytest.mark.parametrize("way", HERE, ids=lambda way: way.name)
def test_squares_of_all_ways_are_nearly_the_same(way: ways.Way) -> None:
    for size in SIZES:
        file = pictures.jpeg(drawn(*size))
        ours, exact = (
            decode.square(decode.decode(file, LIMIT, each).picture, 60, each)[None] for each in (way, ways.EXACT)
        )
        assert ours.dtype == np.uint8
        assert ours.shape == (1, 60, 60, 3)
        assert colour.difference(colour.signature(ours), colour.signature(exact))[0] < 2
        assert bits.distance(hashes([ours[0]]), hashes([exact[0]]))[0] <= 12


def test_the_notebooks_way_reduces_nothing() -> None:
    picture = drawn(1021, 1333)
    found = decode.decode(pictures.saved(picture, "PNG"), LIMIT)
    assert (np.asarray(found.picture) == np.asarray(picture)).all()
    assert (decode.square(picture, 60) == np.asarray(picture.resize((60, 60), Image.Resampling.LANCZOS))).all()


def test_versions_are_unlike() -> None:
    assert len({way.version for way in ways.WAYS}) == len({way.name for way in ways.WAYS}) == len(ways.WAYS)


def test_a_way_whose_package_is_missing_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "find_spec", lambda package: None if package == "cykooz_resizer" else object())
    assert ways.names() == ["exact", "scaled"]
    with pytest.raises(BadInput, match=r"decode 'simd' needs cykooz-resizer: pip install 'dedup-spark\[simd\]'"):
        ways.find("simd")


@pytest.mark.skipif("simd" not in ways.names(), reason="needs cykooz-resizer (dedup-spark[simd])")
def test_simd_gives_the_same_bytes_on_every_instruction_set() -> None:
    from cykooz_resizer import CpuExtensions

    way, picture = ways.find("simd"), drawn(481, 641)
    resizer, _ = ways._resizer()
    best = resizer.cpu_extensions
    expected = way.square(picture, 60)
    try:
        for extension in (CpuExtensions.none, CpuExtensions.sse4_1, best):
            resizer.cpu_extensions = extension
            assert (way.square(picture, 60) == expected).all()
    finally:
        resizer.cpu_extensions = best
