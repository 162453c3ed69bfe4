"""What a notebook calls, and what it says of every photograph there is a reference for."""

import csv
import hashlib
import io
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

import dedup_spark
from dedup_spark import find_pairs, hash_image
from dedup_spark.api import Source
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.hashing import bits
from tests import pictures
from tests.near_hashes import brute, some_hashes

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photographs of ../shared/data")


@needs_shared
def test_every_reference_hash_and_md5() -> None:
    with (SHARED / "clothing_reference.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3068
    paths = [SHARED / "clothing" / row["image"] for row in rows]
    with ThreadPoolExecutor(2) as pool:
        hashes = list(pool.map(partial(hash_image, decode="exact"), paths))
    wrong = [
        row["image"]
        for row, path, phash in zip(rows, paths, hashes, strict=True)
        if (phash, hashlib.md5(path.read_bytes()).hexdigest()) != (row["phash"], row["md5"])
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_all_kinds_of_source_give_one_hash(kind: str, tmp_path: Path) -> None:
    file = pictures.saved(pictures.product(1), kind)
    path = tmp_path / "picture.jpg"  # whatever it is called
    path.write_bytes(file)
    sources: tuple[Source, ...] = (
        path,
        str(path),
        file,
        bytearray(file),
        memoryview(file),
        Image.open(io.BytesIO(file)),
        Image.open(path),
    )
    hashes = {hash_image(source, decode="exact") for source in sources}
    assert len(hashes) == 1
    assert hashes == {hash_image(path, hasher="colour_phash", decode="exact")}
    assert {hash_image(source) for source in sources[:5]} == {hash_image(path)}  # bytes, wherever they lie


def test_a_pil_image_is_seen_as_its_file_is() -> None:
    for mode, picture in pictures.modes():
        if mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
            assert hash_image(picture) == hash_image(pictures.saved(picture, "PNG")), mode
    turned = pictures.turned(pictures.product(1, 600, 800), 6)
    opened = {way: hash_image(Image.open(io.BytesIO(turned)), decode=way) for way in ("exact", "scaled")}
    assert opened["exact"] == hash_image(turned, decode="exact")
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(turned)))
    assert opened["scaled"] == hash_image(pictures.saved(upright, "PNG"), decode="scaled")


def test_an_unknown_hasher_or_decode_is_named_with_the_choices() -> None:
    picture = pictures.flat()
    with pytest.raises(BadInput, match="hasher 'phash': must be one of colour_phash"):
        hash_image(picture, hasher="phash")
    with pytest.raises(BadInput, match="decode 'fast': must be one of exact, scaled, simd"):
        hash_image(picture, decode="fast")
    with pytest.raises(BadInput, match="source of type int: must be a path, bytes or a PIL image"):
        hash_image(7)  # type: ignore[arg-type]


def test_a_picture_that_cannot_be_used_is_bad(tmp_path: Path) -> None:
    for name, (file, status, _) in pictures.unusable().items():
        with pytest.raises(BadImage) as bad:
            hash_image(file)
        assert bad.value.status == status, name
    with pytest.raises(BadImage, match="not_found"):
        hash_image(tmp_path / "none.jpg")
    with pytest.raises(BadImage, match="not_found: a folder, not a file"):
        hash_image(tmp_path)
    with (tmp_path / "large.jpg").open("wb") as large:
        large.truncate(60_000_000)  # takes no room on the disk
    with pytest.raises(BadImage, match="too_many_bytes"):
        hash_image(tmp_path / "large.jpg")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("https://shop.example/1.jpg", "not_mirrored"),
        ("s3://shop", "malformed_path"),
        ("s3:///1.jpg", "malformed_path"),
    ],
)
def test_a_path_of_another_place_is_judged_as_in_a_run(path: str, status: str) -> None:
    with pytest.raises(BadImage) as bad:
        hash_image(path)
    assert bad.value.status == status


