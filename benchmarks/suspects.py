"""A line of the bench is one frequency: how many cards of that many offers are suspect, and how many products wrongly.

Run with `make bench-suspects`. The catalogues are drawn as tables, without pictures (`drawn_offers`).
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from tempfile import TemporaryDirectory

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks import drawn_offers
from dedup_spark import settings, storage, suspects
from dedup_spark.spark import session

SIZES = ((300, 1, 8), (3_000, 2, 80), (30_000, 20, 80), (300_000, 60, 80))
"""Offers, cards of each kind and frequency, and the highest frequency."""
SEED = 22
"""The settings were chosen on catalogues of the seeds 20 and 21."""
LACKING_AT = 30_000
LACKING = ((), ("title",), ("brand",), ("merchant",), ("title", "brand"), ("title", "brand", "merchant"))
LARGE = 20
TITLES = ("products", "suspect", "cards", "suspect", "recall", "precision")
UP_TO = (2, 3, 5, 8, 20, 60, 10**9)
"""Products are counted by the offers that show them: from above the one before up to this."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[size for size, _, _ in SIZES], help="of catalogues")
    parser.add_argument("--whole", action="store_true", help="leave out the runs that lack a column")
    parser.add_argument("--set", action="append", default=[], metavar="section.key=value")
    asked = parser.parse_args()
    chosen = settings.load(overrides=["session.master=local[2]", *asked.set])
    with session.opened(chosen) as spark:
        spark.conf.set("spark.sql.shuffle.partitions", "4")
        for offers, each, most in SIZES:
            if offers in asked.sizes:
                measure(spark, offers, each, most, chosen, asked.whole)


def measure(spark: SparkSession, offers: int, each: int, most: int, chosen: settings.Settings, whole: bool) -> None:
    rows, truth = drawn_offers.catalogue(offers, each, SEED, most)
    table = pd.DataFrame(rows)
    shown_by = Counter(table.drop_duplicates(["set_id", "id"])["set_id"])
    print(f"\n== {len(set(table['id'])):,} offers, {len(table):,} rows, {len(truth):,} sets", flush=True)
    with TemporaryDirectory() as folder:
        table.to_parquet(f"{folder}/drawn.parquet")
        shown = storage.read(spark, f"{folder}/drawn.parquet", chosen)
        for lacking in LACKING if offers == LACKING_AT and not whole else LACKING[:1]:
            found = judged(spark, shown, lacking, chosen, folder)
            print(f"\nlacking {', '.join(lacking) or 'nothing'}")
            for line in lines(truth, shown_by, found):
                print(line, flush=True)


def judged(
    spark: SparkSession, shown: DataFrame, lacking: tuple[str, ...], chosen: settings.Settings, folder: str
) -> dict[str, str]:
    """The suspect sets and their reasons."""
    rows = shown.withColumn("row", F.struct("id", "colour"))
    for column in lacking:
        rows = rows.withColumn(column, F.lit(None).cast("string"))
    scratch = storage.Scratch(spark, f"{folder}/scratch", chosen)
    table = suspects.compute(rows, chosen.suspects, scratch).select("set_id", "reason").distinct().toPandas()
    scratch.clear()
    return dict(zip(table["set_id"], table["reason"], strict=True))


def lines(truth: dict[str, str], shown_by: Counter[str], found: dict[str, str]) -> Iterator[str]:
    """How many cards of each kind and frequency were found, and how many sets of each frequency wrongly."""
    yield f"{'cards found, %, by offers':45s}" + "".join(f"{frequency:>7d}" for frequency in drawn_offers.FREQUENCIES)
    for kind in (*drawn_offers.CARDS, drawn_offers.LOGO):
        names = [name for name, true in truth.items() if true == kind]
        of = ([name for name in names if shown_by[name] == frequency] for frequency in drawn_offers.FREQUENCIES)
        yield f"{kind:45s}" + "".join(share(len(some & found.keys()), len(some)) for some in map(set, of))
    products = {name for name, true in truth.items() if true.startswith(drawn_offers.PRODUCT)}
    yield "".join(f"{title:>10s}" for title in ("offers", *TITLES))
    for above, up_to in pairwise((1, *UP_TO)):
        sets = {name for name in truth if above < shown_by[name] <= up_to}
        wrong, right = sets & products & found.keys(), (sets - products) & found.keys()
        counts = [len(sets & products), len(wrong), len(sets - products), len(right)]
        shares = share(len(right), counts[2]) + share(len(right), len(right) + len(wrong))
        reasons = Counter(found[name] for name in wrong)
        yield "".join(
            [f"{f'to {up_to}':>10s}", *(f"{count:10,d}" for count in counts), shares, f"   {dict(reasons) or ''}"]
        )
    for kind in (drawn_offers.ONE_PICTURE, drawn_offers.MANY_PICTURES):
        names = {name for name in truth if truth[name] == f"{drawn_offers.PRODUCT}, {kind}" and shown_by[name] >= LARGE}
        yield f"products of 20 and 60 offers, {kind}: {len(names & found.keys())} of {len(names)} suspect"


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:7.1f}" if whole else f"{'':7s}"


if __name__ == "__main__":
    main()
