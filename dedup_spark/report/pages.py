"""A page is one HTML file of a report, rendered from plain values; all that a catalogue says is escaped.

No page asks for anything outside of its folder, and none holds a script or a style: the policy in its head says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Any

import jinja2

from dedup_spark.report import figures, index, matrix, overview
from dedup_spark.report.discretion import Discretion, last, short
from dedup_spark.report.samples import ORDERS_OF_SETS
from dedup_spark.report.values import Cluster, Found, Pair, Picture, Shown
from dedup_spark.settings import Report

THUMBNAILS = "pictures"
"""The folder of the thumbnails."""

STATIC = ("style.css", "page.js", "judge.js", "search.js", "icon.svg")


@dataclass(frozen=True)
class Gallery:
    """A page of clusters in one order: `file`, and what the order is."""

    order: str
    file: str
    word: str
    says: str


GALLERIES = (
    Gallery("by_size", "clusters.html", "Size", "the largest first"),
    Gallery(
        "by_risk",
        "clusters-risk.html",
        "Risk",
        "held by bridges first, then with conflicts, then with the farthest pictures",
    ),
    Gallery("by_merchants", "clusters-merchants.html", "Merchants", "sold by the most merchants first"),
    Gallery("at_random", "clusters-random.html", "Random", "drawn by chance"),
)

IDS = 20_000
"""Letters of the ids of one card, at most, that a page keeps as they are: with longer ones it is not judged."""

REASONS = {
    "colour": "near enough by their hashes, but the worst block has another colour",
    "area": "hashes and colours pass, but a part of the area shows something else",
    "distance": "too many bits differ",
    "no stable channel": "no channel of the hash is stable in both: only equal files are one picture",
    "judged": "a person says so",
    "unseen": "nobody could take a second look, since a small picture is missing",
    "same hash": "no bit differs, and the colours pass",
    "near": "few bits differ, and the colours pass",
    "shape": "what both show has another shape",
    "fallback": "the channels of the hash that are stable in both pass, and the colours do",
}
"""What the reasons of `duplicate_pairs` mean."""

CROSS, ACROSS = "clusters-merchants.html", 6
"""The gallery whose first clusters stand on the page of merchants, and how many."""

MENU = (
    ("index.html", "Overview"),
    ("merchants.html", "Merchants"),
    ("clusters.html", "Clusters"),
    ("sets.html", "Sets"),
    ("pairs.html", "Look-alikes"),
    ("suspects.html", "Suspects"),
    ("rejects.html", "Rejects"),
    ("search.html", "Search"),
)


JUDGED = ("merchants.html", *(gallery.file for gallery in GALLERIES), "sets.html", "pairs.html", "suspects.html")
"""The pages whose cards people judge, unless the pictures are left out."""


def rendered(found: Found, manifest: Mapping[str, Any], chosen: Report, seen: Discretion) -> dict[str, bytes]:
    """Every file of the report by its name; `index.html` is the last one, so that it is written when all is there."""
    shown = {gallery.file: first(found.clusters, gallery.order, chosen.cards) for gallery in GALLERIES}
    common = {
        "run": manifest,
        "found": found,
        "chosen": chosen,
        "took": overview.took(manifest),
        "catalogue": last(str(manifest["catalogue"])),
        "held": index.offers(shown, found),
        "source": partial(_source, found.thumbnails),
        "compared": not chosen.sanitised,
        "menu": MENU,
        "galleries": GALLERIES,
    }
    judged = () if chosen.sanitised else JUDGED
    env = environment("dedup_spark.report")
    html = {
        file: env.get_template(template).render(common | {"file": file, "judged": file in judged} | of).encode()
        for file, template, of in _pages(shown, found, manifest, chosen, seen)
    }
    static = {name: (files("dedup_spark.report") / "static" / name).read_bytes() for name in STATIC}
    pictures = {f"{THUMBNAILS}/{content}.webp": data for content, data in sorted(found.thumbnails.items())}
    return pictures | static | {"offers.js": index.script(shown, found)} | html


def _pages(
    shown: Mapping[str, Sequence[Cluster]],
    found: Found,
    manifest: Mapping[str, Any],
    chosen: Report,
    seen: Discretion,
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each page, its template, and what that one alone needs."""
    for gallery in GALLERIES:
        yield gallery.file, "clusters.html", {"gallery": gallery, "clusters": shown[gallery.file]}
    sets = {order: first(found.sets, order, chosen.cards) for order in ORDERS_OF_SETS}
    yield "sets.html", "sets.html", {"sets": sets}
    pairs = {word: [pair for pair in found.pairs if pair.verdict == word] for word in figures.VERDICTS}
    yield "pairs.html", "pairs.html", {"pairs": pairs, "counts": overview.verdicts(found)}
    who = matrix.shared(found.merchants, manifest["merchants"], seen)
    across = [cluster for cluster in shown[CROSS] if (cluster.measures["merchants"] or 0) > 1]
    yield "merchants.html", "merchants.html", {"matrix": who, "clusters": across[:ACROSS]}
    for file in ("suspects.html", "rejects.html", "search.html"):
        yield file, file, {}
    yield "index.html", "index.html", _overview(found, manifest, seen)


