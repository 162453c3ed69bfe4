"""A golden file is a small picture of one kind of file, kept as bytes: what it hashes to may never change.

`python -m tests.golden.files` draws the files anew; their facts in `files.json` are then to be judged by a person.
"""

import json
from pathlib import Path

from PIL import Image

from dedup_spark import pictures as facts_of
from tests import pictures

FOLDER = Path(__file__).parent
FACTS = ("status", "format", "width", "height", "content", "md5", "bytes", "phash", "words", "unstable_channels")
LIMIT = 500 * 660  # pixels


def draw() -> dict[str, bytes]:
    """The golden files by name."""
    picture = pictures.product(3, 90, 120)
    clear = pictures.see_through(3).resize(picture.size)
    frames = [pictures.product(4, 90, 120), pictures.product(5, 90, 120)]
    return {
        "large.jpg": pictures.jpeg(pictures.product(3, 500, 660), 60),
        "large.png": pictures.saved(pictures.product(3, 500, 660).quantize(64), "PNG"),
        "baseline.jpg": pictures.jpeg(picture, 85),
        "progressive.jpg": pictures.jpeg(picture, 85, progressive=True, subsampling=0),
        "grey.jpg": pictures.jpeg(picture.convert("L"), 85),
        "cmyk.jpg": pictures.jpeg(picture.convert("CMYK"), 85),
        "turned.jpg": pictures.turned(picture, 6, quality=85),
        "palette.png": pictures.saved(clear.quantize(64), "PNG"),
        "clear.png": pictures.saved(clear, "PNG"),
        "deep.png": pictures.saved(pictures.deep(picture), "PNG"),
        "lossy.webp": pictures.saved(picture, "WEBP", quality=80),
        "clear.webp": pictures.saved(clear, "WEBP", quality=80),
        "animated.gif": pictures.saved(picture, "GIF", save_all=True, append_images=frames),
        "plain.bmp": pictures.saved(picture.quantize(16), "BMP"),
        "placeholder.png": pictures.saved(pictures.placeholder(90, 90), "PNG"),
        "cut_out.png": pictures.saved(pictures.cut_out(3).resize((90, 120), Image.Resampling.BOX), "PNG"),
    }


def facts(files: dict[str, bytes]) -> dict[str, dict[str, object]]:
    """What is known of each file, as `files.json` keeps it, and `scaled`, its hash where it is decoded so."""
    columns, scaled = (facts_of.facts(list(files.items()), facts_of.Options(way, LIMIT)) for way in ("exact", "scaled"))
    return {
        image: {name: columns[name][row] for name in FACTS} | {"scaled": scaled["phash"][row]}
        for row, image in enumerate(columns["image"])
    }


if __name__ == "__main__":
    for name, data in draw().items():
        (FOLDER / name).write_bytes(data)
    (FOLDER / "files.json").write_text(json.dumps(facts(draw()), indent=1) + "\n", encoding="utf-8")
