"""A report says what run.json and the tables say, shows what the catalogue holds as text only, and stays bounded."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from dedup_spark import settings
from dedup_spark.report import cards, pages, samples
from dedup_spark.report.discretion import Discretion
from dedup_spark.report.values import (
    Cell,
    Cluster,
    Found,
    Merchant,
    Offer,
    Pair,
    Picture,
    Reject,
    Rejected,
    Set,
    Shown,
    Suspect,
)
from tests.hostile import TEXTS

CHOSEN = settings.load().report
MEASURES = dict.fromkeys(cards.MEASURES, 1)
RANKS = dict.fromkeys((*samples.ORDERS, *samples.ORDERS_OF_SETS), (1,))
MANIFEST: dict[str, Any] = {
    "run_id": "20261127T020000Z-0a1b",
    "started": "2026-11-27T02:00:00+00:00",
    "previous": "20261126T020000Z-0a1b",
    "catalogue": "/machine/shop/offers.parquet",
    "image_root": "/machine/shop",
    "settings": settings.as_dict(settings.load(overrides=["catalogue.image_root=/machine/shop"])),
    "tables": {name: {"rows": 40} for name in ("catalogue", "duplicate_pairs", "duplicate_sets", "suspects")}
    | {"clusters": {"rows": 9422}, "deduplicated": {"rows": 30}, "removed": {"rows": 7}, "rejects": {"rows": 3}},
    "balance": {"catalogue": 40, "deduplicated": 30, "removed": 7, "rejects": 3, "images": 38},
    "statuses": {"images": {"ok": 36, "not_found": 2}},
    "revalidate": {"fetched": 38, "reused": 0},
    "clusters": 4711,
    "cluster_sizes": {"2": 4000, "3": 711},
    "images_per_hash": {"1": 30, "2": 3},
    "images_per_md5": {"1": 36},
    "merchants": [{"left": "harbour", "right": "linden", "clusters": 9}],
    "merchants_left_out": 0,
    "large": [],
    "off": [],
    "seconds": {"catalogue": 2.0, "fingerprints": 19.0},
    "search": {"carrier": "driver", "predicted": {"hashes": 30, "candidates": 50}, "actual": {"hashes": 33}},
    "plan": "9 bands of 33 bits find every pair within 10",
    "changes": {"ids": {"before": 4700, "kept": 4690}, "offers": {"created": 20}, "clusters": {"created": 8}},
    "versions": {"python": "3.11", "dedup-spark": "0.1.0"},
}


def offer(text: str) -> Offer:
    return Offer(text, text, text, text, {"colour": text})


def found(texts: list[str], **facts: Any) -> Found:
    """A report in which every text that a catalogue may hold is one of these."""
    shown = [
        Shown(offer(text), [Picture(text, f"{place:032x}", 2, 1.0, "near", "ab", True, "set")])
        for place, text in enumerate(texts)
    ]
    picture, offers = Picture(texts[0], "0" * 32, 0, 0.0, "keeper"), [offer(text) for text in texts]
    made: dict[str, Any] = {
        "clusters": [Cluster(text, MEASURES, RANKS, shown) for text in texts[:2]],
        "sets": [Set("set", len(texts), RANKS, [(picture, offers)])],
        "cells": [Cell("duplicate", "near", 2, 1, 33), Cell("vetoed", "colour", 4, 9, 7)],
        "pairs": [Pair(picture, picture, (offers, offers), "vetoed", "colour", 4, 9.5, None, 7)],
        "suspects": [Suspect("set", picture, "many_brands", 40, 3, 4, texts[0], shown)],
        "suspected": {"many_brands": 40},
        "rejected": [Rejected("catalogue", "no_image", 3, [Reject(text, text, text) for text in texts])],
        "merchants": [Merchant(text, 9, 5, 4) for text in texts],
        "totals": {"offers": 1234, "merchants": 77, "shared": 55, "sets": 12},
        "thumbnails": {"0" * 32: b"RIFF"},
    }
    return Found(**made | facts)


def rendered(of: Found, manifest: dict[str, Any] = MANIFEST, **chosen: Any) -> dict[str, str]:
    """The text files of a report."""
    report = settings.load(overrides=[f"report.{name}={json.dumps(value)}" for name, value in chosen.items()]).report
    files = pages.rendered(of, manifest, report, Discretion(manifest["image_root"], report.sanitised))
    return {name: data.decode() for name, data in files.items() if not name.startswith(pages.THUMBNAILS)}


def plain(page: str) -> str:
    """The text of a page, in one line."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_what_a_catalogue_says_is_text_and_nothing_else() -> None:
    assert len(TEXTS) >= 100
    plain, hostile = rendered(found([f"text {place}" for place in range(len(TEXTS))])), rendered(found(TEXTS))
    for name in (name for name in plain if name.endswith(".html")):
        assert tags(hostile[name]) == tags(plain[name]), name
    assert json.loads(hostile["offers.js"].partition("= ")[2].rstrip(";\n"))
    assert "</script" not in hostile["offers.js"]