def _overview(found: Found, manifest: Mapping[str, Any], seen: Discretion) -> dict[str, Any]:
    limits = manifest["settings"]
    bits, colours = limits["candidate_pairs"]["max_distance"], limits["duplicate_pairs"]["max_colour_difference"]
    return {
        "flow": overview.flows(manifest["balance"], found),
        "chain": overview.chain(manifest, found),
        "copies": overview.copies(manifest),
        "distances": figures.distances(found.cells, bits) if found.cells else "",
        "decisions": figures.decisions(found.cells, bits, colours) if found.cells else "",
        "stages": overview.stages(manifest),
        "costs": overview.costs(manifest),
        "trust": overview.trust(manifest),
        "changes": overview.changes(manifest),
        "settings": overview.settings(seen.settings(limits)),
    }


def first(cards: Sequence[Any], order: str, most: int) -> list[Any]:
    """The first cards of an order: clusters, or sets."""
    return sorted(cards, key=lambda card: card.ranks[order])[:most]


def differing(members: Sequence[Shown]) -> set[str]:
    """The facts in which the offers of a card differ, `brand` among them: what a person looks at first.

    >>> from dedup_spark.report.values import Offer
    >>> red, blue = (Offer(colour, None, None, "Aster", {"colour": colour}) for colour in ("red", "blue"))
    >>> differing([Shown(red, ()), Shown(blue, ())])
    {'colour'}
    """
    known = [{**shown.offer.facts, "brand": shown.offer.brand} for shown in members]
    names = {name for facts in known for name in facts}
    return {name for name in names if len({facts[name] for facts in known if facts.get(name)}) > 1}


def nameable(cluster: Cluster) -> bool:
    """Whether a page names the offers of a card as people's words have to: nobody says how long an id is."""
    return len(cluster.id) + sum(len(shown.offer.id) for shown in cluster.members) <= IDS


def why(pair: Pair) -> str:
    """What was decided of a pair, in words."""
    return REASONS.get(pair.reason, pair.reason)


def environment(*packages: str) -> jinja2.Environment:
    """What renders the templates of these packages, those of the first one before all others.

    The cards ask for `source`, which gives the address of a picture, empty where it is not shown; and whether pictures
    are `compared` by a script.
    """
    env = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {"anchor": index.anchor, "differing": differing, "nameable": nameable, "why": why}
    env.filters |= {"count": lambda number: f"{number:,}", "short": short}
    return env


def _source(thumbnails: Mapping[str, bytes], picture: Picture) -> str:
    return f"{THUMBNAILS}/{picture.content}.webp" if picture.content in thumbnails else ""
