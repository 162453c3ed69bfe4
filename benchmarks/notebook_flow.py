"""The notebook's steps on a folder of pictures: hash in two processes, MD5, group by hash, components, labels.

Written afresh from what is known of them, as the measure of what people do without this project: pictures are one when
their hashes are equal, and nothing is vetoed.

    python -m benchmarks.notebook_flow FOLDER
"""

import hashlib
import sys
from multiprocessing import Pool
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
from PIL import Image
from scipy.fftpack import dct

PROCESSES = 2
SIDE, LOW = 60, 10


def phash(path: Path) -> str:
    """The colour pHash of one picture, as 25 hex digits for each of R, G, B."""
    pixels = np.asarray(Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    channels = []
    for channel in range(pixels.shape[2]):
        low = dct(dct(pixels[..., channel], axis=0), axis=1)[:LOW, :LOW]
        bits = "".join("1" if bit else "0" for bit in (low > np.median(low)).ravel())
        channels.append(f"{int(bits, 2):025x}")
    return "-".join(channels)


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def flow(folder: Path) -> pd.DataFrame:
    """One row per picture: `image`, `phash`, `md5`, `label`, the same for pictures that the notebook takes for one."""
    paths = sorted(folder.rglob("*.jpg"))
    with Pool(PROCESSES) as pool:
        table = pd.DataFrame(
            {"image": [str(path) for path in paths], "phash": pool.map(phash, paths), "md5": pool.map(md5, paths)}
        )
    graph = nx.Graph()
    graph.add_nodes_from(table["image"])
    for key in ("phash", "md5"):
        for _, images in table.groupby(key)["image"]:
            nx.add_path(graph, images)
    labels = {image: label for label, images in enumerate(nx.connected_components(graph)) for image in images}
    return table.assign(label=table["image"].map(labels))


if __name__ == "__main__":
    found = flow(Path(sys.argv[1]))
    print(f"{len(found):,} pictures, {found['label'].nunique():,} labels")
