"""A question is answered with the limits of the run, by pictures of like version, with the offers that show them."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dedup_spark import cli, settings
from dedup_spark.commands import query
from dedup_spark.errors import BadInput
from dedup_spark.output import runs
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
