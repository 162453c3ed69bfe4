"""A catalogue of the tests is made of rows of the demo; here are two offers of it, and a person's word about them."""

import json
from collections.abc import Container
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dedup_spark import demo

MINI = 4
"""Every so many rows of the demo make the small catalogue that is run many times."""


TABLES_ALONE = ["candidate_pairs.audit=0", "evaluate.sample=0", "report.write=false"]
"""Settings of a run of which nothing but its tables is looked at."""

FEW_VIEWS = [*TABLES_ALONE, 'views.stored=["whole", "trimmed"]']
"""The same, where views do not matter either."""

AS_ARGUMENTS = [word for setting in FEW_VIEWS for word in ("--set", setting)]
"""The same for the command line."""

AS_FILE = """
[views]
stored = ["whole", "trimmed", "crop_5", "crop_20", "mirrored"]
[candidate_pairs]
audit = 0
[evaluate]
sample = 0
[report]
write = false
"""
"""The same as a file of settings, with views of every kind."""


def mini(drawn: Path) -> Path:
    """A catalogue of a quarter of the demo, written beside it."""
    whole = pq.read_table(drawn / demo.CATALOGUE)
    pq.write_table(whole.take(pa.array(range(0, whole.num_rows, MINI))), drawn / "mini.parquet")
    return drawn / "mini.parquet"


def copies(drawn: Path, among: Container[str] | None = None) -> tuple[str, str]:
    """Two offers of the demo (or of these) that show one picture."""
    truth = [row for row in pq.read_table(drawn / "truth.parquet").to_pylist() if row["case"] == "copies"]
    rows = [row for row in truth if among is None or row["id"] in among]
    found = ((one, two) for one, two in combinations(rows, 2) if one["picture"] == two["picture"])
    return next((one["id"], two["id"]) for one, two in found if one["id"] != two["id"])


def kept_apart(left: str, right: str) -> str:
    """A person's word that two offers are not one, as a line of judgements."""
    return json.dumps({"kind": "offer", "left": left, "right": right, "verdict": "different", "source": "a test"})
