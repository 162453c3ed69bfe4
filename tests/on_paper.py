"""Centres and sets as they are defined, found member by member: what the cluster must come to as well.

A member is its key, its size (the larger come first, then by key), the first word of its hash, and its grey.
"""

from collections.abc import Sequence

import numpy as np

from dedup_spark.comparing.verdict import Features, Limits, compare

Member = tuple[str, int, int, int]


def features(words: list[int], greys: list[int]) -> Features:
    return Features(
        np.array([[word, 0, 0, 0, 0] for word in words], np.int64),
        np.array([[0, grey] * 300 for grey in greys], np.uint8),
        np.zeros(len(words), np.uint8),
    )


def passes(left: Member, right: Member, limits: Limits) -> bool:
    found = compare(features([left[2]], [left[3]]), features([right[2]], [right[3]]), limits)
    return bool(found.verdict[0] == "duplicate")


def in_order(members: Sequence[Member]) -> list[Member]:
    return sorted(members, key=lambda one: (-one[1], one[0]))


def centres(members: Sequence[Member], limits: Limits, apart: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """In order, each joins the first earlier centre it may join and passes against, else becomes one.

    It may not join where an earlier member that it is kept apart from is the centre, or passes against it.
    """
    chosen: dict[str, str] = {}
    found: list[Member] = []
    earlier: list[Member] = []
    for member in in_order(members):
        foes = [one for one in earlier if {(one[0], member[0]), (member[0], one[0])} & set(apart)]
        joins = (
            one for one in found if passes(one, member, limits) and not any(passes(one, foe, limits) for foe in foes)
        )
        centre = next(joins, member)
        if centre is member:
            found.append(member)
        chosen[member[0]] = centre[0]
        earlier.append(member)
    return chosen


def sets(members: Sequence[Member], limits: Limits, words: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """The sets of those centres, then made one where people's word joins them; (left, right, verdict) in its order."""
    different = [(left, right) for left, right, verdict in words if verdict == "different"]
    chosen = centres(members, limits, different)
    order = [member[0] for member in in_order(members)]
    for left, right, verdict in words:
        both = {key for key, centre in chosen.items() if centre in (chosen[left], chosen[right])}
        if verdict == "same" and not any({one, other} <= both for one, other in different):
            chosen |= dict.fromkeys(both, chosen[min(both, key=order.index)])
    return chosen
