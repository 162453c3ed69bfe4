"""A demo folder holds a catalogue of some 300 offers, their pictures, and the truth about them."""

import io
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import PIL
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from dedup_spark.demo import cases
from dedup_spark.demo.edits import BROKEN, COPIES, ORIGINAL_QUALITY, encoded
from dedup_spark.demo.offers import ORIGINAL, SAME_FILE, Offer, Picture, Shown, numbered, render
from dedup_spark.errors import BadInput

CATALOGUE, TRUTH, IMAGES, MARK = "catalogue.parquet", "truth.parquet", "images", "demo.json"
SEED = 1
CATALOGUE_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "image", "merchant", "brand", "title", "gender", "colour", "pose")]
    + [("price", pa.float64())]
)
TRUTH_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("id", "image", "status", "case", "product", "variant", "kind", "picture", "edit")]
    + [("ladder", pa.string()), ("light", pa.float64())]
)


def build(folder: str | Path, seed: int = SEED) -> Path:
    """Draws the demo into a folder, new, empty or a demo already, and gives the path of its catalogue.

    Equal seeds give equal bytes with one version of Pillow, numpy and scipy on one kind of processor. Takes about 15 s.
    Raises `BadInput` when the folder holds anything else.
    """
    root = Path(folder)
    _claim(root, seed)
    offers = numbered(cases.offers(seed), seed)
    _write_images(root, offers, seed)
    pq.write_table(pa.Table.from_pylist(_catalogue(offers), CATALOGUE_SCHEMA), root / CATALOGUE)
    pq.write_table(pa.Table.from_pylist(_truth(offers), TRUTH_SCHEMA), root / TRUTH)
    return root / CATALOGUE


def _claim(root: Path, seed: int) -> None:
    """Makes the folder a demo without pictures, or refuses."""
    if root.exists() and not root.is_dir():
        raise BadInput(f"{root} is a file: the demo needs a folder")
    if root.is_dir() and any(root.iterdir()) and not (root / MARK).is_file():
        raise BadInput(f"{root} is not empty and no demo: give a new or empty folder")
    root.mkdir(parents=True, exist_ok=True)
    (root / MARK).write_text(json.dumps({"demo": "dedup-spark", "seed": seed, "pillow": PIL.__version__}) + "\n")
    for name in (CATALOGUE, TRUTH):
        (root / name).unlink(missing_ok=True)
    if (root / IMAGES).is_dir():
        shutil.rmtree(root / IMAGES)


def _write_images(root: Path, offers: Iterable[Offer], seed: int) -> None:
    """One file per path; each picture is drawn once, and its copies are made from what the original file shows."""
    files: dict[str, dict[str, Shown]] = {}
    for offer in offers:
        for image in offer.shown:
            if image.path and (image.edit in (ORIGINAL, SAME_FILE) or image.edit in COPIES or image.edit in BROKEN):
                files.setdefault(image.picture.name, {})[image.path] = image
    for images in files.values():
        original = _original(next(iter(images.values())).picture, seed)
        with Image.open(io.BytesIO(original)) as shown:
            shown.load()
            for path, image in images.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(_bytes(image, original, shown))


def _original(picture: Picture, seed: int) -> bytes:
    drawn = render(picture, seed)
    return encoded(drawn, "PNG") if picture.transparent else encoded(drawn, "JPEG", quality=ORIGINAL_QUALITY)


def _bytes(image: Shown, original: bytes, shown: Image.Image) -> bytes:
    if image.edit in COPIES:
        return COPIES[image.edit][1](shown)
    if image.edit in BROKEN:
        return BROKEN[image.edit][2](shown)
    return original


def _catalogue(offers: Iterable[Offer]) -> list[dict[str, object]]:
    return [
        {
            "id": offer.id,
            "image": image.path,
            "merchant": offer.merchant,
            "brand": offer.product.brand,
            "title": offer.title,
            "gender": offer.gender or None,
            "colour": offer.colour,
            "pose": image.picture.pose,
            "price": offer.product.price,
        }
        for offer in offers
        for image in offer.shown
    ]


def _truth(offers: Iterable[Offer]) -> list[dict[str, object]]:
    return [
        {
            "id": offer.id,
            "image": image.path,
            "status": image.status,
            "case": offer.case,
            "product": offer.product.name,
            "variant": offer.variant,
            "kind": image.picture.kind,
            "picture": image.picture.name or None,
            "edit": image.edit,
            "ladder": image.picture.ladder or None,
            "light": image.picture.light,
        }
        for offer in offers
        for image in offer.shown
    ]