def tags(page: str) -> list[str]:
    """The elements of a page with the names of their attributes: what a text cannot change unless it breaks out."""
    return [re.sub(r'"[^"]*"', '""', tag) for tag in re.findall(r"<[^>]*>", page)]


def test_a_title_is_shown_as_it_is() -> None:
    page = rendered(found(["<b>7 & 8</b>", "plain"]))["clusters.html"]
    assert '<p class="title">&lt;b&gt;7 &amp; 8&lt;/b&gt;</p>' in page


def test_counts_are_of_everything_and_samples_say_so() -> None:
    pages_of = rendered(found(["one", "two"]))
    text = {name: plain(page) for name, page in pages_of.items()}
    assert "4,711 clusters of 9,422 offers" in text["index.html"]
    assert "4,690 of 4,700 clusters of run" in text["index.html"]
    assert "2 of 4,711 clusters, the largest first" in text["clusters.html"]
    assert "1 of 7 pairs" in text["pairs.html"]
    assert "1 of 12 sets" in text["sets.html"]
    assert "2 of 1,234 offers" in text["search.html"]
    assert "3 of 40 rows could not be used" in text["rejects.html"]


def test_each_gallery_shows_what_people_judge_by() -> None:
    chosen = found(["one", "two"], clusters=[Cluster("c", MEASURES, RANKS, [side("red"), side("blue")])])
    page = {name: plain(text) for name, text in rendered(chosen).items()}
    for colour in ("red", "blue"):
        said = f"{colour}-1 boots {colour} harbour brand Aster gender women colour {colour} pose worn"
        assert said in page["clusters.html"]
    assert rendered(chosen)["clusters.html"].count('<li class="differs">') == 2  # the colours, and nothing else
    assert "drawn by chance with seed 1" in page["clusters-random.html"]
    assert "1 of 12 sets, seed 1" in page["sets.html"]
    assert 'class="offer keeper"' in rendered(chosen)["sets.html"]
    assert "vetoed colour 4 bits ΔE 9.5 near enough by their hashes" in page["pairs.html"]
    assert "many brands 40 offers 3 merchants 4 brands one" in page["suspects.html"]
    assert "no image 3 rows catalogue offer image detail one one one" in page["rejects.html"]


def side(colour: str) -> Shown:
    """One of two offers that differ in their colour alone."""
    facts = {"gender": "women", "colour": colour, "pose": "worn"}
    return Shown(Offer(f"{colour}-1", f"boots {colour}", "harbour", "Aster", facts), [Picture("1.jpg", "0" * 32)])


def test_no_page_asks_for_anything_outside_nor_holds_a_script_or_a_style() -> None:
    for name, page in rendered(found(TEXTS)).items():
        if not name.endswith(".html"):
            continue
        assert "default-src 'none'" in page
        assert not re.findall(r"<script(?! src)|<style| on[a-z]+=| style=", "".join(tags(page)))
        assert not re.findall(r'<img(?![^>]* loading="lazy")', page)
        assert {link.partition("#")[0].partition("/")[0] for link in re.findall(r'(?:src|href)="([^"]*)"', page)} <= {
            *(file for file in ("", *pages.STATIC, "offers.js", pages.THUMBNAILS)),
            *(file for file, _ in pages.MENU),
            *(gallery.file for gallery in pages.GALLERIES),
        }


