"""An overview is a run as a notebook shows it, in the numbers of its run.json: what came in, went out, changed.

Nothing is asked of the cluster for it.
"""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from dedup_spark.errors import BadInput
from dedup_spark.report import flow_figure, overview, summary
from dedup_spark.report.discretion import last
from dedup_spark.report.flow_figure import Out
from dedup_spark.results import fragment

WIDTH, HEIGHT, WORDS = 620.0, 190.0, 130.0
"""Of the figure of the flow, in pixels, and its room for words."""

FACTS = (
    *("balance", "catalogue", "cluster_sizes", "clusters", "image_root"),
    *("large", "off", "revalidate", "statuses"),
)
"""What a run notes down that is shown, and that an older version may not have known of."""


def check(manifest: Mapping[str, Any]) -> None:
    """Raises `BadInput` for a run that cannot be shown since an older version made it."""
    absent = [fact for fact in FACTS if fact not in manifest]
    if absent:
        made = "was made by an older version, which did not note down"
        raise BadInput(f"run {manifest['run_id']} {made} {', '.join(absent)}; `dedup_spark.read` reads its tables")


def line(manifest: Mapping[str, Any]) -> str:
    """The run as a line of text."""
    rows, tables = manifest["balance"], manifest["tables"]
    ends = ", ".join(f"{way.rows:,} {way.word}" for way in _ways(rows))
    plural = "s" if manifest["clusters"] != 1 else ""
    found = f"{manifest['clusters']:,} cluster{plural} of {tables['clusters']['rows']:,} offers"
    return f"run {manifest['run_id']}: {found}; {rows['catalogue']:,} rows, {ends}"


def html(manifest: dict[str, Any]) -> str:
    """The run as a fragment."""
    flow = flow_figure.flow(("rows",), _ways(manifest["balance"]), WIDTH, HEIGHT, WORDS, "flow")
    told = {
        "run": manifest,
        "catalogue": last(str(manifest["catalogue"])),
        "took": overview.took(manifest),
        "flow": Markup(flow),
        "rows": summary.rows(manifest),
        "changed": summary.changed(manifest),
        "notes": summary.notes(manifest),
    }
    return fragment.rendered("run.html", {}, **told)


def _ways(rows: Mapping[str, int]) -> list[Out]:
    """Where the rows of the catalogue ended up. rows: `balance` of run.json."""
    ends = (*overview.ENDS, ("rejects", "rejected"))
    return [Out(word, rows[table], 0, word) for table, word in ends if table in rows]
