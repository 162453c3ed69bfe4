"""The demo: that it holds every case, is fair, comes out the same again, and that its judgement sees every fault."""

import io
from collections import Counter
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from dedup_spark import demo, settings, storage
from dedup_spark.comparing import verdict
from dedup_spark.demo import assortment, cases, folder, truth
from dedup_spark.demo.draw import cards
from dedup_spark.demo.edits import BROKEN, COPIES
from dedup_spark.demo.offers import numbered, suffix
from dedup_spark.demo.truth import Row
from dedup_spark.errors import BadImage, BadInput
from dedup_spark.hashing import bits, colour_phash
from dedup_spark.images import colour, decode
from dedup_spark.output import documents

MAX_PIXELS = 40_000_000
LIMITS = verdict.Limits(10, 5.0)
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def rows(drawn: Path) -> list[Row]:
    return truth.load(drawn)


def test_every_case_is_there(drawn: Path, rows: list[Row]) -> None:
    catalogue = pq.read_table(drawn / demo.CATALOGUE).to_pandas()
    assert 280 <= catalogue["id"].nunique() <= 340
    assert catalogue["merchant"].nunique() >= 4
    assert catalogue["brand"].nunique() >= 4
    assert {row.edit for row in rows} >= {"original", "same_file", *COPIES, *BROKEN}
    assert list(zip(catalogue["id"], catalogue["image"], strict=True)) == [(row.id, row.image) for row in rows]
    edits = Counter(row.edit for row in rows if row.case == "copies")
    assert all(edits[edit] >= 4 for edit in cases.EDITS)
    assert {row.case for row in rows} >= {
        "genders",
        "colours",
        "prints",
        "ladder",
        "darker",
        "saturated",
        "transparent",
    }
    assert {row.case for row in rows} >= {"rotated", "symmetric", "placeholder", "flat", "broken"}
    assert sum(row.status == "same_row" for row in rows) >= 3


def test_cards_are_used_by_so_many_that_they_cannot_be_a_product(drawn: Path, rows: list[Row]) -> None:
    catalogue = pq.read_table(drawn / demo.CATALOGUE).to_pandas().set_index("id")
    brand, merchant = (catalogue.groupby(level=0)[name].first() for name in ("brand", "merchant"))
    for card, offers in (("placeholder", 20), ("size chart", 12)):
        shown = [row for row in rows if row.picture == card]
        assert len({row.id for row in shown}) >= offers
        assert {merchant[row.id] for row in shown} == set(catalogue["merchant"])
        contents: dict[bytes, set[str]] = {}
        for row in shown:
            contents.setdefault((drawn / str(row.image)).read_bytes(), set()).add(brand[row.id])
        assert min(len(brands) for brands in contents.values()) > 2
        assert len(set().union(*contents.values())) >= 4


def test_files_are_relative_small_and_all_there(drawn: Path, rows: list[Row]) -> None:
    on_disk = {str(path.relative_to(drawn)) for path in (drawn / folder.IMAGES).rglob("*") if path.is_file()}
    assert on_disk == {row.image for row in rows if row.image and (row.status in truth.USABLE or row.edit in BROKEN)}
    assert sum(path.stat().st_size for path in drawn.rglob("*") if path.is_file()) < 40_000_000


def test_the_same_seed_draws_the_same_bytes(drawn: Path, rows: list[Row]) -> None:
    offers = numbered(cases.offers(demo.SEED), demo.SEED)
    assert folder._truth(offers) == [vars(row) for row in rows]
    images = [image for offer in offers for image in offer.shown if image.edit == "original" and image.status == "ok"]
    for image in images[::29]:
        assert folder._original(image.picture, demo.SEED) == (drawn / str(image.path)).read_bytes(), image.picture.name
    assert numbered(cases.offers(demo.SEED + 1), demo.SEED + 1) != offers


