"""A summary is a run in a dozen lines of text: what came in, what came out, and where it lies."""

from typing import Any

from dedup_spark.report.discretion import short

FLOW = (
    ("catalogue", "rows came in"),
    ("fingerprints", "distinct images"),
    ("duplicate_pairs", "pairs within the threshold"),
    ("duplicate_sets", "images that have a duplicate"),
    ("suspects", "images that must not connect offers"),
    ("conflicts", "sets whose offers say that they are not one product"),
    ("shows", "offers and the pictures that they show"),
    ("splits", "offers taken off a picture, where connected offers are no cluster"),
    ("offer_graph", "pairs of offers that show one picture"),
    ("clusters", "offers in a cluster"),
    ("changes", "offers that are not in the cluster that they were in before"),
    ("measures", "clusters with their measures"),
    ("deduplicated", "rows kept"),
    ("removed", "rows that another row stands for"),
    ("repeats", "rows whose picture a reference has"),
    ("rejects", "rows that could not be used"),
)


def text(manifest: dict[str, Any], output: str) -> str:
    """The run as a table that a person can read. `manifest`: what run.json says."""
    width = max(len(name) for name, _ in FLOW)
    told = [f"  {name:<{width}}  {number:>10,}  {meaning}" for name, number, meaning in rows(manifest)]
    lines = [f"run {manifest['run_id']}", "", *told]
    folder = f"{output}/runs/{manifest['run_id']}"
    lines += [
        "",
        f"tables      {folder}/<table>/",
        f"clusters    {folder}/clusters.json",
        f"manifest    {folder}/run.json",
    ]
    if manifest.get("report"):
        lines.append(f"report      {output}/{manifest['report']}")
    return "\n".join([*lines, *(f"{word:<11} {says}" for word, says in notes(manifest))])


def rows(manifest: dict[str, Any]) -> list[tuple[str, int, str]]:
    """The flow in the tables that the run has: the name of each, its rows, and what they are."""
    written = {name: table["rows"] for name, table in manifest["tables"].items()}
    written["fingerprints"] = sum(segment["live"] for segment in manifest["segments"])
    known = ((name, meaning) for name, meaning in FLOW if name in written)
    return [(name, written[name], f"{meaning}{_more(name, manifest)}") for name, meaning in known]


def notes(manifest: dict[str, Any]) -> list[tuple[str, str]]:
    """What else a person should know of the run, each with the word for it: `judgements`, `alarm`, `off`."""
    said = []
    if manifest.get("judgements"):
        fates = ", ".join(f"{fate} {count:,}" for fate, count in manifest["judgements"].items())
        said.append(("judgements", fates))
    if manifest["large"]:
        largest = manifest["large"][0]
        groups = f"{len(manifest['large']):,} groups of connected offers are suspiciously large"
        around = f"around {short(largest['component'])}, has {largest['offers']:,} ({largest['fate']})"
        said.append(("alarm", f"{groups}: the largest, {around}"))
    if manifest["off"]:
        said.append(("off", f"the catalogue has no {', '.join(manifest['off'])}"))
    return said


def ids_kept(ids: dict[str, int]) -> str:
    """How many of the clusters that there were before kept their ids. `ids`: what run.json says of it.

    >>> ids_kept({"before": 1200, "kept": 1190}), ids_kept({"before": 0, "kept": 0})
    ('1,190 of 1,200, 99.2%', '0 of 0')
    """
    share = f", {ids['kept'] / ids['before']:.1%}" if ids["before"] else ""
    return f"{ids['kept']:,} of {ids['before']:,}{share}"


def changed(manifest: dict[str, Any]) -> str:
    """What has changed since the run before, in words; empty where there was none."""
    found = manifest.get("changes")
    return f"{counts(found['offers'])}; ids kept: {ids_kept(found['ids'])}" if found else ""


def counts(of: dict[str, int]) -> str:
    """What there is how many of, in words.

    >>> counts({"created": 1004, "merged": 3}), counts({})
    ('1,004 created, 3 merged', 'nothing')
    """
    return ", ".join(f"{count:,} {word}" for word, count in of.items()) or "nothing"


def _more(name: str, manifest: dict[str, Any]) -> str:
    if name == "fingerprints":
        images = manifest["revalidate"]
        fetched = f": {images['fetched']:,} fetched, {images['reused']:,} reused"
        bad = {word: count for word, count in manifest["statuses"]["images"].items() if word != "ok"}
        return f"{fetched}; unusable: {counts(bad)}" if bad else fetched
    if name == "changes":
        return f": {changed(manifest)}"
    if name == "clusters":
        largest = max(map(int, manifest["cluster_sizes"]), default=0)
        return f": {manifest['clusters']:,} clusters, the largest of {largest:,}"
    return ""
