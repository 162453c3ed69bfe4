"""People's word on the cards of a report: said by key or click, taken back, counted, exported, and imported."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from pyspark.sql import SparkSession

from dedup_spark import cli, settings
from dedup_spark.people import reviews
from dedup_spark.report import folder, pages
from dedup_spark.report.discretion import Discretion
from dedup_spark.report.values import Cluster, Pair, Picture, Set, Shown, Suspect
from tests.catalogues import AS_ARGUMENTS
from tests.chromium import Browser
from tests.digests import rows
from tests.hostile import TEXTS
from tests.pictures import product
from tests.test_report import CHOSEN, MANIFEST, MEASURES, RANKS, found, offer, rendered
from tests.test_report_browser import browser as browser

SECONDS = 30.0
A, B, C, D = (f"{number:032x}" for number in (0xA, 0xB, 0xC, 0xD))
HOSTILE = TEXTS[3]
CLUSTERS, PAIRS, SETS, SUSPECTS = "clusters.html", "pairs.html", "sets.html", "suspects.html"


def shown(name: str, content: str, set_id: str) -> Shown:
    return Shown(offer(name), [Picture(name, content, 2, 1.0, "near", "ab", True, set_id), Picture(name, D)])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of two clusters, a pair, a set in which a content comes twice, and a suspect."""
    thumbnail = io.BytesIO()
    Image.new("RGB", (60, 80), "teal").save(thumbnail, "WEBP")
    trio = [shown("h-1", A, A), shown(HOSTILE, B, A), shown("h-3", C, A)]
    two = [shown("l-1", A, A), shown("l-2", B, A)]
    keeper, copies = Picture("a", A, 0, 0.0, "keeper"), [Picture(name, name, 2, 1.0, "near") for name in (B, B, C)]
    of = found(
        ["boots"],
        clusters=[Cluster("harbour-1", MEASURES, RANKS, trio), Cluster("linden-2", MEASURES, RANKS, two)],
        pairs=[
            Pair(Picture("a", A), Picture("b", B), ([offer("a")], [offer("b")]), "vetoed", "colour", 4, 9.5, None, 1)
        ],
        sets=[Set(A, 4, RANKS, [(one, [offer("boots")]) for one in (keeper, *copies)])],
        suspects=[Suspect(C, Picture("c", C), "many_brands", 40, 3, 4, "40 brands", trio)],
        thumbnails=dict.fromkeys((A, B, C, D), thumbnail.getvalue()),
    )
    files = pages.rendered(of, MANIFEST, CHOSEN, Discretion(MANIFEST["image_root"]))
    return Path(folder.write(files, str(tmp_path_factory.mktemp("run")), settings.load())).parent


@pytest.fixture
def page(browser: Browser, site: Path, tmp_path: Path) -> Iterator["Page"]:
    """The page of clusters, with nothing said yet."""
    browser.open((site / CLUSTERS).as_uri())
    browser.run("localStorage.clear()")
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    opened = Page(browser, site, tmp_path)
    opened.open(CLUSTERS)
    yield opened
    assert (opened.errors, browser.seen.dialogs) == ([], [])


class Page:
    """What a person does on the pages of a report, and sees."""

    def __init__(self, browser: Browser, site: Path, downloads: Path) -> None:
        self.browser, self._site, self._downloads = browser, site, downloads
        self.errors: list[str] = []

    def open(self, file: str) -> None:
        self.errors += self.browser.seen.errors
        self.browser.open((self._site / file).as_uri())

    def press(self, *keys: str) -> None:
        for key in keys:
            self.browser.press(key)

    def click(self, selector: str) -> None:
        self.browser.run(f"document.querySelector({json.dumps(selector)}).click()")

    def says(self) -> str:
        return str(self.browser.run("document.querySelector('[role=status]').textContent"))

    def focused(self) -> str:
        return str(self.browser.run("document.activeElement.dataset.cluster"))

    def verdicts(self) -> list[list[str]]:
        """Which buttons of each card are pressed."""
        script = """[...document.querySelectorAll('.card')].map((card) =>
            [...card.querySelectorAll('.verdicts [aria-pressed=true]')].map((button) => button.dataset.verdict))"""
        return list(self.browser.run(script))

    def exported(self) -> Path:
        self.press("e")
        deadline = time.monotonic() + SECONDS
        while not (files := list(self._downloads.glob("*.json"))) and time.monotonic() < deadline:
            self.browser.settle()
        return files[0]


def imported(file: Path, output: Path) -> tuple[list[tuple[str, str, str, str]], list[tuple[str, str]]]:
    """The judgements and the lists that a run on the output would obey."""
    assert cli.main(["review", "import", str(file), str(output)]) == 0
    obeyed = reviews.find(str(output), settings.load())
    judged = sorted((one.kind, one.left, one.right, one.verdict) for one in obeyed.judgements)
    sources = {one.source for one in obeyed.judgements} | {one.source for one in obeyed.listed}
    assert sources == {f"report of run {MANIFEST['run_id']}"}
    return judged, sorted((one.verdict, one.picture) for one in obeyed.listed)


