"""De-duplicate catalogues of offers by their pictures on Spark, with nothing merged that a person would keep apart.

What stands here is loaded when it is first asked for: nothing of it needs Spark before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedup_spark.api import find_pairs, hash_image
    from dedup_spark.comparison import compare_images
    from dedup_spark.output.runs import read
    from dedup_spark.results.result import result, run

__all__ = ["__version__", "compare_images", "find_pairs", "hash_image", "read", "result", "run"]

__version__ = "0.1.0"

_HOMES = {
    "compare_images": "dedup_spark.comparison",
    "find_pairs": "dedup_spark.api",
    "hash_image": "dedup_spark.api",
    "read": "dedup_spark.output.runs",
    "result": "dedup_spark.results.result",
    "run": "dedup_spark.results.result",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
