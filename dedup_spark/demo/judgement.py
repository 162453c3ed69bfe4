"""A judgement says what a run got right and wrong on the demo: merges of offers, copies of pictures, rejects, rows."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from dedup_spark.demo import truth
from dedup_spark.demo.offers import PRODUCT, SAME_FILE
from dedup_spark.demo.truth import ALIKE, APART, SAME, USABLE, Row
from dedup_spark.errors import BadInput

TABLES = {
    "clusters": ("id", "cluster_id"),
    "duplicate_sets": ("image", "set_id"),
    "deduplicated": ("id", "image"),
    "removed": ("id", "image", "kept_id", "kept_image", "reason"),
    "rejects": ("id", "status"),
}
"""The tables that are judged, with the columns that are read."""

SHOWN_AT_MOST = 5
Records = list[dict[str, Any]]


@dataclass(frozen=True)
class Judgement:
    """Counts are of pairs of offers (merges) or of images (copies, pictures); the lists say which, with their paths."""

    offers: int
    clusters: int
    right_merges: int
    wrong_merges: int
    missed_merges: int
    ladder_merges: int  # of neighbours on a ladder: neither right nor wrong
    copies: int
    missed_copies: int
    wrong_pictures: int  # different pictures in one duplicate set
    ladders: int
    ladders_broken: int
    rejects_expected: int
    rejects_right: int
    repeated_expected: int
    repeated_right: int
    edits: tuple[tuple[str, int, int], ...]  # copy edit, found, all
    wrong: tuple[str, ...]
    missed: tuple[str, ...]
    wrong_rows: tuple[str, ...]  # lost, twice, rejected or removed without reason

    @property
    def trustworthy(self) -> bool:
        """Nothing merged, removed, rejected or lost that should not be; copies may have been missed."""
        return not (self.wrong_merges or self.wrong_pictures or self.wrong_rows) and self.ladders_broken == self.ladders

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The judgement for a person, some lines long."""
        right = self.right_merges + self.missed_merges
        lines = [
            f"offers    {self.offers} in the catalogue, {self.clusters} clusters",
            f"merges    {self.right_merges} of {right} right, {self.wrong_merges} wrong"
            f" (pairs of offers; {self.ladder_merges} more between neighbours of a ladder)",
            f"copies    {self.copies - self.missed_copies} of {self.copies} pairs of images found,"
            f" {self.missed_copies} missed; {self.wrong_pictures} pairs of different pictures in one set",
            "edits     " + ", ".join(f"{edit} {found}/{total}" for edit, found, total in self.edits),
            f"ladders   {self.ladders_broken} of {self.ladders} of ever darker copies kept from joining their ends",
            f"rejects   {self.rejects_right} of {self.rejects_expected} as expected,"
            f" {self.repeated_right} of {self.repeated_expected} repeated rows removed",
        ]
        for title, cases in (("wrong", self.wrong), ("missed", self.missed), ("rows", self.wrong_rows)):
            lines += [f"{title:<9} {case}" for case in cases[:SHOWN_AT_MOST]]
            if len(cases) > SHOWN_AT_MOST:
                lines.append(f"{title:<9} ... and {len(cases) - SHOWN_AT_MOST} more")
        return "\n".join(lines)


