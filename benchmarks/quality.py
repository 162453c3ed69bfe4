"""A row of the quality table is one edit: how many of its files a run put together with their originals.

    python -m benchmarks.quality [FOLDER] [--sample N] [--work DIR] [--set section.key=value ...]

Edits every photograph of FOLDER in every way of `benchmarks.edits`, runs `dedup-spark run` on the catalogue of them
all, and reads the tables of that run. *One set*, *one cluster*: the edit lies in the set, its offer in the cluster, of
its original, where other copies may have helped; pairs with no other beside them are in `benchmarks.veto`.
*Visible*: of a wrong merge at least 1 % of the pixels of the two 60 × 60 pictures differ by more than 40 of 765.
"""

import argparse
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import dedup_spark
from benchmarks import edited_catalogue
from benchmarks.cost import DEFAULT, WORK
from benchmarks.edited_catalogue import ORIGINAL, slug
from benchmarks.edits import EDITS
from dedup_spark.settings import Settings, load
from dedup_spark.spark import session

SEED = 7
SIDE = 60  # pixels
VISIBLE, VISIBLE_SHARE = 40, 0.01  # of 765; of the pixels


def results(output: Path, spark: SparkSession) -> pd.DataFrame:
    """One row per file: `source`, `edit`, `image`, `set_id`, `cluster_id`."""
    prints = dedup_spark.read(str(output), "fingerprints", spark=spark).where(F.col("status") == "ok")
    found = prints.select("image").toPandas()
    sets = dedup_spark.read(str(output), "duplicate_sets", spark=spark).select("image", "set_id").toPandas()
    clusters = dedup_spark.read(str(output), "clusters", spark=spark).select("id", "cluster_id").toPandas()
    found["source"] = found["image"].map(lambda image: Path(image).parent.name)
    found["edit"] = found["image"].map(lambda image: Path(image).stem)
    found["id"] = found["source"] + "/" + found["edit"]
    files: pd.DataFrame = found.merge(sets, on="image", how="left").merge(clusters, on="id", how="left")
    return files


def judged(files: pd.DataFrame) -> pd.DataFrame:
    """One row per edit of a photograph: `edit`, `one_set`, `one_cluster`, `visible`, each true or false."""
    originals = files[files["edit"] == ORIGINAL]
    pairs = files[files["edit"] != ORIGINAL].merge(originals, on="source", suffixes=("", "_of"))
    one_set, one_cluster = pairs["set_id"] == pairs["set_id_of"], pairs["cluster_id"] == pairs["cluster_id_of"]
    copies = [slug(edit) for edit, made in EDITS.items() if made.kind == "copy"]
    wrong = (one_set | one_cluster) & ~pairs["edit"].isin(copies)
    visible = [wrong[row] and _visible(*pairs.loc[row, ["image", "image_of"]]) for row in pairs.index]
    return pd.DataFrame(
        {
            "edit": pairs["edit"],
            "one_set": one_set,
            "one_cluster": one_cluster,
            "visible": visible,
        }
    )


def table(rows: pd.DataFrame) -> str:
    """The rows of `judged` counted per edit, as a Markdown table."""
    lines = [
        "| edit | | files | one set | one cluster | visible |",
        "|---|---|---|---|---|---|",
    ]
    for edit, made in EDITS.items():
        of = rows[rows["edit"] == slug(edit)]
        shares = " | ".join(_share(of[name], made.kind) for name in ("one_set", "one_cluster"))
        lines.append(
            f"| {edit} | {made.kind} | {len(of):,} | {shares} | {'' if made.kind == 'copy' else of['visible'].sum()} |"
        )
    return "\n".join(lines)


def strangers(files: pd.DataFrame) -> list[str]:
    """The sets and clusters that hold pictures of several photographs, each as the sources that met."""
    met = set()
    for column in ("set_id", "cluster_id"):
        for _, sources in files.dropna(subset=[column]).groupby(column)["source"]:
            if sources.nunique() > 1:
                met.add(", ".join(sorted(set(sources))))
    return sorted(met)


def _share(answers: pd.Series, kind: str) -> str:
    """Recall of a copy in per cent; of all else how many were merged."""
    return f"{answers.mean():.2%}" if kind == "copy" else f"{answers.sum():,} ({answers.mean():.2%})"


def _visible(*images: str) -> bool:
    one, other = (
        np.asarray(Image.open(image).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS), dtype=np.int64)
        for image in images
    )
    return bool((np.abs(one - other).sum(axis=2) > VISIBLE).mean() >= VISIBLE_SHARE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="that many photographs; 0: all")
    parser.add_argument("--work", type=Path, default=WORK, help="where the edits and the run are kept")
    parser.add_argument("--set", action="append", default=[], metavar="section.key=value", help="a setting of the run")
    asked = parser.parse_args(arguments)
    sources = edited_catalogue.photographs(asked.folder)
    if asked.sample:
        sources = sorted(random.Random(SEED).sample(sources, asked.sample))
    overrides = ["session.master=local[2]", "run.partitions=8", *asked.set]
    catalogue = edited_catalogue.build(sources, asked.work)
    command = [str(Path(sys.executable).with_name("dedup-spark")), "run", str(catalogue), str(asked.work / "output")]
    subprocess.run([*command, *(word for each in overrides for word in ("--set", each))], check=True)
    report(asked.work / "output", load(overrides=overrides))


def report(output: Path, settings: Settings) -> None:
    """Prints what the current run of OUTPUT made of the edits."""
    with session.opened(settings) as spark:
        files = results(output, spark)
    print(table(judged(files)))
    met = strangers(files)
    print(f"\nSets or clusters that hold several photographs: {len(met)} of {files['source'].nunique():,} photographs")
    print("\n".join(met))


if __name__ == "__main__":
    main()
