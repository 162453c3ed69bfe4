"""The quality table counts what lies with its original, and of what should not whether one sees the difference."""

from pathlib import Path

import pandas as pd
from PIL import Image

from benchmarks import quality
from benchmarks.edited_catalogue import ORIGINAL


def test_an_edit_is_judged_by_its_set_and_by_its_cluster(tmp_path: Path) -> None:
    listed = [
        (ORIGINAL, 1, "c", "red"),
        ("jpeg_50", 1, "c", "red"),
        ("jpeg_30", 2, "c", "red"),
        ("hue_60", 1, "d", "blue"),
        ("mirrored", None, "c", "red"),
        ("grey", None, None, "grey"),
    ]
    files = pd.DataFrame(listed, columns=["edit", "set_id", "cluster_id", "image"]).assign(source="shirt")
    for edit, _, _, colour in listed:
        Image.new("RGB", (8, 8), colour).save(tmp_path / f"{edit}.png")
    files["image"] = [str(tmp_path / f"{edit}.png") for edit in files["edit"]]
    found = quality.judged(files).set_index("edit")
    assert found["one_set"].to_dict() == {
        "jpeg_50": True, "jpeg_30": False, "hue_60": True, "mirrored": False, "grey": False,
    }  # fmt: skip
    assert found.index[found["one_cluster"]].tolist() == ["jpeg_50", "jpeg_30", "mirrored"]
    assert found.index[found["visible"]].tolist() == ["hue_60"]
