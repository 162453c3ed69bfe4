"""A row of `duplicate_sets` is one image that has a duplicate: its set, its keeper, how far it is from the keeper.

Components alone chain: twelve steps of 5 % less light each pass, and the ends are another colour. So inside a
component, in keeper order, a picture joins the first earlier keeper it passes against (twice the distance, every veto),
whatever path connects them, or becomes a keeper. Two pictures of a set are at most four times the threshold and twice
the colour limit apart. But for people's word (`judged`): sets of pictures that are judged the same become one set, and
pictures that are judged different never share one.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from dedup_spark.comparing import centres
from dedup_spark.comparing.verdict import Limits
from dedup_spark.people import judged

WAS_KEEPER = "was_keeper"
"""A word of [duplicate_sets] keeper: a picture that stood for a set in the run before."""


def edges(pairs: DataFrame) -> DataFrame:
    """`left`, `right`: the contents that are duplicates of one another. `pairs` is `tables.DUPLICATE_PAIRS`."""
    duplicates = pairs.where(F.col("verdict") == "duplicate")
    return duplicates.select(F.col("left_content").alias("left"), F.col("right_content").alias("right"))


def remember(pictures: DataFrame, before: DataFrame | None, keeper: Sequence[str]) -> DataFrame:
    """The pictures with `was_keeper`, where the order of the keepers goes by it. before: `tables.DUPLICATE_SETS`."""
    if WAS_KEEPER not in keeper:
        return pictures
    if before is None:
        return pictures.withColumn(WAS_KEEPER, F.lit(False))
    stood = before.select(F.col("keeper").alias("content"), F.lit(True).alias(WAS_KEEPER)).distinct()
    return pictures.join(stood, on="content", how="left").fillna(False, [WAS_KEEPER])


def choose(
    components: DataFrame,
    pictures: DataFrame,
    keeper: Sequence[str],
    limits: Limits,
    pictures_per_task: int,
    scratch: centres.Cutter,
    squares: DataFrame | None = None,
    judgements: DataFrame | None = None,
) -> DataFrame:
    """One row per picture of a component: `key` (its content), `centre` (its keeper's content) and how far that is.

    `components` has `node` and `component`; `keeper` names what the order of the keepers goes by.
    `squares` has `content` and `square`, for the second look; None: no square is known. `judgements` are the judged
    pairs (`judged`), those judged the same inside of one component; None: nobody said anything.
    """
    named = components.select(F.col("node").alias("content"), F.col("component").alias("group"))
    members = named.join(pictures, on="content", how="inner").withColumnRenamed("content", "key")
    order, limits = [_keeper_order(word) for word in keeper], limits.at_keeper()
    apart = judged.apart(judgements)
    choices = centres.choose(members, order, limits, pictures_per_task, scratch, squares, apart)
    if judgements is None:
        return choices
    return judged.merge(choices, members, order, judgements, limits, scratch, squares)


def compute(choices: DataFrame, pictures: DataFrame, images: DataFrame) -> DataFrame:
    """The sets of two images and more, as `tables.DUPLICATE_SETS`.

    `images` has `image` and `content` of every usable path. Two paths of one content are a set, whatever they show.
    """
    chosen = choices.select(
        F.col("key").alias("content"),
        F.col("centre").alias("keeper"),
        "distance",
        "colour_difference",
        F.col("reason").alias("met"),
    )
    joined = (
        pictures.select("content", F.col("images") > 1)
        .toDF("content", "repeated")
        .join(chosen, on="content", how="left")
    )
    keeper = F.coalesce("keeper", "content")
    repeated = joined.where(F.col("repeated") | F.col("keeper").isNotNull()).withColumn("keeper", keeper)
    keepers = pictures.select(F.col("content").alias("keeper"), F.col("image").alias("keeper_image"))
    members = images.join(repeated, on="content", how="inner")
    shared = members.groupBy("keeper").agg(F.count("*").alias("members")).where(F.col("members") > 1)
    reason = (
        F.when(F.col("image") == F.col("keeper_image"), "keeper")
        .when(F.col("content") == F.col("keeper"), "same bytes")
        .otherwise(F.col("met"))
    )
    return (
        members.join(shared.select("keeper"), on="keeper", how="left_semi")
        .join(keepers, on="keeper", how="inner")
        .withColumns(
            {
                "set_id": F.col("keeper"),
                "distance": F.coalesce("distance", F.lit(0)),
                "colour_difference": F.coalesce("colour_difference", F.lit(0.0)),
                "reason": reason,
            }
        )
    )


def show(offers: DataFrame, fingerprints: DataFrame, sets: DataFrame) -> DataFrame:
    """One usable row of the catalogue, and the set that its image is in: an image without a duplicate is its own set.

    Columns: those of `offers` (`tables.CATALOGUE`), `phash`, `md5`, `words`, `low_information` of the picture, and
    `set_id`, `keeper`, `distance` and `colour_difference` to the keeper, `joined` (the reason why it is in the set).
    """
    usable = fingerprints.where(F.col("status") == "ok").select(
        "image", "content", "phash", "md5", "low_information", F.col("views")[0]["words"].alias("words")
    )
    joined = sets.select("image", "keeper", "distance", "colour_difference", F.col("reason").alias("joined"))
    keeper = F.coalesce("keeper", "content")
    return (
        offers.where(F.col("status").isin("ok", "same_row"))
        .join(usable, on="image", how="inner")
        .join(joined, on="image", how="left")
        .withColumns(
            {
                "keeper": keeper,
                "set_id": keeper,
                "distance": F.coalesce("distance", F.lit(0)),
                "colour_difference": F.coalesce("colour_difference", F.lit(0.0)),
                "joined": F.coalesce("joined", F.lit("keeper")),
            }
        )
    )


def _keeper_order(word: str) -> Column:
    return F.col(word).asc() if word == "image" else F.col(word).desc()
