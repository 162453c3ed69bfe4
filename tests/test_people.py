"""What people say of a run's offers and pictures is found by whatever name they use, obeyed, and accounted for."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import cli
from dedup_spark.errors import Fault
from dedup_spark.people import people
from dedup_spark.people.reviews import Reviews
from dedup_spark.settings import load
from dedup_spark.storage import Scratch
from tests.catalogues import AS_ARGUMENTS
from tests.digests import rows
from tests.pictures import product
from tests.tables_of import a_table

SETTINGS = load()
CONTENTS = {name: hashlib.sha256(name.encode()).hexdigest()[:32] for name in "abcd"}
PHASH = "-".join(["0" * 25] * 3)


def said(kind: str, left: str, right: str, verdict: str, time: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "left": left, "right": right, "verdict": verdict, "source": "ann", "time": time}


@pytest.fixture
def scratch(spark: SparkSession, tmp_path: Path) -> Scratch:
    return Scratch(spark, f"{tmp_path}/scratch", SETTINGS)


def heard(scratch: Scratch, words: Sequence[dict[str, Any]], listed: dict[str, str] | None = None) -> people.Word:
    """Of a run with the offers 1 to 4 and the pictures /shop/a.jpg to /shop/e.jpg, the last two of the same bytes."""
    reviews = Reviews()
    reviews.add("judgements", words, "mine.csv", SETTINGS)
    for picture, table in (listed or {}).items():
        reviews.add(table, [{"picture": picture}], table, SETTINGS)
    images: list[tuple[Any, ...]] = [(f"/shop/{name}.jpg", content, "ok") for name, content in CONTENTS.items()]
    images += [("/shop/e.jpg", CONTENTS["d"], "ok"), ("/shop/broken.jpg", None, "truncated")]
    prints = a_table(scratch.spark, images, "image string, content string, status string")
    offers = a_table(scratch.spark, [(number,) for number in range(1, 5)], "id long")
    return people.hear(reviews, offers, prints, "/shop", SETTINGS, scratch)


def listing(table: DataFrame | None) -> list[tuple[Any, ...]]:
    return [] if table is None else sorted(tuple(row) for row in table.collect())


def test_what_people_name_is_found(scratch: Scratch) -> None:
    words = [
        said("offer", "1", "2", "same"),
        said("offer", "3", "2", "different"),
        said("offer", "1", "3", "same", "2026-01-01"),
        said("offer", "1", "5", "same"),
        said("picture", "a.jpg", CONTENTS["b"], "different"),
        said("picture", "/shop/c.jpg", "d.jpg", "same"),
        said("picture", "d.jpg", "e.jpg", "different"),
        said("picture", "broken.jpg", "a.jpg", "same"),
    ]
    word = heard(scratch, words)
    assert word.pictures is not None
    a, b, c, d = CONTENTS.values()
    assert sorted(tuple(row) for row in word.pictures.collect()) == sorted(
        [(min(a, b), max(a, b), "different", 0), (min(c, d), max(c, d), "same", 1)]
    )
    assert listing(people.offers_apart(word)) == [("2", "3", "judged")]
    assert listing(people.offers_together(word)) == [("1", "2", "judged")]
    assert [one.different for one in word.settled["offer"].contradictions] == [("2", "3")]
    sets = a_table(scratch.spark, [(c, c), (d, c)], "content string, set_id string")
    joined = a_table(scratch.spark, [(1, "1"), (4, "1"), (2, "2")], "id long, cluster_id string")
    found, notes = people.outcome(word, sets, joined)
    fates = [row["fate"] for row in found]
    assert fates == [
        *("contradicted", "obeyed", "contradicted", "unknown"),  # 1 and 2 came out apart, by no person's word
        *("obeyed", "obeyed", "one content", "unknown"),
    ]
    assert notes["judgements"] == {"contradicted": 2, "obeyed": 3, "one content": 1, "unknown": 2}
    assert [(one["different"], one["same"]) for one in notes["contradictions"]] == [
        (("2", "3"), [("1", "2"), ("1", "3")]),
        (None, [("1", "2")]),
    ]
    assert [row["fate"] for row in people.table(word, found).collect()] == fates
    together = a_table(scratch.spark, [(2, "1"), (3, "1")], "id long, cluster_id string")
    with pytest.raises(Fault, match="offers 2 and 3 are judged different, but both are in 1"):
        people.outcome(word, sets, together)


def test_nobody_said_anything(scratch: Scratch) -> None:
    word = heard(scratch, [])
    assert (word.pictures, people.offers_apart(word), people.offers_together(word)) == (None, None, None)
    assert people.listed(word, scratch.spark.range(1)) is None


def test_a_listed_picture_stands_for_its_set(scratch: Scratch) -> None:
    names = {"a.jpg": "excluded", CONTENTS["b"]: "allowed", PHASH: "excluded", "/shop/gone.jpg": "allowed"}
    word = heard(scratch, [], names)
    rows = [
        ("/shop/a.jpg", CONTENTS["a"], "1", "of a"),
        ("/shop/b.jpg", CONTENTS["b"], "2", "of b"),
        ("/shop/c.jpg", CONTENTS["c"], PHASH, "of b"),
        ("/shop/d.jpg", CONTENTS["d"], PHASH, "of d"),
    ]
    shown = a_table(scratch.spark, [*rows, rows[0]], "image string, content string, phash string, set_id string")
    assert listing(people.listed(word, shown)) == [
        ("of a", "excluded", "excluded"),
        ("of b", "allowed", "allowed"),
        ("of b", "excluded", "excluded"),
        ("of d", "excluded", "excluded"),
    ]


@pytest.mark.flow
def test_a_run_obeys_what_was_imported_and_what_it_is_given(spark: SparkSession, tmp_path: Path) -> None:
    """`one` and `half` are copies, as `two` and `small` are; `three` is another product."""
    pictures = {"one": product(1), "half": product(1).resize((120, 160)), "two": product(2), "three": product(3)}
    pictures |= {"small": pictures["two"].resize((120, 160))}
    for name, picture in pictures.items():
        picture.save(tmp_path / f"{name}.png")
    offers = pa.table({"id": list(pictures), "image": [f"{name}.png" for name in pictures]})
    pq.write_table(offers, tmp_path / "offers.parquet")
    content = hashlib.sha256((tmp_path / "three.png").read_bytes()).hexdigest()[:32]
    document, sheet = tmp_path / "review.json", tmp_path / "more.jsonl"
    document.write_text(json.dumps({"judgements": [said("picture", "one.png", "half.png", "different")]}))
    sheet.write_text(json.dumps(said("picture", content, "two.png", "same")))
    output = str(tmp_path / "output")
    assert cli.main(["review", "import", str(document), output]) == 0
    assert cli.main(["run", str(tmp_path / "offers.parquet"), output, "--judgements", str(sheet), *AS_ARGUMENTS]) == 0
    pairs = rows(output, "duplicate_pairs")
    assert sorted((row["verdict"], row["reason"]) for row in pairs) == [
        ("duplicate", "judged"),
        ("duplicate", "same hash"),
        ("vetoed", "judged"),
    ]
    assert {Path(row["image"]).stem for row in rows(output, "duplicate_sets")} == {"two", "three", "small"}
    assert {row["id"] for row in rows(output, "clusters")} == {"two", "three", "small"}
    assert [row["fate"] for row in rows(output, "judgements")] == ["obeyed", "obeyed"]
    (manifest,) = Path(output).glob("runs/*/run.json")
    told = json.loads(manifest.read_text())
    assert told["judgements"] == {"obeyed": 2}
    assert [entry["rows"] for entry in told["people"]] == [1, 1]
