"""The veto tables: which copies pass as one picture, and which changes do, of sources that no limit was chosen on.

    python -m benchmarks.veto [FOLDER] [--sample N] [--each K] [--designs N] [--decode WAY]

The pairs are those of `measured_pairs`, split by their sources: the limits were chosen on the first 400 photographs,
the tables are of the others and of the drawn designs. The rivals see the same files. A bound counts sources, not
pairs, for the pairs of one source are no independent trials: a source is wrong where any of its pairs is.
"""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, pairwise
from multiprocessing import Pool
from pathlib import Path

import pandas as pd
from scipy.stats import beta

from benchmarks.cost import DEFAULT
from benchmarks.drawn_pairs import FAMILIES, designs
from benchmarks.measured_pairs import ALL, DRAWN_COPY, KINDS, Row, drawn, edited, measured, photographs
from benchmarks.rivals import RIVALS
from dedup_spark.comparing.verdict import Limits, limits
from dedup_spark.settings import load

CHOSEN_ON = 400  # photographs that the limits were chosen on
SEED = 1
AREAS, STRENGTHS = (0, 0.01, 0.05, 0.2, 1), (40, 90, 200, 765)
COLOURS, DIFFERING_AREAS = (4.5, 5.0, 5.5, 6.0), (0.0, 0.0005, 0.001, 0.003, 1.0)  # the limits that are tried
CONFIDENCE = 0.95
OURS = "dedup-spark"
LEGIBLE = tuple(name for name in (*ALL, *FAMILIES) if name.startswith(("label", "print")))
ROWS = (
    (*(name for name in ALL if ALL[name].kind == "copy"), DRAWN_COPY),
    (
        *(name for name in ALL if ALL[name].kind == "other"),
        *FAMILIES,
    ),
)


def passing(rows: pd.DataFrame, chosen: Limits) -> pd.Series:
    """Which pairs come out as one picture under these limits."""
    area = chosen.max_differing_area
    return rows["near"] & (rows["colour_difference"] <= chosen.max_colour_difference) & (rows["area"] <= area)


def by_limits(rows: pd.DataFrame) -> str:
    """What other limits would have done, on the pairs that they are chosen on."""
    lines = [
        "| colour limit | area limit | recall of near copies, mean / least | visible wrong merges |",
        "|---|---|---|---|",
    ]
    copies, others = rows[rows["kind"] == "copy"], rows[(rows["kind"] == "other") & rows["visible"]]
    for colour in COLOURS:
        for area in DIFFERING_AREAS:
            chosen = Limits(0, colour, max_differing_area=area)
            kept = passing(copies, chosen)[copies["near"]].groupby(copies["edit"]).mean()
            least = f"{kept.min():.2%} ({kept.idxmin()})"
            wrong = f"{passing(others, chosen).sum():,} of {len(others):,}"
            lines.append(f"| {colour} | {area:.2%} | {kept.mean():.2%} / {least} | {wrong} |")
    return "\n".join(lines)


def by_edit(rows: pd.DataFrame) -> str:
    """Of each copy how many are found, of each other edit how many visible changes are merged: ours and each rival's.

    Prints and changes of a text count whether visible at 60 × 60 or not: a person reads them.
    """
    tools = (OURS, *(rival.name for rival in RIVALS))
    lines = []
    for kind, names in zip(KINDS, ROWS, strict=True):
        lines += [f"| {kind} | pairs | near | {' | '.join(tools)} |", "|---" * (len(tools) + 3) + "|"]
        for name in (name for name in names if (rows["edit"] == name).any()):
            of = rows[(rows["edit"] == name) & (rows["visible"] | (kind == "copy") | (name in LEGIBLE))]
            shares = " | ".join(_share(of[tool]) for tool in tools)
            lines.append(f"| {name} | {len(of):,} | {of['near'].sum():,} | {shares} |")
        lines.append("")
    return "\n".join(lines)


