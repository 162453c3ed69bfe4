"""Small tables that a person can check: rows of the flow made from a few words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from dedup_spark.images import colour

PICTURE = (
    "content string, image string, images long, pixels long, bytes long, phash string, words array<bigint>, "
    "colour_signature binary, low_information boolean, unstable_channels int"
)


def picture(name: str, word: int = 0, grey: int = 128, **facts: Any) -> tuple[Any, ...]:
    """One distinct picture: `word` is the first word of its hash, `grey` its colour all over."""
    row: dict[str, Any] = {
        "content": name,
        "image": f"/{name}.jpg",
        "images": 1,
        "pixels": 100,
        "bytes": 10,
        "phash": f"{word:x}",
        "words": [word, 0, 0, 0, 0],
        "colour_signature": bytearray(np.full(300, grey * 256, "<u2").tobytes()),
        "low_information": False,
        "unstable_channels": 0,
    }
    return tuple((row | facts).values())


def signature(grey: int) -> NDArray[np.uint8]:
    """The colour signature of a picture of one grey."""
    signatures = colour.signature(np.full((1, 60, 60, 3), grey, np.uint8))
    return signatures.reshape(-1)


def pictures(spark: SparkSession, rows: Sequence[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(list(rows), PICTURE)


class MemoryScratch:
    """A scratch without storage: cuts the lineage through the driver."""

    def cut(self, rows: DataFrame, name: str) -> DataFrame:
        return rows.sparkSession.createDataFrame(rows.collect(), rows.schema)
