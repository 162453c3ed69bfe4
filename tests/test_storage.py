"""What was written is what is read, and a table that lost a file never passes for whole."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dedup_spark import storage
from dedup_spark.errors import StorageFailed
from dedup_spark.settings import load
from dedup_spark.storage import Scratch, Written
from tests.s3_server import Server

SETTINGS = load()


def numbers(spark: SparkSession, rows: int, partitions: int = 3) -> DataFrame:
    return spark.range(0, rows, numPartitions=partitions).withColumn("text", F.col("id").cast("string"))


@pytest.mark.parametrize("rows", [0, 1, 100])
def test_rows_come_back_and_are_counted(spark: SparkSession, tmp_path: Path, rows: int) -> None:
    written = storage.write(numbers(spark, rows), str(tmp_path / "table"), SETTINGS)
    assert written.rows == rows
    on_disk = list((tmp_path / "table").glob("*.parquet"))
    assert (written.files, written.bytes) == (len(on_disk), sum(file.stat().st_size for file in on_disk))
    storage.check(written, SETTINGS)
    found = storage.read(spark, str(tmp_path / "table"), SETTINGS)
    assert found.columns == ["id", "text"]
    assert [row.id for row in found.orderBy("id").collect()] == list(range(rows))


@pytest.mark.parametrize("name", ["a b[1]{x}*?\\", "p%20q ü=1,2:y"])
def test_a_folder_may_have_any_name(spark: SparkSession, tmp_path: Path, name: str) -> None:
    """Spark takes a path to read for a pattern."""
    (tmp_path / "a b1x").mkdir()
    path = str(tmp_path / name / "table")
    assert storage.write(numbers(spark, 5), path, SETTINGS).rows == 5
    assert storage.read(spark, path, SETTINGS).count() == 5
    assert storage.read_arrow(path, SETTINGS).num_rows == 5


def test_what_a_killed_write_left_is_deleted_first(spark: SparkSession, tmp_path: Path) -> None:
    left = tmp_path / "table"
    (left / "_temporary" / "0").mkdir(parents=True)
    (left / "_temporary" / "0" / "part-00000.parquet").write_bytes(b"half")
    (left / "part-00007.parquet").write_bytes(b"half")
    (left / ".part-00007.parquet.crc").write_bytes(b"half")
    assert storage.write(numbers(spark, 5), str(left), SETTINGS).rows == 5
    assert not (left / "part-00007.parquet").exists()


def test_clearing_a_folder_leaves_its_neighbours_alone(spark: SparkSession, tmp_path: Path) -> None:
    neighbour = storage.write(numbers(spark, 5), str(tmp_path / "table-2"), SETTINGS)
    storage.write(numbers(spark, 5), str(tmp_path / "table"), SETTINGS)
    storage.clear(str(tmp_path / "table"), SETTINGS)
    storage.check(neighbour, SETTINGS)
    with pytest.raises(StorageFailed):
        storage.read_arrow(str(tmp_path / "table"), SETTINGS)


@pytest.mark.parametrize("damage", ["deleted", "truncated", "added", "all gone"])
def test_a_damaged_table_is_named(spark: SparkSession, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "table"
    written = storage.write(numbers(spark, 100), str(path), SETTINGS)
    file = sorted(path.glob("*.parquet"))[1]
    if damage == "added":
        (path / "part-00009.parquet").write_bytes(file.read_bytes())
    elif damage == "truncated":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        for each in [file] if damage == "deleted" else list(path.glob("*.parquet")):
            each.unlink()
    assert (path / "_SUCCESS").exists()
    with pytest.raises(StorageFailed, match="table is damaged"):
        storage.check(written, SETTINGS)


def test_a_schema_adds_what_older_files_lack(spark: SparkSession, tmp_path: Path) -> None:
    storage.write(numbers(spark, 2), str(tmp_path / "old"), SETTINGS)
    newer = numbers(spark, 3).withColumn("more", F.lit(1))
    storage.write(newer, str(tmp_path / "new"), SETTINGS)
    paths = [str(tmp_path / "old"), str(tmp_path / "new")]
    found = storage.read_all(spark, paths, SETTINGS, newer.schema)
    assert sorted((row.id, row.more or 0) for row in found.collect()) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)]
    assert storage.read_all(spark, [], SETTINGS, newer.schema).count() == 0


def test_a_missing_table_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"nothing: there is no table"):
        storage.read(spark, str(tmp_path / "nothing"), SETTINGS)


def test_a_path_that_spark_has_no_client_for_is_a_matter_of_storage(spark: SparkSession) -> None:
    other = dataclasses.replace(SETTINGS, storage=dataclasses.replace(SETTINGS.storage, s3_scheme="s3"))
    with pytest.raises(StorageFailed, match=r"s3://results/x: Spark has no client .*configure_spark"):
        storage.read(spark, "s3://results/x", other)


def test_a_fault_of_the_query_is_no_matter_of_storage(spark: SparkSession, tmp_path: Path) -> None:
    broken = spark.range(1).select(F.assert_true(F.col("id") > 5, F.lit("it is broken")))
    with pytest.raises(Exception, match="it is broken") as caught:
        storage.write(broken, str(tmp_path / "table"), SETTINGS)
    assert not isinstance(caught.value, StorageFailed)


@settings(max_examples=20)
@given(sizes=st.lists(st.integers(0, 7), min_size=1, max_size=4), per_file=st.integers(1, 4))
def test_what_the_driver_writes_it_reads(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], per_file: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "ROWS_PER_FILE", per_file)
        path = str(tmp_path_factory.mktemp("arrow") / "table")
        for size in sizes:  # each write replaces what nothing names
            table = pa.table({"n": pa.array(range(size), pa.int64()), "text": [str(n) for n in range(size)]})
            written = storage.write_arrow(table, path, SETTINGS)
            assert written == Written(path, size, max(1, -(-size // per_file)), written.bytes)
            assert storage.read_arrow(path, SETTINGS).to_pylist() == table.to_pylist()
            assert storage.read_arrow(path, SETTINGS, ["n"]).column_names == ["n"]


def test_the_driver_names_a_damaged_file(tmp_path: Path) -> None:
    storage.write_arrow(pa.table({"n": [1]}), str(tmp_path), SETTINGS)
    file = next(tmp_path.glob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(StorageFailed, match=r"part-00000\.parquet: a file of a table is damaged"):
        storage.read_arrow(str(tmp_path), SETTINGS)


def test_a_scratch_cuts_the_lineage(spark: SparkSession, tmp_path: Path) -> None:
    scratch = Scratch(spark, str(tmp_path / "scratch"), SETTINGS)
    tossed = numbers(spark, 50).withColumn("coin", F.rand())
    cut = scratch.cut(tossed, "tossed")
    assert cut.schema.names == tossed.schema.names
    assert cut.select("coin").collect() == cut.select("coin").collect()
    again = scratch.cut(cut.where("id < 20"), "tossed")
    assert (cut.count(), again.count(), scratch.rows("tossed")) == (50, 20, 20)  # the first is still there
    on_driver = scratch.read_arrow("tossed", ["id"])
    assert sorted(on_driver["id"].to_pylist()) == list(range(20))
    back = scratch.put_arrow(on_driver, "back")
    assert sorted(row.id for row in back.collect()) == list(range(20))
    scratch.clear()
    assert not list((tmp_path / "scratch").rglob("*.parquet"))


ON_S3 = """
import sys, time
from dedup_spark import storage
from dedup_spark.io import objects
from dedup_spark.spark import session
from dedup_spark.errors import StorageFailed
from dedup_spark.settings import load

