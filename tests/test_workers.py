"""A worker does not look into archives for modules that it has; those that it lacks it finds there all the same."""

import importlib
import sys
import zipfile
import zipimport
from pathlib import Path

import pytest

from dedup_spark import workers


def test_archives_are_read_again_when_a_module_is_wanted_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "shipped.zip"
    with zipfile.ZipFile(archive, "w") as shipped:
        shipped.writestr("shipped_first.py", "NUMBER = 1")
        shipped.writestr("shipped_second.py", "NUMBER = 2")
    monkeypatch.setattr(sys, "path", [str(archive), *sys.path])
    assert importlib.import_module("shipped_first").NUMBER == 1
    assert isinstance(sys.path_importer_cache[str(archive)], zipimport.zipimporter)

    read: list[str] = []
    monkeypatch.setattr(zipimport, "_read_directory", read.append)
    workers.forget_archives()
    importlib.invalidate_caches()
    assert read == []
    monkeypatch.undo()

    monkeypatch.setattr(sys, "path", [str(archive), *sys.path])
    assert importlib.import_module("shipped_second").NUMBER == 2
    del sys.modules["shipped_first"], sys.modules["shipped_second"]
