"""A summary says what a person wants to know of a run, and of the second day what changed."""

from typing import Any

from dedup_spark.report import summary

TABLES = {"catalogue": 20, "clusters": 6, "changes": 7, "measures": 2, "deduplicated": 14}
FIRST: dict[str, Any] = {
    "run_id": "20261127T020000Z-0a1b",
    "tables": {name: {"rows": rows} for name, rows in TABLES.items() if name != "changes"},
    "segments": [{"live": 12}, {"live": 3}],
    "statuses": {"images": {"ok": 13, "not_found": 2}},
    "revalidate": {"fetched": 3, "reused": 12},
    "clusters": 2,
    "cluster_sizes": {"2": 1, "4": 1},
    "large": [],
    "off": [],
}
CHANGES = {"ids": {"before": 3, "kept": 2}, "offers": {"created": 4, "merged": 3}}


def test_what_was_fetched_and_what_changed_is_said() -> None:
    second = FIRST | {"tables": {name: {"rows": rows} for name, rows in TABLES.items()}, "changes": CHANGES}
    told = {line.split()[0]: " ".join(line.split()[1:]) for line in summary.text(second, "out").splitlines() if line}
    assert told["fingerprints"] == "15 distinct images: 3 fetched, 12 reused; unusable: 2 not_found"
    assert told["changes"] == (
        "7 offers that are not in the cluster that they were in before: 4 created, 3 merged; ids kept: 2 of 3, 66.7%"
    )
    assert told["measures"] == "2 clusters with their measures"
    assert told["clusters"] == f"out/runs/{FIRST['run_id']}/clusters.json"


def test_a_first_run_changes_nothing() -> None:
    assert "changes" not in summary.text(FIRST, "out")


def test_the_report_is_named_where_there_is_one() -> None:
    assert "report " not in summary.text(FIRST, "out")
    told = summary.text(FIRST | {"report": "runs/20261127T020000Z-0a1b/report/index.html"}, "out")
    assert "report      out/runs/20261127T020000Z-0a1b/report/index.html" in told
