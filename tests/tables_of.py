"""Small tables that a person can check: rows of the flow made from a few words."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from dedup_spark.comparing import squares
from dedup_spark.images import colour, thumbnail
from dedup_spark.images.cells import NOTHING

PICTURE = (
    "content string, image string, images long, pixels long, bytes long, phash string, words array<bigint>, "
    "colour_signature binary, low_information boolean, unstable_channels int"
)
SHOWN = (
    "id string, image string, status string, merchant string, brand string, row struct<id:string,image:string>, "
    "content string, phash string, md5 string, low_information boolean, words array<bigint>, keeper string, "
    "set_id string, distance int, joined string, colour_difference double, part string"
)


def a_table(spark: SparkSession, rows: Sequence[tuple[Any, ...]], schema: str | T.StructType) -> DataFrame:
    """These rows by way of Arrow: three times as quick as from tuples, which go through Python workers each time."""
    return spark.createDataFrame(pd.DataFrame(list(rows), dtype=object) if rows else [], schema)


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


def packed(square: NDArray[np.uint8]) -> bytes:
    """The square of a picture without margins, as `squares.packed` has it."""
    return squares.pack(thumbnail.lossless(square), NOTHING, (square.shape[1], square.shape[0]))


def pictures(spark: SparkSession, rows: Sequence[tuple[Any, ...]]) -> DataFrame:
    return a_table(spark, rows, PICTURE)


def shown(spark: SparkSession, rows: Sequence[tuple[str, str, str, str]], **facts: Any) -> DataFrame:
    """Offers that show images: (id, image, set, how it joined the set), each of the merchant its id begins with.

    An image that is near its keeper differs from it in two bits of the hash, both of the last word.
    """
    made = []
    for offer, image, group, joined in rows:
        distance = 2 * (joined == "near")
        row: dict[str, Any] = {
            "id": offer,
            "image": image,
            "status": "ok",
            "merchant": offer[0],
            "brand": "brand",
            "row": (offer, image),
            "content": image,
            "phash": "hash",
            "md5": "md5",
            "low_information": False,
            "words": [0, 0, 0, 0, 2**distance - 1 << 20],
            "keeper": group,
            "set_id": group,
            "distance": distance,
            "joined": joined,
            "colour_difference": 0.0,
            "part": group,
        }
        made.append(tuple((row | facts).values()))
    return a_table(spark, made, SHOWN)


class MemoryScratch:
    """A scratch without storage: cuts the lineage through the driver."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}

    def cut(self, rows: DataFrame, name: str) -> DataFrame:
        taken = rows.collect()
        self._rows[name] = len(taken)
        return a_table(rows.sparkSession, taken, rows.schema)

    def rows(self, name: str) -> int:
        return self._rows[name]
