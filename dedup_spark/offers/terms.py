"""A term is one word of a title, in small letters, with its weight: how rarely the catalogue's pictures go by it.

The weight is the inverse document frequency, log2(all / those with the term), in hundredths of a bit, so that sums are
whole numbers, the same in any order. (K. Spärck Jones, A statistical interpretation of term specificity, Journal of
Documentation 28, 1972.) A document is not one title but all titles of a picture: else the name of a product that fifty
offers repeat would be a common word. A term in less than a thousandth of them weighs as much as one in a thousandth: so
the table of the common ones has some ten thousand rows, however large the catalogue.
"""

import math

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

OFFERS = 1_000_000
"""Offers whose titles are counted, at most about: what a term in a thousandth of them needs, and more."""
COMMON = 0.001
LONGEST = 32
"""Terms of a title that count: the first ones, what follows is advertisement."""
HUNDREDTHS = 100
RAREST = round(HUNDREDTHS * math.log2(1 / COMMON))

UNSPACED = r"([\p{IsHan}\p{IsHiragana}\p{IsKatakana}\p{IsThai}])"
"""Scripts without spaces between words: each character is taken for a term."""
BETWEEN = r"[^\p{L}\p{M}\p{N}]+"


def split(text: Column) -> Column:
    """The distinct terms of a text, an empty array for none.

    >>> texts = spark.createDataFrame([("Blue T-Shirt, BLUE",), ("青いシャツ",), (None,)], "title string")
    >>> [row[0] for row in texts.select(split(F.col("title"))).collect()]
    [['blue', 't', 'shirt'], ['青', 'い', 'シ', 'ャ', 'ツ'], []]
    """
    spaced = F.regexp_replace(F.lower(F.coalesce(text, F.lit(""))), UNSPACED, " $1 ")
    return F.slice(F.array_distinct(F.filter(F.split(spaced, BETWEEN), lambda term: term != "")), 1, LONGEST)


def common(titles: DataFrame) -> DataFrame:
    """`term`, `weight` of the terms that are not rare. `titles` has `set_id` and `terms`."""
    named = titles.where(F.size("terms") > 0)
    total = named.agg(F.countDistinct("set_id").alias("total"))
    each = named.select("set_id", F.explode("terms").alias("term"))
    frequency = each.groupBy("term").agg(F.countDistinct("set_id").alias("having"))
    frequent = frequency.join(F.broadcast(total), on=F.col("having") >= COMMON * F.col("total"), how="inner")
    weight = F.round(HUNDREDTHS * F.log2(F.col("total") / F.col("having")))
    return frequent.select("term", weight.cast("long").alias("weight"))


def weigh(rows: DataFrame, common: DataFrame, *key: str) -> DataFrame:
    """The rows with `weighed`: the array `terms` as structs (term, weight), sorted. The key tells the rows apart."""
    each = rows.select(*key, F.explode("terms").alias("term")).join(F.broadcast(common), on="term", how="left")
    weight = F.coalesce("weight", F.lit(RAREST)).cast("long").alias("weight")
    weighed = each.groupBy(*key).agg(F.array_sort(F.collect_list(F.struct("term", weight))).alias("weighed"))
    none = F.array().cast("array<struct<term:string,weight:bigint>>")
    return rows.join(weighed, on=list(key), how="left").withColumn("weighed", F.coalesce("weighed", none))


def weight(weighed: Column) -> Column:
    """The sum of the weights of an array of weighed terms."""
    return F.aggregate(weighed, F.lit(0).cast("long"), lambda total, term: total + term["weight"])