def test_what_is_said_by_keyboard_is_what_the_import_reads(page: Page, tmp_path: Path) -> None:
    page.press("j", "2", "d", "s")
    assert "2 judged, 0 skipped" in page.says()
    assert page.verdicts() == [["different"], ["same"]]
    page.open(PAIRS)
    assert "2 judged" in page.says()
    page.press("j", "s")
    page.open(SETS)
    page.press("j", "4", "d")
    page.open(SUSPECTS)
    page.press("j", "s")
    file = page.exported()
    assert file.name == f"review-{MANIFEST['run_id']}.json"
    assert imported(file, tmp_path / "output") == (
        sorted(
            [
                ("offer", HOSTILE, "h-1", "different"),
                ("offer", HOSTILE, "h-3", "different"),
                ("offer", "l-1", "l-2", "same"),
                ("picture", A, B, "same"),
                ("picture", C, A, "different"),
                ("picture", C, B, "different"),
            ]
        ),
        [("allowed", C)],
    )


def test_a_bad_picture_is_that_of_what_is_marked_or_the_whole_set(page: Page, tmp_path: Path) -> None:
    page.press("j", "b")
    page.open(PAIRS)
    page.press("j", "2", "b")
    page.open(SUSPECTS)
    page.press("j", "b")
    assert imported(page.exported(), tmp_path / "output") == (
        [],
        [("excluded", A), ("excluded", B), ("excluded", C)],
    )


def test_words_are_taken_back_one_by_one_and_the_newest_on_a_card_counts(page: Page, tmp_path: Path) -> None:
    page.press("j", "s", "x", "k", "d")
    assert "Mark those that do not belong" in page.says()
    page.press("1", "d")
    assert page.verdicts() == [["different"], ["skip"]]
    assert "1 judged, 1 skipped" in page.says()
    page.press("u")
    assert (page.verdicts(), page.focused()) == ([["same"], ["skip"]], "harbour-1")
    page.press("u", "u")
    assert page.verdicts() == [[], []]
    assert "0 judged, 0 skipped" in page.says()
    page.press("u", "s")
    assert [row[1:] for row in imported(page.exported(), tmp_path / "output")[0]] == [
        ("h-1", HOSTILE, "same"),
        ("h-1", "h-3", "same"),
    ]


def test_a_click_does_what_a_key_does(page: Page) -> None:
    page.click(".offer:nth-child(3) .pictures")
    assert page.browser.run("document.querySelectorAll('.mark[aria-pressed=true]').length") == 1
    page.click(".card [data-verdict=different]")
    assert page.verdicts() == [["different"], []]
    said = json.loads(page.browser.run("localStorage.getItem(KEPT)"))
    assert [(row["left"], row["right"]) for row in said[0]["judgements"]] == [("h-3", "h-1"), ("h-3", HOSTILE)]
    page.open("clusters-random.html")
    assert page.verdicts() == [["different"], []]
    assert page.browser.run("document.querySelector('.marked .id').textContent") == "h-3"
    page.click("#undo")
    assert page.verdicts() == [[], []]


def test_each_card_offers_what_can_be_said_of_it(page: Page) -> None:
    buttons = "[...document.querySelectorAll('.card .verdicts')].map((of) => of.querySelectorAll('button').length)"
    for file, expected in ((CLUSTERS, 4), (PAIRS, 4), (SETS, 4), (SUSPECTS, 3)):
        page.open(file)
        assert set(page.browser.run(buttons)) == {expected}, file
    names = page.browser.run("[...document.querySelectorAll('button')].map((one) => one.textContent.trim() !== '')")
    assert names
    assert all(names)


