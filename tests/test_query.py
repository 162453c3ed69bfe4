"""A question is answered with the limits of the run, by pictures of like version, with the offers that show them."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import cli, query, runs, settings, store
from dedup_spark.errors import BadInput
from dedup_spark.hashing import hasher
from dedup_spark.images import colour
from dedup_spark.pictures import HASHER
from tests.faulty_s3 import faulty

CHOSEN = settings.load()
SHOWN = "id long, image string, status string"


def test_the_limits_are_those_of_the_current_run_unless_the_command_sets_others(tmp_path: Path) -> None:
    made = settings.load(overrides=["candidate_pairs.max_distance=4", "fingerprints.batch=7"])
    with runs.working(str(tmp_path), {"catalogue": "offers"}, CHOSEN) as run:
        run.note(settings=settings.as_dict(made))
        run.publish(CHOSEN)
    asked = query.chosen(str(tmp_path), CHOSEN, [], [])
    assert (asked.candidate_pairs.max_distance, asked.fingerprints.batch) == (4, CHOSEN.fingerprints.batch)
    override = ["candidate_pairs.max_distance=6"]
    assert query.chosen(str(tmp_path), CHOSEN, [], override).candidate_pairs.max_distance == 6
    with pytest.raises(BadInput, match="no run is published"):
        query.chosen(str(tmp_path / "elsewhere"), CHOSEN, [], [])


def fingerprint(content: str, word: int = 0, **facts: Any) -> dict[str, Any]:
    """The fingerprint of a grey picture at /<content>.jpg, `word` the first of its hash."""
    row: dict[str, Any] = dict.fromkeys(store.SEGMENT.names)
    row |= {"image": f"/{content}.jpg", "status": "ok", "content": content, "bytes": 9, "width": 9, "height": 9}
    row |= {"md5": content, "format": "JPEG", "phash": f"{word:x}", "low_information": False, "unstable": False}
    row |= {"hash_version": hasher.find(HASHER).VERSION, "signature_version": colour.SIGNATURE_VERSION}
    row["colour_signature"] = bytes(600)
    seen = {"view": "whole", "words": [word, 0, 0, 0, 0], "unstable": False, "unstable_channels": 0}
    row["views"] = [seen | {"colour_signature": bytes(600), "low_information": False}]
    return row | facts


def test_an_answer_is_a_stored_picture_of_like_version_with_who_shows_it(spark: SparkSession) -> None:
    stored = spark.createDataFrame(
        [fingerprint("far", 2**40 - 1), fingerprint("near", 3), fingerprint("old", 0, hash_version="0")], store.SEGMENT
    )
    limits = dataclasses.replace(CHOSEN.duplicate_pairs, max_unseen_colour_difference=4.5)
    by = dataclasses.replace(CHOSEN, duplicate_pairs=limits)
    asked = spark.createDataFrame([fingerprint("new"), fingerprint("near", 3, image="/copy.jpg")], store.SEGMENT)
    found = query.find(asked, stored, stored.select("image", "content", "square"), by).collect()
    assert sorted((row["asked"], row["content"], row["distance"], row["reason"]) for row in found) == [
        ("/copy.jpg", "near", 0, "same bytes"),
        ("/new.jpg", "near", 2, "near"),
    ]
    with pytest.raises(BadInput, match="no stored picture has hash"):
        query.find(asked, stored.where("hash_version = '0'"), stored.select("image", "content", "square"), by)


def test_a_web_address_is_refused_and_never_asked(tmp_path: Path) -> None:
    with faulty() as server:
        server.put("/1.jpg", b"picture")
        url = f"http://127.0.0.1:{server.port}/1.jpg"
        with pytest.raises(BadInput, match=r"1\.jpg' cannot be asked for: a web address is not fetched: mirror it"):
            list(query.lines(str(tmp_path), [url], CHOSEN))
        assert server.requests == []
    for path in ("", "s3://shop", "a\x00.jpg"):
        with pytest.raises(BadInput, match="cannot be asked for"):
            list(query.lines(str(tmp_path), [path], CHOSEN))


def test_the_offers_that_show_a_picture_are_counted_and_the_first_are_named(spark: SparkSession) -> None:
    rows = [(number, f"/{number % 2}.jpg", "ok") for number in range(20)]
    catalogue = spark.createDataFrame(
        [*rows, (3, "/1.jpg", "same_row"), (99, "/1.jpg", "no_id")], "id long, image string, status string"
    )
    stored = spark.createDataFrame(
        [("/0.jpg", "ok", "a"), ("/1.jpg", "ok", "b")], "image string, status string, content string"
    )
    found = {row["content"]: row for row in query.offers(catalogue, stored).collect()}
    assert {content: row["offers"] for content, row in found.items()} == {"a": 10, "b": 10}
    assert found["b"]["first"] == ["1", "11", "13", "15", "17"]


def test_a_file_names_thousands_of_images(tmp_path: Path) -> None:
    file = tmp_path / "asked.txt"
    file.write_text("/a.jpg\n\n  /b c.jpg \r\ns3://bucket/ü.jpg\n")
    assert query.listed(str(file)) == ["/a.jpg", "/b c.jpg", "s3://bucket/ü.jpg"]
    file.write_text(" \n")
    with pytest.raises(BadInput, match="names no image"):
        query.listed(str(file))
    for wrong in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(BadInput, match="cannot be read as a text file"):
            query.listed(str(wrong))
    assert cli.main(["query", str(tmp_path)]) == 2
