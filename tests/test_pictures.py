"""The facts of pictures: every item comes out, whatever the batch, and they are what the parts say."""

import gc
import hashlib
import json
import pickle
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dedup_spark import hash_image
from dedup_spark import pictures as facts_of
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.hashing import bits
from dedup_spark.images import colour, decode, low_information, thumbnail, ways
from tests import pictures
from tests.golden import files

OPTIONS = facts_of.Options("exact", 40_000_000, thumbnail=64, square=True)
MOST_MEMORY = 400_000  # kB
KNOWN_OF_BYTES = {"image", "status", "detail", "content", "md5", "bytes"}


def rows(items: list[tuple[str, bytes | BadImage]], options: facts_of.Options = OPTIONS) -> list[dict[str, Any]]:
    columns = facts_of.facts(items, options)
    assert tuple(columns) == facts_of.COLUMNS
    assert {len(values) for values in columns.values()} == {len(items)}
    return [{name: columns[name][row] for name in columns} for row in range(len(items))]


def mixed() -> list[tuple[str, bytes | BadImage]]:
    items: list[tuple[str, bytes | BadImage]] = []
    for seed, (name, (file, _, _)) in enumerate(pictures.unusable().items()):
        items += [(name, file), (f"product {seed}", pictures.jpeg(pictures.product(seed, 60, 80)))]
    return [*items, ("gone", BadImage("not_found", "no such object")), ("flat", pictures.saved(pictures.flat(), "PNG"))]


def test_golden_files_have_their_facts() -> None:
    golden = json.loads((files.FOLDER / "files.json").read_text("utf-8"))
    found = files.facts({name: (files.FOLDER / name).read_bytes() for name in golden})
    for name, expected in golden.items():
        unstable = expected["unstable_channels"]
        if unstable:  # of a coin toss only the stable channels are sure to come out the same on every machine
            stable = [place for place in range(3) if not unstable >> place & 1]
            for facts in (found[name], expected):
                facts["words"] = None
                for phash in ("phash", "scaled"):
                    facts[phash] = [str(facts[phash]).split("-")[place] for place in stable]
        assert found[name] == expected, name


def test_every_item_comes_out_with_what_is_known() -> None:
    unusable = pictures.unusable()
    for (name, found), row in zip(mixed(), rows(mixed()), strict=True):
        assert row["image"] == name
        known = {column for column, value in row.items() if value is not None}
        if isinstance(found, BadImage):
            assert known == {"image", "status", "detail"}
            assert (row["status"], row["detail"]) == (found.status, found.detail)
        elif name in unusable:
            assert known - ({"width", "height"} if row["status"] == "too_many_pixels" else set()) == KNOWN_OF_BYTES
            assert row["status"] == unusable[name][1]
        else:
            assert known == set(facts_of.COLUMNS) - {"detail", "margins"}
            assert row["status"] == "ok"
        if isinstance(found, bytes):
            assert row["content"] == hashlib.sha256(found).hexdigest()[:32]
            assert (row["md5"], row["bytes"]) == (hashlib.md5(found).hexdigest(), len(found))


def test_facts_are_what_the_parts_say() -> None:
    for seed in range(6):
        file = pictures.turned(pictures.photograph(seed, 90, 120), 1 + seed)
        (row,) = rows([("x", file)])
        decoded = decode.decode(file, 40_000_000)
        square = decode.square(decoded.picture, 60)
        assert (row["format"], row["width"], row["height"]) == ("JPEG", 90, 120)
        assert row["phash"] == hash_image(file, decode="exact")
        assert bits.from_text([row["phash"]]).tolist() == [row["words"]]
        assert row["colour_signature"] == colour.signature(square[None])[0].tobytes()
        assert row["low_information"] is bool(low_information.low_information(square[None])[0])
        assert (row["hash_version"], row["signature_version"]) == ("colour_phash/1", "blocks_10x10/1")
        assert row["decoder"] == decode.decoder()
        assert row["thumbnail"] == thumbnail.thumbnail(decoded.picture, 64)
        assert (thumbnail.read_lossless(row["square"]) == square).all()


