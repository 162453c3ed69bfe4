"""What people said is read from wherever it stands, kept in the store, and named when it is wrong."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dedup_spark import cli
from dedup_spark.errors import BadInput, StorageFailed
from dedup_spark.people import lists, reviews
from dedup_spark.settings import Settings, load

SETTINGS = load()
WORD = {"kind": "offer", "left": "a", "right": "b", "verdict": "different", "source": "ann", "time": "2026-11-22"}
CONTENT = "0123456789abcdef" * 2
DOCUMENT = {"judgements": [WORD], "excluded": [{"picture": CONTENT}], "allowed": [{"picture": "tops/1.jpg"}]}


def named(**files: list[str]) -> Settings:
    return load(overrides=[f"judgements.{name}={json.dumps(found)}" for name, found in files.items()])


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> str:
    path = folder / name
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
        path.write_text("\ufeff" + "\r\n".join(lines))
    else:
        path.write_text("\n\n".join(json.dumps(row) for row in rows))
    return str(path)


@pytest.fixture(params=["disk", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Settings]:
    """An empty output on a disk, and one on S3."""
    if request.param == "disk":
        return str(tmp_path / "output"), SETTINGS
    server = request.getfixturevalue("s3")
    return f"s3://results/{tmp_path.name}", dataclasses.replace(SETTINGS, s3=server.settings)


def test_a_review_is_kept_and_found_again(place: tuple[str, Settings], tmp_path: Path) -> None:
    output, settings = place
    empty = reviews.find(output, settings)
    assert (empty.judgements, empty.listed, empty.read) == ([], [], [])
    document = tmp_path / "review.json"
    document.write_text(json.dumps(DOCUMENT))
    assert len(reviews.append(reviews.document(str(document), settings), output, settings)) == 3
    found = reviews.find(output, settings)
    (word,) = found.judgements
    assert (word.left, word.right, word.verdict, word.source, str(word.time)) == (
        *("a", "b", "different", "ann"),
        "2026-11-22 00:00:00+00:00",
    )
    assert sorted((one.verdict, one.picture) for one in found.listed) == [
        ("allowed", "tops/1.jpg"),
        ("excluded", CONTENT),
    ]
    assert all(one.time is not None and one.source == str(document) for one in found.listed)
    assert [(entry["table"], entry["rows"]) for entry in found.read] == [
        ("excluded", 1),
        ("allowed", 1),
        ("judgements", 1),
    ]
    document.write_text(json.dumps({"judgements": [WORD | {"verdict": "same"}]}))
    reviews.append(reviews.document(str(document), settings), output, settings)
    assert [word.verdict for word in reviews.find(output, settings).judgements] == ["different", "same"]


@pytest.mark.parametrize("name", ["mine.parquet", "mine.csv", "mine.jsonl"])
def test_a_sheet_says_what_the_store_would(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, [WORD, WORD | {"left": "c"}])
    found = reviews.find(str(tmp_path / "output"), named(judgements=[path]))
    assert [(word.left, word.right, word.place) for word in found.judgements] == [("a", "b", path), ("c", "b", path)]
    assert found.read == [{"table": "judgements", "place": path, "rows": 2}]


def test_a_folder_of_parquet_is_a_sheet(tmp_path: Path) -> None:
    (tmp_path / "said").mkdir()
    for name in ("1.parquet", "2.parquet"):
        write(tmp_path / "said", name, [{"picture": "tops/1.jpg"}])
    found = reviews.find(str(tmp_path / "output"), named(excluded=[str(tmp_path / "said")]))
    assert [one.verdict for one in found.listed] == [lists.EXCLUDED, lists.EXCLUDED]


def test_what_was_said_makes_the_identity_and_not_where(tmp_path: Path) -> None:
    output = str(tmp_path / "output")
    rows = [WORD, WORD | {"left": "c"}]
    one, other = write(tmp_path, "one.csv", rows), write(tmp_path, "other.jsonl", rows[::-1])
    first, second = (reviews.find(output, named(judgements=[path])).identity() for path in (one, other))
    assert first == second
    assert reviews.find(output, SETTINGS).identity() != first
    twice = reviews.find(output, named(judgements=[one, other]))
    assert (len(twice.judgements), twice.identity()) == (4, first)
    more = write(tmp_path, "more.csv", [WORD | {"verdict": "same"}])
    assert reviews.find(output, named(judgements=[one, more])).identity() != first
    tables = reviews.find(output, named(judgements=["shop.words"]))
    assert tables.tables == [("judgements", "shop.words")]
    assert tables.identity() != tables.identity()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.csv", "kind,left,right,verdict\noffer,a,b,same\noffer,a,b,Same\n", r"x.csv, row 2 of judgements: verdict"),
        ("x.csv", "kind,left,right,verdikt\noffer,a,b,same\n", r"row 1 of judgements: unknown column 'verdikt'"),
        ("x.csv", "kind,left,right,verdict\noffer,a,b,same,c\n", r"row 1: has more cells than there are columns"),
        ("x.csv", "\xff", r"x.csv: must be UTF-8"),
        ("x.jsonl", '{"kind": "offer"\n', r"x.jsonl, line 1: must be a JSON object"),
        ("x.jsonl", "[1]\n", r"x.jsonl, line 1: must be a JSON object, but is \[1\]"),
        ("x.parquet", "no", r"x.parquet cannot be read as Parquet"),
        ("x.txt", "no", r"x.txt: must be a file that ends with .parquet, .csv"),
        ("", "", r"gone.csv: there is no such file"),
    ],
)
def test_what_is_wrong_in_a_sheet_is_named(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / (name or "gone.csv")
    if name:
        path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=message):
        reviews.find(str(tmp_path / "output"), named(judgements=[str(path)]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be JSON, but is not"),
        ("[]", "must be a JSON object of allowed, excluded, judgements, each a list of objects"),
        ('{"judgments": []}', "must be a JSON object of"),
        ('{"judgements": {}}', "each a list of objects; judgements is not"),
        ('{"excluded": [{"picture": ""}]}', "row 1 of excluded: picture = ''"),
        ('{"excluded": [{"picture": "1.jpg", "time": "0001-01-01T00:00+09:00"}]}', "row 1 of excluded: time = "),
        ('{"excluded": [{"picture": "\\ud800.jpg"}]}', "must be JSON, but is not"),
        ("[" * 100_000, "must be JSON, but is not"),
        ('{"judgements": [{"kind": "' + "x" * 100_000 + '"}]}', "xxx': must be offer or picture"),
    ],
)
def test_what_is_wrong_in_a_document_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    document = tmp_path / "review.json"
    document.write_text(text)
    assert cli.main(["review", "import", str(document), str(tmp_path / "output")]) == BadInput.exit_code
    said = capsys.readouterr().err
    assert message in said
    assert len(said) < 1000
    assert not (tmp_path / "output").exists()
    with pytest.raises(BadInput, match="there is no such file"):
        reviews.document(str(tmp_path / "gone.json"), SETTINGS)


def test_the_command_says_what_it_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "review.json"
    document.write_text(json.dumps(DOCUMENT))
    assert cli.main(["review", "import", str(document), str(tmp_path / "output")]) == 0
    said = capsys.readouterr().out
    assert "1 judgements, 1 excluded, 1 allowed" in said
    assert len(list((tmp_path / "output" / "store").glob("*/*.parquet"))) == 3


def test_a_damaged_file_of_the_store_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "store" / "judgements"
    folder.mkdir(parents=True)
    (folder / "x.parquet").write_bytes(b"half")
    with pytest.raises(StorageFailed, match=r"x.parquet: a file of a table is damaged"):
        reviews.find(str(tmp_path), SETTINGS)
