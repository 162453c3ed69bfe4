"""Pictures as a viewer shows them, and a status for everything else."""

import io
import warnings
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import PIL
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from dedup_spark.errors import IMAGE_STATUSES, BadImage
from dedup_spark.images import decode
from tests import pictures

LIMIT = 40_000_000
UNUSABLE = pictures.unusable()
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def pixels(picture: Image.Image) -> NDArray[np.int64]:
    return np.asarray(picture).astype(np.int64)


def look(file: bytes) -> NDArray[np.int64]:
    decoded = decode.decode(file, LIMIT)
    assert decoded.picture.mode == "RGB"
    assert decoded.picture.size == (decoded.width, decoded.height)
    return pixels(decoded.picture)


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_is_no_picture_gets_its_status(name: str) -> None:
    file, status, word = UNUSABLE[name]
    with pytest.raises(BadImage) as bad:
        decode.decode(file, LIMIT)
    assert (bad.value.status, word in bad.value.detail) == (status, True), bad.value.detail
    assert status in IMAGE_STATUSES
    assert " at 0x" not in bad.value.detail  # the same bytes, the same words


@pytest.mark.parametrize("kind", KINDS)
def test_no_part_of_a_file_is_rescued(kind: str) -> None:
    file = pictures.saved(pictures.product(1, 60, 80), kind)
    for length in {*range(4, 40), *range(40, len(file), len(file) // 40), *range(len(file) - 15, len(file))}:
        with pytest.raises(BadImage) as bad:
            decode.decode(file[:length], LIMIT)
        assert bad.value.status == "truncated" or length < 18, bad.value  # a BMP shows itself in byte 18


def test_nor_where_another_library_has_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for kind in KINDS:
        file = pictures.saved(pictures.product(1, 60, 80), kind)
        with pytest.raises(BadImage, match="truncated"):
            decode.decode(file[: len(file) // 2], LIMIT)
    whole_but_garbled = _png(bytes([0, 0, 0, 2, 0, 0, 0, 9, 8, 0, 0, 0, 0]), zlib.compress(b"")[:2] + b"\xff" * 9)
    with pytest.raises(BadImage, match="corrupt"):
        decode.decode(whole_but_garbled, LIMIT)
    assert ImageFile.LOAD_TRUNCATED_IMAGES  # it is theirs


@pytest.mark.parametrize("kind", KINDS)
def test_any_bytes_give_a_picture_or_a_status(kind: str) -> None:
    random = np.random.default_rng(0)
    file = pictures.saved(pictures.product(2, 40, 50), kind)
    for _ in range(150):
        wrong = bytearray(file)
        for at in random.integers(0, len(file), random.integers(1, 6)):
            wrong[at] = random.integers(0, 256)
        with suppress(BadImage):
            decode.decode(bytes(wrong), max_pixels=1_000_000)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 95})])
def test_a_picture_stands_upright(orientation: int, kind: str, options: dict[str, Any]) -> None:
    picture = pictures.product(4, 66, 90)
    file = pictures.turned(picture, orientation, kind, **options)
    seen = look(file)
    assert (seen == pixels(ImageOps.exif_transpose(Image.open(io.BytesIO(file))))).all()
    assert np.abs(seen - pixels(picture)).mean() < (3 if kind == "JPEG" else 1e-9)


def test_an_orientation_behind_the_pixels_counts() -> None:
    picture = pictures.product(4, 66, 90)
    file = pictures.turned(picture, 6, "PNG")
    at = file.index(b"eXIf") - 4
    length = 12 + int.from_bytes(file[at : at + 4], "big")
    late = file[:at] + file[at + length : -12] + file[at : at + length] + file[-12:]
    assert late.index(b"eXIf") > late.index(b"IDAT")
    assert (look(late) == pixels(picture)).all()


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", bytes(10), b"Exif\0\0II*\0\xff\xff\xff\xff"]
)
def test_a_broken_exif_block_spoils_nothing(exif: bytes) -> None:
    picture = pictures.product(4, 66, 90)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert (look(pictures.saved(picture, "PNG", exif=exif)) == pixels(picture)).all()
        assert look(pictures.jpeg(picture, exif=exif)).shape == (90, 66, 3)


