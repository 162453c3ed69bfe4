"""A search that was killed between two groups of bands goes on with the group that it was at."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import storage
from dedup_spark.bands.banding import plan
from dedup_spark.output import parts, runs
from dedup_spark.output.runs import Run
from dedup_spark.pairs import near_pairs
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.searches import ROW_BYTES, WORD_BYTES, Search
from dedup_spark.settings import Settings, load
from dedup_spark.storage import Scratch, Written
from tests import test_candidate_pairs as hashes

IDENTITY = {"catalogue": "/offers.parquet"}
CLUSTER = load(overrides=["candidate_pairs.carrier=cluster"])
GROUPS = 3


def searched(rows: DataFrame, scratch: Scratch) -> Near:
    """In groups of four bands, with families and buckets that are divided."""
    count, chosen = rows.count(), plan(10)
    band = count * (ROW_BYTES + WORD_BYTES * chosen.words)
    search = Search(rows, None, chosen, ["case"], 2, 4 * band)
    assert len(search.parts(count)) == GROUPS
    return near_pairs.find(search, count, scratch, CLUSTER.candidate_pairs, CLUSTER.components)


def test_no_group_is_searched_again(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = hashes.table(spark, [hashes.a_case(number, 10, even=True) for number in range(hashes.CASES)])
    written: list[str] = []
    write = storage.write

    def watched(table: DataFrame, path: str, settings: Settings) -> Written:
        written.append(path.rpartition("/")[2])
        if written.count("near-1") == 1 and written[-1] == "near-1":
            raise KeyboardInterrupt
        return write(table, path, settings)

    monkeypatch.setattr(storage, "write", watched)
    with pytest.raises(KeyboardInterrupt), runs.working(str(tmp_path), IDENTITY, CLUSTER) as run:
        searched(rows, parts.scratch(run, spark, CLUSTER))
    first = {*written[:-1]}
    assert {*(f"near-hot-{number}" for number in range(GROUPS)), "near-0"} <= first
    with runs.working(str(tmp_path), IDENTITY, CLUSTER) as resumed:
        found = searched(rows, parts.scratch(resumed, spark, CLUSTER))
        assert not first & {*written[written.index("near-1") + 1 :]}
        expected = searched(rows, Scratch(spark, str(tmp_path / "whole"), CLUSTER))
        assert listed(found.pairs) == listed(expected.pairs)
        assert found.families is not None
        assert expected.families is not None
        assert listed(found.families) == listed(expected.families)
        assert (found.candidates, found.largest_bucket) == (expected.candidates, expected.largest_bucket)
        published(resumed)


def published(run: Run) -> None:
    """Nobody needs the parts any more."""
    assert run.manifest["parts"]
    run.publish(CLUSTER)
    assert not run.manifest["parts"]
    assert not list(Path(run.folder).glob("parts/**/*.parquet"))


def listed(rows: DataFrame) -> list[tuple[str, ...]]:
    return sorted(tuple(row) for row in rows.collect())
