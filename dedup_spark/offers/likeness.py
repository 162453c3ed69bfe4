"""A likeness is one picture's set that several offers show: how much these look like offers of one product.

Offers of one product have titles that share their rare words, and often other pictures in common. Offers that share a
size chart, a logo card or a placeholder share that and nothing else: titles, brands, colours and other pictures differ.
Each pair of offers is weighed in bits, as in the record linkage of Fellegi and Sunter (A theory for record linkage,
Journal of the American Statistical Association 64, 1969; Splink explains it for today): the logarithm of how much
likelier what is seen is for two offers of one product than for two of different products. What nobody knows is 0 bits.

A set is weighed by the mean over its pairs, times the number of pairs without a common offer, which is half the number
of offers: only these are independent observations. Of a large set `sample` offers are compared, drawn by the hash of
their ids: no work grows with the square of a set.
"""

from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from dedup_spark import settings
from dedup_spark.offers import terms

CROWD = 4
"""Times the sample that are sorted by the hash of their ids; the others are put aside before, unsorted."""
PICTURES = 32
"""Sets of an offer that are compared, those with the smallest hash: two offers' choices overlap as their sets do."""
FEWEST_TERMS = 2
HUNDREDTHS = 100

NO_LETTER = r"[^\p{L}\p{M}\p{N}]"

AGAINST = ("brand_bits", "attribute_bits")
SEEN = (
    "titles_known",
    "titles_alike",
    "pictures_known",
    "pictures_shared",
    "brands_known",
    "brands_differ",
    "attributes_known",
    "attributes_differ",
)
"""What is counted over the pairs of a set: those whose titles could be compared, those that are alike, and so on."""


def showing(shown: DataFrame, limits: settings.Suspects) -> DataFrame:
    """One offer showing one set: `set_id`, `id`, `merchant`, `brand`, `terms`, `attributes`, `low_information`.

    `shown` comes from `duplicate_sets.show`. Merchants and brands are reduced to small letters and digits; a brand that
    is a word for none, or the merchant's own name, is none. Terms are those of the title but for merchant and brand.
    """
    fields = shown.schema["row"].dataType.fieldNames()  # type: ignore[attr-defined]
    known = [F.lower(F.trim(F.col("row")[name].cast("string"))) for name in limits.attributes if name in fields]
    merchant, brand = _reduced("merchant"), _reduced("brand")
    none = brand.isin(*limits.no_brand) | F.coalesce(brand == merchant, F.lit(False))
    names = F.array_union(terms.split(F.col("merchant")), terms.split(F.col("brand")))
    said = F.struct(
        merchant.alias("merchant"),
        F.when(~none, brand).alias("brand"),
        F.array_except(terms.split(F.col("title")), names).alias("terms"),
        F.array(*known).cast("array<string>").alias("attributes"),
    )
    return (
        shown.groupBy("set_id", "id")
        .agg(F.min(said).alias("said"), F.max("low_information").alias("low_information"))
        .select("set_id", "id", "said.*", "low_information")
    )


def members(showing: DataFrame, frequencies: DataFrame, offers: int, limits: settings.Suspects) -> DataFrame:
    """The offers that are compared: up to `sample` of each set that several offers show.

    `frequencies` has `set_id` and `offers`; `offers` is how many the catalogue has, about. Columns: `set_id`, `number`
    in the set, `merchant`, `brand`, `attributes`, `weighed` terms of the title, `others`: the offer's other sets.
    """
    several = frequencies.select("set_id", "offers").where(F.col("offers") > 1)
    crowd = F.pmod(F.xxhash64("id"), F.col("offers")) < CROWD * limits.sample
    turn = F.row_number().over(Window.partitionBy("set_id").orderBy(F.xxhash64("id"), "id"))
    drawn = (
        showing.join(several, on="set_id", how="inner")
        .where(crowd)
        .withColumn("number", turn)
        .where(F.col("number") <= limits.sample)
    )
    common = terms.common(_titles(showing, frequencies, offers))
    weighed = terms.weigh(drawn, common, "set_id", "number")
    others = F.array_except(F.coalesce("pictures", F.array().cast("array<string>")), F.array("set_id"))
    return weighed.join(_pictures(showing, drawn), on="id", how="left").select(
        "set_id", "number", "merchant", "brand", "attributes", "weighed", others.alias("others")
    )


def without(members: DataFrame, sets: DataFrame) -> DataFrame:
    """The members of sets of which one offer shows one of these `sets` beside, without them among the `others`."""
    each = members.select("set_id", "number", F.explode("others").alias("other"))
    gone = each.join(sets.select(F.col("set_id").alias("other")), on="other", how="left_semi")
    gone = gone.groupBy("set_id", "number").agg(F.collect_set("other").alias("gone"))
    left = F.array_except("others", F.coalesce("gone", F.array().cast("array<string>")))
    return (
        members.join(gone.select("set_id").distinct(), on="set_id", how="left_semi")
        .join(gone, on=["set_id", "number"], how="left")
        .withColumn("others", left)
        .drop("gone")
    )


def compute(members: DataFrame, limits: settings.Suspects) -> DataFrame:
    """One row per set: `set_id`, `pairs`, the counts of `SEEN` over them, `bits` for (above 0) or against one product.

    `like` and `unlike` count the pairs that speak for and against. Brands and attributes speak against one product
    only, and as far as more pairs differ in them than agree: a brand that two of ten merchants misspell is one brand.
    """
    left, right = (members.select("set_id", F.struct("*").alias(side)) for side in ("left", "right"))
    pairs = left.join(right, on="set_id", how="inner").where(F.col("left.number") < F.col("right.number"))
    seen = pairs.select("set_id", F.col("right.number").alias("number"), *_seen(limits))
    total = reduce(add, (F.least(F.sum(name), F.lit(0)) for name in AGAINST), F.sum("shared_bits"))
    of_pair = reduce(add, (F.least(name, F.lit(0)) for name in AGAINST), F.col("shared_bits"))
    return (
        seen.select("*", *_bits(limits))
        .groupBy("set_id")
        .agg(
            F.count("*").alias("pairs"),
            F.count_if(of_pair > 0).alias("like"),
            F.count_if(of_pair < 0).alias("unlike"),
            *(F.count_if(name).alias(name) for name in SEEN),
            F.round(total / F.count("*") / HUNDREDTHS * F.max("number") / 2, 1).alias("bits"),
        )
    )


