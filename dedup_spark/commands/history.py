"""A line of the history is one run of an output: how it stands, what came in and went out, what changed, how long.

Roll-back makes an older run the current one again, and nothing else: no table is touched, and the run that was current
stays readable by its run_id.
"""

import json
from typing import Any

from dedup_spark.errors import BadInput, RunRefused
from dedup_spark.io import locations
from dedup_spark.io.objects import Conflict
from dedup_spark.output import documents, manifests, status
from dedup_spark.report import summary
from dedup_spark.settings import Settings

UNKNOWN: dict[str, Any] = {"state": "unknown", "started": None, "ended": None, "error": None, "tables": {}}
"""What is known of a run that was killed before it wrote its run.json, or whose run.json is gone."""

COLUMNS = ("", "run", "state", "rows", "kept", "clusters", "ids kept", "changed", "fetched", "seconds")
GAP = "  "


def lines(output: str, settings: Settings) -> list[dict[str, Any]]:
    """The runs of OUTPUT, the oldest first: what each manifest says, null where a run did not come so far.

    current: whether readers see it. rows, kept, clusters: of the catalogue, of `deduplicated`, and how many clusters.
    ids: how many clusters there were before, and how many of their ids stayed; changed: offers by change; both null
    in a first run. fetched, reused: images whose bytes were read, and whose fingerprints were there. seconds: of all
    stages.

    Raises `BadInput` where no run ever began.
    """
    place = locations.folder(output, "OUTPUT")
    current = manifests.current(place, settings.s3)
    found = manifests.every(place, settings.s3)
    if not found:
        raise BadInput(f"{output}: no run ever began here")
    return [_line(manifest or UNKNOWN | {"run_id": run_id}, current) for run_id, manifest in found.items()]


def rollback(output: str, run_id: str | None, settings: Settings) -> tuple[str, str]:
    """Points CURRENT at that run, or at the one that was current before it; the run that was current, and is now.

    Raises `BadInput` for a run that is not there, or was never finished; `StorageFailed` when one of its tables is no
    longer what was written; `RunRefused` when another process swaps CURRENT at the same moment.
    """
    place = locations.folder(output, "OUTPUT")
    pointer = documents.read(manifests.pointer(place), settings.s3)
    if pointer is None:
        raise BadInput(f"{output}: no run is published here")
    was = str(pointer.content["run_id"])
    wanted = run_id or manifests.open(place, was, settings.s3)["previous"]
    if wanted is None:
        raise BadInput(f"{output}: run {was} is the first one, there is none before it")
    manifest = manifests.open(place, wanted, settings.s3)
    if manifest["state"] not in manifests.READABLE:
        raise BadInput(f"run {wanted} is {manifest['state']}: must be one of {', '.join(manifests.READABLE)}")
    manifests.check(place, manifest, settings)
    content = {"run_id": wanted, "published": status.now(), "rolled_back_from": was}
    try:
        documents.replace(manifests.pointer(place), content, settings.s3, expected=pointer.version)
    except Conflict as conflict:
        raise RunRefused(f"{output}: another run was published at the same moment") from conflict
    return was, wanted


def text(runs: list[dict[str, Any]]) -> str:
    """The lines as a table that a person reads; `>` marks the current run."""
    rows = [COLUMNS, *(_cells(run) for run in runs)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
    aligned = (GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in aligned)


def as_json(runs: list[dict[str, Any]]) -> str:
    """The lines for machines."""
    return json.dumps(runs, ensure_ascii=False, indent=2)


def _line(manifest: dict[str, Any], current: str | None) -> dict[str, Any]:
    rows = {name: table["rows"] for name, table in manifest["tables"].items()} | manifest.get("balance", {})
    changed, images = manifest.get("changes", {}), manifest.get("revalidate", {})
    seconds = manifest.get("seconds")
    return {
        "run_id": manifest["run_id"],
        "current": manifest["run_id"] == current,
        "state": manifest["state"],
        "started": manifest["started"],
        "ended": manifest["ended"],
        "error": manifest["error"],
        "catalogue": manifest.get("catalogue"),
        "rows": rows.get("catalogue"),
        "kept": rows.get("deduplicated"),
        "clusters": manifest.get("clusters"),
        "ids": changed.get("ids"),
        "changed": changed.get("offers"),
        "fetched": images.get("fetched"),
        "reused": images.get("reused"),
        "seconds": round(sum(seconds.values()), 1) if seconds else None,
    }


def _cells(run: dict[str, Any]) -> tuple[str, ...]:
    ids, changed = run["ids"], run["changed"]
    return (
        ">" if run["current"] else "",
        run["run_id"],
        run["state"],
        *(_number(run[name]) for name in ("rows", "kept", "clusters")),
        summary.ids_kept(ids) if ids else "-",
        "-" if changed is None else summary.counts(changed),
        "-" if run["fetched"] is None else f"{run['fetched']:,} of {run['fetched'] + run['reused']:,}",
        _number(run["seconds"]),
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,}"
