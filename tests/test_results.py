"""A result shows itself with what the report says: text as text, whole in itself, bounded, and its data beside it."""

import base64
import dataclasses
import html
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from pyspark.sql import SparkSession

import dedup_spark
from dedup_spark import results, settings
from dedup_spark.commands import explain, query
from dedup_spark.errors import BadInput
from dedup_spark.output import manifests, runs
from dedup_spark.report import samples
from dedup_spark.report.discretion import LETTERS, Discretion
from dedup_spark.report.values import Cluster, Picture, Shown
from dedup_spark.results import answers, overview, pair
from dedup_spark.results import cluster as clusters
from dedup_spark.results.result import Result
from tests import published
from tests.hostile import TEXTS
from tests.test_report import MANIFEST, MEASURES, offer, tags

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MANY = 340
LONG = "x" * 100_000


def webp() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (60, 80), "teal").save(data, "WEBP")
    return data.getvalue()


def shown(text: str) -> Shown:
    return Shown(offer(text), [Picture(text, "0" * 32, 2, 1.0, text, "ab", True, text)])


def a_cluster(texts: list[str], thumbnails: dict[str, bytes]) -> clusters.Cluster:
    card = Cluster(texts[0], MEASURES | {"offers": MANY}, dict.fromkeys(samples.ORDERS, (1,)), list(map(shown, texts)))
    return clusters.Cluster(card, thumbnails)


def a_pair(texts: list[str], thumbnails: dict[str, bytes]) -> pair.Pair:
    steps = [pair.Step(shown(text), shown(text), text, 2, 1.0, text, text) for text in texts]
    return pair.Pair(texts[0], texts[0], True, MANY, steps, thumbnails)


def an_answer(text: str) -> answers.Answer:
    picture = Picture(text, "0" * 32)
    return answers.Answer(text, picture, 2, 1.0, text, text, [text], MANY, [offer(text)])


def some_answers(texts: list[str], thumbnails: dict[str, bytes], asked: int = 1) -> answers.Answers:
    picture = Picture(texts[0], "0" * 32)
    near, none = list(map(an_answer, texts)), answers.Asked(texts[0], texts[0], None, texts[0], ())
    return answers.Answers([answers.Asked(texts[0], texts[0], picture, "", near), none] * asked, thumbnails)


def a_run(text: str) -> str:
    large = [{"component": text, "offers": 900, "fate": text}]
    facts = {"catalogue": text, "previous": text, "report": text, "large": large, "off": [text], "segments": []}
    return overview.html(MANIFEST | facts)


def text_of(fragment: str) -> str:
    bare = re.sub(r"<style>.*?</style>", "", fragment, flags=re.DOTALL)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", bare)))


def fragments(texts: list[str]) -> list[str]:
    pictures = {"0" * 32: webp()}
    made = a_cluster(texts, pictures), a_pair(texts, pictures), some_answers(texts, pictures)
    return [*(value._repr_html_() for value in made), *(a_run(text) for text in texts)]


def test_what_a_catalogue_says_is_text_and_nothing_else() -> None:
    plain = [f"text {place}" for place in range(len(TEXTS))]
    for hostile, tame in zip(fragments(TEXTS), fragments(plain), strict=True):
        assert tags(hostile) == tags(tame)


def test_a_fragment_is_whole_in_itself() -> None:
    for fragment in fragments(["boots", "<b>"]):
        assert not re.findall(r"<script|<link|<iframe| on[a-z]+=| href=|url\(|@import", fragment)
        sources = re.findall(r'src="([^"]*)"', fragment)
        for source in sources:
            kind, _, data = source.partition(",")
            assert kind == "data:image/webp;base64"
            assert Image.open(io.BytesIO(base64.b64decode(data))).size == (60, 80)
        assert all(
            rule.startswith(".dedup-spark ") for rule in re.findall(r"^([^{\n]+) \{", fragment, re.MULTILINE)[1:]
        )


