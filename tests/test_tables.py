"""What is written has the form of its table: a null where there may be none is a fault, not a row."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dedup_spark import forms, settings, storage, tables
from dedup_spark.errors import Fault
from tests.tables_of import a_table

CHOSEN = settings.load()
REJECT = "stage string, id {id}, image string, status string, detail string"


@pytest.mark.any_spark
@pytest.mark.parametrize("kind", ["string", "struct<shop:string,number:bigint>"])
def test_a_null_is_written_only_where_there_may_be_one(spark: SparkSession, tmp_path: Path, kind: str) -> None:
    schema = REJECT.format(id=kind)
    known = forms.conform(a_table(spark, [("catalogue", None, None, "no_id", None)], schema), tables.REJECTS)
    assert storage.write(known, f"{tmp_path}/known", CHOSEN).rows == 1
    unknown = forms.conform(a_table(spark, [("catalogue", None, None, None, None)], schema), tables.REJECTS)
    with pytest.raises(Fault, match=r"^rejects\.status holds a null: it may hold none$"):
        storage.write(unknown, f"{tmp_path}/unknown", CHOSEN)
    assert not storage.data_files(f"{tmp_path}/unknown", CHOSEN)


@pytest.mark.any_spark
def test_an_offer_without_an_id_is_in_no_cluster(spark: SparkSession, tmp_path: Path) -> None:
    rows = a_table(spark, [(None, "a", 2)], "id struct<shop:string,number:bigint>, cluster_id string, size long")
    with pytest.raises(Fault, match=r"^clusters\.id holds a null"):
        storage.write(forms.conform(rows, tables.CLUSTERS), f"{tmp_path}/clusters", CHOSEN)


def test_all_tables_are_all() -> None:
    declared = [table for table in vars(tables).values() if isinstance(table, tables.Table)]
    assert sorted(table.name for table in tables.ALL) == sorted(table.name for table in declared)
