"""Both carriers find the same pairs, and what the driver may not hold, or must not list, goes to the cluster."""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from dedup_spark import settings
from dedup_spark.bands.banding import plan
from dedup_spark.pairs import near_pairs
from dedup_spark.pairs.near_pairs import Near
from dedup_spark.pairs.searches import Search
from dedup_spark.spark.carriers import CLUSTER, DRIVER
from dedup_spark.storage import Scratch
from tests import test_candidate_pairs as hashes
from tests.tables_of import a_table

GIB = 1 << 30


def found(search: Search, folder: Path, *overrides: str) -> Near:
    chosen = settings.load(overrides=overrides)
    scratch = Scratch(search.left.sparkSession, f"{folder}/{len(list(folder.iterdir()))}", chosen)
    return near_pairs.find(search, search.left.count(), scratch, chosen.candidate_pairs, chosen.components)


def pairs(near: Near) -> list[tuple[str, str]]:
    return sorted((min(row), max(row)) for row in near.pairs.select("left", "right").collect())


@pytest.fixture
def table(spark: SparkSession) -> DataFrame:
    return hashes.table(spark, [hashes.a_case(number, 10, even=True) for number in range(hashes.CASES)])


def test_both_carriers_find_what_brute_force_finds(table: DataFrame, tmp_path: Path) -> None:
    search = Search(table, None, plan(10), ["case"], 256, 10**15)
    driver, cluster = (found(search, tmp_path, f"candidate_pairs.carrier={name}") for name in (DRIVER, CLUSTER))
    assert (driver.carrier, cluster.carrier) == (DRIVER, CLUSTER)
    cases = [hashes.a_case(number, 10, even=True) for number in range(hashes.CASES)]
    assert pairs(driver) == pairs(cluster) == sorted((min(pair), max(pair)) for pair in hashes.brute(cases, 10))
    assert (driver.candidates, driver.largest_bucket) == (cluster.candidates, cluster.largest_bucket)
    assert driver.compared == cluster.compared == driver.candidates
    assert driver.candidates > len(pairs(driver))


def test_two_tables_that_share_keys(table: DataFrame, tmp_path: Path) -> None:
    asked = table.where("hash(key) % 3 = 0")
    search = Search(asked, table, plan(10), ["case"], 256, 10**15)
    driver, cluster = (found(search, tmp_path, f"candidate_pairs.carrier={name}") for name in (DRIVER, CLUSTER))
    one, two = (sorted(tuple(row) for row in near.pairs.collect()) for near in (driver, cluster))
    assert one == two
    assert driver.candidates == cluster.candidates
    assert not driver.pairs.isEmpty()
    assert driver.pairs.where("left = right").isEmpty()


@pytest.mark.parametrize("one_table", [True, False])
def test_both_carriers_name_the_same_families(table: DataFrame, tmp_path: Path, one_table: bool) -> None:
    """With a limit that many buckets are over: what is divided, and what is of one family, is one for both."""
    left, right = (table, None) if one_table else (table.where("hash(key) % 3 = 0"), table)
    search = Search(left, right, plan(10), ["case"], 2, 10**15)
    driver, cluster = (found(search, tmp_path, f"candidate_pairs.carrier={name}") for name in (DRIVER, CLUSTER))
    assert (driver.carrier, cluster.carrier) == (DRIVER, CLUSTER)
    assert pairs(driver) == pairs(cluster)
    assert 0 < driver.compared == cluster.compared < driver.candidates
    assert families(driver) == families(cluster)
    assert len(families(driver)) > 1


def families(near: Near) -> set[frozenset[tuple[str, int]]]:
    """The members of each, whatever it is called."""
    assert near.families is not None
    rows = [tuple(row) for row in near.families.select("family", "key", "case").collect()]
    return {frozenset((key, case) for family, key, case in rows if family == name) for name, *_ in rows}


def hashes_schema() -> str:
    return "key string, words array<bigint>"


def test_nothing_to_search_is_no_pair(spark: SparkSession, tmp_path: Path) -> None:
    for carrier in (DRIVER, CLUSTER):
        none = Search(a_table(spark, [], hashes_schema()), None, plan(10), (), 256, 10**15)
        near = found(none, tmp_path, f"candidate_pairs.carrier={carrier}")
        assert (near.pairs.count(), near.candidates, near.largest_bucket) == (0, 0, 0)


@pytest.mark.parametrize(
    ("rows", "memory", "connect", "overrides", "carrier", "why"),
    [
        (10**6, 16 * GIB, False, [], DRIVER, "it may use"),
        (10**6, GIB, False, [], CLUSTER, "take about 500 MB of the 268 MB that the driver may use"),
        (10**6, 16 * GIB, True, [], CLUSTER, "behind Spark Connect"),
        (10**6, 16 * GIB, False, ["candidate_pairs.carrier=cluster"], CLUSTER, "says so"),
        (10**6, 16 * GIB, False, ["candidate_pairs.driver_hashes=5"], CLUSTER, "driver_hashes = 5"),
        (
            10**6,
            16 * GIB,
            False,
            ["candidate_pairs.driver_hashes=5", "candidate_pairs.carrier=driver"],
            DRIVER,
            "may use",
        ),
        (10**6, GIB, False, ["candidate_pairs.carrier=driver"], CLUSTER, "the driver may use"),
    ],
)
def test_who_carries_follows_the_memory_there_is(
    rows: int, memory: int, connect: bool, overrides: list[str], carrier: str, why: str
) -> None:
    chosen, said = near_pairs.choose(rows, memory, connect, settings.load(overrides=overrides).candidate_pairs)
    assert (chosen, why in said) == (carrier, True), said