def test_only_a_demo_is_drawn_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "offers", lambda seed: list(cases.blanks(assortment.products(seed))))
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(BadInput, match="not empty and no demo"):
        demo.build(tmp_path)
    with pytest.raises(BadInput, match="is a file"):
        demo.build(tmp_path / "thesis.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    shop = tmp_path / "new" / "shop"
    demo.build(shop)
    stale, output = shop / folder.IMAGES / "old.jpg", shop / "output"
    stale.write_bytes(b"old")
    output.mkdir()
    assert demo.build(shop, seed=3) == shop / demo.CATALOGUE
    assert output.is_dir()
    assert not stale.exists()


def test_broken_files_are_broken_as_the_truth_says(drawn: Path, rows: list[Row]) -> None:
    for row in rows:
        if row.edit in BROKEN:
            with pytest.raises(BadImage) as caught:
                decode.decode((drawn / str(row.image)).read_bytes(), MAX_PIXELS)
            assert caught.value.status == row.status, row.edit


def test_every_suffix_fits_and_the_placeholder_is_a_mirror() -> None:
    for offer in numbered(cases.offers(demo.SEED), demo.SEED):
        for image in offer.shown:
            if image.path and image.path.startswith(f"images/{offer.merchant}/{offer.id}"):
                assert image.path.endswith(suffix(image))
    pixels = np.asarray(cards.placeholder())
    assert (pixels == pixels[:, ::-1]).all()


def test_the_demo_is_fair(drawn: Path, rows: list[Row]) -> None:
    """Judged by hash and veto alone: different products never pass, copies do but for the hard ones."""
    shown = list({row.image: row for row in rows if row.status == "ok" and row.kind == "product"}.values())
    pictures = [decode.decode((drawn / str(row.image)).read_bytes(), MAX_PIXELS).picture for row in shown]
    squares = np.stack([decode.square(picture, colour_phash.SIDE) for picture in pictures])
    hashes = colour_phash.compute(squares)
    words, signatures, unstable = bits.pack(hashes.bits), colour.signature(squares), hashes.unstable_channels
    left, right = np.triu_indices(len(shown), 1)
    compared = verdict.compare(
        verdict.Features(words[left], signatures[left], unstable[left]),
        verdict.Features(words[right], signatures[right], unstable[right]),
        LIMITS,
    )
    relation = np.array([truth.relation(shown[a], shown[b]) for a, b in zip(left, right, strict=True)])
    passes = compared.verdict == verdict.DUPLICATE
    wrong = [(shown[left[n]].picture, shown[right[n]].picture) for n in np.flatnonzero(passes & (relation == "apart"))]
    assert wrong == []
    hard = np.array([row.case == "symmetric" or row.edit == "jpeg_30" for row in shown])
    easy = (relation == "same") & ~hard[left] & ~hard[right]
    assert passes[easy].mean() > 0.97
    assert easy.sum() > 120
    steps = np.array([row.light if row.ladder else 0 for row in shown])
    neighbours = (relation == "alike") & (np.abs(steps[left] / np.maximum(steps[right], 1e-9) - 1) < 0.04)
    assert passes[neighbours].mean() > 0.9
    assert neighbours.sum() == 2 * (cases.LADDER_STEPS - 1)
    assert not unstable[[row.case == "copies" for row in shown]].any()


def perfect(rows: list[Row], root: str) -> Tables:
    """The tables of a run that does everything right, images as full paths."""
    images = {row.image: row for row in rows if row.status == "ok" and row.image}
    pictures: dict[str, list[str]] = {}
    graph: nx.Graph[str] = nx.Graph()
    for image, row in images.items():
        if row.kind == "product":
            pictures.setdefault(str(row.picture), []).append(str(image))
    for row in rows:
        if row.kind == "product" and row.status == "ok":
            graph.add_edge(row.id, f"picture {row.picture}")
    sets = {image: copies[0] for copies in pictures.values() if len(copies) > 1 for image in copies}
    offers = ([n for n in component if not n.startswith("picture")] for component in nx.connected_components(graph))
    usable = [row for row in rows if row.status == "ok"]
    first = {sets.get(str(row.image), str(row.image)): row for row in reversed(usable) if row.kind == "product"}
    stands = [(row, first.get(sets.get(str(row.image), str(row.image)), row)) for row in usable]
    removed = [(row, kept, "near") for row, kept in stands if row is not kept]
    removed += [(row, row, "same row") for row in rows if row.status == "same_row"]
    return {
        "clusters": [{"id": n, "cluster_id": min(members)} for members in offers if len(members) > 1 for n in members],
        "duplicate_sets": [{"image": f"{root}/{image}", "set_id": name} for image, name in sets.items()],
        "deduplicated": [{"id": row.id, "image": f"{root}/{row.image}"} for row, kept in stands if row is kept],
        "removed": [
            {
                "id": row.id,
                "image": f"{root}/{row.image}",
                "kept_id": kept.id,
                "kept_image": f"{root}/{kept.image}",
                "reason": reason,
            }
            for row, kept, reason in removed
        ],
        "rejects": [{"id": row.id, "status": row.status} for row in rows if row.status not in truth.USABLE],
    }


def judged(drawn: Path, tables: Tables, root: str = "") -> demo.Judgement:
    return demo.judge(drawn, {name: pa.Table.from_pylist(table) for name, table in tables.items()}, root)


def test_a_perfect_run_is_judged_perfect(drawn: Path, rows: list[Row]) -> None:
    found = judged(drawn, perfect(rows, str(drawn)))
    assert found.trustworthy
    assert (found.wrong, found.missed, found.wrong_rows) == ((), (), ())
    assert found.right_merges > 100
    assert (found.missed_merges, found.missed_copies, found.ladder_merges) == (0, 0, 0)
    assert (found.rejects_right, found.repeated_right) == (found.rejects_expected, found.repeated_expected)
    assert found.rejects_expected >= 15
    assert all(hits == total for _, hits, total in found.edits)
    assert f"merges    {found.right_merges} of {found.right_merges} right, 0 wrong" in found.text
    as_pandas = {name: pd.DataFrame(table) for name, table in perfect(rows, str(drawn)).items()}
    assert demo.judge(drawn, as_pandas) == found
    assert judged(drawn, perfect(rows, "s3://shop/demo"), "s3://shop/demo") == found
    assert judged(drawn, perfect(rows, ".").copy()) != found  # images of nowhere


def test_a_wrong_merge_is_seen_and_named(drawn: Path, rows: list[Row]) -> None:
    tables = perfect(rows, str(drawn))
    left, right = (
        next(row for row in rows if row.case == case and row.status == "ok") for case in ("placeholder", "flat")
    )
    tables["clusters"] += [{"id": row.id, "cluster_id": "glued"} for row in (left, right)]
    found = judged(drawn, tables)
    assert found.wrong_merges == 1
    assert not found.trustworthy
    assert left.id in found.wrong[0]
    assert f"{right.image}" in found.text


def test_colours_and_prints_merged_are_wrong(drawn: Path, rows: list[Row]) -> None:
    for case in ("colours", "prints", "darker"):
        family = [row for row in rows if row.case == case]
        product = family[0].product
        variants = list({row.variant: row for row in family if row.product == product}.values())
        tables = perfect(rows, str(drawn))
        joined = {row.id for row in family if row.product == product}
        tables["clusters"] = [row for row in tables["clusters"] if row["id"] not in joined]
        tables["clusters"] += [{"id": row.id, "cluster_id": "all variants"} for row in variants]
        assert judged(drawn, tables).wrong_merges == len(variants) * (len(variants) - 1) // 2


def test_a_ladder_may_join_neighbours_but_not_its_ends(drawn: Path, rows: list[Row]) -> None:
    steps = sorted((row for row in rows if row.ladder), key=lambda row: (row.ladder, -row.light))
    for taken, broken, wrong in (([0, 1, 2], 2, 0), ([0, cases.LADDER_STEPS - 1], 1, 1)):
        tables = perfect(rows, str(drawn))
        tables["clusters"] += [{"id": steps[n].id, "cluster_id": "ladder"} for n in taken]
        found = judged(drawn, tables)
        assert (found.ladders, found.ladders_broken, found.wrong_merges) == (2, broken, wrong)
        tables = perfect(rows, str(drawn))
        tables["duplicate_sets"] += [{"image": f"{drawn}/{steps[n].image}", "set_id": "ladder"} for n in taken]
        found = judged(drawn, tables)
        assert (found.ladders_broken, found.wrong_pictures) == (broken, wrong)


def test_missed_copies_are_counted_by_edit(drawn: Path, rows: list[Row]) -> None:
    tables = perfect(rows, str(drawn))
    lost = {f"{drawn}/{row.image}" for row in rows if row.case == "copies" and row.edit == "jpeg_30"}
    tables["duplicate_sets"] = [row for row in tables["duplicate_sets"] if row["image"] not in lost]
    alone = {row.id for row in rows if row.case == "genders"}
    tables["clusters"] = [row for row in tables["clusters"] if row["id"] not in alone]
    found = judged(drawn, tables)
    assert found.missed_copies >= 2 * len(lost)
    assert {edit: hits for edit, hits, _ in found.edits}["jpeg_30"] == 0
    assert found.missed_merges == len(alone) / 2
    assert found.trustworthy
    assert "jpeg_30" in found.missed[0]


def test_lost_rows_and_wrong_rejects_are_seen(drawn: Path, rows: list[Row]) -> None:
    tables = perfect(rows, str(drawn))
    lost = tables["deduplicated"].pop()
    bad, worse = tables["rejects"].pop(), tables["rejects"][0]
    worse["status"] = "timeout"
    card = next(row for row in rows if row.kind == "card")
    other = next(row for row in rows if row.picture == card.picture and row.id != card.id)
    product = next(row for row in rows if row.case == "singles" and row.kind == "product" and row.status == "ok")
    for gone, kept in ((card, other), (product, other)):
        taken = {"id": gone.id, "image": f"{drawn}/{gone.image}"}
        tables["deduplicated"].remove(taken)
        tables["removed"].append({**taken, "kept_id": kept.id, "kept_image": f"{drawn}/{kept.image}", "reason": "near"})
    found = judged(drawn, tables)
    assert not found.trustworthy
    assert found.rejects_right == found.rejects_expected - 2
    said = " | ".join(found.wrong_rows)
    for part in (
        f"lost or too many: {lost['id']}",
        f"not rejected as {bad['status']}: {bad['id']}",
        "rejected, timeout",
    ):
        assert part in said
    assert f"a card removed for another offer: {card.id}" in said
    assert f"removed for something else: {product.image}" in said


def test_an_output_is_judged_where_it_lies(drawn: Path, rows: list[Row], tmp_path: Path) -> None:
    chosen, tables, entries = settings.load(), perfect(rows, "s3://elsewhere/demo"), {}
    for name, table in tables.items():
        written = storage.write_arrow(pa.Table.from_pylist(table), f"{tmp_path}/runs/1/{name}", chosen)
        facts = {"rows": written.rows, "files": written.files, "bytes": written.bytes}
        entries[name] = {"path": f"runs/1/{name}", **facts}
    manifest = {"run_id": "1", "state": "published", "tables": entries, "image_root": "s3://elsewhere/demo"}
    with pytest.raises(BadInput, match="no run is published"):
        demo.judge_output(drawn, str(tmp_path))
    for path, content in (("runs/1/run.json", manifest), ("CURRENT", {"run_id": "1"})):
        documents.replace(f"{tmp_path}/{path}", content, chosen.s3, expected=None)
    assert str(demo.judge_output(drawn, str(tmp_path), chosen)) == judged(drawn, perfect(rows, str(drawn))).text


def test_judgement_refuses_what_is_not_its_own(drawn: Path, rows: list[Row], tmp_path: Path) -> None:
    tables = perfect(rows, str(drawn))
    with pytest.raises(BadInput, match="no demo folder"):
        judged(tmp_path, tables)
    with pytest.raises(BadInput, match="another catalogue"):
        judged(drawn, {**tables, "deduplicated": [{"id": "ZZ-1", "image": "1.jpg"}]})
    with pytest.raises(BadInput, match="needs the table 'clusters'"):
        demo.judge(drawn, {})


def test_copies_are_what_they_say() -> None:
    picture = Image.effect_noise((120, 90), 60).convert("RGB")
    sizes = {edit: Image.open(io.BytesIO(make(picture))).size for edit, (_, make) in COPIES.items()}
    assert (sizes["half"], sizes["third"], sizes["double"]) == ((60, 45), (40, 30), (240, 180))
    assert (sizes["squash_10"], sizes["squash_25"], sizes["exif_left"]) == ((120, 81), (90, 90), (90, 120))
    upright = decode.decode(COPIES["exif_right"][1](picture), MAX_PIXELS).picture
    assert np.abs(np.asarray(upright).astype(int) - np.asarray(picture)).mean() < 4
