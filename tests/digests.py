"""A digest is one text for all rows of all tables of a run: equal digests are equal results.

Rows are sorted by all columns; paths count from `image_root`; `detail`, what names the run and the `place` of a file of
people's judgements are left out.
"""

import hashlib
import json
from typing import Any

import pyarrow as pa

from dedup_spark import settings, storage, tables
from dedup_spark.errors import OF_BYTES
from dedup_spark.io import locations
from dedup_spark.output import manifests, store
from dedup_spark.output.store import Segment

LEFT_OUT = ("detail", "place")


def digest(output: str, chosen: settings.Settings | None = None) -> str:
    """The digest of the current run of an output, on a disk or on S3."""
    return hashlib.sha256("\n".join(_lines(output, chosen or settings.load())).encode()).hexdigest()


def rows(output: str, table: str, chosen: settings.Settings | None = None) -> list[dict[str, Any]]:
    """The rows of a table of the current run, read without Spark."""
    chosen = chosen or settings.load()
    place = locations.folder(output, "OUTPUT")
    manifest = manifests.open(place, None, chosen.s3)
    if table == "fingerprints":
        parts = [_live(place, segment, manifest, chosen) for segment in manifests.segments(manifest)]
        found = pa.concat_tables(parts)
    else:
        found = storage.read_arrow(manifests.written(place, manifest, table).path, chosen)
    listed: list[dict[str, Any]] = found.to_pylist()
    return listed


def _live(place: str, segment: Segment, manifest: dict[str, Any], chosen: settings.Settings) -> pa.Table:
    """The rows of a segment that the run reads."""
    columns = [column.name for column in tables.FINGERPRINTS.columns]
    rows = storage.read_arrow(store.folder(place, segment.segment), chosen, columns)
    if segment.chunk is not None:
        return rows
    left_out = set()
    if tables.UNREAD.name in manifest["tables"]:
        unread = storage.read_arrow(manifests.written(place, manifest, tables.UNREAD.name).path, chosen).to_pylist()
        left_out = {row["image"] for row in unread if row["segment"] == segment.segment}
    known = zip(rows["image"].to_pylist(), rows["status"].to_pylist(), strict=True)
    return rows.filter(pa.array([image not in left_out and status in OF_BYTES for image, status in known]))


def _lines(output: str, chosen: settings.Settings) -> list[str]:
    manifest = manifests.open(locations.folder(output, "OUTPUT"), None, chosen.s3)
    root = manifest["image_root"]
    said = [tables.JUDGEMENTS] if tables.JUDGEMENTS.name in manifest["tables"] else []
    lines = []
    for table in (*tables.OF_EVERY_RUN, *said):
        texts = [
            json.dumps(_plain({k: v for k, v in row.items() if k not in LEFT_OUT}, root), sort_keys=True)
            for row in rows(output, table.name, chosen)
        ]
        lines += [f"{table.name} {text}" for text in sorted(texts)]
    return lines


def _plain(value: Any, root: str) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner, root) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, root) for inner in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str) and value.startswith(root):
        return value[len(root) :]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
