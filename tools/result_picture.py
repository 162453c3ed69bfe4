"""A result picture is a few clusters of a run on the demo, and look-alikes that the veto kept apart: docs/result.png.

.venv/bin/python -m tools.result_picture demo/catalogue demo/output docs/result.png
"""

import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from dedup_spark import settings, storage
from dedup_spark.output import manifests

TILE, GAP, LEFT = 128, 14, 20
INK, FAINT, GROUND, LINE = "#1c1c1e", "#8a8a8e", "#ffffff", "#e3e3e6"
CLUSTERS, PAIRS, ACROSS = 8, 4, 2


def main(folder: str, output: str, file: str) -> None:
    sheet = Image.new("RGB", (2 * LEFT + 8 * (TILE + GAP), 960), GROUND)
    below = _clusters(sheet, folder, output, 20)
    below = _vetoed(sheet, output, below + 20)
    sheet.crop((0, 0, sheet.width, below)).quantize(160).save(file, optimize=True)


def _clusters(sheet: Image.Image, folder: str, output: str, top: int) -> int:
    """Clusters of three offers, two a line: each image with its offer."""
    kept = {row["image"]: row["id"] for row in _rows(output, "catalogue")}
    joined = {row["id"]: row["cluster_id"] for row in _rows(output, "clusters")}
    shown = defaultdict(list)
    for row in _rows(output, "duplicate_sets"):
        shown[row["set_id"]].append(row["image"])
    sets = [sorted(images) for _, images in sorted(shown.items()) if len(images) == 3 and "png" in str(images)]
    title = "Found: one picture in three shops, as the same file, re-compressed, resized, squashed or converted"
    top = _title(sheet, title, top)
    for number, images in enumerate(sets[:CLUSTERS]):
        x = LEFT + number % ACROSS * (4 * TILE + 5 * GAP)
        y = top + number // ACROSS * (TILE + 34)
        for place, image in enumerate(images):
            _tile(sheet, image, f"{kept[image]}", x + place * (TILE + 3 * GAP), y)
        assert len({joined[kept[image]] for image in images}) == 1, folder
    return top + -(-min(CLUSTERS, len(sets)) // ACROSS) * (TILE + 34)


def _vetoed(sheet: Image.Image, output: str, top: int) -> int:
    """Pairs within the threshold of the hash that the colour veto kept apart."""
    vetoed = [row for row in _rows(output, "duplicate_pairs") if row["verdict"] == "vetoed"]
    top = _title(sheet, "Kept apart: hashes within the threshold, but another colour or print", top)
    seen: set[str] = set()
    for row in sorted(vetoed, key=lambda row: (-row["colour_difference"], row["left_content"])):
        if len(seen) < 2 * PAIRS and not seen & {row["left_content"], row["right_content"]}:
            x = LEFT + len(seen) // 2 * 2 * (TILE + GAP)
            seen |= {row["left_content"], row["right_content"]}
            _tile(sheet, row["left_image"], f"{row['distance']} of 300 bits", x, top)
            _tile(sheet, row["right_image"], f"colours {row['colour_difference']:.0f} apart", x + TILE + GAP // 2, top)
    return top + TILE + 34


def _rows(output: str, table: str) -> list[dict[str, Any]]:
    chosen = settings.load()
    place = str(Path(output).resolve())
    written = manifests.written(place, manifests.open(place, None, chosen.s3), table)
    rows: list[dict[str, Any]] = storage.read_arrow(written.path, chosen).to_pylist()
    return rows


def _title(sheet: Image.Image, text: str, top: int) -> int:
    ImageDraw.Draw(sheet).text((LEFT, top), text, INK, ImageFont.load_default(18))
    return top + 34


def _tile(sheet: Image.Image, image: str, words: str, x: int, y: int) -> None:
    picture = Image.open(image).convert("RGBA")
    size = "" if "apart" in words else f"{picture.width}x{picture.height} {Path(image).suffix[1:]}"
    picture.thumbnail((TILE, TILE))
    sheet.paste(picture, (x + (TILE - picture.width) // 2, y + (TILE - picture.height) // 2), picture)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((x, y, x + TILE, y + TILE), outline=LINE)
    draw.text((x, y + TILE + 4), words, INK, ImageFont.load_default(11))
    draw.text((x + TILE, y + TILE + 4), size, FAINT, ImageFont.load_default(11), anchor="ra")


if __name__ == "__main__":
    main(*sys.argv[1:])
