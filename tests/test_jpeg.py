"""A JPEG has the same pixels, or the same status, whoever decodes it."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from dedup_spark.errors import BadImage
from dedup_spark.images import decode, jpeg, ways
from tests import pictures

LIMIT = 40_000_000
SIZES = ((1, 1), (7, 9), (16, 16), (17, 33), (240, 320), (481, 641))
EXACT, SCALED = ways.EXACT, ways.find("scaled")
needs_simplejpeg = pytest.mark.skipif(jpeg.decode_jpeg is None, reason="needs simplejpeg (dedup-spark[fast])")


def files() -> Iterator[tuple[str, bytes]]:
    """JPEGs of every kind that an encoder makes."""
    for width, height in SIZES:
        picture = pictures.photograph(1, width, height)
        for quality in (10, 75, 100):
            for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
                for progressive in (False, True):
                    name = f"{width} x {height}, {quality}, {subsampling}, progressive {progressive}"
                    yield (
                        name,
                        pictures.jpeg(picture, quality, subsampling=subsampling, progressive=progressive),
                    )
    picture = pictures.photograph(2, 490, 500)
    yield "restart markers", pictures.jpeg(picture, 85, restart_marker_blocks=3)
    yield "optimized", pictures.jpeg(picture, 85, optimize=True)
    yield "RGB inside", pictures.jpeg(picture, 85, keep_rgb=True)
    yield "grey", pictures.jpeg(picture.convert("L"))
    yield "CMYK", pictures.jpeg(picture.convert("CMYK"))
    yield "several pictures", pictures.saved(picture, "MPO", save_all=True, append_images=[picture])
    for orientation in range(1, 9):
        yield f"turned {orientation}", pictures.turned(picture, orientation)


def outcome(file: bytes, way: ways.Way) -> tuple[str, str, bytes]:
    """The status, what is said of it, the pixels."""
    try:
        found = decode.decode(file, LIMIT, way)
    except BadImage as bad:
        return bad.status, bad.detail, b""
    return "ok", f"{found.width} x {found.height}, {found.picture.size}", found.picture.tobytes()


def same(file: bytes, way: ways.Way, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether both decoders say the same of these bytes."""
    found = outcome(file, way)
    with monkeypatch.context() as without:
        without.setattr(jpeg, "decode_jpeg", None)
        return outcome(file, way) == found


@needs_simplejpeg
@pytest.mark.parametrize("way", [EXACT, SCALED], ids=lambda way: way.name)
def test_pixels_do_not_depend_on_the_decoder(way: ways.Way, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [name for name, file in files() if not same(file, way, monkeypatch)] == []


@needs_simplejpeg
@pytest.mark.parametrize("subsampling", ["411", "440", "444", "422", "420", "Gray"])
def test_nor_on_how_colours_are_sampled(subsampling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import simplejpeg

    for width, height in SIZES:
        pixels = np.ascontiguousarray(pictures.photograph(3, width, height))
        for quality in (30, 95):
            file = simplejpeg.encode_jpeg(pixels, quality, colorsubsampling=subsampling)
            for way in (EXACT, SCALED):
                assert same(file, way, monkeypatch), (width, height, quality, way.name)


@needs_simplejpeg
@pytest.mark.parametrize("progressive", [False, True])
def test_nor_does_what_is_broken(progressive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    file = pictures.jpeg(pictures.photograph(4, 120, 160), progressive=progressive)
    for round_ in range(300):
        wrong = bytearray(file)
        start = 0 if round_ % 3 else 600  # in the headers, and behind them
        for at in random.integers(start, len(file), random.integers(1, 6)):
            wrong[at] = random.integers(0, 256)
        assert same(bytes(wrong), EXACT, monkeypatch), round_
    for length in range(2, len(file), len(file) // 60):
        assert same(file[:length], EXACT, monkeypatch)
        assert same(file[:length] + b"\xff\xd9", EXACT, monkeypatch)  # ends in its middle


@needs_simplejpeg
def test_a_plain_jpeg_is_decoded_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jpeg, "_plain", lambda data, size: Image.new("RGB", size, (1, 2, 3)))
    found = decode.decode(pictures.jpeg(pictures.photograph(1)), LIMIT)
    assert found.picture.getpixel((0, 0)) == (1, 2, 3)


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_sides_are_rounded_up(factor: int) -> None:
    for size in ((240, 320), (241, 327), (17, 8)):
        data = pictures.jpeg(pictures.photograph(1, *size))
        loaded = jpeg.load(Image.open(io.BytesIO(data)), data, factor)
        assert loaded.size == tuple(-(-side // factor) for side in size)
