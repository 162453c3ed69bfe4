"""A search is one or two tables of hashes in which near pairs are looked for, by a plan and within limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame

from dedup_spark.bands.banding import Plan
from dedup_spark.candidate_pairs import KNOWN

ROW_BYTES = 60
"""Of a row of the shuffle beside its words: key, bucket, and what Spark adds."""

WORD_BYTES = 8

BY_HASH, BY_CHANNEL, BY_VIEW = "near", "near-channels", "near-views"
"""What the searches of a run are called: by whole hashes, by the channels of those that are a coin toss, by views."""


@dataclass(frozen=True)
class Search:
    """What is searched, and how: the arguments of `candidate_pairs.find`, and the limits.

    max_bucket: rows of a bucket, at most, each compared with each; of two tables, the square root of rows times rows.
    shuffle_bytes: the bands are searched in as many groups as keep the rows that one group shuffles below this.
    apart: those of the groups that keep families apart; None: all. name: what a run calls the parts that it keeps.

    Where the tables have a column `known`, two known rows are not compared: their pairs are no pairs here. calm: no
    bucket of known rows alone is crowded, so that only those with a new row need to be looked at.
    """

    left: DataFrame
    right: DataFrame | None
    plan: Plan
    groups: Sequence[str]
    max_bucket: int
    shuffle_bytes: int
    apart: Sequence[str] | None = None
    name: str = BY_HASH
    calm: bool = False

    @property
    def known(self) -> bool:
        """Whether the pairs of some rows are known."""
        return KNOWN in self.left.columns

    @property
    def row(self) -> list[str]:
        """What belongs to one family only."""
        return ["key", *(self.groups if self.apart is None else self.apart)]

    @property
    def same(self) -> bool:
        return self.right is None

    def parts(self, rows: int) -> list[list[int]]:
        """The bands, in groups: so many rows, once a band, stay within the budget together.

        A band is never divided: where one alone is larger than the budget, each is a group.

        >>> from dedup_spark.bands.banding import plan
        >>> search = Search(spark.range(1), None, plan(10), (), max_bucket=256, shuffle_bytes=400_000)
        >>> search.parts(1000)
        [[0, 1, 2, 3], [4, 5, 6, 7], [8]]
        """
        band = max(1, rows) * (ROW_BYTES + WORD_BYTES * self.plan.words)
        size = max(1, self.shuffle_bytes // band)
        numbers = range(len(self.plan.bands))
        return [list(numbers[start : start + size]) for start in range(0, len(numbers), size)]
