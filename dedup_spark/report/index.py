"""The index is what the search of a report looks through: an offer that a card shows, and where that card is."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from dedup_spark.report.discretion import short
from dedup_spark.report.values import Cluster, Found, Offer, Pair, Set

ANCHOR = 12
"""Hex digits in the name of a card."""

Entry = tuple[Offer, str, str]
"""An offer, what kind of card shows it, and the link to that."""


def anchor(kind: str, name: str) -> str:
    """What the card of a thing is called in its page.

    >>> anchor("cluster", "HA-1002")
    'cluster-69fc3acdaa73'
    """
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:ANCHOR]}"


def script(galleries: Mapping[str, Sequence[Cluster]], found: Found) -> bytes:
    """A script that holds nothing but the index, for pages opened from a disk may not fetch any: a row is the id,
    title and merchant of an offer, the kind of its card and the link to it.

    galleries: the clusters that each page shows, by its file.
    """
    rows = sorted(
        {
            (short(offer.id), offer.title or "", offer.merchant or "", kind, link)
            for offer, kind, link in _entries(galleries, found)
        }
    )
    told = json.dumps(rows, separators=(",", ":")).replace("<", "\\u003c")
    return f'"use strict";\nwindow.OFFERS = {told};\n'.encode()


def offers(galleries: Mapping[str, Sequence[Cluster]], found: Found) -> int:
    """How many offers the report holds."""
    return len({offer.id for offer, _, _ in _entries(galleries, found)})


def _entries(galleries: Mapping[str, Sequence[Cluster]], found: Found) -> Iterator[Entry]:
    yield from _of_clusters(galleries)
    yield from _of_sets(found.sets)
    yield from _of_pairs(found.pairs)
    for suspect in found.suspects:
        for shown in suspect.members:
            yield shown.offer, "suspect", f"suspects.html#{anchor('suspect', suspect.set_id)}"
    for of in found.rejected:
        for example in of.examples:
            if example.offer is not None:
                bare = Offer(example.offer, None, None, None, {})
                yield bare, "reject", f"rejects.html#{anchor('reject', of.status)}"


def _of_clusters(galleries: Mapping[str, Sequence[Cluster]]) -> Iterator[Entry]:
    told: set[str] = set()
    for file, clusters in galleries.items():
        for cluster in (cluster for cluster in clusters if cluster.id not in told):
            told.add(cluster.id)
            for shown in cluster.members:
                yield shown.offer, "cluster", f"{file}#{anchor('cluster', cluster.id)}"


def _of_sets(sets: Sequence[Set]) -> Iterator[Entry]:
    for one in sets:
        for _, shown in one.members:
            for offer in shown:
                yield offer, "set", f"sets.html#{anchor('set', one.id)}"


def _of_pairs(pairs: Sequence[Pair]) -> Iterator[Entry]:
    for pair in pairs:
        link = f"pairs.html#{anchor('pair', pair.left.content + pair.right.content)}"
        for offer in (*pair.offers[0], *pair.offers[1]):
            yield offer, "pair", link