@pytest.mark.parametrize(
    "refuse",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })",
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
)
def test_where_nothing_can_be_kept_it_works_and_says_so(page: Page, refuse: str) -> None:
    added = page.browser.call("Page.addScriptToEvaluateOnNewDocument", source=refuse)
    page.open(CLUSTERS)
    page.press("j", "s", "s", "u")
    assert "keeps nothing" in page.says()
    assert page.verdicts() == [["same"], []]
    assert "1 judged" in page.says()
    page.browser.call("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])


WORD = {"card": "cluster harbour-1", "verdict": "same", "marked": [], "time": "2026-11-27T02:00:00.000Z"}
NOTHING: dict[str, Any] = {"judgements": [], "excluded": [], "allowed": []}
JUDGED = {"kind": "offer", "left": "h-1", "right": "h-3", "verdict": "same"}
NO_ROWS: tuple[Any, ...] = (None, "same", {"0": 1}, [None], [{}])
BROKEN: list[Any] = [
    *(None, 3, "same", [], {}, WORD, WORD | NOTHING | {"marked": None}, WORD | NOTHING | {"card": 3}),
    *(WORD | NOTHING | {table: none} for table in NOTHING for none in NO_ROWS),
    WORD | NOTHING | {"judgements": [JUDGED | {"left": None}]},
]
STORED: tuple[Any, ...] = (None, {}, "same", BROKEN)


@pytest.mark.parametrize("stored", ["{", "", *map(json.dumps, STORED)])
def test_what_is_broken_in_the_storage_stops_nobody(page: Page, tmp_path: Path, stored: str) -> None:
    page.browser.run(f"localStorage.setItem(KEPT, {json.dumps(stored)})")
    page.open(CLUSTERS)
    assert "0 judged, 0 skipped" in page.says()
    page.press("j", "j", "s")
    page.open(CLUSTERS)
    assert page.verdicts() == [[], ["same"]]
    assert imported(page.exported(), tmp_path / "output") == ([("offer", "l-1", "l-2", "same")], [])


def test_a_word_beside_a_broken_one_is_kept(page: Page) -> None:
    stored = json.dumps([None, WORD | NOTHING | {"judgements": [JUDGED]}, {}])
    page.browser.run(f"localStorage.setItem(KEPT, {json.dumps(stored)})")
    page.open(CLUSTERS)
    assert page.verdicts() == [["same"], []]


def test_a_mark_hides_nothing_of_a_picture(page: Page) -> None:
    hidden = """[...document.querySelectorAll('.mark')].filter((mark) => {
        const [over, under] = [mark, mark.previousElementSibling].map((one) => one.getBoundingClientRect());
        return over.top < under.bottom || getComputedStyle(mark).position === 'absolute';
    }).length"""
    assert page.browser.run("document.querySelectorAll('.pictures + .mark').length") == 5
    assert page.browser.run(hidden) == 0


@pytest.mark.parametrize("width", [1440, 820, 390])
@pytest.mark.parametrize("file", [CLUSTERS, PAIRS, SETS, SUSPECTS])
def test_a_page_with_judging_fits_the_screen(browser: Browser, site: Path, file: str, width: int) -> None:
    browser.open((site / file).as_uri(), width)
    browser.run("document.querySelector('.judging details').open = true")
    assert browser.run("document.documentElement.scrollWidth") == width
    bottom = browser.run("document.querySelector('.judging').getBoundingClientRect().bottom")
    assert bottom == browser.run("innerHeight")


def test_of_a_short_page_judging_is_at_the_bottom_of_the_screen(browser: Browser, site: Path) -> None:
    browser.open((site / SUSPECTS).as_uri(), height=4000)
    assert browser.run("document.querySelector('.judging').getBoundingClientRect().bottom") == 4000


def test_only_pages_with_pictures_to_judge_have_it() -> None:
    def judged(**chosen: Any) -> set[str]:
        return {name for name, page in rendered(found(["x"]), **chosen).items() if 'src="judge.js"' in page}

    assert judged() == set(pages.JUDGED)
    assert judged(sanitised=True) == set()


@pytest.mark.flow
def test_the_next_run_obeys_what_was_judged_in_the_report(
    browser: Browser, spark: SparkSession, tmp_path: Path
) -> None:
    """`one` and `half` are copies, as `two` and `small` are: each two become a cluster."""
    pictures = {"one": product(1), "half": product(1).resize((120, 160)), "two": product(2)}
    pictures |= {"small": pictures["two"].resize((120, 160))}
    for name, picture in pictures.items():
        picture.save(tmp_path / f"{name}.png")
    catalogue, output = str(tmp_path / "offers.parquet"), tmp_path / "output"
    pq.write_table(pa.table({"id": list(pictures), "image": [f"{name}.png" for name in pictures]}), catalogue)
    assert cli.main(["run", catalogue, str(output), *AS_ARGUMENTS, "--set", "report.write=true"]) == 0
    (report,) = output.glob("runs/*/report")
    browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page = Page(browser, report, tmp_path)
    page.open(CLUSTERS)
    offers = page.browser.run("[...document.querySelectorAll('.card')].map((card) => card.dataset.offers)")
    assert [sorted(json.loads(ids)) for ids in offers] == [["half", "one"], ["small", "two"]]
    page.press("j", "d", "b")
    assert cli.main(["review", "import", str(page.exported()), str(output)]) == 0
    assert cli.main(["run", catalogue, str(output), *AS_ARGUMENTS]) == 0
    assert rows(str(output), "clusters") == []
    assert [row["fate"] for row in rows(str(output), "judgements")] == ["obeyed"]
    assert {(Path(row["image"]).stem, row["reason"]) for row in rows(str(output), "suspects")} == {
        ("two", "excluded"),
        ("small", "excluded"),
    }
