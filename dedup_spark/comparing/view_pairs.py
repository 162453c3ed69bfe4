"""A view pair is a view of one picture and a view of another that may meet: which they are, the settings say.

Views meet by rulers: those that leave out something at the same edges, to different marks, and the content itself,
which leaves out nothing. So a picture cut at the left meets by what is left of the left edge, and what is cut at the
right is no business of that ruler. The content is the whole picture, and `trimmed` where it has margins.
Views are counted by their place in `[views] stored`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dedup_spark.images.views import TRIMMED, VIEWS, WHOLE
from dedup_spark.settings import Views

CONTENT = (WHOLE, TRIMMED)
TURNED = "turned"


@dataclass(frozen=True)
class ViewPairs:
    """Which views meet: each of `probe` those of `against`. A pair through one of `review` is for people to judge.

    >>> pairs = ViewPairs(("whole", "trimmed", "crop_5", "left_5"), ("whole", "trimmed"), ("whole", "crop_5", "left_5"))
    >>> pairs.met()
    [(0, 1), (0, 2), (0, 3), (1, 0), (1, 2), (1, 3), (2, 0), (2, 1), (3, 0), (3, 1)]
    >>> pairs.rows(pairs.against)
    [(0, 'crop'), (2, 'crop'), (0, 'left'), (3, 'left')]
    """

    stored: tuple[str, ...] = (WHOLE,)
    probe: tuple[str, ...] = (WHOLE,)
    against: tuple[str, ...] = (WHOLE,)
    review: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether any but whole pictures meet."""
        return bool(self.met())

    def met(self) -> list[tuple[int, int]]:
        """The places of a left and a right view that may meet, whole pictures left out."""
        return _met(self)

    def names(self) -> list[tuple[str, str]]:
        """The same by name."""
        return [(self.stored[one], self.stored[other]) for one, other in _met(self)]

    def rows(self, names: Collection[str]) -> list[tuple[int, str]]:
        """The places of these views, each with the ruler that it is a mark of; the content is one of each."""
        return [
            (place, ruler)
            for ruler in self.rulers()
            for place, name in enumerate(self.stored)
            if name in names and (name in CONTENT or ruler in _rulers(name))
        ]

    def marks(self, views: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """What is known of a picture's views by name, once for each ruler that they are of."""
        for ruler in self.rulers() if self else ():
            yield from ((ruler, known) for name, known in views.items() if name in CONTENT or ruler in _rulers(name))

    def rulers(self) -> list[str]:
        """The rulers that there are; where no view is cut or turned one for the content alone."""
        return list(dict.fromkeys(ruler for name in self.stored for ruler in _rulers(name))) or [TRIMMED]

    def is_even(self) -> bool:
        """Whether all upright views that are looked for are looked in, and the other way round."""
        asked, shown = ({name for name in names if not VIEWS[name].turn} for names in (self.probe, self.against))
        return asked == shown

    def is_for_review(self, left: str, right: str) -> bool:
        """Whether what meets through these two is for people to judge."""
        return left in self.review or right in self.review


def of(chosen: Views) -> ViewPairs:
    """The view pairs that the settings choose.

    A turned view needs no answer from another: the picture that it is of answers upright when the other one asks.
    """
    upright = tuple(name for name in chosen.stored if not VIEWS[name].turn)
    return ViewPairs(chosen.stored, chosen.probe or chosen.stored, chosen.against or upright, chosen.review)


@cache
def _met(pairs: ViewPairs) -> list[tuple[int, int]]:
    place = {name: number for number, name in enumerate(pairs.stored)}
    ways = {(place[one], place[other]) for one in pairs.probe for other in pairs.against if _meet(one, other)}
    return sorted((ways | {(other, one) for one, other in ways}) - {(0, 0)})


def _meet(one: str, other: str) -> bool:
    if one in CONTENT or other in CONTENT:
        return True
    if one == other:  # says nothing more than the content
        return False
    return TURNED not in _rulers(one) and [*_rulers(one)] == [*_rulers(other)]


def _rulers(name: str) -> Iterator[str]:
    """The ruler that the view is a mark of; none, since it is of all, for the content."""
    if name not in CONTENT:
        yield TURNED if VIEWS[name].turn else name.rpartition("_")[0]