found = {"endpoint": sys.argv[1], "region": "us-east-1", "path_style": "true", "configure_spark": "true"}
wrong = {"aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
         "access.key": "AKIAWRONG", "secret.key": "open sesame"}
conf = ", ".join(f'"spark.hadoop.fs.s3a.bucket.pictures.{name}" = "{value}"' for name, value in wrong.items())
overrides = ["session.master=local[2]", f"session.conf={{ {conf} }}"]
settings = load(overrides=[*overrides, *(f"s3.{key}={value}" for key, value in found.items())])
path = "s3://results/in a folder/table"
with session.opened(settings) as spark:
    storage.write(spark.range(0, 100, 1, 4), path, settings)
    print(b'"magic"' in objects.read(path + "/_SUCCESS", settings.s3).data)
    objects.write(path + "/part-00099.parquet", b"half", settings.s3)
    written = storage.write(spark.range(0, 10, 1, 2), path, settings)
    print(written.rows, written.files, storage.read(spark, path, settings).count())
    print(storage.read_arrow(path, settings).num_rows)
    storage.check(written, settings)
    objects.delete([storage.data_files(path, settings)[0].path], settings.s3)
    for fails in (
        lambda: storage.check(written, settings),
        lambda: storage.read(spark, "s3://no-such-bucket/table", settings),
        lambda: storage.write(spark.range(7), "s3://pictures/wrong", settings),
    ):
        began = time.monotonic()
        try:
            fails()
        except StorageFailed as error:
            print(error)
        assert time.monotonic() - began < 20
"""


def test_a_table_on_s3_is_committed_by_magic_written_again_and_refused_in_seconds(s3: Server) -> None:
    """In a process of its own, since a session gets Hadoop's client for S3 only when it is started."""
    command = [sys.executable, "-c", ON_S3, s3.endpoint]
    ended = subprocess.run(command, env={**os.environ, **s3.environment}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    magic, counts, on_driver, damaged, missing, refused = ended.stdout.splitlines()[-6:]
    assert (magic, counts, on_driver) == ("True", "10 2 10", "10")
    assert damaged.startswith("s3://results/in a folder/table is damaged: 1 files")
    assert missing == "s3://no-such-bucket/table: there is no such bucket"
    assert refused == "s3://pictures/wrong: Spark's access is refused"
    for secret in ("open sesame", s3.secret_key):
        assert secret not in ended.stdout + ended.stderr
