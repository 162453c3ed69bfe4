"""A kind is what bytes are, told by how they begin: a decoded format, another image format, or something else.

A file's name and the type a server announces say nothing: an error page called `1.jpg` is an error page.
"""

import codecs
from dataclasses import dataclass

DECODED = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""The formats that are decoded: what shops show in browsers, and whose decoders have been attacked for decades."""

HEAD = 4096  # bytes looked at


@dataclass(frozen=True)
class Kind:
    """`status` is a word of `errors.IMAGE_STATUSES`: ok, unsupported_format or not_image."""

    status: str
    name: str


_SIGNATURES = [
    *((offset, sign, "ok", name) for offset, sign, name in [
        (0, b"\xff\xd8\xff", "JPEG"),
        (0, b"\x89PNG\r\n\x1a\n", "PNG"),
        (8, b"WEBP", "WEBP"),
        (0, b"GIF87a", "GIF"),
        (0, b"GIF89a", "GIF"),
    ]),
    *((offset, sign, "unsupported_format", name) for offset, sign, name in [
        (0, b"II*\0", "TIFF"),
        (0, b"MM\0*", "TIFF"),
        (0, b"II+\0", "BigTIFF"),
        (0, b"MM\0+", "BigTIFF"),
        (0, b"II\xbc\x01", "JPEG XR"),
        (0, b"\0\0\x01\0", "ICO"),
        (0, b"\0\0\x02\0", "CUR"),
        (0, b"icns", "ICNS"),
        (0, b"8BPS", "PSD"),
        (0, b"gimp xcf", "XCF"),
        (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
        (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
        (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
        (0, b"\xff\x0a", "JPEG XL"),
        (0, b"\x8aMNG", "MNG"),
        (0, b"\x8bJNG", "JNG"),
        (0, b"qoif", "QOI"),
        (0, b"DDS ", "DDS"),
        (0, b"\x76\x2f\x31\x01", "OpenEXR"),
        (0, b"#?RADIANCE", "Radiance HDR"),
        (0, b"SIMPLE  =", "FITS"),
        (0, b"AT&TFORM", "DjVu"),
        (0, b"BPG\xfb", "BPG"),
        (0, b"FUJIFILMCCD-RAW", "RAF camera raw"),
        (0, b"\xd7\xcd\xc6\x9a", "WMF"),
        (40, b" EMF", "EMF"),
        (0, b"%!PS", "PostScript"),
        (0, b"\xc5\xd0\xd3\xc6", "EPS"),
        (128, b"DICM", "DICOM"),
        *((0, b"P%d%c" % (number, space), "PNM") for number in range(1, 8) for space in b"\n\r\t "),
    ]),
    *((offset, sign, "not_image", name) for offset, sign, name in [
        (0, b"%PDF", "PDF"),
        (0, b"PK\x03\x04", "zip archive"),
        (0, b"PK\x05\x06", "zip archive"),
        (0, b"\x1f\x8b", "gzip file"),
        (0, b"BZh", "bzip2 file"),
        (0, b"\xfd7zXZ\0", "xz file"),
        (0, b"\x28\xb5\x2f\xfd", "zstd file"),
        (0, b"7z\xbc\xaf\x27\x1c", "7z archive"),
        (0, b"Rar!\x1a\x07", "rar archive"),
        (257, b"ustar", "tar archive"),
        (8, b"AVI ", "video"),
        (0, b"\x1aE\xdf\xa3", "video"),
        (0, b"FLV\x01", "video"),
        (0, b"\0\0\x01\xba", "video"),
        (8, b"WAVE", "audio"),
        (0, b"OggS", "audio"),
        (0, b"ID3", "audio"),
        (0, b"fLaC", "audio"),
        (0, b"PAR1", "Parquet file"),
        (0, b"SQLite format 3\0", "SQLite database"),
        (0, b"\x7fELF", "program"),
        (0, b"MZ", "program"),
        (0, b"wOFF", "font"),
        (0, b"wOF2", "font"),
        (0, b"version https://git-lfs.github.com/spec/", "Git LFS pointer"),
    ]),
]  # fmt: skip

_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIC"),
    b"crx ": "CR3 camera raw",
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # bytes of the second header, which comes after the first 14
_BMP_SECOND = slice(14, 18)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body", b"<div", b"<p>")  # with them a page begins


def kind(data: bytes) -> Kind:
    """What the bytes are. Nothing is decoded, nothing behind the first 4 kB looked at.

    >>> kind(b"<!DOCTYPE html><title>404</title>")
    Kind(status='not_image', name='HTML page')
    >>> kind(b"II*\\0...").name
    'TIFF'
    """
    head = data[:HEAD]
    for offset, sign, status, name in _SIGNATURES:
        if head.startswith(sign, offset):
            return Kind(status, name)
    if head.startswith(b"BM") and int.from_bytes(head[_BMP_SECOND], "little") in _BMP_HEADERS:
        return Kind("ok", "BMP")
    return _boxed(head) or _text(head) or _unknown(data)


def _boxed(head: bytes) -> Kind | None:
    """ISO base media: a first box `ftyp` names the brands, the major one and those that it is compatible with."""
    if head[4:8] != b"ftyp":
        return None
    brands = head[8 : max(16, min(int.from_bytes(head[:4], "big"), 256))]
    for start in range(0, len(brands), 4):
        if name := _BRANDS.get(brands[start : start + 4]):
            return Kind("unsupported_format", name)
    return Kind("not_image", "video")


def _text(head: bytes) -> Kind | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    start = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith(b"<"):
        return _markup(start)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return None
    if not all(letter.isprintable() or letter.isspace() for letter in text):
        return None
    return Kind("not_image", "JSON" if start.startswith((b"{", b"[")) else "text")


def _markup(start: bytes) -> Kind:
    """Whichever tag comes first decides: pages hold SVGs and SVGs hold pages."""
    pages = (b"<html",) if start.startswith(b"<?xml") else _PAGES
    page = min((at for tag in pages if (at := start.find(tag)) >= 0), default=len(start))
    if 0 <= start.find(b"<svg") < page:
        return Kind("unsupported_format", "SVG")
    return Kind("not_image", "HTML page" if page < len(start) else "XML")


def _unknown(data: bytes) -> Kind:
    if not data.strip(b"\0"):
        return Kind("not_image", "nothing but zeros")
    return Kind("not_image", f"unknown bytes, beginning {data[:8].hex()}")
