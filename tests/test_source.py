"""A catalogue is found and read, or what is wrong with it is named with exit code 2 before anything is fetched."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dedup_spark import cli, settings, source
from dedup_spark.errors import BadInput, StorageFailed
from dedup_spark.io.read_faults import Unreadable
from dedup_spark.source import Source, reading

SHOP = pa.table({"id": ["a", "b"] * 500, "image": [f"{n}.jpg" for n in range(1000)]})
CHOSEN = settings.load()


def parquet(path: Path, **columns: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def damaged(how: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Writes a Parquet file of which this is left."""

    def write(path: Path) -> None:
        pq.write_table(SHOP, path)
        path.write_bytes(how(path.read_bytes()))

    return write


SECOND: dict[str, tuple[Callable[[Path], None], str]] = {
    "truncated": (damaged(lambda data: data[: len(data) // 2]), "2.parquet: it is damaged"),
    "zeros in its middle": (damaged(lambda data: data[:4] + bytes(len(data) - 2004) + data[-2000:]), "it is damaged"),
    "no bytes": (damaged(lambda data: b""), "2.parquet is empty"),
    "a CSV": (damaged(lambda data: b"id,image\n1,1.jpg\n"), "2.parquet: it is damaged"),
    "a folder": (lambda path: parquet(path / "3.parquet", id=["a"], image=["1.jpg"]), "Spark does not read"),
    "partitions": (lambda path: parquet(path.parent / "d=1" / "3.parquet", id=["a"], image=["1.jpg"]), "does not read"),
    "integer ids": (lambda path: parquet(path, id=[1], image=["1.jpg"]), r"2.parquet: column 'id' is INT64"),
    "arrays of images": (lambda path: parquet(path, id=["a"], image=[["1.jpg"]]), "another type than in other files"),
}


@pytest.mark.any_spark
@pytest.mark.parametrize("second", SECOND)
def test_a_second_file_that_cannot_be_read_is_named(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str], second: str
) -> None:
    write, said = SECOND[second]
    (tmp_path / "shop").mkdir()
    pq.write_table(SHOP, tmp_path / "shop" / "1.parquet")
    write(tmp_path / "shop" / "2.parquet")
    assert cli.main(["run", str(tmp_path / "shop"), str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert "Traceback" not in message
    assert str(tmp_path / "out") not in message


@pytest.mark.any_spark
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": [{"a": 1}], "image": ["1.jpg"]}, "column 'id' is struct<a:bigint>: an id must be"),
        ({"id": [b"a"], "image": ["1.jpg"]}, "column 'id' is binary: an id must be"),
        ({"id": ["a"], "image": [1]}, "column 'image' is bigint: must be a string"),
        ({"id": ["a"], "image": [[["1.jpg"]]]}, "column 'image' is array<array<string>>: must be a string"),
        ({"id": ["a"], "image": ["1.jpg"], "ID": ["b"]}, "two columns are called 'id' but for small and"),
        ({"id": ["a"], "image": ["1.jpg"], "t": pa.array([1], pa.time64("ns"))}, "INT64 (TIME(NANOS"),
        ({"id": [], "image": []}, "is empty: it must have"),
    ],
)
def test_a_column_that_cannot_be_used_is_named(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str], columns: dict[str, Any], said: str
) -> None:
    parquet(tmp_path / "shop.parquet", **columns)
    assert cli.main(["run", str(tmp_path / "shop.parquet"), str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err


def test_a_catalogue_is_the_files_that_spark_reads(tmp_path: Path) -> None:
    for name in ("day=1/a.parquet", "day=2/b.parquet", "_old/c.parquet"):
        parquet(tmp_path / name, id=["a"], image=["1.jpg"])
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "1.jpg").touch()  # pictures beside the catalogue, even an empty one, are none of its files
    whole = source.find(str(tmp_path), CHOSEN)
    assert whole.folder == str(tmp_path)
    one = source.find(f"{tmp_path}/day=1/*.parquet", CHOSEN)
    assert one.folder == f"{tmp_path}/day=1"
    assert one.identity not in (None, whole.identity)
    (tmp_path / "pictures" / "2.jpg").touch()
    assert source.find(str(tmp_path), CHOSEN) == whole


ODD = ["c [x].parquet", "da ta [e]*", "{a,b}?", "[a-c]/d.parquet"]


@pytest.mark.parametrize("name", ODD)
def test_a_path_is_a_name_before_it_is_a_pattern(spark: SparkSession, tmp_path: Path, name: str) -> None:
    for other in ("c x.parquet", "da ta e/1.parquet", "ab/1.parquet", "b/d.parquet"):
        parquet(tmp_path / other, id=["wrong", "wrong"], image=["1.jpg", "2.jpg"])
    path = tmp_path / name
    parquet(path if path.suffix else path / "1.parquet", id=["a"], image=["1.jpg"])
    found = source.find(str(path), CHOSEN)
    assert (found.pattern, found.folder) == (False, str(path.parent if path.suffix else path))
    assert [row["id"] for row in source.read(found, spark, CHOSEN).collect()] == ["a"]


def test_a_pattern_takes_in_what_no_name_does(spark: SparkSession, tmp_path: Path) -> None:
    parquet(tmp_path / "shop" / "1.parquet", id=["a"], image=["1.jpg"])
    parquet(tmp_path / "shop" / "2.parquet", id=["b"], image=["1.jpg"])
    for pattern in ("sho[p]", "shop/{1,2}.parquet", "s*/?.parquet"):
        found = source.find(f"{tmp_path}/{pattern}", CHOSEN)
        assert found.pattern
        assert source.read(found, spark, CHOSEN).count() == 2


@pytest.mark.parametrize("nothing", ["none.parquet", "no/folder", "empty", "empty/*.parquet"])
def test_where_no_parquet_lies_it_says_so(tmp_path: Path, nothing: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no Parquet file lies there"):
        source.find(f"{tmp_path}/{nothing}", CHOSEN)


def test_a_name_that_is_no_path_is_a_table(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"catalogue offers is no path here; .* set \[fingerprints\] allowed"):
        source.places(source.find("offers", CHOSEN), CHOSEN)
    with pytest.raises(BadInput, match="no such table, and no path either"):
        source.read(source.find("offers", CHOSEN), spark, CHOSEN)
    spark.createDataFrame([("a", "1.jpg")], "id string, image string").createOrReplaceTempView("offers")
    assert source.read(source.find("offers", CHOSEN), spark, CHOSEN).count() == 1
    spark.catalog.dropTempView("offers")


def test_only_what_was_read_of_the_catalogue_is_its_fault() -> None:
    shop = Source("shop")
    with pytest.raises(BadInput, match=r"catalogue shop cannot be read: /shop/2\.parquet: torn"), reading(shop, "/out"):
        raise Unreadable("/shop/2.parquet", "/out/catalogue", "torn")
    for fault in (Unreadable("/out/catalogue/1.parquet", "/out", "torn"), StorageFailed("/out: the disk is full")):
        with pytest.raises(StorageFailed) as raised, reading(shop, "/out"):
            raise fault
        assert raised.value is fault
    with pytest.raises(StorageFailed, match=r"s3://shop/2\.parquet: Spark's access is refused"), reading(shop, "/out"):
        raise RuntimeError("while reading file s3a://shop/2.parquet.  Details: AccessDeniedException")
    with pytest.raises(ZeroDivisionError), reading(shop, "/out"):
        raise ZeroDivisionError
