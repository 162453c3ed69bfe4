"""A task is a pair of pictures that a person is asked about in Label Studio, with what the run makes of it filled in.

| kind | what pairs |
|---|---|
| `sure` | merged, and far from every limit |
| `look-alike` | kept apart, and far from every limit |
| `uncertain` | near a limit, merged beyond one, or for review |

A word is worth as much as there are pairs like the one asked about. These come in the order of their draws, the least
among all that are alike: the likelihood of a task is in proportion to its worth, as if every pair drew for itself.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dedup_spark.comparing.verdict import DUPLICATE, REVIEW
from dedup_spark.report.discretion import short
from dedup_spark.report.values import Offer, Pair

SURE, LOOK_ALIKE, UNCERTAIN = "sure", "look-alike", "uncertain"
KINDS = (SURE, LOOK_ALIKE, UNCERTAIN)

SAME, DIFFERENT, JUDGED = "same", "different", "judged"
"""What a person may say, and the reason of a pair on which one has: the words of `people`."""

BAND = 0.25
"""What is near a limit: at most such a share of it away."""

CONTROL, PICTURE = "verdict", "left"
"""The names in the labelling config (docs/people.md) that a prediction goes by."""


@dataclass(frozen=True)
class Limits:
    """Up to which distance (bits) and colour difference (ΔE) the run merged pictures."""

    distance: int
    colour: float

    def strain(self, distance: int, colour: float) -> float:
        """How much of the limits a pair takes up: at most 1 where it is within both.

        >>> Limits(10, 8.0).strain(5, 6.0)
        0.75
        """
        return max(distance / max(self.distance, 1), colour / self.colour if self.colour else colour)

    def kind(self, verdict: str, strain: float) -> str:
        """What kind of task a pair makes.

        >>> limits = Limits(10, 8.0)
        >>> limits.kind("duplicate", 0.2), limits.kind("vetoed", 1.1), limits.kind("vetoed", 0.2)
        ('sure', 'uncertain', 'look-alike')
        """
        merged = verdict == DUPLICATE
        if verdict == REVIEW or abs(1 - strain) <= BAND or (merged and strain > 1):
            return UNCERTAIN
        return SURE if merged else LOOK_ALIKE


def choose(rows: Sequence[Any], limits: Limits, most: int) -> list[dict[str, Any]]:
    """The pairs to ask about, at most so many: a third is sure, a third look-alikes, and the uncertain are the rest.

    What a person has judged is not asked again. rows: of `samples.pairs`.
    """
    of_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for row in (row for row in rows if row["reason"] != JUDGED):
        pair = row["pair"].asDict() | row.asDict()
        strain = limits.strain(pair["distance"], pair["colour_difference"])
        of_kind[limits.kind(pair["verdict"], strain)].append(pair)
    plain = [pair for kind in (SURE, LOOK_ALIKE) for pair in sorted(of_kind[kind], key=_draw)[: most // len(KINDS)]]
    return plain + sorted(of_kind[UNCERTAIN], key=_draw)[: most - len(plain)]


def document(pairs: Sequence[Pair], thumbnails: Mapping[str, bytes], limits: Limits, run: str) -> list[dict[str, Any]]:
    """The tasks as Label Studio imports them; a pair that lacks a small picture makes none, since nobody can see it.

    thumbnails: content → WebP. run: the run_id, which predictions are signed with.
    """
    seen = [pair for pair in pairs if {pair.left.content, pair.right.content} <= thumbnails.keys()]
    return [_task(pair, thumbnails, limits, run) for pair in seen]


def as_json(tasks: Sequence[Mapping[str, Any]]) -> bytes:
    """The tasks as one file."""
    return json.dumps(tasks, ensure_ascii=False, indent=1).encode()


def _task(pair: Pair, thumbnails: Mapping[str, bytes], limits: Limits, run: str) -> dict[str, Any]:
    strain = limits.strain(pair.distance, pair.colour_difference)
    data: dict[str, Any] = {"kind": limits.kind(pair.verdict, strain)}
    for side, picture, offers in (("left", pair.left, pair.offers[0]), ("right", pair.right, pair.offers[1])):
        shown = base64.b64encode(thumbnails[picture.content]).decode()
        data |= {side: f"data:image/webp;base64,{shown}", f"{side}_content": picture.content}
        data[f"{side}_offers"] = "\n".join(map(_told, offers))
    measures = f"{pair.distance} bits, ΔE {pair.colour_difference:.1f}"
    data |= {"found": f"{pair.verdict}, {pair.reason}: {measures}", "alike": pair.like}
    return {"data": data, "predictions": _predictions(pair.verdict, abs(1 - strain), run)}


def _predictions(verdict: str, margin: float, run: str) -> list[dict[str, Any]]:
    """What the run decided, the surer the farther from the limits; nothing where it asks for review."""
    if verdict == REVIEW:
        return []
    value = {"choices": [SAME if verdict == DUPLICATE else DIFFERENT]}
    result = {"from_name": CONTROL, "to_name": PICTURE, "type": "choices", "value": value}
    return [{"model_version": f"dedup-spark {run}", "score": round(min(margin, 1.0), 2), "result": [result]}]


def _told(offer: Offer) -> str:
    return " · ".join(filter(None, (short(offer.id), offer.title, offer.merchant, offer.brand, *offer.facts.values())))


def _draw(pair: Mapping[str, Any]) -> tuple[Any, ...]:
    return pair["draw"], pair["left_content"], pair["right_content"]
