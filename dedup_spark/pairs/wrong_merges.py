"""An estimate is how many pairs of different pictures a catalogue will merge, by a sample of pictures that differ.

Wrong pairs grow with the square of the catalogue: what no sample shows happens in a hundred million pictures. So the
sample's pairs are counted where they still occur, up to 40 differing bits, and followed down to the threshold
(`tail.py`); what the colours and the second look let through is a share of them, or a tail of its own where it is seen.
"""

from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark.comparing import centres, second_look
from dedup_spark.comparing.squares import file
from dedup_spark.comparing.verdict import Limits
from dedup_spark.pairs import null_pairs, tail
from dedup_spark.pairs.null_pairs import DISTANCES, NullPairs
from dedup_spark.pairs.tail import Expected

NOTHING = (0,) * len(DISTANCES)
LEAST = 1_000
"""Pictures of a sample that an estimate for a catalogue is made from: among fewer, one ladder would decide it."""
SIZES = (1_000_000, 100_000_000)


def count(pictures: DataFrame, squares: DataFrame, known: DataFrame | None, size: int, limits: Limits) -> NullPairs:
    """The null pairs among the first `size` pictures by the hash of their contents: they come to the driver.

    pictures: of `fingerprints.distinct_pictures`; those whose search the plan covers. known: `content`, `set_id` of
    pictures that were found to be one, whose pairs do not count. Cost: 7 kB a picture.
    """
    searched = pictures.where(~F.col("low_information") & (F.col("unstable_channels") == 0))
    taken = searched.select("content", "image", *centres.FEATURES).orderBy(F.xxhash64("content"), "content").limit(size)
    if known is not None:
        taken = taken.join(known, on="content", how="left").withColumn("set_id", F.coalesce("set_id", "content"))
    else:
        taken = taken.withColumn("set_id", F.col("content"))
    rows = second_look.with_squares(taken, "content", squares).toPandas()
    return of_rows(rows.assign(square=rows["square"].map(file)), limits)


def of_rows(rows: pd.DataFrame, limits: Limits) -> NullPairs:
    """The null pairs of rows with `content`, `set_id`, `square` and the features of `verdict.Features`."""
    if rows.empty:
        return NullPairs(0, 0, NOTHING, NOTHING, NOTHING, ())
    rows = rows.sort_values("content", ignore_index=True)
    groups = np.unique(rows["set_id"].to_numpy(str), return_inverse=True)[1]
    return null_pairs.count(centres.features(rows), rows["square"].tolist(), limits, groups)


def expected(found: NullPairs, pictures: int, threshold: int, beyond: bool = False) -> Expected:
    """Wrong merges to expect among so many pictures that look like those of the sample, and the most by 95 %.

    beyond: what lies within the threshold was taken for one picture already, and tells nothing.
    """
    if not found.pairs:
        return Expected(0.0, float("inf"))
    scale = pictures * (pictures - 1) / 2 / found.pairs
    near, merged = (tail.within(DISTANCES, counts, threshold, beyond) for counts in (found.near, found.merged))
    passing = tail.share(found.merged[-1], found.near[-1])
    shared = Expected(near.pairs * passing.pairs, near.most * passing.most)
    if not found.merged[-1]:
        return Expected(0.0, scale * shared.most)
    estimates = (shared, merged) if beyond else (shared, merged, _seen(found, threshold))
    return Expected(scale * max(one.pairs for one in estimates), scale * max(one.most for one in estimates))


def _seen(found: NullPairs, threshold: int) -> Expected:
    """What merged in the sample itself: no line through the counts may say less, where their growth is not steady."""
    inside = max(count for distance, count in zip(DISTANCES, found.merged, strict=True) if distance <= threshold)
    return Expected(float(inside), tail.poisson_most(inside) if inside else 0.0)


def said(found: NullPairs, pictures: int, threshold: int) -> dict[str, Any]:
    """What run.json says: the counts of the sample, and what they mean for the catalogue.

    The pairs that the run joined are not in the sample, so that what lies beyond the threshold decides. Copies that
    the run missed lie there too: the estimate is rather too high. A sample of less than `LEAST` pictures gives none.
    """
    counts = {
        name: dict(zip(map(str, DISTANCES), getattr(found, name), strict=True)) for name in ("near", "alike", "merged")
    }
    facts = {"sample": found.pictures, "pairs": found.pairs, **counts, "catalogue": pictures}
    if found.pictures < LEAST:
        return facts | {"pairs_expected": None, "pairs_at_most": None, "why": f"fewer than {LEAST:,} pictures"}
    estimate = expected(found, pictures, threshold, beyond=True)
    return facts | {"pairs_expected": estimate.pairs, "pairs_at_most": estimate.most}


def text(found: NullPairs, threshold: int) -> str:
    """The counts and the estimates as a table that a person reads."""
    lines = [
        f"{found.pictures:,} pictures, {found.pairs:,} pairs of different ones",
        "",
        "| within | hash | and colours | and second look |",
        "|---|---|---|---|",
    ]
    rows = zip(DISTANCES, found.near, found.alike, found.merged, strict=True)
    lines += ["| " + " | ".join(f"{value:,}" for value in row) + " |" for row in rows]
    lines.append("")
    for size in SIZES:
        estimate = expected(found, size, threshold)
        million = size / SIZES[0]
        lines.append(
            f"{size:,} pictures: {estimate.pairs / million:,.3g} wrong merges per million pictures expected, "
            f"at most {estimate.most / million:,.3g} by 95 %"
        )
    return "\n".join(lines)