def test_a_fragment_is_bounded_and_says_of_how_much() -> None:
    assert "332 more offers are not shown" in text_of(a_cluster(["boots"] * samples.OFFERS, {})._repr_html_())
    assert "340 steps, one picture each; the first 12 are shown" in text_of(
        a_pair(["x"] * pair.STEPS, {})._repr_html_()
    )
    told = some_answers(["boots"] * MANY, {"0" * 32: webp()}, asked=MANY)._repr_html_()
    assert told.count("data:image") <= answers.ASKED * (answers.NEAR + 1)
    assert "8 of 340 pictures are shown" in text_of(told)
    assert "8 of 680 asked pictures are shown" in text_of(told)
    assert "and 339 more offers" in text_of(told)


def test_an_id_of_any_length_leaves_a_fragment_small() -> None:
    told = a_pair(["boots"], {})
    answer = dataclasses.replace(an_answer("boots"), first=[LONG], offers=())
    found = answers.Answers([answers.Asked("boots", "boots", None, "", [answer])], {})
    large = MANIFEST | {"large": [{"component": LONG, "offers": 900, "fate": "cut"}], "segments": []}
    for fragment in (
        dataclasses.replace(told, left=LONG, right=LONG)._repr_html_(),
        found._repr_html_(),
        overview.html(large),
    ):
        assert "x" * (LETTERS - 1) + "…" in fragment
        assert len(fragment) < len(LONG)
    assert "to be judged" not in a_cluster([LONG], {})._repr_html_()


def test_an_id_that_runs_from_right_to_left_turns_round_itself_only() -> None:
    assert "<bdi>\u202ea</bdi> and <bdi>\u202ea</bdi>" in a_pair(["\u202ea"], {})._repr_html_()


def test_a_run_of_an_older_version_is_named() -> None:
    overview.check(MANIFEST)
    known = [fact for fact in MANIFEST if fact not in (*overview.FACTS, *manifests.OWN, "settings")]
    for fact in known:
        assert overview.html(without(fact))
    for fact in overview.FACTS:
        with pytest.raises(BadInput, match=f"made by an older version, which did not note down {fact}; `dedup_spark"):
            overview.check(without(fact))


def without(fact: str) -> dict[str, Any]:
    return {name: value for name, value in MANIFEST.items() if name != fact} | {"segments": []}


def test_a_run_shows_the_numbers_of_its_manifest() -> None:
    told = text_of(overview.html(MANIFEST | {"segments": [{"live": 38}], "report": "runs/x/report/index.html"}))
    for said in (
        "4,711 clusters of 9,422 offers",
        "40 rows of offers.parquet came in; 30 are kept, 7 removed since another row shows the same picture, 3 could",
        "Since run 20261126T020000Z-0a1b: 20 created; ids kept: 4,690 of 4,700, 99.8%.",
        "40 rows came in: 30 kept, 7 removed, 3 rejected",
        "21.0 s",
        "The pages to look at: runs/x/report/index.html in the output.",
    ):
        assert said in told
    assert "/machine" not in told


def test_in_a_terminal_each_is_a_line() -> None:
    assert repr(a_cluster(["b1", "b2"], {})) == "<cluster 'b1': 'b1', 'b2' and 338 more>"
    assert repr(a_pair(["b1"], {})) == "<'b1' and 'b1': in one cluster, by 340 steps>"
    for line in (repr(made([text], {})) for text in (*TEXTS, LONG) for made in (a_cluster, a_pair, some_answers)):
        assert line.isprintable()
        assert len(line) < 4 * LETTERS
    assert repr(some_answers(["b1"], {})) == "<1 stored picture near 2 that were asked for>"
    assert overview.line(MANIFEST) == (
        "run 20261127T020000Z-0a1b: 4,711 clusters of 9,422 offers; 40 rows, 30 kept, 7 removed, 3 rejected"
    )


def test_sanitised_a_step_says_no_evidence() -> None:
    why = "the cluster was cut between them: max_per_merchant: 9 offers of harbour, at most 8"
    step = {"why": why, "distance": 2, "colour_difference": 1.0, "alone": "duplicate", "by_views": None}
    for seen, said in ((Discretion(""), why), (Discretion("", sanitised=True), "the cluster was cut between them")):
        assert pair._step(step, shown("x"), shown("x"), seen).why == said


