"""Paths in a catalogue are hostile or broken; each comes out as exactly what it names, or as a status."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup_spark.errors import BadImage, BadInput
from dedup_spark.io import locations
from dedup_spark.io.locations import Location, folder, of_person, parse, place, resolve, within

KEYS = [
    "a.jpg",
    "a b.jpg",
    "a%20b.jpg",
    "a%2Fb.jpg",
    "%2e%2e/a.jpg",
    "a+b.jpg",
    "a#b.jpg",
    "a?b=c&d.jpg",
    "a//b.jpg",
    "/a.jpg",
    "//a.jpg",
    "a/",
    "..a/b..",
    "a:b@c",
    "back\\slash.jpg",
    "é.jpg",
    unicodedata.normalize("NFD", "é.jpg"),
    "\u200b.jpg",
    "😀.jpg",
    " a ",
    "x" * 1024,
]


@pytest.mark.parametrize("key", KEYS)
def test_key_of_an_object_is_kept_character_for_character(key: str) -> None:
    assert parse(f"s3://shop/{key}") == Location("s3", "shop", key)
    assert resolve(f"S3A://shop/{key}", "/root") == f"s3://shop/{key}"
    assert parse(str(parse(f"s3n://shop/{key}"))).key == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s3://shop/a\x00b", "control character"),
        ("s3://shop/a\nb", "control character"),
        ("/a\x7fb", "control character"),
        ("/a\x85b", "control character"),
        ("/a\ud800b", "Unicode"),
        ("s3://shop/../b", "'..'"),
        ("s3://shop/a/./b", "'.'"),
        ("s3://shop/a/..", "'..'"),
        ("s3:///a", "bucket"),
        ("s3://sh/a", "bucket"),
        ("s3://sho..p/a", "bucket"),
        ("s3://-shop/a", "bucket"),
        ("s3://sh op/a", "bucket"),
        ("s3://AKIAKEY:geheim@shop/a", "bucket"),
        ("s3://shop@geheim/a", "bucket"),
        ("gs://sh/a", "bucket"),
        ("s3://shop/" + "x" * 1025, "1024 bytes"),
        ("s3://shop/" + "é" * 513, "1024 bytes"),
        ("data:image/png;base64,AAAA", "data:"),
        ("C:\\pictures\\a.jpg", "Windows"),
        ("//cdn.example/a.jpg", "'//'"),
        (" s3://shop/a", "space"),
        ("a/b://c", "scheme"),
        ("file://host/a", "another host"),
        ("file://", "another host"),
        ("file:///a%00b", "control character"),
        ("file:///a%FFb", "utf-8"),
        ("s3://shop", "not an object"),
        ("s3://shop/", "not an object"),
    ],
)
def test_malformed_path_says_why_and_repeats_nothing(text: str, words: str) -> None:
    with pytest.raises(BadImage) as caught:
        resolve(text, "/root")
    assert caught.value.status == "malformed_path"
    assert words in caught.value.detail
    assert "geheim" not in caught.value.detail


@pytest.mark.parametrize("text", [None, "", "  ", "\n", float("nan")])
def test_nothing_is_no_image(text: str | None) -> None:
    with pytest.raises(BadImage) as caught:
        resolve(text, "/root")
    assert caught.value.status == "no_image"


@pytest.mark.parametrize("text", ["https://shop.example/a.jpg", "HTTP://shop.example", "http://h:80/../a"])
def test_web_address_is_not_mirrored(text: str) -> None:
    with pytest.raises(BadImage) as caught:
        resolve(text, "s3://shop")
    assert caught.value.status == "not_mirrored"


@pytest.mark.parametrize(
    ("text", "root", "path"),
    [
        ("a.jpg", "/root", "/root/a.jpg"),
        ("./a.jpg", "/root/", "/root/a.jpg"),
        ("tops/../a.jpg", "/root", "/root/a.jpg"),
        ("a%20b c.jpg", "/root", "/root/a%20b c.jpg"),
        ("a.jpg", "/", "/a.jpg"),
        ("tops//a.jpg", "s3://shop/pictures", "s3://shop/pictures/tops//a.jpg"),
        ("./a.jpg", "s3://shop", "s3://shop/a.jpg"),
        ("/root/a//b/../c.jpg", "s3://shop", "/root/a/c.jpg"),
        ("file:/root/a%20b.jpg", "", "/root/a%20b.jpg"),
        ("FILE:///root/a%20b.jpg", "", "/root/a b.jpg"),
        ("file://localhost/root/a.jpg", "", "/root/a.jpg"),
        ("abfss://pictures@shop.dfs.core.windows.net/a.jpg", "", "abfss://pictures@shop.dfs.core.windows.net/a.jpg"),
        ("hdfs://node:8020/a.jpg", "", "hdfs://node:8020/a.jpg"),
        ("gcs://shop/a.jpg", "", "gs://shop/a.jpg"),
    ],
)
def test_path_resolves(text: str, root: str, path: str) -> None:
    assert resolve(text, root) == path


@pytest.mark.parametrize(
    ("text", "root"), [("../a.jpg", "/root"), ("a/../../b", "/root"), ("../a", "s3://shop/x"), ("a.jpg", "")]
)
def test_relative_path_stays_under_the_root(text: str, root: str) -> None:
    with pytest.raises(BadImage) as caught:
        resolve(text, root)
    assert caught.value.status == "malformed_path"


@given(st.text(max_size=40), st.sampled_from(["/root", "s3://shop/pictures"]))
def test_any_text_is_a_path_that_resolves_to_itself_or_a_status(text: str, root: str) -> None:
    for written in (text, f"s3://shop/{text}", f"/root/{text}", f"file:///{text}"):
        outcome = _status_or_path(written, root)
        if outcome in ("no_image", "malformed_path", "not_mirrored"):
            continue
        assert _status_or_path(outcome, "/elsewhere") == outcome
        if written is text and not text.startswith("/") and ":" not in text:
            assert within(outcome, [root])


def _status_or_path(text: str, root: str) -> str:
    try:
        return resolve(text, root)
    except BadImage as bad:
        return bad.status


def test_within_goes_by_whole_segments() -> None:
    assert within("s3://shop/a/b", ["s3://shop"])
    assert within("s3://shop//b", ["s3://shop/"])
    assert within("s3://shop/a/b", ["/x", "s3a://shop/a/"])
    assert within("s3://shop/a", ["s3://shop/a"])
    assert not within("s3://shop/ab", ["s3://shop/a"])
    assert not within("s3://shop2/a", ["s3://shop"])
    assert not within("gs://shop/a", ["s3://shop"])
    assert not within("/rooted/a", ["/root"])
    assert within("/root/a", ["/x/../root/"])
    assert within("/a", ["/"])
    assert not within("s3://shop/a", ["/"])
    assert not within("/a", [])


def test_allowed_place_that_is_none_is_named() -> None:
    with pytest.raises(BadInput, match=r"\[fingerprints\] allowed: .*must be absolute"):
        within("/a", ["pictures"])


def test_folder_is_canonical_and_starts_at_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder("out", "OUTPUT") == f"{tmp_path}/out"
    assert folder("/", "OUTPUT") == "/"
    assert folder("s3n://shop/out/", "OUTPUT") == "s3://shop/out"
    assert folder("file:///out", "OUTPUT") == "/out"
    assert folder(Path("out"), "OUTPUT") == f"{tmp_path}/out"
    nothing: list[Any] = [None, 3, b"out"]
    for text in ("", " ", "https://shop.example", "s3://", "a\x00", Path("s3://shop/out"), "s3:/shop/out", *nothing):
        with pytest.raises(BadInput, match="OUTPUT"):
            folder(text, "OUTPUT")


def test_a_person_gives_a_path_or_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert of_person(Path("a.jpg")) == of_person("a.jpg") == f"{tmp_path}/a.jpg"
    nothing: list[Any] = [None, 3, b"a.jpg"]
    for path in nothing:
        with pytest.raises(BadImage, match="no_image"):
            of_person(path)


def test_place_is_what_a_setting_would_allow() -> None:
    for path in ("s3://shop/a/b.jpg", "/root/a.jpg", "/a.jpg", "abfss://c@h/a"):
        assert within(path, [place(path)])


def test_aliases_are_hadoops_names_and_googles() -> None:
    assert {parse(f"{name}://shop/a").scheme for name in locations.ALIASES} == {"s3", "gs"}
