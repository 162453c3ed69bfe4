"""An asked picture is matched with the stored ones of its versions, and never with itself."""

import dataclasses
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import matches, settings, store
from dedup_spark.errors import BadInput
from dedup_spark.hashing import hasher
from dedup_spark.images import colour
from dedup_spark.pictures import HASHER

CHOSEN = settings.load()


def fingerprint(content: str, word: int = 0, **facts: Any) -> dict[str, Any]:
    """The fingerprint of a grey picture at /<content>.jpg, `word` the first of its hash."""
    row: dict[str, Any] = dict.fromkeys(store.SEGMENT.names)
    row |= {"image": f"/{content}.jpg", "status": "ok", "content": content, "bytes": 9, "width": 9, "height": 9}
    row |= {"md5": content, "format": "JPEG", "phash": f"{word:x}", "low_information": False, "unstable": False}
    row |= {"hash_version": hasher.find(HASHER).VERSION, "signature_version": colour.SIGNATURE_VERSION}
    row["colour_signature"] = bytes(600)
    seen = {"view": "whole", "words": [word, 0, 0, 0, 0], "unstable": False, "unstable_channels": 0}
    row["views"] = [seen | {"colour_signature": bytes(600), "low_information": False}]
    return row | facts


def test_an_answer_is_a_stored_picture_of_like_version_with_who_shows_it(spark: SparkSession) -> None:
    stored = spark.createDataFrame(
        [fingerprint("far", 2**40 - 1), fingerprint("near", 3), fingerprint("old", 0, hash_version="0")], store.SEGMENT
    )
    limits = dataclasses.replace(CHOSEN.duplicate_pairs, max_unseen_colour_difference=4.5)
    by = dataclasses.replace(CHOSEN, duplicate_pairs=limits)
    asked = spark.createDataFrame([fingerprint("new"), fingerprint("near", 3, image="/copy.jpg")], store.SEGMENT)
    found = matches.find(asked, asked, stored, stored, by).collect()
    assert sorted((row["asked"], row["content"], row["distance"], row["reason"]) for row in found) == [
        ("/copy.jpg", "near", 0, "same bytes"),
        ("/new.jpg", "near", 2, "near"),
    ]
    with pytest.raises(BadInput, match="no stored picture has hash"):
        matches.find(asked, asked, stored.where("hash_version = '0'"), stored, by)
