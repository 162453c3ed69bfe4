"""An overview is a run in numbers, all of them of everything: what came in, what went where, what it took."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dedup_spark.report import figures, flow_figure
from dedup_spark.report.flow_figure import Out
from dedup_spark.report.values import Found

STEPS = ("rows", "with a path", "with a picture")
"""What the rows of the catalogue pass through."""

ENDS = (("deduplicated", "kept"), ("removed", "removed"), ("repeats", "repeats"))
"""Where a row ends that has a picture: the table, and the word for it."""

REJECTED = (("suspects", "suspect"), ("fingerprints", "no picture"), ("catalogue", "no path"))
"""Where a row ends that was rejected, by the stage that did, the last step first."""

WIDE, NARROW = (1080.0, 300.0, 130.0, "figure flow wide"), (360.0, 300.0, 106.0, "figure flow narrow")
"""Width, height, room for words and class of the flow on a screen and on a phone."""

LONGEST = 14
"""Stages that are listed, at most: the others are added up."""

Numbers = tuple[str, str, str]


def ways(rows: Mapping[str, int], found: Found) -> list[Out]:
    """The ways out of the catalogue, which balance. rows: `balance` of run.json."""
    last = len(STEPS) - 1
    per_stage = {stage: sum(of.rows for of in found.rejected if of.stage == stage) for stage, _ in REJECTED}
    kept = [Out(word, rows[table], last, word) for table, word in ENDS if table in rows]
    rejected = [
        Out(word, per_stage[stage], last - place, "rejected")
        for place, (stage, word) in enumerate(REJECTED)
        if per_stage[stage]
    ]
    return [*kept, *rejected]


def flows(rows: Mapping[str, int], found: Found) -> Markup:
    """The flow, once for a screen and once for a phone."""
    out = ways(rows, found)
    return Markup("").join(flow_figure.flow(STEPS, out, *size) for size in (WIDE, NARROW))


def chain(manifest: Mapping[str, Any], found: Found) -> list[Numbers]:
    """The flow in what each step makes: word, how many, and what they are."""
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    usable = manifest["statuses"]["images"].get("ok", 0)
    sets = found.totals["sets"]
    told = ", ".join(f"{count:,} {word}" for word, count in verdicts(found).items() if count)
    return [
        ("catalogue", f"{rows['catalogue']:,}", f"rows of {found.totals['offers']:,} offers"),
        ("fingerprints", f"{manifest['balance']['images']:,}", f"images, {usable:,} usable"),
        ("pairs", f"{rows['duplicate_pairs']:,}", told or "none within the threshold"),
        ("sets", f"{sets:,}", f"of {rows['duplicate_sets']:,} images"),
        ("clusters", f"{manifest['clusters']:,}", f"of {rows['clusters']:,} offers"),
        ("kept", f"{rows['deduplicated']:,}", f"rows, {rows['removed']:,} removed"),
    ]


def verdicts(found: Found) -> dict[str, int]:
    """How many pairs have which verdict."""
    return {word: sum(cell.pairs for cell in found.cells if cell.verdict == word) for word in figures.VERDICTS}


def copies(manifest: Mapping[str, Any]) -> dict[str, Markup]:
    """How many images show one picture, are one file, and how large clusters are."""
    drawn = {"images_per_hash": "images of one hash", "images_per_md5": "images of one file"}
    drawn |= {"cluster_sizes": "offers of one cluster"}
    return {name: figures.lines(figures.binned(manifest[name]), label) for name, label in drawn.items()}


def stages(manifest: Mapping[str, Any]) -> Markup:
    """Seconds of each stage, the longest first, and its rate: rows of the catalogue a second; of `fingerprints`, images
    fetched.
    """
    rows, fetched = manifest["balance"]["catalogue"], manifest["revalidate"]["fetched"]
    longest = sorted(manifest.get("seconds", {}).items(), key=lambda entry: (-entry[1], entry[0]))
    lines = [
        (name, seconds, _rate(seconds, fetched if name == "fingerprints" else rows))
        for name, seconds in longest[:LONGEST]
    ]
    others = sum(seconds for _, seconds in longest[LONGEST:])
    more = [(f"{len(longest) - LONGEST} others", others, _seconds(others))] if others else []
    return figures.lines([*lines, *more], "seconds of each stage")


def costs(manifest: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """What the search of pairs was to cost beside what it did: name, predicted, actual, by which factor."""
    predicted, actual = manifest["search"]["predicted"], manifest["search"]["actual"]
    words = {
        "hashes": "distinct hashes",
        "rows": "rows of bands",
        "candidates": "candidate pairs",
        "largest_bucket": "pictures in the largest bucket",
        "seconds": "seconds",
    }
    named = ((words[name], predicted.get(name), actual.get(name)) for name in words)
    return [(word, _number(was), _number(now), _factor(was, now)) for word, was, now in named]


def trust(manifest: Mapping[str, Any]) -> list[Numbers]:
    """What the run checked of itself: what, the number, and what it says."""
    audit, wrong = manifest.get("audit"), manifest.get("wrong_merges")
    said: list[Numbers] = []
    if audit and audit["recall"] is not None:
        compared = f"{audit['pictures']:,} pictures compared with all {audit['against']:,}: {audit['missed']:,} missed"
        says = f"{compared}, so {audit['recall_at_least']:.1%} at least"
        said.append(("pairs found", f"{audit['recall']:.1%}", says))
    if wrong:
        expected = wrong["pairs_expected"]
        number = "unknown" if expected is None else f"{expected:,.3g}"
        said.append(("wrong merges to expect", number, wrong.get("why") or f"by {wrong['sample']:,} pictures"))
    said.append(("no pair missed", "proof", manifest["plan"]))
    return said


def changes(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What changed since the run before: word, offers, clusters."""
    changed = manifest.get("changes")
    if changed is None:
        return []
    return [(word, f"{count:,}", f"{changed['clusters'].get(word, 0):,}") for word, count in changed["offers"].items()]


def took(manifest: Mapping[str, Any]) -> str:
    """The seconds of all stages, in words."""
    return _seconds(sum(manifest.get("seconds", {}).values()))


def settings(chosen: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Sequence[tuple[str, str]]]]:
    """The settings as texts, by section."""
    return [(section, [(key, _text(value)) for key, value in values.items()]) for section, values in chosen.items()]


def _rate(seconds: float, rows: int) -> str:
    return f"{_seconds(seconds)} · {rows / seconds:,.0f}/s" if seconds else _seconds(seconds)


def _seconds(seconds: float) -> str:
    minutes, hours = seconds / 60, seconds / 3600
    if hours >= 2:
        return f"{hours:,.1f} h"
    return f"{minutes:,.1f} min" if minutes >= 2 else f"{seconds:,.1f} s"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"


def _factor(was: float | None, now: float | None) -> str:
    return f"× {now / was:.2f}" if was and now is not None else "–"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "–"
