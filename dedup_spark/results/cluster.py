"""A cluster as a notebook shows it: the card that the report has of it, whichever cluster it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dedup_spark.report import values
from dedup_spark.results import fragment


@dataclass(frozen=True, repr=False)
class Cluster:
    """One cluster. card: its measures, and the first of its offers with their pictures; thumbnails: content → WebP."""

    card: values.Cluster
    thumbnails: Mapping[str, bytes] = field(compare=False)

    def __repr__(self) -> str:
        shown = ", ".join(fragment.quoted(member.offer.id) for member in self.card.members)
        left = self.card.measures["offers"] - len(self.card.members)
        return f"<cluster {fragment.quoted(self.card.id)}: {shown}{f' and {left:,} more' if left else ''}>"

    def _repr_html_(self) -> str:
        return fragment.rendered("cluster.html", self.thumbnails, one=self.card)
