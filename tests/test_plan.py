"""A forecast says what a catalogue costs, and what one of a billion such images would."""

import json
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from dedup_spark import cli, settings
from dedup_spark.commands import plan
from dedup_spark.errors import BadInput
from dedup_spark.images import ways
from tests.pictures import product, saved
from tests.tables_of import a_table

IMAGES, FILES, LARGE = 24, 20, 1_000_000
CHOSEN = settings.load()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty pictures and three paths without one; two offers show each."""
    place = tmp_path_factory.mktemp("planned")
    for number in range(FILES):
        (place / f"{number}.jpg").write_bytes(saved(product(number), "JPEG"))
    (place / "20.jpg").write_bytes(b"<html>")
    images = [f"{number}.jpg" for number in range(IMAGES)]
    rows = [(f"{offer}{image}", image) for image in images for offer in "ab"]
    rows.append(("web", "https://shop.example/1.jpg"))
    table = pa.table({"id": [row[0] for row in rows], "image": [row[1] for row in rows]})
    pq.write_table(table, place / "offers.parquet")
    return place / "offers.parquet"


@pytest.fixture(scope="module")
def here(catalogue: Path, spark: SparkSession) -> plan.Forecast:
    """That of the catalogue as it is."""
    return plan.forecast(str(catalogue), CHOSEN, spark=spark)


@pytest.fixture(scope="module")
def large(catalogue: Path, spark: SparkSession) -> plan.Forecast:
    """That of a billion such images."""
    return plan.forecast(str(catalogue), CHOSEN, images=10**9, spark=spark)


def test_a_forecast_counts_what_there_is_and_scales_it(
    catalogue: Path, here: plan.Forecast, large: plan.Forecast
) -> None:
    assert (here.rows, here.found, here.images, here.tried) == (2 * IMAGES + 1, IMAGES, IMAGES, IMAGES)
    assert here.statuses == {"ok": FILES, "not_image": 1, "not_found": 3}
    sizes = [(catalogue.parent / f"{number}.jpg").stat().st_size for number in range(FILES + 1)]
    assert here.bytes.value == pytest.approx(sum(sizes))
    assert here.search.images == round(here.usable * IMAGES)
    assert here.hash_hours[CHOSEN.fingerprints.decode].value > 0
    assert large.found == IMAGES
    assert large.bytes.value == pytest.approx(here.bytes.value * 10**9 / IMAGES)
    assert large.search.candidates > 10**6 * here.search.candidates
    assert large.carrier[0] == "driver"  # no copies were seen, so there are no edges


def test_bytes_of_the_catalogue_are_tried_as_if_they_were_fetched(
    catalogue: Path, here: plan.Forecast, spark: SparkSession
) -> None:
    """The same pictures in a column, beside them one that is too large, and an offer without one."""
    files = [catalogue.parent / f"{number}.jpg" for number in range(FILES + 1)]
    offers: list[tuple[str, bytes | None]] = [("large", bytes(LARGE + 1)), ("none", None)]
    offers += [(f"{offer}{file.name}", file.read_bytes()) for file in files for offer in "ab"]
    asked = settings.load(overrides=["catalogue.image_bytes=content", f"fingerprints.max_bytes={LARGE}"])
    held = plan.forecast(a_table(spark, offers, "id string, content binary"), asked, spark=spark)
    assert (held.rows, held.found, held.tried) == (2 * (FILES + 1) + 2, FILES + 2, FILES + 2)
    assert held.statuses == {"ok": FILES, "not_image": 1, "too_many_bytes": 1}
    assert held.bytes.value == pytest.approx(here.bytes.value)  # of what is too large nothing is counted
    assert held.hashes == here.hashes


def test_what_is_said_has_its_uncertainty(large: plan.Forecast) -> None:
    text = plan.text(large, CHOSEN, price=0.05)
    assert "forecast for 1,000,000,000" in text
    assert "unusable: not_found 3, not_image 1" in text
    others = [way for way in ways.names() if way != CHOSEN.fingerprints.decode]
    assert text.count("±") == 3 + len(others)
    assert all(f"decode = {way} would " in text for way in others)
    assert "within a factor of 5" in text  # 20 hashes tell little
    assert "find every pair within 10" in text
    said = json.loads(plan.as_json(large))
    assert said["search"]["bands"] == 9
    assert math.isfinite(said["bytes"]["off"])


def test_the_command_takes_large_numbers(
    catalogue: Path, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", str(catalogue), "--images", "1e10", "--core-hours-price", "0.04", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 10**10
    for wrong in ("0", "1.5", "inf", "nan", "many"):
        with pytest.raises(SystemExit):
            cli.main(["plan", str(catalogue), "--images", wrong])


def test_a_catalogue_without_an_image_to_fetch_is_refused(tmp_path: Path, spark: SparkSession) -> None:
    pq.write_table(pa.table({"id": ["a"], "image": ["https://shop.example/1.jpg"]}), tmp_path / "web.parquet")
    with pytest.raises(BadInput, match="names no image that may be fetched"):
        plan.forecast(str(tmp_path / "web.parquet"), CHOSEN, spark=spark)