def test_no_path_of_the_machine_and_no_secret_is_said() -> None:
    said = Discretion("/machine/shop")
    told = found(
        ["x"],
        rejected=[
            Rejected(
                "catalogue",
                "s",
                1,
                [
                    Reject(
                        "x",
                        said.name("/machine/shop/a/1.jpg"),
                        said.text("not below /machine/shop, but s3://key:secret@bucket/1.jpg"),
                    )
                ],
            )
        ],
    )
    everything = "".join(rendered(told).values())
    assert "a/1.jpg" in everything
    for word in ("/machine", "secret", "bucket/"):
        assert word not in everything


def test_sanitised_has_neither_pictures_nor_merchants() -> None:
    seen = Discretion("/machine/shop", sanitised=True)
    sold = [Merchant(str(seen.merchant(name)), 9, 5, 4) for name in ("harbour", "linden")]
    bare = Offer("id", "title", seen.merchant("harbour"), "brand", {})
    shown = [Shown(bare, [Picture(seen.name("/machine/shop/harbour/1.jpg"), "0" * 32, 2, 1.0, "near", "ab")])]
    of = found(
        ["x"],
        merchants=sold,
        clusters=[Cluster("c", MEASURES, dict.fromkeys(samples.ORDERS, (1,)), shown)],
        thumbnails={},
    )
    report = settings.load(overrides=["report.sanitised=true"]).report
    files = pages.rendered(of, MANIFEST, report, seen)
    everything = b"".join(data for name, data in files.items() if name not in pages.STATIC).decode()
    assert "merchant 1" in everything
    assert not re.search(r"harbour|linden|<img|\.webp|data-hash", everything)


@pytest.mark.parametrize("clusters", [1, 500])
def test_a_page_shows_no_more_cards_than_the_setting_says(clusters: int) -> None:
    rank = {order: (number,) for number, order in enumerate(samples.ORDERS)}
    of = found(["x"], clusters=[Cluster(str(number), MEASURES, rank, ()) for number in range(clusters)])
    page = rendered(of, cards=48)["clusters.html"]
    assert page.count('<article class="card"') == min(clusters, 48)


def test_an_id_of_any_length_leaves_a_page_small() -> None:
    offers = [Offer(letter * 100_000, "boots", None, None, {}) for letter in "ab"]
    shown, picture = [Shown(of, [Picture("1.jpg", "0" * 32)]) for of in offers], Picture("1.jpg", "0" * 32)
    cluster = Cluster(offers[0].id, MEASURES, RANKS, shown)
    pair = Pair(picture, picture, (offers, offers), "vetoed", "colour", 4, 9.5, None, 7)
    one = Set("set", 2, RANKS, [(Picture("1.jpg", "0" * 32, joined="keeper"), offers)])
    rejected = Rejected("catalogue", "no_image", 3, [Reject(offers[0].id, "1.jpg", "")])
    page = rendered(found(["x"], clusters=[cluster], pairs=[pair], sets=[one], rejected=[rejected]))
    assert max(map(len, page.values())) < 100_000
    assert "too long to be judged" in page["clusters.html"]
    assert "too long" not in rendered(found(["x"], clusters=[cluster]), sanitised=True)["clusters.html"]
    assert 'data-kind="cluster"' not in page["clusters.html"]
    assert 'data-kind="cluster"' in rendered(found(TEXTS))["clusters.html"]


def test_a_report_of_nothing_has_every_page(tmp_path: Path) -> None:
    nothing: dict[str, list[Any]] = {
        name: [] for name in ("clusters", "sets", "cells", "pairs", "suspects", "rejected", "merchants")
    }
    empty = MANIFEST | {
        "cluster_sizes": {},
        "images_per_hash": {},
        "images_per_md5": {},
        "merchants": [],
        "changes": {"ids": {"before": 0, "kept": 0}, "offers": {}, "clusters": {}},
    }
    files = rendered(found(["x"], **nothing, suspected={}), empty)
    assert {name for name in files if name.endswith(".html")} == {
        *(file for file, _ in pages.MENU),
        *(gallery.file for gallery in pages.GALLERIES),
    }
