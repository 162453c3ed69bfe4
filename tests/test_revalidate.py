"""How a changed object is noticed is what the settings say, or the cheapest way there is, and run.json says why."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dedup_spark import revalidate, settings
from dedup_spark.errors import BadInput, StorageFailed
from dedup_spark.revalidate import Way
from dedup_spark.settings import S3
from tests.faulty_s3 import Answer, faulty

LIMITS = settings.load().fingerprints
DENIED = Answer(b"<Error><Code>AccessDenied</Code></Error>", 403)


class AllDenied(dict[str, list[Answer]]):
    """Whatever is asked for."""

    def get(self, *_: Any) -> Any:
        return [DENIED]


def chosen(image: str, by: str = "auto", versions: tuple[str, ...] = (), s3: S3 | None = None) -> Way:
    return revalidate.choose(replace(LIMITS, revalidate=by), s3 or S3(), versions, lambda: image)


def test_auto_is_a_column_else_a_listing(tmp_path: Path) -> None:
    image = f"{tmp_path}/1.jpg"
    assert chosen(image, versions=("etag",)) == Way("column", "the catalogue tells by etag")
    assert chosen(image) == Way("listing", "the catalogue has no column that tells")
    assert chosen("gs://shop/1.jpg").by == "listing"
    for by in ("listing", "head", "never"):
        assert chosen(image, by, ("etag",)) == Way(by, "the setting")
    with pytest.raises(BadInput, match=r"the catalogue has no column that tells: name it, \[catalogue\] version"):
        chosen(image, "column")


def test_where_listing_is_refused_auto_looks_at_each_and_who_asks_for_it_is_told() -> None:
    with faulty() as server:
        server.answers = AllDenied()
        way = chosen("s3://shop/tops/1.jpg", s3=server.settings)
        assert way.by == "head"
        assert "listing is refused: cannot list s3://shop/tops: 403 AccessDenied" in way.why
        with pytest.raises(StorageFailed, match="cannot list s3://shop/tops"):
            revalidate.entries("s3://shop/tops", LIMITS, server.settings)
    assert chosen("s3://shop//tops/1.jpg") == Way(
        "head", "the catalogue has no column that tells, and listing is refused: an empty segment in a path"
    )
    assert revalidate.entries("s3://shop//tops", LIMITS, S3()) == []


def test_a_folder_is_listed_without_what_lies_deeper(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    for name in ("1.jpg", "deeper/2.jpg"):
        (tmp_path / name).write_bytes(b"picture")
    (tmp_path / "link.jpg").symlink_to("1.jpg")
    (tmp_path / "broken.jpg").symlink_to("none.jpg")
    found = {entry.path: entry.version for entry in revalidate.entries(str(tmp_path), LIMITS, S3())}
    assert found.keys() == {f"{tmp_path}/1.jpg", f"{tmp_path}/link.jpg"}
    assert len(set(found.values())) == 1
    assert revalidate.entries(f"{tmp_path}/none", LIMITS, S3()) == []