def _seen(limits: settings.Suspects) -> list[Column]:
    """What is seen of a pair: `of_one_merchant`, `title_bits`, and what is true or false."""
    left, right = F.col("left"), F.col("right")
    of_one_merchant = F.coalesce(left["merchant"] == right["merchant"], F.lit(False))

    lighter = F.least(terms.weight(left["weighed"]), terms.weight(right["weighed"]))
    common = terms.weight(F.array_intersect(left["weighed"], right["weighed"])) / lighter
    titles = (F.least(F.size(left["weighed"]), F.size(right["weighed"])) >= FEWEST_TERMS) & (lighter > 0)
    share = common - F.when(of_one_merchant, limits.one_style).otherwise(0.0)

    fewer = F.least(F.size(left["others"]), F.size(right["others"]))
    shared = F.size(F.array_intersect(left["others"], right["others"]))
    few = shared <= F.when(of_one_merchant, fewer / 2).otherwise(0)

    differ = F.zip_with(left["attributes"], right["attributes"], lambda one, other: one != other)
    seen = {
        "titles_known": titles,
        "titles_alike": titles & (share >= limits.alike_from),
        "pictures_known": fewer > 0,
        "pictures_shared": (fewer > 0) & (shared >= limits.shared_from * fewer),
        "pictures_unshared": (fewer > 0) & few,
        "brands_known": left["brand"].isNotNull() & right["brand"].isNotNull(),
        "brands_differ": ~(left["brand"].startswith(right["brand"]) | right["brand"].startswith(left["brand"])),
        "attributes_known": F.exists(differ, F.isnotnull),
        "attributes_differ": F.array_contains(differ, True),
    }
    named = [F.coalesce(said, F.lit(False)).alias(name) for name, said in seen.items()]
    bits = F.when(titles, _title_bits(share, limits)).otherwise(0.0)
    return [of_one_merchant.alias("of_one_merchant"), bits.alias("title_bits"), *named]


def _title_bits(share: Column, limits: settings.Suspects) -> Column:
    """What two titles weigh that have this share of their words in common: in between, in proportion."""
    between = (share - limits.unlike_to) / (limits.alike_from - limits.unlike_to)
    weight = between * (limits.titles_alike + limits.titles_unlike) - limits.titles_unlike
    return F.greatest(F.lit(-limits.titles_unlike), F.least(F.lit(limits.titles_alike), weight))


def _bits(limits: settings.Suspects) -> list[Column]:
    """What a pair weighs by what it shares, its brands and its attributes, in hundredths of a bit, above 0 for one
    product. What speaks against it counts less between two merchants.
    """
    share = F.when(F.col("of_one_merchant"), 1.0).otherwise(limits.between_merchants)

    def when(name: str, weight: float) -> Column:
        return F.when(F.col(name), F.lit(weight)).otherwise(0.0)

    def agreed(name: str, weight: float) -> Column:
        return share * F.when(F.col(f"{name}_differ"), -weight).when(F.col(f"{name}_known"), weight).otherwise(0.0)

    like = F.greatest("title_bits", F.lit(0.0)) + when("pictures_shared", limits.pictures_shared)
    unlike = F.greatest(-F.col("title_bits"), F.lit(0.0)) + when("pictures_unshared", limits.pictures_unshared)
    bits = {
        "shared_bits": like - share * unlike,
        "brand_bits": agreed("brands", limits.brands_differ),
        "attribute_bits": agreed("attributes", limits.attributes_differ),
    }
    return [F.round(HUNDREDTHS * weight).cast("long").alias(name) for name, weight in bits.items()]


def _titles(showing: DataFrame, frequencies: DataFrame, offers: int) -> DataFrame:
    """`set_id`, `terms`: a title, and the most frequent picture of the offer. Of a large catalogue a sample."""
    every = F.lit(max(1, offers // terms.OFFERS))
    some = showing.where(F.pmod(F.xxhash64("id"), every) == 0).select("id", "set_id", "terms")
    counted = some.join(frequencies.select("set_id", "offers"), on="set_id", how="inner")
    first = F.max_by(F.struct("set_id", "terms"), F.struct("offers", "set_id"))
    return counted.groupBy("id").agg(first.alias("first")).select("first.*")


def _pictures(showing: DataFrame, drawn: DataFrame) -> DataFrame:
    """`id`, `pictures`: the sets that these offers show, but for such as show nothing."""
    turn = F.row_number().over(Window.partitionBy("id").orderBy(F.xxhash64("set_id"), "set_id"))
    shows = showing.where(~F.col("low_information")).select("id", "set_id")
    chosen = shows.join(drawn.select("id").distinct(), on="id", how="left_semi").withColumn("turn", turn)
    chosen = chosen.where(F.col("turn") <= PICTURES)
    return chosen.groupBy("id").agg(F.array_sort(F.collect_list("set_id")).alias("pictures"))


def _reduced(name: str) -> Column:
    """A name without what is written in many ways: small letters and digits only; null where none is left."""
    text = F.regexp_replace(F.lower(F.col(name)), NO_LETTER, "")
    return F.when(text != "", text)
