"""Tasks for Label Studio: every kind of pair, the same ones again, as the labelling config of the docs reads them."""

import base64
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import Row

from dedup_spark import cli
from dedup_spark.errors import BadInput
from dedup_spark.people import judged, judgements
from dedup_spark.report import tasks
from dedup_spark.report.values import Pair, Picture
from tests.test_report import offer

LIMITS = tasks.Limits(10, 8.0)
A, B, C = (letter * 32 for letter in "abc")
MIXED = (("duplicate", 2), ("vetoed", 2), ("duplicate", 9), ("vetoed", 12), ("review", 1), ("duplicate", 40))
DOCS = Path(__file__).resolve().parents[1] / "docs" / "people.md"


def row(verdict: str, distance: int, draw: int, alike: int = 1, reason: str = "near") -> Row:
    pair = Row(draw=draw, left_content=A, right_content=B, colour_difference=1.0)
    return Row(verdict=verdict, reason=reason, distance=distance, pairs=alike, pair=pair)


def pair(verdict: str, distance: int, left: str = A) -> Pair:
    offers = [offer("<b>boots</b>")], [offer("boots")]
    return Pair(Picture("", left), Picture("", B), offers, verdict, "near", distance, 1.0, None, 7)


def kinds(chosen: list[dict[str, Any]]) -> list[str]:
    return [LIMITS.kind(one["verdict"], LIMITS.strain(one["distance"], 1.0)) for one in chosen]


def test_a_third_is_sure_a_third_is_kept_apart_and_the_uncertain_are_the_rest() -> None:
    mixed = [(verdict, distance) for _ in range(9) for verdict, distance in MIXED]
    rows = [row(verdict, distance, draw) for draw, (verdict, distance) in enumerate(mixed)]
    assert kinds(tasks.choose(rows, LIMITS, 9)) == ["sure"] * 3 + ["look-alike"] * 3 + ["uncertain"] * 3
    few = [row("duplicate", 2, 0), *(row("review", 2, draw) for draw in range(20))]
    assert kinds(tasks.choose(few, LIMITS, 9)) == ["sure"] + ["uncertain"] * 8
    assert tasks.choose(rows[::-1], LIMITS, 9) == tasks.choose(rows, LIMITS, 9)


def test_what_a_person_has_judged_is_not_asked_again() -> None:
    assert tasks.JUDGED == judged.JUDGED
    assert tasks.choose([row("vetoed", 2, 1, reason=tasks.JUDGED)], LIMITS, 9) == []


def test_the_uncertain_whose_word_speaks_for_more_come_more_often() -> None:
    """One pair stands for 9 and one for 1: of many draws the first comes first in nine of ten."""
    draws = np.random.default_rng(1).integers(-(1 << 63), 1 << 63, (4000, 10))
    drawn = ((row("review", 1, min(all_alike), 9), row("review", 2, alone)) for *all_alike, alone in draws.tolist())
    first = sum(tasks.choose(rows, LIMITS, 1)[0]["pairs"] == 9 for rows in drawn)
    assert 0.88 < first / len(draws) < 0.92


def test_a_task_shows_both_pictures_and_is_filled_in() -> None:
    found = [pair("duplicate", 2), pair("vetoed", 5), pair("review", 5), pair("duplicate", 2, C)]
    told = json.loads(tasks.as_json(tasks.document(found, {A: b"RIFF", B: b"WEBP"}, LIMITS, "run-1")))
    assert len(told) == 3  # nobody can see the fourth
    data = told[0]["data"]
    assert base64.b64decode(data["left"].removeprefix("data:image/webp;base64,")) == b"RIFF"
    assert (data["left_content"], data["right_content"], data["alike"]) == (A, B, 7)
    assert "<b>boots</b> · " in data["left_offers"]
    said = [[one["result"][0]["value"]["choices"] for one in task["predictions"]] for task in told]
    assert said == [[[judgements.SAME]], [[judgements.DIFFERENT]], []]
    assert told[0]["predictions"][0]["score"] > told[1]["predictions"][0]["score"]


def test_the_labelling_config_of_the_documents_reads_them() -> None:
    (config,) = re.findall(r"```xml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    tags = list(ET.fromstring(config).iter())
    (task,) = tasks.document([pair("duplicate", 2)], {A: b"", B: b""}, LIMITS, "run-1")
    assert {tag.get("value", "")[1:] for tag in tags if tag.get("value", "").startswith("$")} <= task["data"].keys()
    result = task["predictions"][0]["result"][0]
    (choices,) = (tag for tag in tags if tag.tag == "Choices")
    assert (choices.get("name"), choices.get("toName")) == (result["from_name"], result["to_name"])
    assert [tag.get("value") for tag in choices] == [tasks.SAME, tasks.DIFFERENT]


def test_a_sanitised_report_has_nothing_to_judge_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["review", "tasks", str(tmp_path), str(tmp_path / "tasks.json"), "--set", "report.sanitised=true"]
    assert cli.main(line) == BadInput.exit_code
    assert "report.sanitised = true" in capsys.readouterr().err