@pytest.mark.parametrize("orientation", [0, 9, 300])
def test_an_orientation_that_does_not_exist_is_none(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = pictures.product(4, 66, 90)
    assert (look(pictures.saved(picture, "PNG", exif=exif)) == pixels(picture)).all()


def _with_alpha() -> dict[str, tuple[bytes, Image.Image]]:
    """Files with every kind of transparency, and what a viewer shows of each."""
    clear = pictures.see_through(5).resize((60, 80))
    grey, table = clear.convert("LA"), clear.convert("RGB").quantize(32)
    fading = bytes(255 - 8 * entry for entry in range(32))
    return {
        "RGBA PNG": (pictures.saved(clear, "PNG"), pictures.on_white(clear)),
        "RGBA WebP": (pictures.saved(clear, "WEBP", lossless=True, exact=True), pictures.on_white(clear)),
        "LA PNG": (pictures.saved(grey, "PNG"), pictures.on_white(grey.convert("RGBA"))),
        "RGB PNG, a colour is transparent": _keyed(clear.convert("RGB"), (255, 255, 255), (1, 2, 3)),
        "L PNG, a grey is transparent": _keyed(clear.convert("L"), 255, 9),
        "P PNG, an entry is transparent": (
            pictures.saved(table, "PNG", transparency=3),
            _faded(table, b"\xff" * 3 + b"\0"),
        ),
        "P PNG, entries have alpha": (pictures.saved(table, "PNG", transparency=fading), _faded(table, fading)),
    }


def _keyed(shown: Image.Image, white: int | tuple[int, ...], key: int | tuple[int, ...]) -> tuple[bytes, Image.Image]:
    """The picture with white painted over by a colour that counts as transparent."""
    values = np.array(shown)
    values[(values == white).reshape(*values.shape[:2], -1).all(axis=2)] = key
    return pictures.saved(Image.fromarray(values), "PNG", transparency=key), shown.convert("RGB")


def _faded(table: Image.Image, alpha: bytes) -> Image.Image:
    """The picture, each entry of its table with its alpha (255 where there is none), on white."""
    clear = table.convert("RGBA")
    clear.putalpha(Image.fromarray(np.frombuffer(alpha.ljust(256, b"\xff"), np.uint8)[np.asarray(table)]))
    return pictures.on_white(clear)


@pytest.mark.parametrize("name", _with_alpha())
def test_what_is_transparent_shows_white(name: str) -> None:
    file, shown = _with_alpha()[name]
    assert np.abs(look(file) - pixels(shown)).max() <= 1  # of 255: rounding


def test_what_lies_under_the_transparent_is_not_seen() -> None:
    one, other = pictures.product(5), pictures.product(6)
    cover = Image.fromarray(np.where(pixels(pictures.product(7).convert("L")) < 200, 255, 0).astype(np.uint8))
    hidden = Image.composite(one, other, cover)
    for picture in (one, hidden):
        picture.putalpha(cover)
    assert (pixels(one) != pixels(hidden)).any()
    assert (look(pictures.saved(one, "PNG")) == look(pictures.saved(hidden, "PNG"))).all()


def _png(header: bytes, stream: bytes, *more: tuple[bytes, bytes]) -> bytes:
    chunks = [(b"IHDR", header), *more, (b"IDAT", stream), (b"IEND", b"")]
    made = (
        len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big") for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def test_sixteen_bits_are_scaled() -> None:
    grey = pixels(pictures.product(8).convert("L"))
    seen = look(pictures.saved(pictures.deep(pictures.product(8)), "PNG"))
    assert (seen == grey[..., None]).all()
    size = (2).to_bytes(4, "big") + (1).to_bytes(4, "big")
    key = b"\x12\x34\x56\x78\x9a\xbc"
    colour = _png(size + b"\x10\x02\0\0\0", zlib.compress(b"\0" + key + b"\xff\xff\0\0\0\0"), (b"tRNS", key))
    assert look(colour).tolist() == [[[255, 255, 255], [255, 0, 0]]]
    lazy = Image.open(io.BytesIO(colour))
    assert (pixels(decode.shown(lazy)) == look(colour)).all()
    assert lazy.info["transparency"] == (0x1234, 0x5678, 0x9ABC)  # it is the caller's
    keyed = _png(size + b"\x10\0\0\0\0", zlib.compress(b"\0\x12\x34\x80\x01"), (b"tRNS", b"\x12\x34"))
    assert look(keyed).tolist() == [[[255] * 3, [128] * 3]]


@pytest.mark.parametrize(("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})])
def test_of_an_animation_the_first_frame_is_seen(kind: str, options: dict[str, Any]) -> None:
    first, second, third = (pictures.product(seed, 60, 80).quantize(64).convert("RGB") for seed in (1, 2, 3))
    file = pictures.saved(first, kind, save_all=True, append_images=[second, third], **options)
    assert Image.open(io.BytesIO(file)).n_frames == 3  # type: ignore[attr-defined]
    assert (look(file) == pixels(first)).all()


def test_bytes_behind_the_end_do_not_matter() -> None:
    video = np.random.default_rng(1).bytes(50_000)  # as phones append one
    for kind in ("JPEG", "PNG", "GIF", "BMP"):
        file = pictures.saved(pictures.product(2, 60, 80), kind)
        assert (look(file + video) == look(file)).all()
    two = pictures.saved(pictures.product(2), "MPO", save_all=True, append_images=[pictures.product(3)])
    assert decode.decode(two, LIMIT).format == "JPEG"
    assert (look(two) == look(pictures.jpeg(pictures.product(2), 75))).all()


@pytest.mark.parametrize(("mode", "picture"), list(pictures.modes()))
def test_every_mode_is_shown(mode: str, picture: Image.Image) -> None:
    before = (picture.mode, picture.tobytes(), dict(picture.info))
    shown = decode.shown(picture)
    assert (shown.mode, shown.size) == ("RGB", picture.size)
    assert (picture.mode, picture.tobytes(), dict(picture.info)) == before
    base = pictures.on_white(pictures.see_through(7)) if "A" in mode or "a" in mode else pictures.product(7)
    if mode in ("1", "L", "LA", "La", "I", "F", "I;16"):
        base = base.convert("L").convert("RGB")
    rough = {"1": 100, "P": 25, "PA": 25, "LAB": 255}  # dithered, few colours, drawn from other numbers
    assert np.abs(pixels(shown) - pixels(base)).mean() < rough.get(mode, 3)


def test_an_rgb_picture_is_not_copied() -> None:
    picture = pictures.product(1, 30, 40)
    assert decode.shown(picture) is picture


def test_pixels_are_counted_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    file = pictures.jpeg(pictures.product(1, 60, 80))
    assert decode.decode(file, 60 * 80).width == 60

    def load(self: ImageFile.ImageFile) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(BadImage, match="too_many_pixels: 60 x 80 pixels, at most 4799"):
        decode.decode(file, 60 * 80 - 1)


def test_a_bomb_is_an_error_whatever_the_settings_and_the_warnings_say() -> None:
    for action in ("ignore", "error"):
        with warnings.catch_warnings():
            warnings.simplefilter(action)
            for side in (10_000, 30_000):  # Pillow warns of the first and refuses the second
                with pytest.raises(BadImage, match="too_many_pixels"):
                    decode.decode(pictures.bomb(side), 10**12)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (MemoryError(), "too_many_pixels"),
        (ValueError("odd"), "corrupt"),
        (RecursionError("deep"), "corrupt"),
        (NotImplementedError("no"), "corrupt"),
        (SyntaxError("broken"), "corrupt"),
        (OSError("image file is truncated"), "truncated"),
    ],
)
def test_whatever_a_decoder_raises_is_a_status(error: Exception, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    file = pictures.jpeg(pictures.product(1, 60, 80))
    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(BadImage) as bad:
        decode.decode(file, LIMIT)
    assert bad.value.status == status
    assert bad.value.__cause__ is error


def test_who_stops_the_program_is_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    file = pictures.jpeg(pictures.product(1, 60, 80))
    monkeypatch.setattr(Image, "open", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode.decode(file, LIMIT)


def test_an_image_without_pixels_or_with_a_broken_file_is_bad() -> None:
    with pytest.raises(BadImage, match="corrupt: 0 x 5 pixels"):
        decode.shown(Image.new("RGB", (0, 5)))
    file = pictures.jpeg(pictures.product(1, 60, 80))
    with pytest.raises(BadImage, match="truncated"):
        decode.shown(Image.open(io.BytesIO(file[:-200])))


def test_extreme_shapes() -> None:
    for size in ((1, 1), (1, 20_000), (20_000, 1), (3, 3)):
        decoded = decode.decode(pictures.saved(Image.new("RGB", size, (9, 8, 7)), "PNG"), LIMIT)
        assert (decode.square(decoded.picture, 60) == (9, 8, 7)).all()


def test_the_decoder_names_itself() -> None:
    assert decode.decoder().startswith(f"pillow {PIL.__version__}, libjpeg-turbo ")
    assert "libwebp" in decode.decoder()
