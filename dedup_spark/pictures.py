"""A picture's facts are all that one look at its bytes tells: identity, size, hash, colour signature, thumbnail.

Plain Python, for a batch at a time: pictures are decoded one by one and let go, their 60 × 60 squares hashed together.
Other views than the whole (`images.views`) are made in the same look, of the cells of the picture.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dedup_spark import viewed
from dedup_spark.errors import BadImage
from dedup_spark.hashing import bits, hasher
from dedup_spark.images import colour, decode, low_information, thumbnail, views, ways
from dedup_spark.images.cells import cells

HASHER = "colour_phash"
SIDE = hasher.find(HASHER).SIDE  # pixels of a square
CONTENT_DIGITS = 32  # hex digits of the SHA-256 that name a content: 128 bits

COLUMNS = (
    "image",
    "status",
    "detail",
    "content",
    "md5",
    "bytes",
    "format",
    "width",
    "height",
    "phash",
    "words",
    "hash_version",
    "signature_version",
    "decoder",
    "low_information",
    "unstable_channels",
    "colour_signature",
    "thumbnail",
    "square",
    "margins",
    "views",
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """What is looked at, see `[fingerprints]` of the settings."""

    decode: str
    max_pixels: int
    thumbnail: int = 0  # pixels of the longer side; 0: none
    square: bool = False  # keep the lossless square
    views: tuple[str, ...] = (views.WHOLE,)  # which are made, see `images.views`


@dataclass(frozen=True)
class Versions:
    """Of what is made by one way to decode: hashes and signatures of unlike versions are never compared."""

    hash_version: str
    signature_version: str


def versions(way: str) -> Versions:
    """The versions of this way to decode; `BadInput` where there is none.

    >>> versions("exact")
    Versions(hash_version='colour_phash/1', signature_version='blocks_10x10/1')
    """
    number = ways.find(way).version
    return Versions(f"{HASHER}/{number}", f"{colour.NAME}/{number}")


def facts(items: Iterable[tuple[str, bytes | BadImage]], options: Options) -> dict[str, list[Any]]:
    """The facts of images given as (path, bytes or why there are none): `COLUMNS`, each a list in the order of `items`.

    Every item comes out, with `status` ok or a word of `errors.IMAGE_STATUSES`. What is not known is None: of an image
    without bytes all but `status` and `detail`, of one that cannot be decoded all but these and `content`, `md5`,
    `bytes`, of one that is too large what makes it so. Bytes are let go one by one. `words` are lists of 5 signed
    64-bit integers, `unstable_channels` a mask (1 = R, 2 = G, 4 = B), `colour_signature`, `thumbnail` and `square`
    bytes. `views` are rows, `whole` first (`viewed.rows`); `margins` those of the picture (`images.cells.Window`), None
    where no other view was asked for. Of a picture with margins the square is two, its content below the whole.
    An unknown `options.decode` or view raises `BadInput`.

    >>> found = facts([("a.jpg", b"<html>"), ("b.jpg", BadImage("not_found", "no such file"))], Options("exact", 100))
    >>> found["status"], found["detail"], found["bytes"]
    (['not_image', 'not_found'], ['HTML page', 'no such file'], [6, None])
    """
    way, wanted = ways.find(options.decode), views.find(options.views)
    rows: list[Row] = []
    squares: list[NDArray[np.uint8]] = []
    seen: list[viewed.Seen] = []
    for image, found in items:
        row: Row = {"image": image, "status": "ok"}
        rows.append(row)
        try:
            square, shown = _look(_decoded(found, options, way, row), options, way, wanted)
            squares.append(square)
            seen += shown
            if options.square:
                row["square"] = thumbnail.lossless(_kept(square, shown))
        except BadImage as bad:
            row |= {"status": bad.status, "detail": bad.detail} | bad.facts
    usable = [row for row in rows if row["status"] == "ok"]
    made_by = asdict(versions(options.decode)) | {"decoder": decode.decoder(way)}
    for row, hashed in zip(usable, _hashed(squares), strict=True):
        row |= hashed | made_by
        row["views"] = [viewed.whole(row)]
    if seen:
        for row, one, other in zip(usable, seen, viewed.rows(np.stack(squares), seen, wanted), strict=True):
            row |= {"margins": list(one.margins), "views": row["views"] + other}
    return {column: [row.get(column) for row in rows] for column in COLUMNS}


def _decoded(found: bytes | BadImage, options: Options, way: ways.Way, row: Row) -> Image.Image:
    """One picture, as small as the way makes it; what else is known of it goes into the row, as far as one gets."""
    if isinstance(found, BadImage):
        raise found
    content, md5 = hashlib.sha256(found), hashlib.md5(found, usedforsecurity=False)
    row |= {"content": content.hexdigest()[:CONTENT_DIGITS], "md5": md5.hexdigest(), "bytes": len(found)}
    decoded = decode.decode(found, options.max_pixels, way)
    row |= {"format": decoded.format, "width": decoded.width, "height": decoded.height}
    if options.thumbnail:
        row["thumbnail"] = thumbnail.thumbnail(decoded.picture, options.thumbnail)
    return decoded.picture


def _look(
    picture: Image.Image, options: Options, way: ways.Way, wanted: list[views.View]
) -> tuple[NDArray[np.uint8], list[viewed.Seen]]:
    """The square of a picture, and what is seen in the other views, where one is wanted."""
    if options.views == (views.WHOLE,):
        return decode.square(picture, SIDE, way), []
    made = cells(picture)
    return made.square(SIDE) if way.of_cells else decode.square(picture, SIDE, way), [viewed.look(made, wanted)]


def _kept(square: NDArray[np.uint8], seen: list[viewed.Seen]) -> NDArray[np.uint8]:
    """What is kept of a picture: its square, and that of its content below it, where there are margins."""
    contents = [one.content for one in seen if one.content is not None]
    return np.concatenate([square, *contents])


def _hashed(squares: list[NDArray[np.uint8]]) -> Iterator[Row]:
    """What is computed for all usable pictures of a batch at once, picture by picture."""
    if not squares:
        return
    stacked, chosen = np.stack(squares), hasher.find(HASHER)
    hashes = chosen.compute(stacked)
    words = hashes.words()
    columns = zip(
        bits.to_text(words, chosen.CHANNELS, chosen.BITS),
        words.tolist(),
        low_information.low_information(stacked).tolist(),
        hashes.unstable_channels.tolist(),
        colour.signature(stacked),
        strict=True,
    )
    for phash, longs, little, unstable, signature in columns:
        yield {
            "phash": phash,
            "words": longs,
            "low_information": little,
            "unstable_channels": unstable,
            "colour_signature": signature.tobytes(),
        }
