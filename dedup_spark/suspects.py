"""A suspect is one image that must not connect offers: a placeholder, a size chart, a flat colour; with the evidence.

A picture is judged with its whole set: whoever shows a copy of it shows it. Suspects make no edge in the offer graph;
their rows stay, and never stand for one another's offers. What makes a suspect, in the order of the reasons:

| reason | what is so |
|---|---|
| `excluded` | a person's list says so; a picture on the list of allowed ones is never a suspect, whatever else holds |
| `low_information` | it shows nothing: flat, near-flat, a gradient, a few specks |
| `many_brands`, `many_merchants`, `many_offers` | it is too frequent, and nothing says that this is one product |
| `many_products` | its offers are unlike in titles, other pictures, brands and colours (`likeness`) |
| `copy_of_suspect` | it lies in a set of its own, but is a verified duplicate of a picture of a suspect's set |

The effective number of `products` is n / (1 + (n - 1) s) for n offers of which a share s of the pairs look like one
product (E. H. Simpson, Measurement of diversity, Nature 163, 1949).

Limits of frequency grow with the catalogue, as the square root of its size beyond `grows_from_...`. How many offers a
product has is heavy-tailed, about one in x² products having more than x: so the largest of n products grows as √n, and
with it a limit beyond which an equal number of true products lies at any size. What tells one product from many does
not depend on the catalogue: these limits stay.

Measured on a drawn catalogue of 61,542 offers (`make bench-suspects`; the weights were chosen on others): found, in %.

| cards by how many offers show them | 2 | 3 | 5 | 8 | 20 | 80 |
|---|---|---|---|---|---|---|
| size chart, one merchant, one brand | 75 | 100 | 100 | 100 | 100 | 100 |
| size chart, one merchant, many brands | 95 | 95 | 100 | 100 | 100 | 100 |
| size chart, many merchants, one brand | 0 | 25 | 95 | 95 | 100 | 100 |
| size chart, many merchants, many brands | 30 | 75 | 95 | 100 | 100 | 100 |
| placeholder, one merchant, one brand | 45 | 60 | 85 | 80 | 90 | 95 |
| placeholder, one merchant, many brands | 70 | 80 | 90 | 100 | 95 | 100 |
| placeholder, many merchants, one brand | 0 | 0 | 10 | 65 | 100 | 100 |
| placeholder, many merchants, many brands | 5 | 45 | 80 | 100 | 100 | 100 |
| size chart beside a logo card | 85 | 100 | 100 | 100 | 100 | 100 |

Suspect without cause: 4 of 4,051 products of two offers, 2 of 8,088 of three to five, none of 1,086 of more, 120 of 20
and 60 offers among them. Without titles a product of 60 offers that have one picture only is suspect as well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark import settings
from dedup_spark.comparing.centres import Cutter
from dedup_spark.offers import likeness

EXCLUDED, ALLOWED = "excluded", "allowed"
CONNECTED = ("duplicate", "review")
"""Verdicts of pairs that make the one picture a copy of the other."""


@dataclass(frozen=True)
class AtMost:
    """The limits of frequency for one catalogue, and how many offers it has, about."""

    offers: int
    merchants: int
    brands: int
    catalogue: int


def compute(
    shown: DataFrame,
    limits: settings.Suspects,
    scratch: Cutter,
    pairs: DataFrame | None = None,
    listed: DataFrame | None = None,
) -> DataFrame:
    """The images of all suspect sets, as `tables.SUSPECTS`. `shown` comes from `duplicate_sets.show`.

    pairs: `tables.DUPLICATE_PAIRS`; None: copies in other sets are not looked for. listed: a person's word, as
    `set_id`, `verdict` (`excluded` or `allowed`; where both stand, excluded holds) and `source`.
    Where the catalogue lacks merchants, brands, titles or the columns of `attributes`, what needs them is off: their
    counts are null and their evidence weighs nothing.

    Cost: two shuffles of the offers by set, and of at most `sample` offers a set by offer; no pairs beyond the sample.
    """
    showing = scratch.cut(likeness.showing(shown, limits), "showing")
    most = at_most(*_size(showing), limits)
    counted = scratch.cut(_with_lists(_frequencies(showing), listed), "frequencies")
    members = scratch.cut(likeness.members(showing, counted, most.catalogue, limits), "members")
    likenesses = scratch.cut(likeness.compute(members, limits), "likenesses")
    suspects = scratch.cut(_judged(counted, likenesses, most, limits), "suspect sets")
    suspects = suspects.unionByName(_beside(suspects, counted, members, most, limits))
    images = shown.select("image", "set_id")
    if pairs is not None:
        suspects = scratch.cut(suspects, "suspect sets")
        suspects = suspects.unionByName(_copies(suspects, images, counted.join(likenesses, "set_id", "left"), pairs))
    return images.join(suspects, on="set_id", how="inner").distinct()


def at_most(offers: int, merchants: int, limits: settings.Suspects) -> AtMost:
    """The limits of frequency for a catalogue of so many offers and merchants (0 where it names none).

    >>> limits = settings.load().suspects
    >>> at_most(300, 5, limits)
    AtMost(offers=50, merchants=30, brands=2, catalogue=300)
    >>> at_most(1_000_000, 4_000, limits)
    AtMost(offers=500, merchants=60, brands=4, catalogue=1000000)
    >>> at_most(100_000_000, 20_000, limits)
    AtMost(offers=5000, merchants=134, brands=8, catalogue=100000000)
    """
    by_offers = max(1.0, math.sqrt(offers / limits.grows_from_offers))
    by_merchants = max(1.0, math.sqrt(merchants / limits.grows_from_merchants))
    return AtMost(
        offers=int(limits.max_offers * by_offers),
        merchants=int(limits.max_merchants * by_merchants),
        brands=int(limits.max_brands * by_merchants),
        catalogue=offers,
    )


def lacking(columns: Sequence[str], limits: settings.Suspects) -> list[str]:
    """Which attributes a catalogue of these columns lacks: what needs them is off."""
    return [name for name in limits.attributes if name not in columns]


def _size(showing: DataFrame) -> tuple[int, int]:
    """How many offers and merchants there are, to some per cent, the same however often it is asked."""
    row = showing.agg(*(F.approx_count_distinct(name) for name in ("id", "merchant"))).first()
    return (row[0], row[1]) if row else (0, 0)


def _frequencies(showing: DataFrame) -> DataFrame:
    """`set_id`, `offers`, `merchants`, `brands`, `low_information`: null where none is known."""
    return showing.groupBy("set_id").agg(
        F.count("*").alias("offers"),
        F.expr("nullif(count(distinct merchant), 0)").alias("merchants"),
        F.expr("nullif(count(distinct brand), 0)").alias("brands"),
        F.max("low_information").alias("low_information"),
    )


def _with_lists(frequencies: DataFrame, listed: DataFrame | None) -> DataFrame:
    """The sets with `list`, the name of the list they are on, and `sources`, who put them there: null for most."""
    if listed is None:
        return frequencies.withColumns({"list": F.lit(None).cast("string"), "sources": F.lit(None).cast("string")})
    excluded = F.max(F.col("verdict") == EXCLUDED)
    lists = listed.groupBy("set_id").agg(
        F.when(excluded, EXCLUDED).otherwise(ALLOWED).alias("list"),
        F.array_join(F.array_sort(F.collect_set("source")), ", ").alias("sources"),
    )
    return frequencies.join(lists, on="set_id", how="left")


def _judged(counted: DataFrame, likenesses: DataFrame, most: AtMost, limits: settings.Suspects) -> DataFrame:
    """The sets that are suspect, with what `tables.SUSPECTS` says of them."""
    sets = counted.join(likenesses, on="set_id", how="left")
    bits = F.coalesce(F.col("bits"), F.lit(0.0))
    unlike = 2 * F.col("brands_differ") > F.col("brands_known")
    reasons = [
        (EXCLUDED, F.col("list") == EXCLUDED, F.concat(F.lit("excluded by "), "sources")),
        ("low_information", F.col("low_information"), F.lit("shows nothing that identifies a product")),
        ("many_brands", (bits <= 0) & unlike & (F.col("brands") > most.brands), _more(most.brands, "brands")),
        ("many_merchants", (bits <= 0) & (F.col("merchants") > most.merchants), _more(most.merchants, "merchants")),
        ("many_offers", (bits <= 0) & (F.col("offers") > most.offers), _more(most.offers, "offers")),
        ("many_products", bits <= -limits.max_bits, _more(limits.max_bits, "bits against one product")),
    ]
    found = F.coalesce(
        *(F.when(holds, F.struct(F.lit(name).alias("reason"), said.alias("said"))) for name, holds, said in reasons)
    )
    return (
        sets.where(F.coalesce(F.col("list") != ALLOWED, F.lit(True)))
        .withColumn("found", found)
        .where(F.col("found").isNotNull())
        .select(*_said(F.col("found.reason"), F.col("found.said")))
    )


def _beside(
    suspects: DataFrame, counted: DataFrame, members: DataFrame, most: AtMost, limits: settings.Suspects
) -> DataFrame:
    """The sets that are suspect too once the suspects among the other pictures of their offers do not count.

    So a logo card beside every chart does not prove that these offers are one product.
    """
    rest = likeness.without(members, suspects).join(suspects, on="set_id", how="left_anti")
    met = counted.join(rest.select("set_id").distinct(), on="set_id", how="left_semi")
    return _judged(met, likeness.compute(rest, limits), most, limits)


def _copies(suspects: DataFrame, images: DataFrame, sets: DataFrame, pairs: DataFrame) -> DataFrame:
    """The sets that are none of these suspects, but hold a verified duplicate of a picture of one.

    A set whose offers look like one product is spared. Only direct duplicates count: what hangs together by a chain is
    no copy.
    """
    known = images.join(suspects.select("set_id", "reason"), on="set_id", how="inner").distinct()
    connected = pairs.where(F.col("verdict").isin(*CONNECTED)).select("left_image", "right_image")
    left, right = (
        connected.toDF(*names).join(known.withColumnRenamed("image", "near"), on="near", how="inner")
        for names in (("near", "image"), ("image", "near"))
    )
    met = left.unionByName(right).groupBy("image").agg(F.min(F.struct("set_id", "reason")).alias("original"))
    copies = met.join(images, on="image", how="inner").groupBy("set_id").agg(F.min("original").alias("original"))
    free = F.coalesce(F.col("list") != ALLOWED, F.lit(True)) & (F.coalesce(F.col("bits"), F.lit(0.0)) <= 0)
    said = F.format_string("a copy of a picture of %s, which is suspect (%s)", "original.set_id", "original.reason")
    return (
        copies.join(suspects, on="set_id", how="left_anti")
        .join(sets, on="set_id", how="inner")
        .where(free)
        .select(*_said(F.lit("copy_of_suspect"), said))
    )


def _said(reason: Column, said: Column) -> list[Column]:
    """What the table says of a set, from its frequencies and its likeness."""
    known = F.col("like") + F.col("unlike")
    products = F.col("offers") / (1 + (F.col("offers") - 1) * F.col("like") / known)
    return [
        F.col("set_id"),
        reason.alias("reason"),
        *(F.col(name) for name in ("offers", "merchants", "brands")),
        F.when(known > 0, F.round(products, 1)).alias("products"),
        F.col("bits"),
        F.concat_ws(": ", said, _facts()).alias("evidence"),
    ]


def _more(limit: float, what: str) -> Column:
    return F.lit(f"more than {limit:g} {what}")


def _facts() -> Column:
    """Who shows the set, and how its offers compare, as far as it is known."""

    def count(what: str) -> Column:
        return F.when(F.col(what).isNotNull(), F.format_string(f"%d {what}", what))

    def of_pairs(said: str, part: str, whole: str) -> Column:
        return F.when(F.col(whole) > 0, F.format_string(f"{said} in %d of %d pairs", part, whole))

    return F.concat_ws(
        ", ",
        F.concat(F.lit("shown by "), F.concat_ws(", ", *(count(what) for what in ("offers", "merchants", "brands")))),
        of_pairs("titles alike", "titles_alike", "titles_known"),
        of_pairs("other pictures shared", "pictures_shared", "pictures_known"),
        of_pairs("brands differ", "brands_differ", "brands_known"),
        of_pairs("attributes differ", "attributes_differ", "attributes_known"),
        F.when(F.col("bits") > 0, F.format_string("%.1f bits for one product", "bits")),
        F.when(F.col("bits") < 0, F.format_string("%.1f bits against one product", -F.col("bits"))),
    )
