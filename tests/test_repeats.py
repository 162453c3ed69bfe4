"""What a reference has is taken out of a catalogue, and nothing of the reference is."""

import dataclasses
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dedup_spark import deduplicated, forms, references, repeats, settings, tables
from dedup_spark.errors import BadInput
from dedup_spark.output import runs, store
from tests.tables_of import a_table, shown
from tests.test_matches import fingerprint

CHOSEN = settings.load()
FOUND = "asked string, image string, distance int, colour_difference double, verdict string, reason string"
ROWS = [("a", "/1", "p", "keeper"), ("b", "/2", "p", "near"), ("c", "/3", "p", "near"), ("d", "/4", "chart", "keeper")]


def against(*places: Path) -> settings.Settings:
    return dataclasses.replace(CHOSEN, against=settings.Against(tuple(map(str, places))))


def test_the_nearest_picture_of_the_reference_counts_and_only_one_that_passes(spark: SparkSession) -> None:
    found = [
        ("/1", "/far", 8, 1.0, "duplicate", "near"),
        ("/1", "/near", 2, 3.0, "duplicate", "near"),
        ("/1", "/veto", 0, 9.0, "vetoed", "colour"),
        ("/2", "/veto", 0, 9.0, "vetoed", "colour"),
        ("/2", "/other", 4, 9.0, "review", "square missing"),
    ]
    rows = repeats.compute(a_table(spark, found, FOUND)).collect()
    assert [tuple(row) for row in rows] == [("/1", "/near", 2, "near")]


def test_a_row_that_repeats_goes_and_stands_for_nobody_but_a_suspect_stays(spark: SparkSession) -> None:
    table = shown(spark, ROWS)
    none = a_table(spark, [], "id string, image string, status string, detail string")
    catalogue = table.selectExpr("id", "image", "status", "cast(null as string) detail", "row")
    suspects = a_table(spark, [("chart", "many_offers", "7 offers")], "set_id string, reason string, evidence string")
    clusters = a_table(spark, [("a", "a"), ("b", "a"), ("c", "a")], "id string, cluster_id string")
    repeated = [("/1", "/master", 0, "same bytes"), ("/4", "/master", 2, "near")]
    decided = deduplicated.decide(
        catalogue,
        none,
        table,
        suspects,
        clusters,
        CHOSEN.deduplicated,
        repeated=a_table(spark, repeated, "image string, reference string, far int, met string"),
    )
    fates = sorted((row["id"], row["fate"], row["kept_image"]) for row in decided.collect())
    assert fates == [("a", "repeated", "/master"), ("b", "kept", "/2"), ("c", "removed", "/2"), ("d", "kept", "/4")]
    rows = forms.conform(deduplicated.repeats(decided), tables.REPEATS).collect()
    assert [row.asDict() for row in rows] == [
        {"id": "a", "image": "/1", "reference_image": "/master", "distance": 0, "reason": "same bytes"}
    ]


def test_a_reference_is_a_run_or_a_table_of_fingerprints(spark: SparkSession, tmp_path: Path) -> None:
    prints = spark.createDataFrame([fingerprint("one"), fingerprint("two")], store.FETCHED)
    prints.drop("square").write.parquet(str(tmp_path / "prints"))
    output = str(tmp_path / "output")
    with runs.working(output, {"day": 1}, CHOSEN) as run:
        run.commit(spark.createDataFrame([fingerprint("three")], store.FETCHED), 0, CHOSEN, {})
        run.publish(CHOSEN)
    chosen = against(tmp_path / "prints", tmp_path / "output")
    found = references.find(chosen)
    assert [(one.run_id, one.identity == run.run_id) for one in found] == [(None, False), (run.run_id, True)]
    rows = references.read(spark, found, chosen)
    assert sorted(row["content"] for row in rows.collect()) == ["one", "three", "two"]
    assert rows.where("square is not null").isEmpty()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (False, "neither a run nor a table of fingerprints lies there"),
        (True, "lacks content, bytes, width, height, phash, views, colour_signature, low_information, hash_version"),
    ],
)
def test_what_is_no_reference_is_refused(spark: SparkSession, tmp_path: Path, made: bool, said: str) -> None:
    place = tmp_path / "offers"
    if made:
        a_table(spark, [("/1", "ok")], "image string, status string").write.parquet(str(place))
    chosen = against(place)
    with pytest.raises(BadInput, match=said):
        references.read(spark, references.find(chosen), chosen)
