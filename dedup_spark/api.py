"""A call of the plain interface answers one question about pictures in Python alone, without Spark.

What it says is what a run says: the same decoder, the same hasher, the same limits.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from dedup_spark import settings, viewed
from dedup_spark.bands import band_sort, banding, buckets
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.hashing import bits, colour_phash
from dedup_spark.hashing import hasher as hashers
from dedup_spark.images import decode as decoders
from dedup_spark.images import views, ways
from dedup_spark.images.cells import cells
from dedup_spark.io import disk, locations, objects

Source = str | Path | bytes | bytearray | memoryview | Image.Image

MOST_BITS = 1024  # of a hash whose pairs are searched
_TEXT = "OTU"  # numpy's kinds of arrays that may hold text


def hash_image(source: Source, hasher: str = "colour_phash", decode: str | None = None, view: str = views.WHOLE) -> str:
    """The hash of one picture as text: for the colour pHash 25 hex digits a channel, `R-G-B` joined by '-'.

    `source` is a path (local, or `s3://bucket/key` with the credentials of the environment), the bytes of a file, or a
    PIL image of any mode. The picture is hashed as a viewer shows it, see `images.decode`. `decode` (see `images.ways`)
    None means the default of the settings; hashes of unlike decodes are not to be compared. A PIL image gives the hash
    of its file under `exact` only: elsewhere a large JPEG is reduced by its own decoder, and what is opened is past it.

    `view` is a name of `images.views`: the hash of the picture without its margins, of a part of it, or turned. Where
    it has no margins, `trimmed` is the whole. Whether a run would search by that view (`viewed`) it does not tell.

    One that cannot be used raises `BadImage` with the status that a run gives it; an unknown hasher, decode or view
    raises `BadInput`. About 4 ms for a photograph of 400 x 533 pixels.

    >>> hash_image(Image.effect_mandelbrot((90, 60), (-2, -1, 1, 1.5), 50))[:25]
    'c4f931b26a611ed3859c474f3'
    """
    chosen = hashers.find(hasher)
    way = ways.find(_settings().fingerprints.decode if decode is None else decode)
    (wanted,), picture = views.find([view]), shown(source, way)[0]
    square = decoders.square(picture, chosen.SIDE, way)
    hashes = chosen.compute(square[None])
    if wanted.name != views.WHOLE:
        hashes = colour_phash.of_low(viewed.low_frequencies(cells(picture), square, wanted))
    return bits.to_text(hashes.words(), chosen.CHANNELS, chosen.BITS)[0]


def find_pairs(
    hashes: Iterable[str] | NDArray[np.int64], max_distance: int, shape: tuple[int, int] | None = None
) -> pa.Table:
    """All pairs of hashes that differ in at most so many bits: `left`, `right` (positions, left < right), `distance`.

    `hashes` are texts as `hash_image` gives them (hex, '-' between channels of one length), in a list or a column, of
    any hash of up to 1,024 bits; or packed words as `hashing.bits.pack` gives them, (n, words) int64. `shape` is the
    number of channels and of bits in one; by default what the text shows, and one channel for words: with `(3, 100)`
    those of the colour pHash are searched faster.

    All must be of one hasher and one way to decode, which neither texts nor words tell: hashes of two ways differ by a
    few bits even of one file.

    Equal hashes are pairs too: of n equal ones all n * (n - 1) / 2 come out. Nothing is missed: `banding` proves it.
    `BadInput` names what is no hash, and a threshold that is none.

    The pairs are a pyarrow table ordered by left and right: pandas, Parquet and Spark take it without a copy by row.
    `band_sort.find` gives them in chunks, where they might not fit the memory. About a second of processor time for
    1 M hashes of the colour pHash at 10 bits, given as words; 3 s more as texts.

    >>> find_pairs(["00ff", "00fe", "ff00"], max_distance=1).to_pylist()
    [{'left': 0, 'right': 1, 'distance': 1}]
    """
    if isinstance(hashes, np.ndarray) and hashes.dtype.kind not in _TEXT:
        words, (channels, size) = _words(hashes, shape)
    else:
        words, (channels, size) = _texts(hashes, shape)
    plan = banding.plan(max_distance, channels, size)
    if buckets.odd(words, plan).any():
        plan = banding.plan(max_distance, channels, size, even=False)
    found = list(band_sort.find(words, None, plan))
    columns = {
        name: np.concatenate([np.empty(0, np.int64), *(getattr(pairs, name) for pairs in found)])
        for name in ("left", "right", "distance")
    }
    return pa.table(columns).sort_by([("left", "ascending"), ("right", "ascending")])


def _texts(hashes: Iterable[str], shape: tuple[int, int] | None) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """The words of hashes given as text, and the shape of them all: by default that of the first."""
    texts = [] if isinstance(hashes, str) else list(hashes)
    if isinstance(hashes, str) or not all(isinstance(text, str) for text in texts):
        raise BadInput(f"hashes of type {type(hashes).__name__}: must be texts in a list, or packed words (n, words)")
    if shape is None and texts:
        first = texts[0].split("-")
        shape = len(first), bits.DIGIT * len(first[0])
    channels, size = _shape(shape or (bits.CHANNELS, bits.BITS))
    return bits.from_text(texts, channels, size), (channels, size)


def _words(words: NDArray[np.int64], shape: tuple[int, int] | None) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """The words as they are, and the shape of the hashes: by default one channel."""
    if words.ndim != 2 or words.dtype != np.int64:
        raise BadInput(f"hashes of shape {words.shape} and type {words.dtype}: packed ones are (n, words) of int64")
    channels, size = _shape(shape or (1, words.shape[1] * bits.WORD))
    if -(-channels * size // bits.WORD) != words.shape[1]:
        raise BadInput(f"shape = ({channels}, {size}): not that of hashes of {words.shape[1]} words")
    return words, (channels, size)


def _shape(shape: tuple[int, int]) -> tuple[int, int]:
    channels, size = shape
    if not (channels > 0 and 0 < channels * size <= MOST_BITS):
        raise BadInput(f"hashes of {channels} x {size} bits: must have 1 to {MOST_BITS} bits")
    return shape


def shown(source: Source, way: ways.Way) -> tuple[Image.Image, tuple[int, int]]:
    """The picture of a source, as small as the way makes it, and the width and height of the whole one."""
    if isinstance(source, Image.Image):
        return decoders.shown(source, way), source.size
    if isinstance(source, str | Path):
        source = _read(str(source))
    if not isinstance(source, bytes | bytearray | memoryview):
        raise BadInput(f"source of type {type(source).__name__}: must be a path, bytes or a PIL image")
    decoded = decoders.decode(bytes(source), _settings().fingerprints.max_pixels, way)
    return decoded.picture, (decoded.width, decoded.height)


def _read(path: str) -> bytes:
    """The bytes a run would get. A local path is the user's own, so links may lead anywhere."""
    location = locations.of_person(path)
    if location.startswith("/"):
        return disk.read_within(location, ("/",), _settings().fingerprints.max_bytes, lambda size: None)[0]
    place = locations.place(location)
    ((_, found, _),) = objects.fetch([location], _settings().fingerprints, _settings().s3, [place])
    if isinstance(found, BadImage):
        raise found
    return found


@cache
def _settings() -> settings.Settings:
    return settings.load()