def by_change(rows: pd.DataFrame) -> str:
    """Sources of which a change was merged, by how much of the area it covers and how strong it is there."""
    spans = [f"by {low} to {high} on average" for low, high in pairwise(STRENGTHS)]
    lines = [f"| of the pixels changed | {' | '.join(spans)} |", "|---" * len(STRENGTHS) + "|"]
    for least, most in pairwise(AREAS):
        cells = []
        for low, high in pairwise(STRENGTHS):
            of = (rows["area_changed"] > least) & (rows["area_changed"] <= most)
            cells.append(sources(rows[of & rows["strength"].between(low, high, inclusive="left")], OURS))
        lines.append(f"| {least:.0%} to {most:.0%} | {' | '.join(cells)} |")
    return "\n".join(lines)


def in_sum(rows: pd.DataFrame) -> Iterator[str]:
    """The sentences below the tables: recall over all copies, wrong merges of visible and of strong changes."""
    copies, others = rows[rows["kind"] == "copy"], rows[rows["kind"] == "other"]
    for tool in (OURS, *(rival.name for rival in RIVALS)):
        visible, strong = (sources(others[others[name]], tool) for name in ("visible", "strong"))
        found = copies.groupby("edit")[tool].mean()
        yield f"{tool}: copies {found.mean():.2%}, visible merged {visible}, strong merged {strong}"
    found = copies[copies["near"]].groupby("edit")[OURS].mean()
    yield f"{OURS}: near copies {found.mean():.2%}, least {found.min():.2%} ({found.idxmin()})"
    near = others[others["near"] & others["visible"]]
    unseen = near["colour_difference"] <= load().duplicate_pairs.max_unseen_colour_difference
    yield f"without squares: visible merged {sources(near.assign(unseen=unseen), 'unseen')}"


def sources(rows: pd.DataFrame, tool: str) -> str:
    """How many sources have a pair that `tool` merges, of how many, with a bound."""
    wrong = rows.groupby("source")[tool].any()
    return bounded(int(wrong.sum()), len(wrong))


def bounded(found: int, total: int) -> str:
    """`found` of `total`, with the upper bound of the rate that a test at 95 % would not reject (Clopper-Pearson).

    >>> bounded(0, 3000)
    '0 of 3,000, < 0.10 %'
    """
    if not total:
        return ""
    upper = 1.0 if found == total else float(beta.ppf(CONFIDENCE, found + 1, total - found))
    return f"{found:,} of {total:,}, < {100 * upper:.2f} %"


def report(rows: pd.DataFrame) -> Iterator[str]:
    """The tables of measured rows, as Markdown."""
    rows = rows.assign(**{OURS: passing(rows, limits(load()))})
    chosen_on = rows["number"] < CHOSEN_ON
    held_out = rows[~chosen_on]
    yield f"Chosen on {rows[chosen_on]['source'].nunique():,} photographs:\n\n{by_limits(rows[chosen_on])}\n"
    yield f"Held out, {len(held_out):,} pairs of {held_out['source'].nunique():,} sources:\n\n{by_edit(held_out)}"
    yield f"{by_change(held_out[held_out['kind'] == 'other'])}\n"
    yield from in_sum(held_out)


def _share(answers: pd.Series) -> str:
    return f"{answers.sum():,} ({answers.mean():.2%})" if len(answers) else "–"


def made(folder: Path, sample: int, each: int, drawings: int, way: str) -> list[Row]:
    """The rows of so many photographs and drawn designs, made in as many processes as there are processors."""
    taken = enumerate(photographs(folder)[: sample or None])
    with Pool() as pool:
        of_photographs = pool.imap(partial(edited, each=each, way=way), taken, chunksize=4)
        of_designs = pool.imap(partial(drawn, each=each, way=way), designs(drawings, SEED), chunksize=4)
        return list(chain.from_iterable(chain(of_photographs, of_designs)))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="that many photographs; 0: all")
    parser.add_argument("--each", type=int, default=2, metavar="K", help="copies, and other edits, of one source")
    parser.add_argument("--designs", type=int, default=600, metavar="N", help="drawn designs")
    parser.add_argument("--decode", default=load().fingerprints.decode, metavar="WAY", help="exact, scaled or simd")
    asked = parser.parse_args(arguments)
    rows = measured(pd.DataFrame(made(asked.folder, asked.sample, asked.each, asked.designs, asked.decode)))
    print("\n".join(report(rows)))


if __name__ == "__main__":
    main()