def judge(folder: str | Path, tables: Mapping[str, Any], root: str = "") -> Judgement:
    """What the tables of a run (pyarrow or pandas, see TABLES) got right on the demo of a folder.

    `root` is what the images of the results begin with, when the demo was copied elsewhere: `s3://bucket/demo`.
    A true copy is a pair of images of one product picture; offers belong together when such pairs connect them. Cards
    (placeholder, size chart) and blanks connect nothing. Raises `BadInput` for a missing table or another catalogue.
    """
    rows = truth.load(folder)
    found = _read(tables, (root,) if root else (os.path.abspath(folder), os.path.realpath(folder)))
    strangers = sorted({str(row["id"]) for row in found["deduplicated"]} - {row.id for row in rows})
    if strangers:
        raise BadInput(f"the tables are of another catalogue: {folder} has no offer {strangers[0]!r}")
    images = {row.image: row for row in rows if row.status == "ok" and row.image}
    set_of = {row["image"]: row["set_id"] for row in found["duplicate_sets"] if row["image"] in images}
    merges = _merges(rows, found["clusters"])
    copies, edits, missed = _copies(images, set_of)
    mixed = [(a, b) for a, b in _together(set_of) if truth.relation(images[a], images[b]) == APART]
    wrong = [f"merged {_about(a)} and {_about(b)}" for a, b in merges[APART]]
    wrong += [f"one set {a} ({images[a].picture}) and {b} ({images[b].picture})" for a, b in mixed]
    ladders, broken = _ladders(rows, [*merges[APART], *((images[a], images[b]) for a, b in mixed)])
    rejected, repeated = _rejects(rows, found), _repeated(rows, found)
    return Judgement(
        offers=len({row.id for row in rows}),
        clusters=len({row["cluster_id"] for row in found["clusters"]}),
        right_merges=len(merges[SAME]),
        wrong_merges=len(merges[APART]),
        missed_merges=len(merges["missed"]),
        ladder_merges=len(merges[ALIKE]),
        copies=copies,
        missed_copies=len(missed),
        wrong_pictures=len(mixed),
        ladders=ladders,
        ladders_broken=broken,
        rejects_expected=rejected[0],
        rejects_right=rejected[1],
        repeated_expected=repeated[0],
        repeated_right=repeated[1],
        edits=edits,
        wrong=tuple(wrong),
        missed=tuple(missed),
        wrong_rows=tuple(_wrong_rows(rows, images, found)),
    )


def _read(tables: Mapping[str, Any], roots: Sequence[str]) -> dict[str, Records]:
    """The tables as records, their images as the demo's catalogue names them."""
    absent = [name for name in TABLES if name not in tables]
    if absent:
        raise BadInput(f"the judgement needs the table {absent[0]!r}; given are {', '.join(sorted(tables)) or 'none'}")
    found: dict[str, Records] = {}
    for name, columns in TABLES.items():
        table = tables[name]
        records = table.to_pylist() if hasattr(table, "to_pylist") else table.to_dict("records")
        found[name] = [{column: row[column] for column in columns} for row in records]
        for row in found[name]:
            row.update(
                {column: truth.relative(row[column], roots) for column in ("image", "kept_image") if column in row}
            )
    return found


def _merges(rows: Sequence[Row], clusters: Records) -> dict[str, list[tuple[Row, Row]]]:
    """The pairs of offers that were merged, by what is true of them, and those `missed`; each offer by a row of it."""
    showing: dict[str, Row] = {}
    for row in rows:
        if row.id not in showing or (row.kind == PRODUCT and showing[row.id].kind != PRODUCT):
            showing[row.id] = row
    product_of = _connected(rows)
    cluster_of = {row["id"]: row["cluster_id"] for row in clusters}
    merges: dict[str, list[tuple[Row, Row]]] = {SAME: [], ALIKE: [], APART: [], "missed": []}
    for left, right in _together(cluster_of):
        one = product_of[left] == product_of[right]
        relation = truth.relation(showing[left], showing[right])
        kind = SAME if one else ALIKE if relation == ALIKE and showing[left].ladder else APART
        merges[kind].append((showing[left], showing[right]))
    for left, right in _together(product_of):
        if cluster_of.get(left, left) != cluster_of.get(right, right):
            merges["missed"].append((showing[left], showing[right]))
    return merges


def _connected(rows: Iterable[Row]) -> dict[str, str]:
    """For each offer the smallest offer that it is the same product as, by shared product pictures."""
    label: dict[str, str] = {}
    shows: dict[str, set[str]] = {}
    for row in rows:
        label.setdefault(row.id, row.id)
        if row.kind == PRODUCT and row.status == "ok" and row.picture:
            shows.setdefault(row.picture, set()).add(row.id)
    for _ in range(len(shows)):  # at worst a chain, in truth two or three rounds
        before = dict(label)
        for offers in shows.values():
            smallest = min(label[offer] for offer in offers)
            label.update(dict.fromkeys(offers, smallest))
        if label == before:
            break
    return label


