"""A stage is timed, whatever is done inside; who a run is does not depend on what only asks."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dedup_spark import settings, source, tables, work
from dedup_spark.output import parts, runs
from dedup_spark.people.reviews import Reviews
from dedup_spark.work import Work
from tests.tables_of import a_table

DEFAULTS = settings.load()


def test_the_seconds_of_a_stage_are_added_up_with_what_its_rows_cost(spark: SparkSession, tmp_path: Path) -> None:
    def slow() -> None:
        with at_work.stage(tables.CLUSTERS.name):
            spark.range(1).selectExpr("java_method('java.lang.Thread', 'sleep', 300L)").collect()

    with runs.working(str(tmp_path), {"catalogue": "offers"}, DEFAULTS) as run:
        at_work = Work(run, spark, DEFAULTS, parts.scratch(run, spark, DEFAULTS), lambda line: None)
        with at_work.stage("around"):
            slow()
        seconds = run.manifest["seconds"]
        assert seconds["around"] < seconds["clusters"]  # its own alone, so that those of all stages are the run's
        slow()
        rows = a_table(spark, [("a", "a", 2)], "id string, cluster_id string, size long")
        assert at_work.table(tables.CLUSTERS, lambda: rows).count() == 1
        assert run.manifest["seconds"]["clusters"] > 0.6
        assert at_work.table(tables.CLUSTERS, pytest.fail).count() == 1  # found written: nothing is computed


def test_who_a_run_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all((Path(work.__file__).parent / name).exists() for name in work.ASKS_ONLY)
    home = tmp_path / "dedup_spark"
    (home / "commands").mkdir(parents=True)
    for name in ("work.py", "clusters.py", "cli.py", "commands/query.py"):
        (home / name).write_text("old")
    monkeypatch.setattr(work, "__file__", str(home / "work.py"))

    def code() -> str:
        found = source.Source("offers", identity="files")
        return str(work.identity(found, Reviews(), DEFAULTS)["code"])

    before = code()
    (home / "cli.py").write_text("new")
    (home / "commands" / "query.py").write_text("new")
    assert code() == before
    (home / "clusters.py").write_text("new")
    assert code() != before
