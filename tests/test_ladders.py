"""A ladder is one photograph in ever less light or ever another hue: each step hardly shows, the ends are far apart.

The flow has every rung at once, as files: what connects step by step must not end in one set.
"""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import networkx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image
from pyspark.sql import SparkSession

from benchmarks import edits
from dedup_spark import pipeline, settings
from dedup_spark.hashing import bits
from dedup_spark.images import colour
from tests import pictures
from tests.catalogues import FEW_VIEWS
from tests.digests import rows

SHARED = Path(__file__).parents[2] / "shared" / "data"
PHOTOGRAPHS, STEPS = 12, 15
LIGHT, HUE, DARKER = 0.97, 4, (0.85, 0.7, 0.5)
SETTINGS = settings.load(overrides=[*FEW_VIEWS, "fingerprints.thumbnail=0"])
APART = 2 * SETTINGS.duplicate_pairs.max_colour_difference

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the photographs of ../shared/data")


@dataclass(frozen=True)
class Found:
    """What a run says of the files, by name."""

    signatures: dict[str, NDArray[np.uint8]]
    words: dict[str, NDArray[np.int64]]
    sets: dict[str, str]
    pairs: "networkx.Graph[str]"

    def differ(self, one: str, other: str) -> float:
        return float(colour.difference(self.signatures[one][None], self.signatures[other][None])[0])

    def distance(self, one: str, other: str) -> int:
        return int(bits.distance(self.words[one][None], self.words[other][None])[0])

    def connected(self, one: str, other: str) -> bool:
        """Whether duplicate pairs lead from one to the other."""
        return one in self.pairs and other in self.pairs and networkx.has_path(self.pairs, one, other)

    def together(self, one: str, other: str) -> bool:
        return one in self.sets and self.sets[one] == self.sets.get(other)


def rungs(path: Path, ladder: bool) -> Iterator[tuple[str, Image.Image]]:
    """The photograph at half its size, and what is made of it: two ladders, or three copies that are far darker."""
    photograph = pictures.resized(Image.open(path).convert("RGB"), 0.5)
    yield "original", photograph
    if not ladder:
        for light in DARKER:
            yield f"darker {light}", edits.lit(photograph, Random(0), factor=light)
        return
    for step in range(1, STEPS + 1):
        yield f"light {step}", edits.lit(photograph, Random(0), factor=LIGHT**step)
        yield f"hue {step}", edits.hue(photograph, Random(0), degrees=HUE * step)


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """One run over the ladders of a few photographs and the dark copies of as many others."""
    folder, output = tmp_path_factory.mktemp("ladders"), str(tmp_path_factory.mktemp("output"))
    photographs = sorted((SHARED / "clothing").rglob("*.jpg"))[:: 3068 // (2 * PHOTOGRAPHS)][: 2 * PHOTOGRAPHS]

    def write(number: int) -> None:
        for name, picture in rungs(photographs[number], ladder=number < PHOTOGRAPHS):
            (folder / f"{number} {name}").write_bytes(pictures.jpeg(picture))

    with ThreadPoolExecutor(2) as writers:
        list(writers.map(write, range(len(photographs))))
    names = [file.name for file in folder.iterdir()]
    pq.write_table(pa.table({"id": names, "image": names}), folder / "catalogue.parquet")
    pipeline.run(str(folder / "catalogue.parquet"), output, SETTINGS, spark=spark)
    prints = {Path(row["image"]).name: row for row in rows(output, "fingerprints")}
    return Found(
        {name: np.frombuffer(row["colour_signature"], np.uint8) for name, row in prints.items()},
        {name: np.array(row["views"][0]["words"]) for name, row in prints.items()},
        {Path(row["image"]).name: row["set_id"] for row in rows(output, "duplicate_sets")},
        networkx.Graph(
            (Path(row["left_image"]).name, Path(row["right_image"]).name)
            for row in rows(output, "duplicate_pairs")
            if row["verdict"] == "duplicate"
        ),
    )


def test_no_set_holds_two_pictures_that_differ_by_more_than_twice_the_limit(found: Found) -> None:
    members = defaultdict(list)
    for name, group in found.sets.items():
        members[group].append(name)
    assert max(len(names) for names in members.values()) > 3  # else this test proves little
    for names in members.values():
        signatures = np.stack([found.signatures[name] for name in names])
        for signature in signatures:
            assert colour.difference(signature[None], signatures).max() <= APART, names


@pytest.mark.parametrize("kind", ["light", "hue"])
def test_both_ends_of_a_ladder_are_apart_where_they_differ(found: Found, kind: str) -> None:
    far = connected = 0
    for number in range(PHOTOGRAPHS):
        first, last = f"{number} original", f"{number} {kind} {STEPS}"
        if found.differ(first, last) > APART:
            far += 1
            connected += found.connected(first, last)
            assert not found.together(first, last), number
    assert far >= PHOTOGRAPHS // 2
    assert connected >= PHOTOGRAPHS // 6  # plain components would have merged these


def test_no_darker_copy_of_equal_hash_is_merged(found: Found) -> None:
    equal = 0
    for number in range(PHOTOGRAPHS, 2 * PHOTOGRAPHS):
        for light in DARKER:
            original, darker = f"{number} original", f"{number} darker {light}"
            equal += found.distance(original, darker) == 0
            assert not found.together(original, darker), (number, light)
    assert equal >= PHOTOGRAPHS // 2, equal