def _copies(
    images: Mapping[str, Row], set_of: Mapping[str, str]
) -> tuple[int, tuple[tuple[str, int, int], ...], list[str]]:
    """How many pairs of images are true copies; of each edit how many were found and are; which were missed."""
    pictures: dict[str, list[str]] = {}
    for image, row in images.items():
        if row.kind == PRODUCT and row.picture:
            pictures.setdefault(row.picture, []).append(image)
    total, by_edit, found, missed = 0, Counter[str](), Counter[str](), []
    for left, right in (pair for copies in pictures.values() for pair in combinations(sorted(copies), 2)):
        total += 1
        is_found = left in set_of and set_of[left] == set_of.get(right)
        edits = {images[left].edit, images[right].edit} - {SAME_FILE, "original"} or {SAME_FILE}
        by_edit.update(edits)
        found.update(edits if is_found else ())
        if not is_found:
            missed.append(f"{left} and {right} ({images[left].case}: {images[left].edit}, {images[right].edit})")
    return total, tuple((edit, found[edit], by_edit[edit]) for edit in sorted(by_edit)), missed


def _ladders(rows: Sequence[Row], apart: Iterable[tuple[Row, Row]]) -> tuple[int, int]:
    """How many ladders there are, and in how many no two steps that are `apart` were put together."""
    ladders = {row.ladder for row in rows if row.ladder}
    return len(ladders), len(ladders - {left.ladder for left, right in apart if left.ladder == right.ladder})


def _rejects(rows: Sequence[Row], found: Mapping[str, Records]) -> tuple[int, int]:
    """How many rejects there should be, and how many of these there are."""
    expected = Counter((row.id, row.status) for row in rows if row.status not in USABLE)
    return expected.total(), (expected & Counter((row["id"], row["status"]) for row in found["rejects"])).total()


def _repeated(rows: Sequence[Row], found: Mapping[str, Records]) -> tuple[int, int]:
    """How many rows repeat another, and how many of these were removed as such."""
    expected = Counter((row.id, row.image) for row in rows if row.status == "same_row")
    dropped = Counter((row["id"], row["image"]) for row in found["removed"] if row["reason"] == "same row")
    return expected.total(), (expected & dropped).total()


def _wrong_rows(rows: Sequence[Row], images: Mapping[str, Row], found: Mapping[str, Records]) -> Iterable[str]:
    """Rows that are lost or double, rejected for no or another reason, or removed for one that shows something else."""
    usable = Counter((row.id, row.image) for row in rows if row.status in USABLE)
    came_out = Counter((row["id"], row["image"]) for name in ("deduplicated", "removed") for row in found[name])
    for (offer, image), number in ((usable - came_out) + (came_out - usable)).items():
        yield f"{number} row lost or too many: {offer} {image}"
    expected = Counter((row.id, row.status) for row in rows if row.status not in USABLE)
    rejected = Counter((row["id"], row["status"]) for row in found["rejects"])
    for offer, status in rejected - expected:
        yield f"rejected, {status}: {offer}"
    for offer, status in expected - rejected:
        yield f"not rejected as {status}: {offer}"
    for row in found["removed"]:
        gone, kept = images.get(row["image"]), images.get(row["kept_image"])
        if gone is None or kept is None or truth.relation(gone, kept) == APART:
            yield f"removed for something else: {row['image']} for {row['kept_image']}"
        elif gone.kind != PRODUCT and row["id"] != row["kept_id"]:
            yield f"a {gone.kind} removed for another offer: {row['id']} {row['image']} for {row['kept_id']}"


def _together(group_of: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """All pairs of one group, each in order."""
    groups: dict[str, list[str]] = {}
    for member, group in group_of.items():
        groups.setdefault(group, []).append(member)
    return [pair for members in groups.values() for pair in combinations(sorted(members), 2)]


def _about(row: Row) -> str:
    return f"{row.id} ({row.product} {row.variant}, {row.image})"
