"""A catalogue of any pile of files: what is a picture by its name is a row, nothing is overwritten."""

import shlex
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dedup_spark import arguments, catalogue, cli, settings, source
from dedup_spark.commands import catalogue_folder
from dedup_spark.errors import BadInput
from dedup_spark.settings import S3


def test_pictures_become_rows_and_other_files_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b/2.JPG", "a 1.png", "notes.txt", ".hidden.jpg", "c/é#%20.webp"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"x")
    file = tmp_path / "catalogue.parquet"
    assert cli.main(["catalogue", "folder", str(tmp_path / "in"), str(file)]) == 0
    assert pq.read_table(file).to_pylist() == [{"id": n, "image": n} for n in ("a 1.png", "b/2.JPG", "c/é#%20.webp")]
    said = capsys.readouterr().out
    assert "3 pictures; 2 other files left out" in said
    assert f"dedup-spark run {file} OUTPUT --set=catalogue.image_root={tmp_path / 'in'}" in said


@pytest.mark.parametrize("name", ["a b", "da ta [e]*", "{1,2}?", "2024", '"quoted"', "it's"])
def test_the_line_that_is_printed_runs(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    (tmp_path / name / "1.jpg").write_bytes(b"x")
    assert cli.main(["catalogue", "folder", name, f"{name}.parquet"]) == 0
    program, *line = shlex.split(capsys.readouterr().out.splitlines()[-1])
    asked = arguments.parser().parse_args(line)
    chosen = settings.load(asked.config, asked.set)
    found = source.find(asked.catalogue, chosen)
    root, allowed = source.places(found, chosen)
    rows = catalogue.compute(source.read(found, spark, chosen), root, allowed, chosen.catalogue).collect()
    assert (program, asked.output) == ("dedup-spark", "OUTPUT")
    assert [(row["id"], row["image"], row["status"]) for row in rows] == [("1.jpg", f"{tmp_path}/{name}/1.jpg", "ok")]


def test_a_file_that_exists_and_a_folder_without_pictures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"x")
    (tmp_path / "old.parquet").write_bytes(b"old")
    with pytest.raises(BadInput, match="exists: name a new file"):
        catalogue_folder.write(str(tmp_path), str(tmp_path / "old.parquet"), S3())
    assert (tmp_path / "old.parquet").read_bytes() == b"old"
    with pytest.raises(BadInput, match="is a folder: name a new file"):
        catalogue_folder.write(str(tmp_path), str(tmp_path), S3())
    with pytest.raises(BadInput, match="holds no picture"):
        catalogue_folder.write(str(tmp_path / "empty"), str(tmp_path / "new.parquet"), S3())
