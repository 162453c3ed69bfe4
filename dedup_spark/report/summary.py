"""A summary is a run in a dozen lines of text: what came in, what came out, and where it lies."""

from typing import Any

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
    ("deduplicated", "rows kept"),
    ("removed", "rows that another row stands for"),
    ("repeats", "rows whose picture a reference has"),
    ("rejects", "rows that could not be used"),
)


def text(manifest: dict[str, Any], output: str) -> str:
    """The run as a table that a person can read. `manifest`: what run.json says."""
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    rows["fingerprints"] = sum(segment["live"] for segment in manifest["segments"])
    width = max(len(name) for name, _ in FLOW)
    lines = [f"run {manifest['run_id']}", ""]
    for name, meaning in ((name, meaning) for name, meaning in FLOW if name in rows):
        lines.append(f"  {name:<{width}}  {rows[name]:>10,}  {meaning}{_more(name, manifest)}")
    folder = f"{output}/runs/{manifest['run_id']}"
    lines += [
        "",
        f"tables      {folder}/<table>/",
        f"clusters    {folder}/clusters.json",
        f"manifest    {folder}/run.json",
    ]
    if manifest.get("judgements"):
        fates = ", ".join(f"{fate} {count:,}" for fate, count in manifest["judgements"].items())
        lines.append(f"judgements  {fates}")
    if manifest["large"]:
        largest = manifest["large"][0]
        lines.append(
            f"alarm       {len(manifest['large']):,} groups of connected offers are suspiciously large: the largest, "
            f"around {largest['component']}, has {largest['offers']:,} ({largest['fate']})"
        )
    if manifest["off"]:
        lines.append(f"off         the catalogue has no {', '.join(manifest['off'])}")
    return "\n".join(lines)


def _more(name: str, manifest: dict[str, Any]) -> str:
    if name == "fingerprints":
        bad = {word: count for word, count in manifest["statuses"]["images"].items() if word != "ok"}
        return f"; unusable: {', '.join(f'{word} {count:,}' for word, count in bad.items())}" if bad else ""
    if name == "clusters":
        largest = max(map(int, manifest["cluster_sizes"]), default=0)
        return f": {manifest['clusters']:,} clusters, the largest of {largest:,}"
    return ""