@pytest.fixture(scope="module")
def output(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    return published.publish(spark, tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def result(spark: SparkSession, output: str) -> Result:
    return dedup_spark.result(output, spark=spark)


@pytest.fixture(scope="module")
def bare(spark: SparkSession, output: str) -> Result:
    """The same, without pictures and names of merchants."""
    chosen = dataclasses.replace(published.SETTINGS.report, sanitised=True)
    return dedup_spark.result(output, spark=spark, settings=dataclasses.replace(published.SETTINGS, report=chosen))


def test_a_cluster_is_the_card_of_the_report(result: Result, bare: Result) -> None:
    found = result.cluster("HA-1")
    assert [member.offer.id for member in found.card.members] == ["HA-1", "LI-1", "LI-2"]
    assert [member.pictures[0].connects for member in found.card.members] == [True] * 3
    assert found.card.members[0].offer.facts == {"colour": "red"}
    assert found.card.measures["merchants"] == 2
    assert len(found.thumbnails) == 2  # two offers show the same bytes
    assert found._repr_html_().count("data:image/webp") == 3
    told = bare.cluster("HA-1")._repr_html_()
    assert "merchant 2" in told
    assert not re.search("harbour|linden|<img|data-hash", told)
    with pytest.raises(BadInput, match="cluster 'HA-2': must be a cluster_id of the table `clusters` of run 2"):
        result.cluster("HA-2")
    for odd in (0, None, "", "a\x00", "<b>"):
        with pytest.raises(BadInput, match=r"cluster .*: must be a cluster_id"):
            result.cluster(odd)  # type: ignore[arg-type]


def test_what_no_table_can_hold_is_bad_input(result: Result) -> None:
    ask: list[Callable[[str], object]] = [result.cluster, result.plot_duplicates, lambda id: result.pair("HA-1", id)]
    for asked in ask:
        with pytest.raises(BadInput, match=r"'\\ud800': must be valid Unicode"):
            asked("\ud800")


def test_a_cluster_of_a_run_without_a_table_is_bad_input(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    written = {name: table for name, table in result.manifest["tables"].items() if name != "conflicts"}
    older = dataclasses.replace(result, manifest=result.manifest | {"tables": written})
    monkeypatch.setattr(manifests, "open", lambda *of: older.manifest)
    with pytest.raises(BadInput, match="has no table 'conflicts'"):
        older.cluster("HA-1")


def test_a_run_that_was_sanitised_stays_so(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not result.settings.report.sanitised
    said = result.manifest | {"settings": {"report": {"sanitised": True}}}
    monkeypatch.setattr(manifests, "readable", lambda *of: said)
    assert dedup_spark.result(result.output, spark=result.spark).settings.report.sanitised


def test_a_pair_is_what_explain_says_with_pictures(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"offer 'XX-9': run .* has no such offer"):
        result.pair("HA-1", "XX-9")
    with pytest.raises(BadInput, match="offer 'HA-1' is named twice"):
        result.pair("HA-1", "HA-1")
    root = Path(result.output).parent / published.ROOT
    sides = {"left_offer": "HA-1", "left_image": f"{root}/first.png", "right_offer": "LI-1"}
    far = {"distance": 2, "colour_difference": 0.5, "alone": "duplicate", "by_views": None}
    step = sides | {"right_image": f"{root}/copy.jpg", "why": "one set: keeper, near"} | far
    told = {"left": "HA-1", "right": "LI-1", "one_cluster": True, "steps": [step]}
    monkeypatch.setattr(explain, "explained", lambda *of: told)  # test_explain.py has the real ones, which are slow
    found = result.pair("HA-1", "LI-1")
    (step_shown,) = found.steps
    assert (found.one_cluster, step_shown.why, step_shown.alone) == (True, "one set: keeper, near", "duplicate")
    assert [side.offer.id for side in (step_shown.left, step_shown.right)] == ["HA-1", "LI-1"]
    assert [side.pictures[0].name for side in (step_shown.left, step_shown.right)] == ["first.png", "copy.jpg"]
    assert found._repr_html_().count("data:image/webp") == 2


def test_answers_are_what_query_says_with_pictures(
    result: Result, bare: Result, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, root = tmp_path / "asked.jpg", Path(output).parent / published.ROOT
    contents = {Path(row["image"]).name: row["content"] for row in result.read("fingerprints").collect()}
    far = {"distance": 2, "colour_difference": 0.5, "verdict": "duplicate", "reason": "near"}
    near = [
        far | {"image": f"{root}/{name}", "content": contents[name], "first": first, "offers": len(first)}
        for name, first in (("first.png", ["HA-1"]), ("copy.jpg", ["LI-1", "LI-2"]))
    ]
    broken_file = query.Asked(str(tmp_path / "broken.jpg"), "not_image", f"text of {tmp_path}/x", "1" * 32, None, [])
    rows = [query.Asked(str(asked), "ok", None, "0" * 32, webp(), near), broken_file]
    monkeypatch.setattr(query, "asked", lambda *of: rows)  # a search is slow: the README has a real one
    with pytest.raises(BadInput, match="image '' cannot be asked for"):
        result.query("")
    found = result.query([str(asked), tmp_path / "broken.jpg"])
    first, broken = found.asked
    shown_by = {answer.picture.name: (answer.shown_by, list(answer.first)) for answer in first.answers}
    assert shown_by == {"first.png": (1, ["HA-1"]), "copy.jpg": (2, ["LI-1", "LI-2"])}
    assert {answer.verdict for answer in first.answers} == {"duplicate"}
    assert (first.bad, broken.answers, broken.picture) == ("", [], None)
    assert broken.bad.startswith("not_image")
    told = found._repr_html_()
    assert told.count("data:image/webp") == 3
    assert "shirt HA-1" in told
    assert str(tmp_path) not in told
    sanitised = bare.query(asked)._repr_html_()
    assert "asked picture 1" in sanitised
    assert not re.search(r"harbour|linden|<img|\.jpg|\.png", sanitised)


def test_a_result_is_of_a_run_that_is_over(spark: SparkSession, result: Result, output: str, tmp_path: Path) -> None:
    assert result.read("clusters").count() == 3
    assert result.settings.views.stored == ("whole",)  # as the run was made
    assert dedup_spark.result(Path(output), result.run_id, spark) == result
    assert "4,711 clusters" in result._repr_html_()
    with pytest.raises(BadInput, match="no run is published"):
        dedup_spark.result(str(tmp_path))
    with runs.working(str(tmp_path), {"catalogue": "offers"}, settings.load()) as run:
        running = run.run_id
        with pytest.raises(BadInput, match=f"run {running} is running: must be one of published, refused"):
            dedup_spark.result(str(tmp_path), running)


def titles(plot: "Figure") -> list[str]:
    return [axes.get_title(loc="left") for axes in plot.axes if axes.axison]


def test_an_image_is_drawn_with_its_copies(result: Result, tmp_path: Path) -> None:
    plot = result.plot_duplicates("same.jpg", tmp_path / "copies.PNG")
    assert [title.partition(",")[0] for title in titles(plot)] == ["keeper", "near", "asked for: near"]
    assert (tmp_path / "copies.PNG").read_bytes() == plot._repr_png_()
    root = Path(result.output).parent / published.ROOT
    assert titles(result.plot_duplicates(root / "first.png"))[0] == "asked for: keeper"
    assert titles(result.plot_duplicates("other.png")) == ["asked for"]  # it has no copy
    with pytest.raises(BadInput, match=r"image 'nope\.jpg': must be named as `duplicate_sets` or the catalogue does"):
        result.plot_duplicates("nope.jpg")


def test_a_file_ends_with_what_it_is(result: Result, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"copies.gif': must end with \.png, \.svg, \.pdf"):
        result.plot_duplicates("first.png", tmp_path / "copies.gif")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_drawn_is_said_at_once(result: Result, bare: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"report\.sanitised = true: must be false"):
        bare.plot_duplicates("first.png")
    monkeypatch.delitem(sys.modules, "dedup_spark.results.figure")
    monkeypatch.delattr(results, "figure")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BadInput, match=r"needs matplotlib: pip install 'dedup-spark\[plot\]'"):
        result.plot_duplicates("first.png")
