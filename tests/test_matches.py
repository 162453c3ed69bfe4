"""An asked picture is matched with the stored ones of its versions, and never with itself."""

import dataclasses
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dedup_spark import settings
from dedup_spark.errors import BadInput
from dedup_spark.output import store
from dedup_spark.pairs import matches
from dedup_spark.pictures import versions

CHOSEN = settings.load(overrides=['views.stored=["whole", "trimmed"]'])


def fingerprint(content: str, word: int = 0, **facts: Any) -> dict[str, Any]:
    """The fingerprint of a grey picture at /<content>.jpg, `word` the first of its hash."""
    row: dict[str, Any] = dict.fromkeys(store.FETCHED.names)
    row |= {"image": f"/{content}.jpg", "status": "ok", "content": content, "bytes": 9, "width": 9, "height": 9}
    row |= {"md5": content, "format": "JPEG", "phash": f"{word:x}", "low_information": False, "unstable": False}
    row |= dataclasses.asdict(versions(CHOSEN.fingerprints.decode))
    row["colour_signature"] = bytes(600)
    seen = {"view": "whole", "words": [word, 0, 0, 0, 0], "unstable": False, "unstable_channels": 0}
    row["views"] = [seen | {"colour_signature": bytes(600), "low_information": False}]
    return row | facts


def test_an_answer_is_a_stored_picture_of_like_version_with_who_shows_it(spark: SparkSession) -> None:
    stored = spark.createDataFrame(
        [fingerprint("far", 2**40 - 1), fingerprint("near", 3), fingerprint("old", 0, hash_version="0")], store.FETCHED
    )
    limits = dataclasses.replace(CHOSEN.duplicate_pairs, max_unseen_colour_difference=4.5)
    by = dataclasses.replace(CHOSEN, duplicate_pairs=limits)
    asked = spark.createDataFrame([fingerprint("new"), fingerprint("near", 3, image="/copy.jpg")], store.FETCHED)
    found = matches.find(asked, asked, stored, stored, by).collect()
    assert sorted((row["asked"], row["content"], row["distance"], row["reason"]) for row in found) == [
        ("/copy.jpg", "near", 0, "same bytes"),
        ("/new.jpg", "near", 2, "near"),
    ]
    with pytest.raises(BadInput, match="no stored picture has hash"):
        matches.find(asked, asked, stored.where("hash_version = '0'"), stored, by)


@pytest.mark.parametrize("way", ["exact", "scaled"])
def test_a_store_is_asked_with_the_decode_that_it_was_made_with(way: str, spark: SparkSession) -> None:
    by = dataclasses.replace(CHOSEN, fingerprints=dataclasses.replace(CHOSEN.fingerprints, decode=way))
    other = "scaled" if way == "exact" else "exact"
    stored = spark.createDataFrame([fingerprint("near") | dataclasses.asdict(versions(other))], store.SEGMENT)
    asked = spark.createDataFrame([fingerprint("new")], store.SEGMENT)
    with pytest.raises(BadInput, match=rf"decode = {way}\): ask with the decode that the run had"):
        matches.find(asked, asked, stored, stored, by)
