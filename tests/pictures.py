"""A drawn picture is a small, product-like picture made of arithmetic: the same bytes on every machine and version.

All tests draw here. `product` looks like an offer's picture and hashes well; the others are the hard cases: pictures
whose hash is a coin toss, every PIL mode, files that are broken or are no pictures at all.
"""

import io
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]
WHITE = (255, 255, 255)


def product(seed: int, width: int = 240, height: int = 320, ground: tuple[int, int, int] = WHITE) -> Image.Image:
    """A garment-like shape with folds and a print on a plain ground; each seed is another product."""
    x, y = _grid(width, height)
    return _picture(
        _worn(np.random.default_rng(seed), x, y, np.broadcast_to(np.array(ground, np.float64), (*x.shape, 3)))
    )


def photograph(seed: int, width: int = 240, height: int = 320) -> Image.Image:
    """A product on an uneven, coloured ground, with grain: what a camera gives."""
    random = np.random.default_rng((seed, 1))
    x, y = _grid(width, height)
    ground = random.uniform(60, 220, 3) * (1 + 0.3 * _waves(random, x, y, 4, 3))[..., None]
    return _picture(_worn(random, x, y, ground) + random.normal(0, 3, ground.shape))


def cut_out(seed: int, saturated: int | None = 0, width: int = 240, height: int = 320) -> Image.Image:
    """A product on white; its channel `saturated` (0 = R, 1 = G, 2 = B) is 255 everywhere, so that it shows nothing."""
    pixels = np.array(product(seed, width, height))
    if saturated is not None:
        pixels[..., saturated] = 255
    return Image.fromarray(pixels)


def placeholder(width: int = 240, height: int = 240) -> Image.Image:
    """A grey camera sign in the middle of a light ground, symmetric left to right and nearly top to bottom."""
    x, y = _grid(width, height)
    box = np.clip(_steep(x) * np.minimum(0.5 - np.abs(x), 0.32 - np.abs(y)), 0, 1)
    lens, pupil = _ellipse(x, y, 0, 0, 0.24, 0.24), _ellipse(x, y, 0, 0, 0.12, 0.12)
    grey = 238 - 78 * box + 78 * lens - 78 * pupil
    return _picture(np.repeat(grey[..., None], 3, axis=2))


