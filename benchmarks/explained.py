"""A proof is the explanation of two offers of one cluster, each of whose steps is measured anew from the pictures.

    python -m benchmarks.explained [FOLDER] [--products N] [--work DIR]

Run on products of two photographs and five offers each: one offer shows both photographs, the others edited copies of
the one or the other. So most explanations are chains.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from pyspark.sql import SparkSession

from benchmarks.cost import DEFAULT
from benchmarks.edited_catalogue import photographs
from benchmarks.edits import EDITS
from dedup_spark import pictures, pipeline
from dedup_spark.commands import explain, steps
from dedup_spark.comparing import centres, verdict
from dedup_spark.comparing.verdict import Features, compare
from dedup_spark.settings import Settings, load
from dedup_spark.spark import session

WORK = Path("build") / "bench_explained"
PRODUCTS = 1000
FRONT, BACK = 0, 1
COPIES = {"b": (FRONT, "JPEG 75"), "c": (BACK, "size x 1/2"), "d": (BACK, "WebP 80"), "e": (FRONT, "squashed 10 %")}
BOTH = "a"  # the offer that shows both photographs as they are, and so connects the others
TOLERANCE = 1e-9  # of Delta E
BATCH = 256  # pictures hashed together


def build(sources: Sequence[Path], place: Path) -> Path:
    """Writes the pictures and `place`/catalogue.parquet, two photographs and five offers a product; the catalogue."""
    place.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, photos in enumerate(zip(sources[::2], sources[1::2], strict=False)):
        rows += [(f"{number:04d}{BOTH}", str(photo.resolve())) for photo in photos]
        for offer, (side, edit) in COPIES.items():
            file = place.resolve() / f"{number:04d}{offer}{EDITS[edit].suffix}"
            file.write_bytes(EDITS[edit].apply(Image.open(photos[side]), file.stem))
            rows.append((file.stem, str(file)))
    catalogue = place / "catalogue.parquet"
    pq.write_table(pa.table({"id": [row[0] for row in rows], "image": [row[1] for row in rows]}), catalogue)
    return catalogue


def pairs(clusters: pd.DataFrame, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All pairs of offers of one cluster, and as many drawn ones of two: `left`, `right`. clusters: id, cluster_id."""
    ordered = clusters.sort_values("id", ignore_index=True)
    within = [pair for _, ids in ordered.groupby("cluster_id")["id"] for pair in combinations(ids, 2)]
    firsts = ordered.groupby("cluster_id")["id"].first().tolist()
    Random(seed).shuffle(firsts)
    across = list(pairwise(firsts))[: len(within)]
    return tuple(pd.DataFrame(rows, columns=["left", "right"]) for rows in (within, across))  # type: ignore[return-value]


def told(
    within: pd.DataFrame, across: pd.DataFrame, output: str, spark: SparkSession, settings: Settings
) -> pd.DataFrame:
    """The steps of the explanations of all these pairs."""
    asked = spark.createDataFrame(pd.concat([within, across]))
    return steps.compute(asked, explain.read(output, spark, settings), verdict.limits(settings)).toPandas()


def faults(found: pd.DataFrame, within: pd.DataFrame, across: pd.DataFrame, settings: Settings) -> Iterator[str]:
    """What is wrong with the explanations: a pair without one, a broken chain, a step that the pictures contradict."""
    asked = (
        set(zip(within["left"], within["right"], strict=True)),
        set(zip(across["left"], across["right"], strict=True)),
    )
    for kind, wanted in zip((steps.CHAIN, steps.EVIDENCE), asked, strict=True):
        some = found[found["kind"] == kind]
        explained = set(zip(some["left"], some["right"], strict=True))
        yield from (f"{pair} has no {kind}" for pair in sorted(wanted - explained))
        yield from (f"{pair} has a {kind}" for pair in sorted(explained - wanted))
    chains = found[found["kind"] == steps.CHAIN].sort_values(["left", "right", "step"])
    for (left, right), chain in chains.groupby(["left", "right"]):
        if [left, *chain["right_offer"]] != [*chain["left_offer"], right]:
            yield f"{left} and {right}: the chain is broken"
    yield from _contradicted(found, settings)


def features(paths: Sequence[str], settings: Settings) -> Features:
    """What these files show, read and hashed anew in plain Python."""
    options = pictures.Options(settings.fingerprints.decode, settings.fingerprints.max_pixels)
    batches = (paths[start : start + BATCH] for start in range(0, len(paths), BATCH))
    facts = [pictures.facts([(path, Path(path).read_bytes()) for path in batch], options) for batch in batches]
    return centres.features(pd.concat([pd.DataFrame(one) for one in facts], ignore_index=True))


def _contradicted(found: pd.DataFrame, settings: Settings) -> Iterator[str]:
    paths = sorted({*found["left_image"], *found["right_image"]})
    place = {path: row for row, path in enumerate(paths)}
    known = features(paths, settings)
    left, right = (known.take(found[f"{side}_image"].map(place).to_numpy()) for side in ("left", "right"))
    anew = compare(left, right, verdict.limits(settings))
    wrong = (anew.distance != found["distance"]) | (anew.verdict != found["alone"])
    wrong |= (anew.colour_difference - found["colour_difference"]).abs() > TOLERANCE
    for row in found[wrong].itertuples():
        yield f"{row.left_image} and {row.right_image}: distance {row.distance} is not what the pictures say"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--work", type=Path, default=WORK)
    asked = parser.parse_args()
    sources = photographs(asked.folder)[: 2 * asked.products]
    catalogue, output = build(sources, asked.work), str(asked.work.resolve() / "output")
    chosen = load(
        overrides=[
            "session.master=local[2]",
            f'fingerprints.allowed=["{asked.folder.resolve()}", "{asked.work.resolve()}"]',
        ]
    )
    with session.opened(chosen) as spark:
        pipeline.run(str(catalogue.resolve()), output, chosen, spark=spark, tell=print)
        within, across = pairs(explain.read(output, spark, chosen).clusters.toPandas())
        found = told(within, across, output, spark, chosen)
    wrong = list(faults(found, within, across, chosen))
    chains = found[found["kind"] == steps.CHAIN]
    print(f"{5 * asked.products:,} offers: {len(within):,} pairs of one cluster, {len(across):,} of two")
    print(f"{len(chains):,} steps of chains, the longest of {chains['step'].max() + 1}; {len(wrong):,} faults")
    print("\n".join(wrong))


if __name__ == "__main__":
    main()
