"""A document is JSON that only who knows its last version replaces, and no secret enters one."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup_spark.errors import StorageFailed
from dedup_spark.io.objects import Conflict
from dedup_spark.output import documents
from dedup_spark.settings import S3

WRITERS = 8
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


def test_what_is_replaced_is_read_and_only_its_last_version_is(tmp_path: Path) -> None:
    path = f"{tmp_path}/run.json"
    assert documents.read(path, S3()) is None
    first = documents.replace(path, {"state": "running", "rows": 3}, S3(), expected=None)
    assert documents.read(path, S3()) == documents.Document({"state": "running", "rows": 3}, first)
    second = documents.replace(path, {"state": "done"}, S3(), expected=first)
    for known in (None, first):
        with pytest.raises(Conflict, match=r"run\.json"):
            documents.replace(path, {"state": "lost"}, S3(), expected=known)
    assert documents.read(path, S3()) == documents.Document({"state": "done"}, second)


def test_of_many_who_know_one_version_one_replaces_it(tmp_path: Path) -> None:
    path, start = f"{tmp_path}/CURRENT", threading.Barrier(WRITERS)
    version = documents.replace(path, {"run_id": "first"}, S3(), expected=None)

    def swap(writer: int) -> int | None:
        start.wait()
        try:
            documents.replace(path, {"run_id": writer}, S3(), expected=version)
        except Conflict:
            return None
        return writer

    with ThreadPoolExecutor(WRITERS) as writers:
        (winner,) = [writer for writer in writers.map(swap, range(WRITERS)) if writer is not None]
    found = documents.read(path, S3())
    assert found is not None
    assert found.content == {"run_id": winner}


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "must be JSON"), (b'{"a": ', "must be JSON"), (b"\xff\xfe", "must be JSON"), (b"[1]", "but is a list")],
)
def test_what_is_no_document_is_named(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "run.json").write_bytes(data)
    with pytest.raises(StorageFailed, match=rf"run\.json: .*{said}"):
        documents.read(f"{tmp_path}/run.json", S3())


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_a_document_says_what_was_put_in_and_the_same_bytes_each_time(content: dict[str, Any]) -> None:
    encoded = documents.encoded(content)
    assert encoded == documents.encoded(json.loads(encoded))
    assert json.loads(encoded) == documents.redacted(content)
    assert encoded.decode() == json.dumps(documents.redacted(content), indent=1, ensure_ascii=False) + "\n"


def test_a_number_that_json_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        documents.encoded({"share": float("nan")})


@pytest.mark.parametrize(
    "content",
    [
        {"spark.hadoop.fs.s3a.secret.key": "OPEN"},
        {"spark.hadoop.fs.s3a.access.key": "OPEN"},
        {"fs.azure.account.key.x": "OPEN"},
        {"AWS_SESSION_TOKEN": "OPEN"},
        {"Password": ["OPEN"]},
        {"settings": {"s3": {"endpoint": "https://me:OPEN@host:9000"}}},
        {"message": "cannot read s3://OPEN:OPEN@bucket/x, nor https://OPEN@host"},
        {"remote": "sc://host:15002/;token=OPEN"},
        {"inputs": [("sc://host/;user_id=me;Token=OPEN;x=1",)]},
    ],
)
def test_no_secret_enters_a_document(content: dict[str, Any]) -> None:
    encoded = documents.encoded(content)
    assert b"OPEN" not in encoded
    assert b"***" in encoded


def test_what_only_looks_like_a_secret_stays() -> None:
    harmless = {"catalogue": "s3://bucket/a@b.parquet", "mail": "me@host", "key": "a", "accessed": 1, "page": "/;x=1"}
    assert documents.redacted(harmless) == harmless
