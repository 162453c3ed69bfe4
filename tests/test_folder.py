"""A catalogue of any pile of files: what is a picture by its name is a row, nothing is overwritten."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dedup_spark import cli, folder
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


def test_a_file_that_exists_and_a_folder_without_pictures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"x")
    (tmp_path / "old.parquet").write_bytes(b"old")
    with pytest.raises(BadInput, match="exists: name a new file"):
        folder.write(str(tmp_path), str(tmp_path / "old.parquet"), S3())
    assert (tmp_path / "old.parquet").read_bytes() == b"old"
    with pytest.raises(BadInput, match="holds no picture"):
        folder.write(str(tmp_path / "empty"), str(tmp_path / "new.parquet"), S3())
