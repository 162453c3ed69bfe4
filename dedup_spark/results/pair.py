"""A pair of offers as a notebook shows it: the pictures that connect the two, step by step, or what stopped them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dedup_spark.report import named
from dedup_spark.report.discretion import Discretion
from dedup_spark.report.gather import Tables
from dedup_spark.report.values import Shown
from dedup_spark.results import fragment
from dedup_spark.settings import Report

STEPS = 12
"""Steps that are shown of a chain, at most: the first ones."""


@dataclass(frozen=True)
class Step:
    """Two pictures that are compared anew: why they are told, the bits and ΔE between them, and the verdict on these
    two alone. by_views: in which views they are nearer, if in any.
    """

    left: Shown
    right: Shown
    why: str
    distance: int
    colour_difference: float
    alone: str
    by_views: str | None


@dataclass(frozen=True, repr=False)
class Pair:
    """Two offers. steps: the first of `length` that connect them, or the nearest two pictures of them."""

    left: str
    right: str
    one_cluster: bool
    length: int
    steps: Sequence[Step]
    thumbnails: Mapping[str, bytes] = field(compare=False)

    def __repr__(self) -> str:
        steps = f"in one cluster, by {self.length:,} step{'s' if self.length != 1 else ''}"
        found = steps if self.one_cluster else "in no common cluster"
        return f"<{fragment.quoted(self.left)} and {fragment.quoted(self.right)}: {found}>"

    def _repr_html_(self) -> str:
        return fragment.rendered("pair.html", self.thumbnails, pair=self)


def made(told: Mapping[str, Any], of: Tables, chosen: Report, seen: Discretion) -> Pair:
    """The pair of an explanation, see `explain.explained`, with the pictures of its first steps: one query more."""
    first = told["steps"][:STEPS]
    shown = [(step[f"{side}_offer"], step[f"{side}_image"]) for step in first for side in ("left", "right")]
    sides, thumbnails = named.offers(of, shown, chosen, seen)
    steps = [_step(*one, seen) for one in zip(first, sides[::2], sides[1::2], strict=True)]
    return Pair(told["left"], told["right"], told["one_cluster"], len(told["steps"]), steps, thumbnails)


def _step(told: Mapping[str, Any], left: Shown, right: Shown, seen: Discretion) -> Step:
    far = told["distance"], told["colour_difference"]
    return Step(left, right, _why(told, seen), *far, told["alone"], told["by_views"])


def _why(step: Mapping[str, Any], seen: Discretion) -> str:
    """What is said of a step; sanitised, without its evidence, which may name merchants."""
    said = seen.text(step["why"])
    return said.partition(":")[0] if seen.sanitised else said
