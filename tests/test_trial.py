"""A trial measures what the workers will do, image by image."""

from pathlib import Path

import pytest

from dedup_spark import hash_image, settings
from dedup_spark.commands import trial
from dedup_spark.hashing import bits
from dedup_spark.io import fetch
from tests.pictures import product, saved

CHOSEN = settings.load()


def test_everything_that_was_asked_for_is_measured(tmp_path: Path) -> None:
    files = {f"{tmp_path}/{number}.png": saved(product(number), "PNG") for number in range(40)}
    for path, data in files.items():
        Path(path).write_bytes(data)
    paths = [*files, f"{tmp_path}/none.png"]
    fetched = fetch.fetch(paths, CHOSEN.fingerprints, CHOSEN.s3, [str(tmp_path)])
    found = trial.run(fetched, CHOSEN.fingerprints, ["exact"])
    assert found.images == 41
    assert found.sizes == [len(data) for data in files.values()]
    assert found.usable() == pytest.approx(40 / 41)
    assert bits.to_text(found.hashes()) == [hash_image(path, decode="exact") for path in files]
    assert len(found.hash_seconds["exact"]) == 2  # batches
    assert 0.0001 < found.hashing("exact").value < 1.0
    assert found.bytes().times(10).value == pytest.approx(10 * sum(found.sizes) / 41)
    assert found.largest_picture == 3 * product(0).width * product(0).height


def test_one_measurement_says_nothing_of_its_uncertainty() -> None:
    assert trial.mean([3.0]) == trial.Mean(3.0, 3.0)
    assert trial.mean([]) == trial.Mean(0.0, 0.0)
    assert trial.mean([5.0] * 9).off == 0
