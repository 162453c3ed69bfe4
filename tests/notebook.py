"""The notebook of docs/ is two nights of one catalogue; here its cells are run as they stand there."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "second_day.ipynb"


@dataclass(frozen=True)
class Nights:
    """What the notebook leaves: the folder of its catalogues, and where both of its runs are."""

    folder: Path
    output: str

    @property
    def first(self) -> Path:
        return self.folder / "first.parquet"

    @property
    def second(self) -> Path:
        """The catalogue of the second night: it has half as many rows more."""
        return self.folder / "second.parquet"


def run(drawn: Path, place: Path) -> Nights:
    """Both nights, on a copy of the demo."""
    nights, known = Nights(place / "catalogue", f"{place}/days"), dict[str, Any]()
    shutil.copytree(drawn, nights.folder)
    for cell in cells("code"):
        code = "".join(cell["source"]).replace("demo/catalogue", str(nights.folder)).replace("demo/days", nights.output)
        exec(compile(code, f"{NOTEBOOK.name}: {cell['id']}", "exec"), known)
    return nights


def cells(kind: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == kind]