def centred_square(side: int = 240, colour: tuple[int, int, int] = (40, 40, 40)) -> Image.Image:
    """One dark square in the very middle of white: half of its coefficients are nothing but rounding."""
    pixels = np.full((side, side, 3), 255, dtype=np.uint8)
    pixels[side // 4 : side - side // 4, side // 4 : side - side // 4] = colour
    return Image.fromarray(pixels)


def flat(colour: tuple[int, int, int] = (200, 30, 30), width: int = 90, height: int = 120) -> Image.Image:
    """One colour."""
    return Image.new("RGB", (width, height), colour)


def _worn(random: np.random.Generator, x: Floats, y: Floats, ground: Floats) -> Floats:
    """A garment of two colours on this ground, (height, width, 3), 0 to 255 or a little beyond."""
    colour, ink = random.uniform(20, 235, (2, 3))
    light = 1 + 0.25 * (random.uniform(-1, 1) * x + random.uniform(-1, 1) * y) + 0.2 * _waves(random, x, y, 5, 4)
    cloth = colour * light[..., None]
    for _ in range(random.integers(2, 6)):
        spot = _ellipse(x, y, *random.uniform(-0.4, 0.4, 2), *random.uniform(0.05, 0.3, 2))
        cloth += spot[..., None] * (ink - colour)
    worn: Floats = ground + garment(random, x, y)[..., None] * (cloth - ground)
    return worn


def garment(random: np.random.Generator, x: Floats, y: Floats) -> Floats:
    """How much of each pixel a body with two unlike sleeves or legs covers, 0 to 1."""
    lean, middle = random.uniform(-0.15, 0.15, 2)
    half = random.uniform(0.3, 0.6) * (1 + 0.3 * np.sin(random.uniform(1, 4) * y + random.uniform(0, 6)))
    body = np.minimum(half - np.abs(x - middle - lean * y), random.uniform(0.6, 0.9) - np.abs(y))
    shape: Floats = np.clip(_steep(x) * body, 0, 1)
    for side in (-1, 1):
        at, lift = side * random.uniform(0.3, 0.6), random.uniform(-0.6, 0.6)
        shape = np.maximum(shape, _ellipse(x, y, at, lift, *random.uniform(0.12, 0.35, 2)))
    return shape


def jpeg(picture: Image.Image, quality: int = 90, **options: Any) -> bytes:
    """The picture as a JPEG file."""
    return saved(picture, "JPEG", quality=quality, **options)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file of this format."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def resized(picture: Image.Image, width: float, height: float | None = None) -> Image.Image:
    """The picture at this share of its width and height."""
    shares = (width, width if height is None else height)
    size = [max(1, round(side * share)) for side, share in zip(picture.size, shares, strict=True)]
    return picture.resize((size[0], size[1]), Image.Resampling.BICUBIC)


def copies(picture: Image.Image) -> dict[str, bytes]:
    """The edits that every shop does to a picture it takes over."""
    return {
        "jpeg 90": jpeg(picture, 90),
        "jpeg 50": jpeg(picture, 50),
        "half size": jpeg(resized(picture, 0.5), 90),
        "webp": saved(picture, "WEBP", quality=80),
        "png": saved(picture, "PNG"),
        "squashed": jpeg(resized(picture, 1, 0.9), 90),
    }


STORED_AS = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""EXIF orientation → the `Image.Transpose` that turns the upright picture into the stored one."""


def turned(picture: Image.Image, orientation: int, kind: str = "JPEG", **options: Any) -> bytes:
    """A file whose pixels lie turned and whose EXIF says so: a viewer shows `picture`."""
    method = STORED_AS[orientation]
    stored = picture if method is None else picture.transpose(Image.Transpose(method))
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(stored, kind, exif=exif, **options)


def modes() -> Iterator[tuple[str, Image.Image]]:
    """One product in every mode that a PIL image can have."""
    picture, clear = product(7), see_through(7)
    for mode in ("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV", "I", "F"):
        yield mode, picture.convert(mode)
    yield "LAB", Image.merge("LAB", picture.convert("YCbCr").split())
    yield "I;16", deep(picture)
    for mode in ("RGBA", "LA", "PA"):
        yield mode, clear.convert(mode)
    yield "RGBa", clear.convert("RGBa")
    yield "La", clear.convert("LA").convert("La")


def see_through(seed: int) -> Image.Image:
    """A product, RGBA, of which a garment-shaped part can be seen; what lies under the rest is another product."""
    picture = product(seed)
    cover = 255 * garment(np.random.default_rng((seed, 2)), *_grid(*picture.size))
    picture.putalpha(Image.fromarray(cover.astype(np.uint8)))
    return picture


def deep(picture: Image.Image) -> Image.Image:
    """The picture in 16-bit grey, with something in the lower bytes too."""
    grey = np.asarray(picture.convert("L")).astype(np.uint16)
    return Image.fromarray(grey * 256 + grey // 2)


def on_white(picture: Image.Image) -> Image.Image:
    """The RGBA picture as a viewer shows it, by the formula."""
    pixels = np.asarray(picture).astype(np.float64)
    return _picture(255 + pixels[..., 3:] / 255 * (pixels[..., :3] - 255))


def unusable() -> dict[str, tuple[bytes, str, str]]:
    """Bytes that give no picture, by name: the bytes, their status, and a word that the detail holds."""
    picture = product(3)
    files = {kind: saved(picture, kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP")}
    animation = saved(picture, "GIF", save_all=True, append_images=[product(4)])
    return {
        "nothing": (b"", "empty", "0 bytes"),
        "zeros": (bytes(5000), "not_image", "zeros"),
        "noise": (bytes(range(7, 250)), "not_image", "unknown bytes"),
        "an HTML page": (b"\n<!DOCTYPE html><title>404</title>", "not_image", "HTML page"),
        "a Latin-1 page": ("<html><p>tr\xe8s".encode("latin-1"), "not_image", "HTML page"),
        "a UTF-16 page": ("<html>".encode("utf-16"), "not_image", "HTML page"),
        "a store's error": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "not_image", "XML"),
        "JSON": (b'{"error": "gone"}', "not_image", "JSON"),
        "a text": ("Bild nicht verfügbar\n".encode(), "not_image", "text"),
        "BMW": (b"BMW is not a bitmap, whatever it begins with", "not_image", "text"),
        "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "not_image", "PDF"),
        "a zip": (b"PK\x03\x04" + bytes(40), "not_image", "zip archive"),
        "a video": (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(40), "not_image", "video"),
        "a TIFF": (saved(picture, "TIFF"), "unsupported_format", "TIFF"),
        "an ICO": (saved(picture, "ICO"), "unsupported_format", "ICO"),
        "a PPM": (saved(picture, "PPM"), "unsupported_format", "PNM"),
        "an EPS": (saved(picture, "EPS"), "unsupported_format", "PostScript"),
        "an AVIF": (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(40), "unsupported_format", "AVIF"),
        "a HEIC": (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(40), "unsupported_format", "HEIC"),
        "an SVG": (b'<?xml version="1.0"?><!-- x --><svg xmlns="x"></svg>', "unsupported_format", "SVG"),
        "markup in an SVG": (
            b"<svg><foreignObject><div>x</div></foreignObject></svg>",
            "unsupported_format",
            "SVG",
        ),
        "a text called GIF": (b"GIF89a", "truncated", "GIF"),
        **{f"half a {kind}": (file[: len(file) // 2], "truncated", kind) for kind, file in files.items()},
        **{f"a {kind} without its last byte": (file[:-1], "truncated", kind) for kind, file in files.items()},
        **{f"the first 30 bytes of a {kind}": (file[:30], "truncated", kind) for kind, file in files.items()},
        "an animation cut in its second frame": (animation[:-500], "truncated", "GIF"),
        "a JPEG whose second half is zeros": (blanked(files["JPEG"], 0.5, 1), "truncated", "JPEG"),
        "a PNG with a wrong byte": (flipped(files["PNG"]), "corrupt", "PNG"),
        "a GIF with a wrong code size": (_with(files["GIF"], _gif_code(files["GIF"]), 200), "corrupt", "GIF"),
        "a lossless JPEG": (_with(files["JPEG"], files["JPEG"].index(b"\xff\xc0") + 1, 0xC3), "corrupt", "JPEG"),
        "a WebP without a start code": (_with(files["WEBP"], 23, 0), "corrupt", "WEBP"),
        "a BMP of 5 bits": (_with(files["BMP"], 28, 5), "corrupt", "BMP"),
        "many pixels": (bomb(8_000), "too_many_pixels", "8000 x 8000 pixels, at most"),
        "a bomb": (bomb(30_000), "too_many_pixels", "900000000"),
    }


def flipped(file: bytes) -> bytes:
    """The file with the bits of its middle byte turned over."""
    return _with(file, len(file) // 2, file[len(file) // 2] ^ 0xFF)


def blanked(file: bytes, start: float, end: float) -> bytes:
    """The file with zeros from this share of its length to that one."""
    first, last = int(start * len(file)), int(end * len(file))
    return file[:first] + bytes(last - first) + file[last:]


def bomb(side: int) -> bytes:
    """A tiny PNG whose header announces side × side pixels."""
    small = saved(Image.new("L", (1, 1)), "PNG")
    header = small[12:16] + side.to_bytes(4, "big") * 2 + small[24:29]
    return small[:12] + header + zlib.crc32(header).to_bytes(4, "big") + small[33:]


def _with(file: bytes, at: int, byte: int) -> bytes:
    return file[:at] + bytes([byte]) + file[at + 1 :]


def _gif_code(file: bytes) -> int:
    """Where a GIF of one frame says how its codes begin."""
    return file.index(b"\x2c\0\0\0\0") + 10


def _grid(width: int, height: int) -> tuple[Floats, Floats]:
    """x and y of each pixel's middle, -1 to 1."""
    x, y = (2 * np.arange(width) + 1) / width - 1, (2 * np.arange(height) + 1) / height - 1
    return np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width))


def _ellipse(x: Floats, y: Floats, at_x: float, at_y: float, half_x: float, half_y: float) -> Floats:
    """How much of each pixel an ellipse covers, with a soft rim of a pixel."""
    inside: Floats = 1 - np.sqrt(((x - at_x) / half_x) ** 2 + ((y - at_y) / half_y) ** 2)
    cover: Floats = np.clip(_steep(x) * min(half_x, half_y) * inside, 0, 1)
    return cover


def _waves(random: np.random.Generator, x: Floats, y: Floats, count: int, steepest: float) -> Floats:
    """A smooth random field, about -1 to 1."""
    along, across = random.uniform(-steepest, steepest, (2, count))
    total: Floats = sum(
        (
            np.sin(a * x + b * y + phase)
            for a, b, phase in zip(along, across, random.uniform(0, 6.28, count), strict=True)
        ),
        start=np.zeros_like(x),
    )
    field: Floats = total / np.sqrt(count)
    return field


def _steep(x: Floats) -> float:
    """What makes a rim one pixel wide."""
    return float(x.shape[1]) / 2


def _picture(pixels: Floats) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
