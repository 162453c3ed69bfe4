"""An ending is whether a file of a decoded format reaches its own end: whole, truncated, or corrupt on the way there.

Decoders are lenient in unlike ways: Pillow does not mind a PNG or GIF without its last bytes, nor a wrong checksum in
the pixels of a PNG. A browser does. What is told here, is told from the structure of the file alone.
"""

import struct
import zlib
from collections.abc import Callable

WHOLE, TRUNCATED, CORRUPT = "whole", "truncated", "corrupt"

_SCAN, _FILLER, _JPEG_END = 0xDA, 0xFF, b"\xff\xd9"
_PNG_SIGNATURE, _PNG_EXTRA = 8, 12  # bytes; length, name and checksum of a chunk
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_GIF_HEADER, _GIF_IMAGE = 13, 10  # bytes
_GIF_TABLE, _GIF_TABLE_SIZE = 0x80, 0x07
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_RIFF_HEADER = 8
_BMP_PIXELS, _BMP_SIZE = 10, 18  # where the header says where the pixels begin, and how large the picture is
_BMP_SHORT, _BMP_PLAIN = 12, (0, 3)  # bytes of the old header; kinds of rows that have a fixed length
_BMP_ALIGNED, _BYTE = 32, 8  # bits


def ending(data: bytes, kind: str) -> str:
    """How a file of this kind (one of `kinds.DECODED`) ends. Bytes behind its end do not matter.

    A few microseconds; 1 ms for each MB of a PNG.

    >>> ending(b"GIF89a\\x01\\x00\\x01\\x00\\x00\\x00\\x00;", "GIF")
    'whole'
    """
    try:
        return _WALKS[kind](data)
    except (IndexError, struct.error):
        return TRUNCATED


def _jpeg(data: bytes) -> str:
    """Segment by segment to the first scan, which has no length; there the bytes of the end mean nothing else."""
    at = 2
    while data[at + 1] != _SCAN:
        filler = data[at + 1] == _FILLER
        at += 1 if filler else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return WHOLE if data.rfind(_JPEG_END, at) >= 0 else TRUNCATED  # found at once, from behind


def _png(data: bytes) -> str:
    """Chunk by chunk; the checksums of those that decide the pixels are compared."""
    at = _PNG_SIGNATURE
    view = memoryview(data)
    while at + _PNG_EXTRA <= len(data):
        end = at + _PNG_EXTRA + int.from_bytes(view[at : at + 4], "big")
        if end > len(data):
            return TRUNCATED
        name = bytes(view[at + 4 : at + 8])
        if name in _CRITICAL and zlib.crc32(view[at + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            return CORRUPT
        if name == b"IEND":
            return WHOLE
        at = end
    return TRUNCATED


def _gif(data: bytes) -> str:
    """Block by block; bytes that begin no block are passed over, as decoders do."""
    at = _GIF_HEADER + _gif_table(data[_GIF_HEADER - 3])
    while data[at] != _TRAILER:
        if data[at] == _EXTENSION:
            at = _gif_blocks(data, at + 2)
        elif data[at] == _IMAGE:
            at = _gif_blocks(data, at + _GIF_IMAGE + _gif_table(data[at + _GIF_IMAGE - 1]) + 1)
        else:
            at += 1
    return WHOLE


def _gif_table(flags: int) -> int:
    """The bytes of the colour table that these flags announce."""
    return 3 << (1 + (flags & _GIF_TABLE_SIZE)) if flags & _GIF_TABLE else 0


def _gif_blocks(data: bytes, at: int) -> int:
    """Where the chain of sub-blocks that begins here ends."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


def _webp(data: bytes) -> str:
    return WHOLE if len(data) >= _RIFF_HEADER + int.from_bytes(data[4:8], "little") else TRUNCATED


def _bmp(data: bytes) -> str:
    """By the size of the rows; compressed ones are left to the decoder."""
    pixels, info = struct.unpack_from("<II", data, _BMP_PIXELS)
    if info == _BMP_SHORT:
        width, height, _, bits = struct.unpack_from("<HHHH", data, _BMP_SIZE)
        compression = 0
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, _BMP_SIZE)
    row = -(-width * bits // _BMP_ALIGNED) * _BMP_ALIGNED // _BYTE
    short = compression in _BMP_PLAIN and len(data) < pixels + row * abs(height)
    return TRUNCATED if short else WHOLE


_WALKS: dict[str, Callable[[bytes], str]] = {"JPEG": _jpeg, "PNG": _png, "GIF": _gif, "WEBP": _webp, "BMP": _bmp}