def test_paths_are_relative_to_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b.png").write_bytes(pictures.saved(pictures.product(1), "PNG"))
    (tmp_path / "link").symlink_to(tmp_path / "a b.png")
    monkeypatch.chdir(tmp_path)
    uri = (tmp_path / "a b.png").as_uri()
    assert len({hash_image(path) for path in ("a b.png", "./link", Path("a b.png"), uri)}) == 1


def test_the_plain_interface_needs_no_spark() -> None:
    code = """
import sys
sys.modules["pyspark"] = None  # as where it is not installed
import dedup_spark
from dedup_spark import find_pairs, hash_image
from dedup_spark.api import Source
from PIL import Image, ImageOps
assert len(hash_image(Image.new("RGB", (9, 9)))) == 77
assert find_pairs([hash_image(Image.new("RGB", (9, 9)))] * 2, max_distance=0).num_rows == 1
assert dedup_spark.__version__ and {"find_pairs", "hash_image"} <= {*dir(dedup_spark)}
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@settings(max_examples=60)
@given(
    st.sampled_from([(1, 64), (1, 128), (1, 256), (3, 100), (1, 300), (1, 1024), (4, 256)]),
    st.integers(0, 2**32),
    st.integers(0, 60),
    st.booleans(),
)
def test_the_pairs_of_any_hash_are_those_of_brute_force(
    shape: tuple[int, int], seed: int, share: int, even: bool
) -> None:
    """As texts and as words; the plan for even channels serves where all are even, and there only."""
    t = share * shape[0] * shape[1] // 300  # up to a fifth
    words = some_hashes(seed, 40, *shape, t, even)
    words[1], words[2] = words[0], words[0]
    expected = [dict(zip(("left", "right", "distance"), pair, strict=True)) for pair in brute(words, words, t, True)]
    assert find_pairs(bits.to_text(words, *shape), t).to_pylist() == expected
    assert find_pairs(words, t).to_pylist() == expected
    assert find_pairs(words, t, shape).to_pylist() == expected


def test_a_pair_of_hashes_is_a_pair_of_their_positions() -> None:
    assert find_pairs([], 10).to_pylist() == []
    assert find_pairs(["ff-00"], 1).to_pylist() == []
    hashes = ["0f-00", "f0-00", "0F-01"]
    assert find_pairs(hashes, 1).to_pylist() == [{"left": 0, "right": 2, "distance": 1}]
    assert find_pairs(np.array(hashes), 1).num_rows == 1
    assert find_pairs(tuple(hashes), 9).column("distance").to_pylist() == [8, 1, 9]


@pytest.mark.parametrize(
    ("hashes", "t", "said"),
    [
        ("00ff", 1, "hashes of type str: must be texts in a list"),
        ([b"00ff"], 1, "hashes of type list: must be texts in a list"),
        (["00ff", "00f"], 1, "hash '00f': must be 1 x 4 hex digits"),
        (["00fg"], 1, "hash '00fg': must be 1 x 4 hex digits"),
        ([""], 1, "hashes of 1 x 0 bits: must have 1 to 1024 bits"),
        (["f" * 257], 1, "hashes of 1 x 1028 bits: must have 1 to 1024 bits"),
        (["00ff"], 16, "max_distance = 16: must be 0 to 15 for 16 bits"),
        (["00ff"], -1, "max_distance = -1: must be 0 to 15"),
        (np.zeros(3, np.int64), 1, r"hashes of shape \(3,\) and type int64"),
        (np.zeros((3, 1)), 1, r"hashes of shape \(3, 1\) and type float64"),
        (np.zeros((3, 17), np.int64), 1, "hashes of 1 x 1088 bits"),
    ],
)
def test_what_is_no_hash_is_named(hashes: Any, t: int, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        find_pairs(hashes, t)


def test_a_shape_must_be_that_of_the_words() -> None:
    with pytest.raises(BadInput, match=r"shape = \(3, 100\): not that of hashes of 4 words"):
        find_pairs(np.zeros((1, 4), np.int64), 10, shape=(3, 100))


def test_what_is_not_there_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dedup_spark.nothing  # noqa: B018


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert dedup_spark.__version__ == project["project"]["version"]
