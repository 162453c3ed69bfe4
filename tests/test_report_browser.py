"""The pages of a report in a browser: nothing is asked for outside of their folder, nothing runs but our scripts."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from dedup_spark import settings
from dedup_spark.report import folder, pages
from dedup_spark.report.discretion import Discretion
from tests import chromium
from tests.chromium import Browser
from tests.hostile import TEXTS
from tests.test_report import MANIFEST, found
from tests.test_results import fragments

WIDTHS = (1440, 820, 390)
FILES = (*(file for file, _ in pages.MENU), *(gallery.file for gallery in pages.GALLERIES[1:]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; without one the tests are skipped, or fail where they are required."""
    command = chromium.find()
    if command is None:
        missing = f"no browser on PATH: install Debian's chromium, {' or '.join(chromium.NAMES)}"
        if os.environ.get(chromium.REQUIRED):
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium.opened(command) as tab:
        yield tab


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report whose catalogue says the worst that it can, and one offer that is as others are."""
    thumbnail = io.BytesIO()
    Image.new("RGB", (60, 80), "teal").save(thumbnail, "WEBP")
    shown = {f"{place:032x}": thumbnail.getvalue() for place in range(len(TEXTS) + 1)}
    of = found(["plain boots", *TEXTS], thumbnails=shown)
    files = pages.rendered(of, MANIFEST, settings.load().report, Discretion(MANIFEST["image_root"]))
    place = tmp_path_factory.mktemp("run") / "of 100 % #1 é"  # what a URL would have to say otherwise
    return Path(folder.write(files, str(place), settings.load())).parent


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("file", FILES)
def test_a_page_opens_in_silence_and_fits_the_screen(browser: Browser, site: Path, file: str, width: int) -> None:
    seen = browser.open((site / file).as_uri(), width)
    assert seen.errors == []
    assert seen.dialogs == []
    assert len(seen.requests) > 1
    assert [url for url in seen.requests if not url.startswith(f"{site.as_uri()}/")] == []
    assert browser.run("document.documentElement.scrollWidth") == width
    assert browser.run("document.querySelectorAll('main h1').length") == 1
    assert browser.run("[...document.images].filter((image) => image.complete && !image.naturalWidth).length") == 0


def test_the_policy_forbids_what_a_page_must_not_do(browser: Browser, site: Path) -> None:
    seen = browser.open((site / "index.html").as_uri())
    browser.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    browser.run("fetch('offers.js').then(() => 'fetched', () => 'refused').then((said) => window.said = said)")
    browser.settle()
    assert browser.run("window.said") == "refused"
    assert seen.dialogs == []
    assert any("Content Security Policy" in error for error in seen.errors)


@pytest.mark.parametrize("asked", ["plain boots", "PLAIN", TEXTS[0], TEXTS[17]])
def test_the_search_finds_an_offer_and_leads_to_its_card(browser: Browser, site: Path, asked: str) -> None:
    seen = browser.open((site / "index.html").as_uri())
    browser.press("/")
    browser.settle("Page.loadEventFired")
    browser.write(asked)
    assert "places" in browser.run("document.getElementById('found').textContent")
    found = browser.run("document.querySelector('#results .id').textContent")
    assert asked.lower() in found.lower()
    browser.run("document.querySelector('#results a').click()")
    browser.settle("Page.loadEventFired")
    card = browser.run("document.querySelector(':target').textContent")
    assert found in card
    assert (seen.errors, seen.dialogs) == ([], [])


def test_keys_go_from_card_to_card_and_a_picture_says_how_far_the_others_are(browser: Browser, site: Path) -> None:
    browser.open((site / "clusters.html").as_uri())
    cards = browser.run("[...document.querySelectorAll('.card')].map((card) => card.id)")
    for key, expected in (("j", cards[0]), ("j", cards[1]), ("j", cards[1]), ("k", cards[0])):
        browser.press(key)
        assert browser.run("document.activeElement.id") == expected
    browser.run("document.querySelector('.card .picture').focus()")
    bits = browser.run("[...document.querySelectorAll('.card:first-child .bits')].map((bits) => bits.textContent)")
    assert bits[:2] == ["", "0 bits"]


def test_every_word_of_a_figure_lies_within_it(browser: Browser, site: Path) -> None:
    browser.open((site / "index.html").as_uri())
    outside = """[...document.querySelectorAll('svg.figure text')].filter((text) => {
        const [box, view] = [text.getBBox(), text.ownerSVGElement.viewBox.baseVal];
        return box.x < 0 || box.y < 0 || box.x + box.width > view.width || box.y + box.height > view.height;
    }).map((text) => text.textContent)"""
    assert browser.run(outside) == []
    words = browser.run("[...document.querySelectorAll('.limit')].map((text) => text.textContent)")
    assert words == ["at most 10 bits", "at most 10 bits", "at most ΔE 5.5"]


def test_a_text_that_runs_from_the_right_turns_nothing_else_round(browser: Browser, site: Path) -> None:
    browser.open((site / "sets.html").as_uri())
    turned = """[...document.querySelectorAll('.brief > *')].filter((one) =>
        getComputedStyle(one).unicodeBidi !== 'isolate').length"""
    assert browser.run("document.querySelectorAll('.brief > .id').length") > 100
    assert browser.run(turned) == 0


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(browser: Browser, site: Path, dark: bool) -> None:
    browser.open((site / "clusters.html").as_uri(), dark=dark)
    ground, ink = (browser.run(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    assert (brightness(ground) < brightness(ink)) == dark
    assert abs(brightness(ground) - brightness(ink)) > 450  # of 765


def test_what_a_notebook_shows_runs_nothing_and_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "notebook.html"
    page.write_text("".join(["<!doctype html><meta charset=utf-8>", *fragments(TEXTS)]), "utf-8")
    seen = browser.open(page.as_uri(), WIDTHS[-1])
    assert (seen.errors, seen.dialogs) == ([], [])
    assert [url for url in seen.requests if not url.startswith("data:image/webp")] == [page.as_uri()]
    assert browser.run("document.documentElement.scrollWidth") == WIDTHS[-1]


def brightness(colour: str) -> int:
    """The sum of the channels of `rgb(1, 2, 3)`."""
    return sum(int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3])
