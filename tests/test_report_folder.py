"""The folder of a report: written in place of the one before, its first page last, on a disk and on S3."""

from pathlib import Path
from uuid import uuid4

import obstore
import pytest
from obstore.store import S3Store

from dedup_spark import settings
from dedup_spark.io import objects
from dedup_spark.report import folder
from tests import s3_server
from tests.s3_server import Server

FILES = {"index.html": b"<p>", "style.css": b"a {}", "page.js": b"1", "pictures/1.webp": b"RIFF"}


def test_a_report_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for name in ("old.html", "pictures/old.webp"):
        objects.write(f"{tmp_path}/report/{name}", b"old", settings.load().s3)
    first = folder.write(FILES, str(tmp_path), settings.load())
    assert first == f"{tmp_path}/report/index.html"
    there = [path.relative_to(tmp_path / "report") for path in (tmp_path / "report").rglob("*") if path.is_file()]
    assert sorted(map(str, there)) == sorted(FILES)


def test_a_sanitised_report_lies_beside_the_other(tmp_path: Path) -> None:
    whole = folder.write(FILES, str(tmp_path), settings.load())
    bare = folder.write(FILES, str(tmp_path), settings.load(overrides=["report.sanitised=true"]))
    assert Path(whole).exists()
    assert bare == f"{tmp_path}/report-sanitised/index.html"


def test_the_first_page_is_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(objects, "write", lambda path, *_, **__: written.append(path))
    folder.write(FILES, str(tmp_path), settings.load())
    assert written[-1].endswith("index.html")
    assert len(written) == len(FILES)


def test_a_store_tells_a_browser_what_each_file_is(s3: Server) -> None:
    place = f"reports/{uuid4().hex}"
    chosen = settings.load(
        overrides=[f"s3.endpoint={s3.endpoint}", f"s3.region={s3_server.REGION}", "s3.path_style=true"]
    )
    folder.write(FILES, f"s3://results/{place}", chosen)
    store = S3Store("results", endpoint=s3.endpoint, region=s3_server.REGION, client_options={"allow_http": True})
    kinds = {name: obstore.get(store, f"{place}/report/{name}").attributes["Content-Type"] for name in FILES}
    assert kinds == {
        "index.html": "text/html; charset=utf-8",
        "style.css": "text/css; charset=utf-8",
        "page.js": "text/javascript; charset=utf-8",
        "pictures/1.webp": "image/webp",
    }
