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

import pytest
from PIL import Image

import dedup_spark
from dedup_spark import hash_image
from dedup_spark.api import Source
from dedup_spark.errors import BadImage, BadInput
from tests import pictures

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
    hashes = {hash_image(source) for source in sources}
    assert len(hashes) == 1
    assert hashes == {hash_image(path, hasher="colour_phash", decode="exact")}


def test_a_pil_image_is_seen_as_its_file_is() -> None:
    for mode, picture in pictures.modes():
        if mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
            assert hash_image(picture) == hash_image(pictures.saved(picture, "PNG")), mode
    turned = pictures.turned(pictures.product(1), 6)
    assert hash_image(Image.open(io.BytesIO(turned))) == hash_image(turned)


def test_an_unknown_hasher_or_decode_is_named_with_the_choices() -> None:
    picture = pictures.flat()
    with pytest.raises(BadInput, match="hasher 'phash': must be one of colour_phash"):
        hash_image(picture, hasher="phash")
    with pytest.raises(BadInput, match="decode 'fast': must be one of exact"):
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
from dedup_spark import hash_image
from dedup_spark.api import Source
from PIL import Image
assert len(hash_image(Image.new("RGB", (9, 9)))) == 77
assert dedup_spark.__version__ and "hash_image" in dir(dedup_spark)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_is_not_there_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dedup_spark.nothing  # noqa: B018


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    assert dedup_spark.__version__ == project["project"]["version"]
