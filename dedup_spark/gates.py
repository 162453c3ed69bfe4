"""A gate is a share of rows that must not be exceeded: beyond it the run stops, before it costs or publishes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dedup_spark import account, settings
from dedup_spark.errors import GateFailed

PLACES = 10
"""How many a message lists: they are to be read, and pasted into a setting."""


def outside(catalogue: DataFrame, allowed: Sequence[str], limit: float) -> dict[str, int]:
    """Stops before anything is fetched when too many rows cannot be: outside of the allowed places, or no path at all.

    Gives how many rows have which status. Raises `GateFailed` with these counts; for places outside it lists them and
    the setting that would allow them.
    """
    counted = account.statuses(catalogue)
    rows, usable = sum(counted.values()), counted.get("ok", 0) + counted.get("same_row", 0)
    if rows - usable <= limit * rows:
        return counted
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


def unusable(fingerprints: DataFrame, limit: float) -> dict[str, int]:
    """Stops after the fetch when too many images are unusable. Gives how many have which status.

    Raises `GateFailed` with these counts.
    """
    counted = account.statuses(fingerprints)
    images, usable = sum(counted.values()), counted.get("ok", 0)
    if images - usable > limit * images:
        raise GateFailed(f"of the images {_many(images - usable, images, limit)}: {_listed(counted)}")
    return counted


def wrong_merges(expected: float | None, limit: float) -> None:
    """Stops before publishing when more wrong merges are to be expected than the limit; 0 allows any number."""
    if expected is not None and 0 < limit < expected:
        raise GateFailed(
            f"some {expected:,.3g} wrong merges are to be expected, more than [evaluate] max_wrong_merges = {limit:g}: "
            "lower [candidate_pairs] max_distance or [duplicate_pairs] max_colour_difference"
        )


def missed(found: Mapping[str, Any], pairs: Sequence[tuple[str, str]]) -> None:
    """Stops before publishing when the audit found pairs that pass and are not connected. found: what run.json says."""
    if pairs:
        listed = ", ".join(f"{left} and {right}" for left, right in pairs[:PLACES])
        raise GateFailed(
            f"the search missed {found['missed']:,} of {found['pairs']:,} pairs that pass, and never should: {listed}\n"
            "Please report it; with another [candidate_pairs] max_distance another plan is searched."
        )


def budget(refusal: str | None) -> None:
    """Stops before the search when its plan may not run: `pricing.refusal` says why."""
    if refusal is not None:
        raise GateFailed(refusal)


def comparisons(pairs: DataFrame, budget: int, made: int = 0) -> int:
    """Stops a search that would compare too much. `pairs` has `first` and `pairs`: a family, by its first content.

    made: comparisons before these; what comes back is their sum. Raises `GateFailed` with the family that costs most.
    """
    row = pairs.agg(F.sum("pairs").alias("all"), F.max("pairs").alias("most"), F.max_by("first", "pairs")).first()
    if row is None or row["all"] is None:
        return made
    made += int(row["all"])
    if made > budget:
        raise GateFailed(
            f"the families of near pictures would take {made:,} comparisons, more than [candidate_pairs] "
            f"family_budget = {budget:,}; {int(row['most']):,} of them that of the picture {row[2]}\n"
            "Raise it (a hundred thousand take a second), or lower [candidate_pairs] max_distance."
        )
    return made


def large(alarms: Sequence[Mapping[str, Any]], limits: settings.Clusters) -> None:
    """Stops before anything is published when a component of offers is too large, to be true or to be cut.

    alarms: `account.large`. Raises `GateFailed` with the first components, their sizes, and the settings in question.
    """
    stopping = [alarm for alarm in alarms if alarm["fate"] == "too_large" or alarm["offers"] > limits.stop_offers]
    if not stopping:
        return
    found = ", ".join(
        f"{alarm['component']} and {alarm['offers'] - 1:,} more ({alarm['edges']:,} edges, {alarm['fate']})"
        for alarm in stopping[:PLACES]
    )
    raise GateFailed(
        f"{len(stopping):,} components of offers are more than [clusters] stop_offers = {limits.stop_offers:,} "
        f"or would have to be cut with more edges than task_edges = {limits.task_edges:,}: {found}\n"
        "Some picture joins what it should not: name it in [judgements] excluded, or raise the setting."
    )


def _many(bad: int, total: int, limit: float) -> str:
    return f"{bad:,} of {total:,} cannot be used, more than [run] max_reject_share = {limit}"


def _listed(counted: dict[str, int]) -> str:
    return ", ".join(f"{status} {count:,}" for status, count in counted.items() if status not in ("ok", "same_row"))
