"""A sample is the few rows of a run that its report shows, chosen on the cluster: bounded, and always the same ones.

Where a sample is by chance, chance is a hash of the row and the seed. Counts beside it are of everything.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from dedup_spark.comparing.verdict import VETOED
from dedup_spark.forms import as_text
from dedup_spark.images.views import WHOLE

ORDERS = ("by_size", "by_risk", "by_merchants", "at_random")
"""What clusters are sorted by; the first `cards` of each come home."""

ORDERS_OF_SETS = ("by_size", "at_random")
"""The same of duplicate sets."""

OFFERS = 8
"""Offers of one card, at most."""

PICTURES = 4
"""Pictures of one offer on a card, at most, those that connect it first."""

BESIDE = 2
"""Offers that stand beside a picture, at most, where the picture is what matters."""

EXAMPLES = 8
"""Examples of one status of rejects, or of one reason of suspects, at most."""

PARTS = 4 * EXAMPLES
"""Parts that rows are divided into by chance, one example of each: more than are shown, since some fall together."""

MERCHANTS = 60
"""Merchants in the table, at most: those with the most offers in clusters of several merchants."""

SHOWN = {
    "set_id": "string",
    "part": "string",
    "distance": "int",
    "colour_difference": "double",
    "joined": "string",
    "words": "array<bigint>",
}
"""What is known of a picture that an offer shows."""

ROOMY = 1 << 30
"""Stands for a measure that is null since the cluster is too large to take it: more than any that is known."""


def clusters(measures: DataFrame, conflicted: DataFrame | None, cards: int, seed: int) -> DataFrame:
    """`tables.MEASURES` of the first clusters by each of `ORDERS`, which are columns to sort by; some come twice.

    conflicted: see `ranked`.
    """
    places = ranked(measures, conflicted, seed)
    return reduce(DataFrame.unionByName, (places.orderBy(order).limit(cards) for order in ORDERS))


def ranked(measures: DataFrame, conflicted: DataFrame | None, seed: int) -> DataFrame:
    """`tables.MEASURES` with `conflicts` (of `conflicted`, else 0) and the place of each cluster in each of `ORDERS`.

    Risk: held by bridges, then conflicts, then the picture farthest from its keeper.
    """
    none = F.lit(0).cast("long").alias("conflicts")
    if conflicted is None:
        measures = measures.select("*", none)
    else:
        measures = measures.join(conflicted, on="cluster_id", how="left").fillna(0, ["conflicts"])
    bridges, along = F.coalesce("bridges", F.lit(ROOMY)), F.coalesce("along", F.lit(0))
    ranks = {
        "by_size": F.struct(-F.col("offers"), "cluster_id"),
        "by_risk": F.struct(-bridges, -F.col("conflicts"), -along, -F.col("offers"), "cluster_id"),
        "by_merchants": F.struct(-F.coalesce("merchants", F.lit(0)), -F.col("offers"), "cluster_id"),
        "at_random": F.struct(F.xxhash64("cluster_id", F.lit(seed)), "cluster_id"),
    }
    return measures.withColumns(ranks)


def conflicted(conflicts: DataFrame, shows: DataFrame, clusters: DataFrame) -> DataFrame:
    """`cluster_id`, and `conflicts`: how many of its sets are merged though their offers differ, for review."""
    merged = conflicts.where(F.col("action") == "review").select("set_id").distinct()
    held = shows.where("connects")  # a suspect merges nothing
    shown = held.join(F.broadcast(merged), on="set_id", how="inner").select("id", "set_id").distinct()
    joined = shown.join(clusters, on="id", how="inner")
    return joined.groupBy("cluster_id").agg(F.countDistinct("set_id").alias("conflicts"))


def sets(duplicate_sets: DataFrame, cards: int, seed: int) -> DataFrame:
    """The first images of the largest sets, and of as many at random, from the keeper on; `images` of each set."""
    places = _ranked_sets(duplicate_sets, seed)
    chosen = reduce(DataFrame.unionByName, (places.orderBy(order).limit(cards) for order in ORDERS_OF_SETS))
    return _first_of_sets(duplicate_sets, chosen.distinct())


def set_of(duplicate_sets: DataFrame, names: Sequence[str], seed: int) -> DataFrame:
    """The same of the one set that has an image of one of these names: that image, and the first ones beside it."""
    asked = F.col("image").isin(*names)
    ours = duplicate_sets.where(asked).select("set_id").distinct()
    whole = duplicate_sets.join(F.broadcast(ours), on="set_id", how="left_semi")
    return _first_of_sets(whole, _ranked_sets(whole, seed), ~asked)


def _ranked_sets(duplicate_sets: DataFrame, seed: int) -> DataFrame:
    """`set_id`, `images` of it, and its place in each of `ORDERS_OF_SETS`."""
    sizes = duplicate_sets.groupBy("set_id").agg(F.count("*").alias("images"))
    ranks = {
        "by_size": F.struct(-F.col("images"), "set_id"),
        "at_random": F.struct(F.xxhash64("set_id", F.lit(seed)), "set_id"),
    }
    return sizes.withColumns(ranks)


def _first_of_sets(duplicate_sets: DataFrame, chosen: DataFrame, *before: Column) -> DataFrame:
    """The first images of these sets from the keeper on, those that are false `before` all others."""
    members = duplicate_sets.join(F.broadcast(chosen), on="set_id", how="inner")
    order = (F.col("reason") != "keeper", *before, F.col("distance"), F.col("image"))
    turn = F.row_number().over(Window.partitionBy("set_id").orderBy(*order))
    return members.withColumn("turn", turn).where(F.col("turn") <= OFFERS).drop("turn")


def totals(catalogue: DataFrame, duplicate_sets: DataFrame, measures: DataFrame) -> DataFrame:
    """`name`, `count` of what run.json does not count: `offers` and `merchants` of the catalogue, `sets` (each has one
    keeper), and offers `shared`: in a cluster with another merchant's.
    """
    known = (catalogue.where(F.col(name).isNotNull()).select(name).distinct() for name in ("id", "merchant"))
    counted = {name: rows.agg(F.count("*")) for name, rows in zip(("offers", "merchants"), known, strict=True)}
    counted["sets"] = duplicate_sets.where(F.col("reason") == "keeper").agg(F.count("*"))
    counted["shared"] = measures.where(F.col("merchants") > 1).agg(F.coalesce(F.sum("offers"), F.lit(0)))
    named = (rows.toDF("count").select(F.lit(name).alias("name"), "count") for name, rows in counted.items())
    return reduce(DataFrame.unionByName, named)


def pairs(duplicate_pairs: DataFrame, seed: int) -> DataFrame:
    """A row for each verdict, reason (`view` for all pairs that met by views), distance and whole step of colour
    difference (`colour`): how many pairs there are, and one of them at random, as `pair`, with its reason in `words`.

    One pass; comes home as some hundreds of rows, whatever the size of the table.
    """
    facts = (
        *("left_content", "right_content", "left_image", "right_image"),
        *("colour_difference", "differing_area"),
    )
    draw = F.xxhash64("left_content", "right_content", F.lit(seed)).alias("draw")
    colour = F.floor("colour_difference").cast("int").alias("colour")
    whole = (F.col("left_view") == WHOLE) & (F.col("right_view") == WHOLE)
    reason = F.when(whole | (F.col("verdict") == VETOED), F.col("reason")).otherwise("view")
    named = duplicate_pairs.withColumns({"words": F.col("reason"), "reason": reason})
    cells = named.groupBy("verdict", "reason", "distance", colour)
    pair = F.struct(draw, *facts, "words")
    return cells.agg(F.count("*").alias("pairs"), F.min(pair).alias("pair"))


def suspects(table: DataFrame) -> DataFrame:
    """How many images are suspect for each reason, in `PARTS` parts, and of each part the set of most offers."""
    first = F.struct("offers", "set_id", "image", "merchants", "brands", "evidence")
    parts = table.groupBy("reason", F.pmod(F.xxhash64("set_id"), F.lit(PARTS)).alias("part"))
    return parts.agg(F.count("*").alias("images"), F.max(first).alias("set"))


def rejects(table: DataFrame, seed: int) -> DataFrame:
    """How many rows were rejected by stage and status, in `PARTS` parts, and of each part one row at random."""
    named = table.withColumn("id", as_text(table, "id"))
    draw = F.xxhash64("id", "image", F.lit(seed))
    example = F.struct(draw.alias("draw"), "id", "image", "detail")
    parts = named.groupBy("stage", "status", F.pmod(draw, F.lit(PARTS)).alias("part"))
    return parts.agg(F.count("*").alias("rows"), F.min(example).alias("example"))


def merchants(catalogue: DataFrame, clusters: DataFrame, measures: DataFrame) -> DataFrame:
    """Of each merchant how many `offers` it has, how many `clustered`, how many in a cluster with another (`shared`):
    `MERCHANTS` of them, those that share most.
    """
    sells = catalogue.where(F.col("id").isNotNull() & F.col("merchant").isNotNull()).select("id", "merchant").distinct()
    several = measures.select("cluster_id", (F.col("merchants") > 1).alias("several"))
    joined = clusters.join(several, on="cluster_id", how="left").select("id", "cluster_id", "several")
    placed = sells.join(joined, on="id", how="left").groupBy("merchant")
    shared = F.count(F.when(F.col("several"), F.col("id"))).alias("shared")
    each = placed.agg(F.count("*").alias("offers"), F.count("cluster_id").alias("clustered"), shared)
    return each.orderBy(F.desc("shared"), F.desc("clustered"), F.desc("offers"), "merchant").limit(MERCHANTS)


def of_clusters(shows: DataFrame, splits: DataFrame, clusters: DataFrame, chosen: DataFrame) -> DataFrame:
    """What the offers of these clusters show: `card` is the cluster; `held` is false for a suspect, and what was cut.

    chosen: the clusters, by `cluster_id`.
    """
    members = clusters.join(F.broadcast(chosen), on="cluster_id", how="inner")
    members = members.select("id", F.col("cluster_id").alias("card"))
    cut = splits.select("id", "part", F.lit(True).alias("cut"))
    shown = shows.join(F.broadcast(members), on="id", how="inner").join(cut, on=["id", "part"], how="left")
    return _shown(shown.withColumn("held", F.col("connects") & F.col("cut").isNull()))


def of_sets(shows: DataFrame, chosen: DataFrame) -> DataFrame:
    """What shows these sets: `card` is the set. chosen: by `set_id`."""
    shown = shows.join(F.broadcast(chosen), on="set_id", how="inner")
    return _shown(shown.withColumns({"card": F.col("set_id"), "held": F.lit(False)}))


def of_images(catalogue: DataFrame, chosen: DataFrame) -> DataFrame:
    """What has these images: `card` is the image. chosen: by `image`."""
    found = catalogue.where(F.col("status") == "ok").join(F.broadcast(chosen), on="image", how="inner")
    unknown = {name: F.lit(None).cast(kind) for name, kind in SHOWN.items()}
    return _shown(found.withColumns(unknown | {"card": F.col("image"), "held": F.lit(False)}))


def of_offers(shows: DataFrame, chosen: DataFrame) -> DataFrame:
    """What these offers show of these images. chosen: by `card`, `offer` (its id as text) and `image`."""
    named = shows.withColumns({"offer": as_text(shows, "id"), "held": F.lit(False)})
    return _shown(named.join(F.broadcast(chosen), on=["offer", "image"], how="inner"))


def few(shown: DataFrame, offers: Column) -> DataFrame:
    """The first offers of each card (`kind`, `card`), as many as `offers` says, each with its first pictures.

    Those that connect come first: another offer of the cluster shows the picture, too. Each comes once, whatever parts
    of a set it is in. One shuffle.
    """
    card = shown.repartition("kind", "card")
    bonds = F.sum(F.col("held").cast("int")).over(Window.partitionBy("kind", "card", "part"))
    marked = card.withColumn("connects", F.col("held") & (bonds > 1))
    turn = F.dense_rank().over(Window.partitionBy("kind", "card").orderBy("offer"))
    first = marked.withColumn("turn", turn).where(F.col("turn") <= offers)
    order = (~F.col("connects"), F.col("distance"), F.col("image"))
    of_offer = ("kind", "card", "offer")
    again = F.row_number().over(Window.partitionBy(*of_offer, "image").orderBy(*order, "part"))
    once = first.withColumn("again", again).where(F.col("again") == 1)
    place = F.row_number().over(Window.partitionBy(*of_offer).orderBy(*order))
    few = once.withColumn("place", place).where(F.col("place") <= PICTURES)
    return few.drop("turn", "again", "place", "held", "part")


def described(
    shown: DataFrame, catalogue: DataFrame, thumbnails: DataFrame, columns: Sequence[str], pictures: bool = True
) -> DataFrame:
    """The rows with what the catalogue says of the offer (`facts`: the values of these columns, in their order), the
    `content` of the picture and its `thumbnail`, null unless `pictures` are wanted.

    columns: of `known`.
    """
    facts = [F.col("row")[name].cast("string") for name in columns]
    values = F.array(*facts) if facts else F.array().cast("array<string>")
    says = catalogue.where(F.col("status") == "ok").select(
        "id", "image", "merchant", "brand", "title", values.alias("facts")
    )
    told = says.join(F.broadcast(shown), on=["id", "image"], how="inner")
    picture = F.col("thumbnail") if pictures else F.lit(None).cast("binary")
    small = thumbnails.select("image", "content", picture.alias("thumbnail"))
    return small.join(F.broadcast(told), on="image", how="inner")


def known(catalogue: DataFrame, columns: Sequence[str]) -> list[str]:
    """Which of these columns the catalogue has, as it came in."""
    kind = catalogue.schema["row"].dataType
    return [name for name in columns if isinstance(kind, T.StructType) and name in kind.names]


def _shown(rows: DataFrame) -> DataFrame:
    return rows.select("card", "id", as_text(rows, "id").alias("offer"), "image", "held", *SHOWN)