def test_any_batch_gives_the_same_facts() -> None:
    items = mixed()
    whole = rows(items)
    for size in (1, 5, 64):
        assert [row for at in range(0, len(items), size) for row in rows(items[at : at + size])] == whole
    assert rows(items[::-1]) == whole[::-1]
    assert rows([]) == []


def test_what_is_switched_off_is_missing() -> None:
    (row,) = rows([("x", pictures.jpeg(pictures.product(1)))], facts_of.Options("exact", 40_000_000))
    assert (row["thumbnail"], row["square"]) == (None, None)
    (row,) = rows([("x", pictures.jpeg(pictures.product(1)))], facts_of.Options("exact", 100))
    assert (row["status"], row["detail"]) == ("too_many_pixels", "240 x 320 pixels, at most 100")


def test_flags() -> None:
    files_of = {
        "flat": pictures.flat(),
        "placeholder": pictures.placeholder(),
        "cut-out": pictures.cut_out(1, 0),
        "product": pictures.product(1),
    }
    found = rows([(name, pictures.saved(picture, "PNG")) for name, picture in files_of.items()])
    assert [row["unstable_channels"] for row in found] == [7, 7, 1, 0]
    assert [row["low_information"] for row in found] == [True, False, False, False]


def test_values_are_plain() -> None:
    """Arrow and pickle take them as they are, on a worker too."""
    (row,) = rows([("x", pictures.jpeg(pictures.product(1)))])
    kinds = {name: type(value) for name, value in row.items() if value is not None}
    assert set(kinds.values()) == {str, int, bool, bytes, list}
    assert all(type(word) is int and -(2**63) <= word < 2**63 for word in row["words"])
    assert pickle.loads(pickle.dumps(row)) == row


def test_an_unknown_decode_is_named() -> None:
    with pytest.raises(BadInput, match="decode 'fast': must be one of exact, scaled, simd"):
        facts_of.facts([], facts_of.Options("fast", 1))


def test_a_batch_holds_squares_not_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[weakref.ref[Any]] = []
    real = decode.decode

    def counted(data: bytes, max_pixels: int, way: ways.Way) -> decode.Decoded:
        gc.collect()
        assert sum(picture() is not None for picture in seen) == 0
        decoded = real(data, max_pixels, way)
        seen.append(weakref.ref(decoded.picture))
        return decoded

    monkeypatch.setattr(decode, "decode", counted)
    found = facts_of.facts([(str(seed), pictures.jpeg(pictures.product(seed))) for seed in range(4)], OPTIONS)
    assert found["status"] == ["ok"] * len(seen) == ["ok"] * 4


def test_hashes_do_not_collide_among_products() -> None:
    found = facts_of.facts([(str(seed), pictures.jpeg(pictures.product(seed))) for seed in range(60)], OPTIONS)
    words = np.array(found["words"])
    distances = np.array([bits.distance(words, row) for row in words])
    assert distances[~np.eye(len(words), dtype=bool)].min() > 20


@pytest.mark.parametrize(
    ("way", "kind", "mode", "options"),
    [
        ("exact", "JPEG", "RGB", {}),
        ("exact", "PNG", "RGB", {}),
        ("scaled", "JPEG", "RGB", {}),
        ("scaled", "JPEG", "RGB", {"progressive": True}),
        ("scaled", "PNG", "RGB", {}),
        ("scaled", "PNG", "RGBA", {}),
        ("scaled", "PNG", "I;16", {}),
    ],
)
def test_the_largest_pictures_fit_a_worker(
    way: str, kind: str, mode: str, options: dict[str, Any], tmp_path: Path
) -> None:
    """40 million pixels, in a process that has loaded what a worker of Spark loads. Needs Linux's /proc."""
    picture = pictures.product(1, 200, 125).resize((8000, 5000), Image.Resampling.NEAREST)
    shown = pictures.deep(picture) if mode == "I;16" else picture.convert(mode)
    (tmp_path / "large").write_bytes(pictures.saved(shown, kind, **options))
    code = f"""
import pandas, pyspark.worker
import dedup_spark.fingerprints
from dedup_spark import pictures
options = pictures.Options("{way}", 40_000_000, thumbnail=128, square=True)
found = pictures.facts([("large", open("large", "rb").read())], options)
assert found["status"] == ["ok"], found["detail"]
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert int(run.stdout) < MOST_MEMORY
