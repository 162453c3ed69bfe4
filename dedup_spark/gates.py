"""A gate is a share of rows that must not be exceeded: beyond it the run stops, before it costs or publishes."""

import json
from collections.abc import Sequence

from pyspark.sql import DataFrame

from dedup_spark import account
from dedup_spark.errors import GateFailed

PLACES = 10
"""How many a message lists: they are to be read, and pasted into a setting."""


def outside(catalogue: DataFrame, allowed: Sequence[str], limit: float) -> None:
    """Stops before anything is fetched when too many rows cannot be: outside of the allowed places, or no path at all.

    Raises `GateFailed` with the counts; for places outside it lists them and the setting that would allow them.
    """
    counted = account.statuses(catalogue)
    rows, usable = sum(counted.values()), counted.get("ok", 0) + counted.get("same_row", 0)
    if rows - usable <= limit * rows:
        return
    message = (
        f"of the catalogue rows {_many(rows - usable, rows, limit)}, before anything was fetched: {_listed(counted)}"
    )
    places = account.outside(catalogue)
    if places:
        found = ", ".join(f"{place} ({count:,})" for place, count in list(places.items())[:PLACES])
        more = f" and {len(places) - PLACES} more places" if len(places) > PLACES else ""
        setting = json.dumps([*allowed, *list(places)[:PLACES]])
        message += f"\nOutside of [fingerprints] allowed lie {found}{more}."
        message += f"\nTo fetch from there too: --set 'fingerprints.allowed={setting}'"
    raise GateFailed(message)


def unusable(fingerprints: DataFrame, limit: float) -> None:
    """Stops after the fetch when too many images are unusable. Raises `GateFailed` with the statuses counted."""
    counted = account.statuses(fingerprints)
    images, usable = sum(counted.values()), counted.get("ok", 0)
    if images - usable > limit * images:
        raise GateFailed(f"of the images {_many(images - usable, images, limit)}: {_listed(counted)}")


def _many(bad: int, total: int, limit: float) -> str:
    return f"{bad:,} of {total:,} cannot be used, more than [run] max_reject_share = {limit}"


def _listed(counted: dict[str, int]) -> str:
    return ", ".join(f"{status} {count:,}" for status, count in counted.items() if status not in ("ok", "same_row"))
