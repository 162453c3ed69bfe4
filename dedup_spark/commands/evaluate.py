"""An evaluation says what the limits of the settings would do to a folder of pictures that are all different."""

import hashlib

from pyspark.sql import functions as F

from dedup_spark import fingerprints
from dedup_spark.commands import catalogue_folder
from dedup_spark.comparing import centres
from dedup_spark.comparing.verdict import limits
from dedup_spark.io import locations
from dedup_spark.pairs import wrong_merges
from dedup_spark.settings import Settings
from dedup_spark.spark import session


def null(place: str, settings: Settings) -> str:
    """How near the pictures below a folder or prefix come to each other, and how many wrong merges that means.

    Near copies among them count as wrong, since the folder is to hold none; files of equal bytes are one picture. Of
    more than `[evaluate] sample` pictures some are taken by the hash of their paths. Raises `BadInput` where there is
    no picture.
    """
    root = locations.folder(place, "FOLDER")
    paths, _ = catalogue_folder.pictures(place, settings.s3)
    taken = sorted(paths, key=lambda path: hashlib.sha256(path.encode()).digest())[: settings.evaluate.sample]
    tasks = max(1, -(-len(taken) // settings.fingerprints.images_per_task))
    with session.opened(settings) as spark:
        images = spark.createDataFrame([(f"{root}/{path}",) for path in taken], "image string").repartition(tasks)
        prints = fingerprints.compute(images, [root], settings.fingerprints, settings.s3)
        features = (F.col("views")[0][name].alias(name) for name in centres.FEATURES)
        rows = prints.select("status", "content", "square", "low_information", *features).toPandas()
    usable = rows[rows["status"] == "ok"].drop_duplicates("content")
    searched = usable[~usable["low_information"].astype(bool) & (usable["unstable_channels"] == 0)]
    found = wrong_merges.of_rows(searched.assign(set_id=searched["content"]), limits(settings))
    left_out = len(taken) - len(searched)
    threshold = settings.candidate_pairs.max_distance
    return (
        f"{wrong_merges.text(found, threshold)}\n{left_out:,} of {len(taken):,} files left out: unusable, equal or flat"
    )
