"""A hot bucket is one whose rows are too many to be compared with each other: it is divided, or it is of a family.

What `crowds` does for the rows that the driver sorts is done here on the cluster, with tables: a pair belongs to the
first band that it shares, and there to the first one of the next plan, so that it still comes once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import chain
from operator import add

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from dedup_spark import candidate_pairs, components, settings
from dedup_spark.bands.banding import Plan
from dedup_spark.bands.crowds import DEEPEST, MEMBER_SHARE
from dedup_spark.candidate_pairs import FAMILY, KNOWN
from dedup_spark.pairs.searches import Search
from dedup_spark.storage import Scratch

CARRIED = ("asks", FAMILY, KNOWN)
"""What travels with a row from bucket to bucket, where the table has it."""


@dataclass(frozen=True)
class Found:
    """`pairs`: in tables one after the other, each as `candidate_pairs.find` gives them, no pair in two of them.

    `families`: `family`, `key` and the group columns; None: no bucket is of a family. candidates: pairs that share a
    band, once for each that they share, hot buckets included. largest: rows of the largest bucket, of two tables those
    of the right one. compared: pairs that meet, of hot buckets where they fall apart. Of a calm search all three count
    the buckets with a new row only.
    """

    pairs: tuple[DataFrame, ...]
    families: DataFrame | None
    candidates: int
    largest: int
    compared: int


@dataclass(frozen=True)
class Hot:
    """`buckets`: `bucket` and the group columns of those that are hot; how many. And of all buckets: see `Found`."""

    buckets: DataFrame
    count: int
    candidates: int
    largest: int
    compared: int


@dataclass(frozen=True)
class Node:
    """A band of some plan, on the way from bucket to bucket.

    agreed: the masks under which the rows of its buckets agree. earlier: those under which a pair differs that belongs
    here, since it would belong elsewhere otherwise.
    """

    plan: Plan
    band: int
    agreed: tuple[tuple[int, ...], ...]
    earlier: tuple[tuple[int, ...], ...]

    def below(self) -> list["Node"]:
        """The bands that its buckets are divided by; none where they cannot be."""
        plan = self.plan.within(self.band)
        return [] if plan is None else list(nodes(plan, self))


@dataclass(frozen=True)
class Level:
    """Buckets of one depth, in `rows` as `candidate_pairs.bucketed` gives them, with `node`: its place in `nodes`."""

    rows: DataFrame
    nodes: tuple[Node, ...]


def nodes(plan: Plan, above: Node | None = None) -> Iterator[Node]:
    agreed, earlier = (above.agreed, above.earlier) if above else ((), ())
    for band, mask in enumerate(plan.bands):
        yield Node(plan, band, (*agreed, mask), (*earlier, *plan.bands[:band]))


def find(search: Search, scratch: Scratch, limits: settings.Components, count: int) -> Found:
    """The pairs that `candidate_pairs.find` gives, but for those inside of a family, and the families.

    count: how many rows the tables have, about. Cost: beside the search itself a count of the rows of each bucket, and
    what is hot once more for each level of dividing.
    """
    parts, plan = search.parts(count), search.plan
    asking = _asking(search)
    new = _new(asking, search, scratch) if search.known else None
    looked_at = [_bucketed(asking, search, part, new if search.calm else None) for part in parts]
    found = [_hot(rows, search, scratch, f"{number}") for number, rows in enumerate(looked_at)]
    met = sum(one.candidates for one in found), max(one.largest for one in found)
    compared = sum(one.compared for one in found)
    if not any(one.count for one in found):
        return Found(tuple(_listed(asking, search, part, new) for part in parts), None, *met, compared)
    hot = reduce(DataFrame.unionByName, (one.buckets for one in found))
    rows = _of(_bucketed(asking, search), hot, search)
    node = candidate_pairs.band(F.col("bucket"), plan).cast("int")
    crowded = Level(scratch.cut(rows.withColumn("node", node), "crowded"), tuple(nodes(plan)))
    cold, members, below = _divide(crowded, search, scratch)
    families = _families(members, search, scratch, limits)
    told = _with_family(asking, families, search)
    listed = [_listed(told, search, part, new, hot) for part in parts]
    divided = [_listed_below(Level(_with_family(one.rows, families, search), one.nodes), search) for one in cold]
    return Found((*listed, *divided), families, *met, compared + below)


def _divide(crowded: Level, search: Search, scratch: Scratch) -> tuple[list[Level], DataFrame, int]:
    """The buckets that hot ones fall apart into, level by level; the rows of those that are of a family; how many pairs
    meet in the others.
    """
    cold, members, compared = [], [], 0
    for depth in range(DEEPEST + 1):
        near, divided = _judged(crowded, search, scratch, last=depth == DEEPEST)
        members.append(near)
        if divided is None:
            break
        rows = scratch.cut(divided.rows, "divided")
        hot = _hot(rows, search, scratch, f"below-{depth}")
        compared += hot.compared
        cold.append(Level(_of(rows, hot.buckets, search, how="left_anti"), divided.nodes))
        if not hot.count:
            break
        crowded = Level(_of(rows, hot.buckets, search), divided.nodes)
    return cold, reduce(DataFrame.unionByName, members), compared


def _of(rows: DataFrame, buckets: DataFrame, search: Search, how: str = "left_semi") -> DataFrame:
    """The rows of these buckets, or those of the others: `left_anti`."""
    return rows.join(buckets, on=["bucket", *search.groups], how=how)


def _asking(search: Search) -> DataFrame:
    """All rows in one table; `asks` is true for those of the left one."""
    left = search.left.withColumn("asks", F.lit(True))
    return left if search.right is None else left.unionByName(search.right.withColumn("asks", F.lit(False)))


def _bucketed(
    table: DataFrame, search: Search, bands: Sequence[int] | None = None, of: DataFrame | None = None
) -> DataFrame:
    """A row per row and band; of: those in these buckets only."""
    carried = [name for name in CARRIED if name in table.columns]
    rows = candidate_pairs.bucketed(table, search.plan, search.groups, bands, carried)
    return rows if of is None else _of(rows, of, search)


def _new(asking: DataFrame, search: Search, scratch: Scratch) -> DataFrame:
    """The buckets with a new row: often few, then the rows of the others are not shuffled."""
    rows = _bucketed(asking.where(~F.col(KNOWN)), search)
    return scratch.cut(rows.select("bucket", *search.groups).distinct(), "new")


def _hot(rows: DataFrame, search: Search, scratch: Scratch, name: str) -> Hot:
    """The hot buckets: those in which more pairs meet than `max_bucket` times `max_bucket` rows make."""
    seen = Observation()
    name = f"{search.name}-hot-{name}"
    buckets, met = scratch.keep(name, lambda: _crowded(rows, search, scratch, seen), lambda: seen.get)
    return Hot(buckets, *(met.get(fact) or 0 for fact in ("hot", "candidates", "largest", "compared")))


def _crowded(rows: DataFrame, search: Search, scratch: Scratch, seen: Observation) -> DataFrame:
    """The hot buckets; the observation sees how many they are, how many pairs meet, the rows of the largest of all."""
    place, limit = ["bucket", *search.groups], F.lit(search.max_bucket).cast("long")
    number, known = F.count("*"), F.count_if(KNOWN) if search.known else F.lit(0)
    counts = number.alias("rows"), known.alias("known_rows")
    if search.same:
        counted = rows.groupBy(*place).agg(*counts).withColumn("pairs", F.expr("rows * (rows - 1) div 2"))
        spared, hot = F.expr("known_rows * (known_rows - 1) div 2"), F.col("rows") > limit
    else:
        asked = rows.where("asks").groupBy(*place).agg(number.alias("asked"), known.alias("asked_known"))
        asked = scratch.cut(asked, "asked")  # often few: then the others are not shuffled to be counted
        met = rows.where(~F.col("asks")).join(asked, on=place, how="inner")
        counted = met.groupBy(*place, "asked", "asked_known").agg(*counts).withColumn("pairs", F.expr("rows * asked"))
        spared, hot = F.expr("known_rows * asked_known"), F.col("pairs") > limit * limit
    facts = {
        "hot": F.count_if(hot),
        "candidates": F.sum("pairs"),
        "largest": F.max("rows"),
        "compared": F.sum(F.when(~hot, F.col("pairs") - spared)),
    }
    told = counted.observe(seen, *(fact.alias(name) for name, fact in facts.items()))
    return told.where(hot).select(*place)


def _judged(level: Level, search: Search, scratch: Scratch, last: bool) -> tuple[DataFrame, Level | None]:
    """The rows of buckets that are of a family, and the others in the buckets of the next depth."""
    place = ["bucket", *search.groups]
    names = candidate_pairs.word_names(search.plan)
    first = F.min_by(F.struct(*names), F.struct(F.xxhash64("key"), "key")).alias("first")
    bits = reduce(add, (F.bit_count(F.col(name).bitwiseXOR(F.col(f"first.{name}"))) for name in names))
    near = F.avg((bits <= 2 * search.plan.max_distance).cast("double")) >= MEMBER_SHARE
    pivots = level.rows.groupBy(*place).agg(first)
    below = [node.below() for node in level.nodes]
    ending = [number for number, under in enumerate(below) if last or not under]
    ends = F.first("node").isin(ending) if ending else F.lit(False)
    said = (near | ends).alias("near"), F.first("node").alias("node")
    judged = scratch.cut(level.rows.join(pivots, on=place, how="inner").groupBy(*place).agg(*said), "judged")
    members = _of(level.rows, judged.where("near"), search).select("key", *place)
    others = judged.where(~F.col("near"))
    wanted = {row["node"] for row in others.select("node").distinct().collect()}  # as many as there are bands
    return members, _divided(_of(level.rows, others, search), wanted, below, search) if wanted else None


def _divided(rows: DataFrame, wanted: set[int], below: Sequence[Sequence[Node]], search: Search) -> Level:
    """A row for each band below that of the row, one of the wanted. The masks are a table: they differ by row."""
    found = tuple(chain.from_iterable(under for number, under in enumerate(below) if number in wanted))
    above = [number for number, under in enumerate(below) if number in wanted for _ in under]
    table = [(above[place], place, list(node.plan.bands[node.band])) for place, node in enumerate(found)]
    masks = rows.sparkSession.createDataFrame(table, "node int, below int, mask array<bigint>")
    names = candidate_pairs.word_names(search.plan)
    masked = [F.col(name).bitwiseAND(F.col("mask")[number]) for number, name in enumerate(names)]
    each = rows.join(F.broadcast(masks), on="node", how="inner").withColumns(
        {"bucket": F.xxhash64("bucket", "below", *masked), "node": F.col("below")}
    )
    carried = [name for name in CARRIED if name in each.columns]
    return Level(each.select("key", *search.groups, *carried, *names, "bucket", "node"), found)


def _families(members: DataFrame, search: Search, scratch: Scratch, limits: settings.Components) -> DataFrame | None:
    """`key`, the groups and the `family` of each row of these buckets: buckets with a row in common are one family."""
    rows = members.select(*search.row, F.to_json(F.struct("bucket", *search.groups)).alias("place"))
    rows = scratch.cut(rows, "members")
    if not scratch.rows("members"):
        return None
    row = search.row
    first = rows.groupBy(*row).agg(F.min("place").alias("first"))
    edges = rows.join(first, on=row, how="inner").select(F.col("place").alias("left"), F.col("first").alias("right"))
    labels = components.label(edges.distinct(), scratch, limits)  # as many nodes as hot buckets: few
    family = labels.select(F.col("node").alias("first"), F.col("component").alias(FAMILY))
    return scratch.cut(first.join(family, on="first", how="inner").select(*row, FAMILY), "families")


def _with_family(rows: DataFrame, families: DataFrame | None, search: Search) -> DataFrame:
    return rows if families is None else rows.join(families, on=search.row, how="left")


def _sides(rows: DataFrame, search: Search) -> tuple[DataFrame, DataFrame]:
    if search.same:
        return rows.drop("asks"), rows.drop("asks")
    return rows.where("asks").drop("asks"), rows.where(~F.col("asks")).drop("asks")


def _listed(
    table: DataFrame, search: Search, bands: Sequence[int], new: DataFrame | None, hot: DataFrame | None = None
) -> DataFrame:
    """The pairs of the buckets that are not hot, as `candidate_pairs.find` has them; where some are known, of those
    that are new.
    """
    rows = _bucketed(table, search, bands, new)
    if hot is not None:
        rows = _of(rows, hot, search, how="left_anti")
    plan, groups = search.plan, search.groups
    sides = _sides(rows, search)
    own = partial(candidate_pairs.own, plan=plan)
    met = candidate_pairs.meet(*sides, plan, search.same, groups, own)
    return candidate_pairs.named(met, plan)


def _listed_below(level: Level, search: Search) -> DataFrame:
    """The pairs of divided buckets that are not hot: those that belong to their node."""
    sides = _sides(level.rows, search)
    met = candidate_pairs.meet(*sides, search.plan, search.same, search.groups, lambda ours, bits: F.lit(True))
    marks = [
        (place, [list(mask) for mask in node.agreed], [list(mask) for mask in node.earlier])
        for place, node in enumerate(level.nodes)
    ]
    schema = "node int, agreed array<array<bigint>>, earlier array<array<bigint>>"
    table = level.rows.sparkSession.createDataFrame(marks, schema)
    names = candidate_pairs.word_names(search.plan)
    differing = [F.col(f"one.{name}").bitwiseXOR(F.col(f"two.{name}")) for name in names]

    def alike(mask: Column) -> Column:
        return reduce(Column.bitwiseOR, (bits.bitwiseAND(mask[word]) for word, bits in enumerate(differing))) == 0

    marked = met.join(F.broadcast(table).alias("mark"), on=F.col("one.node") == F.col("mark.node"), how="inner")
    belongs = F.forall("mark.agreed", alike) & ~F.exists("mark.earlier", alike)
    return candidate_pairs.named(marked.where(belongs), search.plan)
