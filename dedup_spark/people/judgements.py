"""A judgement is one person's word on two offers or two pictures: they are the `same`, or `different`; who, and when.

The newest word on a pair counts. Where words contradict one another, `different` wins: pairs judged the same join
offers (or pictures) in the order of time, the newest first, but never two that are judged different.

| fate | what became of a judgement in a run |
|---|---|
| `obeyed` | the pair is kept apart, or belongs together |
| `superseded` | there is a newer word on the pair |
| `contradicted` | judged the same, which would join two that are judged different |
| `unknown` | one of the two is not in the catalogue, or the path shows no usable picture |
| `one content` | two names of the same bytes, which are one picture whatever people say |

Plain Python, on the driver: people's judgements are few. 100,000 take 2 s and 200 MB.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import networkx as nx
from networkx.utils import UnionFind

from dedup_spark.errors import Fault
from dedup_spark.people import names

OFFER, PICTURE = "offer", "picture"
SAME, DIFFERENT = "same", "different"
COLUMNS = ("kind", "left", "right", "verdict", "source", "time")
OBEYED, SUPERSEDED, CONTRADICTED = "obeyed", "superseded", "contradicted"
UNKNOWN, ONE_CONTENT = "unknown", "one content"

Pair = tuple[str, str]


@dataclass(frozen=True)
class Judgement:
    """What one row says. time: None counts as said now, so as the newest. place: the file or segment it stands in."""

    kind: str
    left: str
    right: str
    verdict: str
    source: str
    time: datetime | None
    place: str


@dataclass(frozen=True)
class Contradiction:
    """Two that are judged different, and the way of pairs judged the same that would bring them together.

    different: None when it is no person's word that keeps the same apart.
    """

    kind: str
    different: Pair | None
    same: list[Pair]


@dataclass(frozen=True)
class Settled:
    """What counts of the judgements of one kind.

    pairs: those obeyed, left < right: first the ones judged different, then the ones judged the same, newest first.
    fates: of each judgement that came in, in their order.
    """

    pairs: dict[Pair, str]
    fates: list[str]
    contradictions: list[Contradiction]


def parse(row: Mapping[str, Any], place: str, ids: Sequence[str]) -> Judgement:
    """The judgement of a row; `ids` are the columns of an offer's id. Raises `ValueError` naming the column.

    >>> row = {"kind": "offer", "left": "a", "right": "b", "verdict": "similar"}
    >>> parse(row, "mine.csv", ["id"])
    Traceback (most recent call last):
    ValueError: verdict = 'similar': must be same or different
    """
    kind = one_of(row, "kind", (OFFER, PICTURE))
    verdict = one_of(row, "verdict", (SAME, DIFFERENT))
    sides = []
    for column in ("left", "right"):
        try:
            value = row.get(column)
            sides.append(names.offer(value, ids) if kind == OFFER else names.picture(value))
        except ValueError as error:
            raise ValueError(f"{column} = {value!r}: {error}") from None
    if sides[0] == sides[1]:
        raise ValueError(f"right = {row['right']!r}: must be another {kind} than left")
    return Judgement(kind, sides[0], sides[1], verdict, said_by(row, place), said_at(row), place)


def one_of(row: Mapping[str, Any], column: str, words: Sequence[str]) -> str:
    """The word that stands in the column; `ValueError` when it is none of these."""
    value = row.get(column)
    if value not in words:
        raise ValueError(f"{column} = {value!r}: must be {' or '.join(words)}")
    return str(value)


def said_by(row: Mapping[str, Any], place: str) -> str:
    """Who said it: the column `source`, else the place where it stands."""
    value = row.get("source")
    return place if value is None or not str(value).strip() else str(value)


def said_at(row: Mapping[str, Any]) -> datetime | None:
    """When it was said: a date, a time, or the text of one (ISO 8601; UTC where nothing else is said).

    >>> said_at({"time": "2026-11-22T10:00+02:00"}), said_at({})
    (datetime.datetime(2026, 11, 22, 8, 0, tzinfo=datetime.timezone.utc), None)
    """
    value = row.get("time")
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else value.isoformat())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (AttributeError, OverflowError, ValueError):
        raise ValueError(f"time = {value!r}: must be a time as 2026-11-22T10:00:00Z, or null") from None


def settle(said: Sequence[Judgement], known: Mapping[str, str]) -> Settled:
    """What counts of these judgements, all of one kind. `known`: each name that is in the catalogue → what it names.

    Whatever the order of the judgements, the same comes out.

    >>> words = [("b", "a", SAME), ("b", "c", SAME), ("a", "c", DIFFERENT), ("a", "z", SAME)]
    >>> said = [Judgement(OFFER, left, right, verdict, "me", None, "") for left, right, verdict in words]
    >>> settled = settle(said, {name: name for name in "abc"})
    >>> settled.pairs, settled.fates
    ({('a', 'c'): 'different', ('a', 'b'): 'same'}, ['obeyed', 'contradicted', 'obeyed', 'unknown'])
    >>> [(found.different, found.same) for found in settled.contradictions]
    [(('a', 'c'), [('a', 'b'), ('b', 'c')])]
    """
    pairs = [pair(one, known) for one in said]
    newest: dict[Pair, int] = {}
    for row in sorted(range(len(said)), key=lambda row: _precedence(said[row])):
        both = pairs[row]
        if both is not None and both[0] != both[1]:
            newest.setdefault(both, row)
    different = sorted(both for both, row in newest.items() if said[row].verdict == DIFFERENT)
    same = [both for both, row in newest.items() if said[row].verdict == SAME]
    same.sort(key=lambda both: (_age(said[newest[both]]), both))  # the newest first
    refused = set(unite(same, different)[1])
    fates = [_fate(row, both, newest, refused) for row, both in enumerate(pairs)]
    obeyed = dict.fromkeys(different, DIFFERENT) | {both: SAME for both in same if both not in refused}
    kind = said[0].kind if said else OFFER
    return Settled(obeyed, fates, list(_contradictions(kind, same, different)) if refused else [])


def unmet(kind: str, pairs: Mapping[Pair, str], home: Mapping[str, str]) -> list[Contradiction]:
    """The pairs judged the same that came out apart, each with a pair judged different that lies between their homes.

    home: the set or cluster that each name came out in. Raises `Fault` when two in one home are judged different.

    >>> pairs = {("a", "c"): DIFFERENT, ("a", "b"): SAME}
    >>> unmet(OFFER, pairs, {"a": "1", "b": "2", "c": "2"})
    [Contradiction(kind='offer', different=('a', 'c'), same=[('a', 'b')])]
    """
    between: dict[frozenset[str], Pair] = {}
    for (left, right), verdict in pairs.items():
        if verdict == DIFFERENT:
            between.setdefault(frozenset((home[left], home[right])), (left, right))
            if home[left] == home[right]:
                raise Fault(f"{kind}s {left} and {right} are judged different, but both are in {home[left]}")
    return [
        Contradiction(kind, between.get(frozenset((home[left], home[right]))), [(left, right)])
        for (left, right), verdict in pairs.items()
        if verdict == SAME and home[left] != home[right]
    ]


def pair(said: Judgement, known: Mapping[str, str]) -> Pair | None:
    """The two that a judgement is about, left < right; None where one of them is not known."""
    if said.left not in known or said.right not in known:
        return None
    left, right = sorted((known[said.left], known[said.right]))
    return left, right


def unite(same: Iterable[Pair], different: Iterable[Pair]) -> tuple[dict[str, str], list[Pair]]:
    """Joins the pairs `same` in their order, but never two that are `different`: each name → one name for its group.

    Also the pairs that were refused. Names that stand in `different` only are in no group.

    >>> unite([("a", "b"), ("b", "c")], [("a", "c")])[1]
    [('b', 'c')]
    """
    groups, refused = UnionFind(), []
    enemies: dict[str, list[str]] = defaultdict(list)
    for left, right in different:
        enemies[left].append(right)
        enemies[right].append(left)
    same = list(same)
    for left, right in same:
        one, other = sorted((groups[left], groups[right]), key=lambda root: len(enemies[root]))
        if one == other:
            continue
        if any(groups[enemy] == other for enemy in enemies[one]):
            refused.append((left, right))
            continue
        groups.union(one, other)
        enemies[other].extend(enemies[one])  # the shorter list moves
        enemies[groups[one]] = enemies[other]
    return {name: groups[name] for pair in same for name in pair}, refused


def _precedence(said: Judgement) -> tuple[float, bool, str, str, str, str]:
    """What words on one pair are sorted by, the one that counts first: the newest; of one moment, `different`."""
    return _age(said), said.verdict == SAME, said.source, said.place, said.left, said.right


def _age(said: Judgement) -> float:
    return float("-inf") if said.time is None else -said.time.timestamp()


def _fate(row: int, both: Pair | None, newest: Mapping[Pair, int], refused: set[Pair]) -> str:
    if both is None:
        return UNKNOWN
    if both[0] == both[1]:
        return ONE_CONTENT
    if newest[both] != row:
        return SUPERSEDED
    return CONTRADICTED if both in refused else OBEYED


def _contradictions(kind: str, same: Sequence[Pair], different: Sequence[Pair]) -> Iterable[Contradiction]:
    graph = nx.Graph(sorted(same))
    component = {name: number for number, names in enumerate(nx.connected_components(graph)) for name in names}
    for left, right in different:
        if left in component and component[left] == component.get(right):
            way = nx.shortest_path(graph, left, right)
            yield Contradiction(kind, (left, right), [(min(step), max(step)) for step in pairwise(way)])
