"""A demo is a drawn catalogue that holds every case that matters, and that knows the truth about itself.

`build(folder)` draws it; `judge(folder, tables)` says what a run over it got right and wrong;
`judge_output(folder, output)` reads these tables from where the run published them.
"""

from typing import TYPE_CHECKING, Any

from dedup_spark.demo.folder import CATALOGUE, SEED, build
from dedup_spark.demo.judgement import Judgement, judge

if TYPE_CHECKING:
    from dedup_spark.demo.outputs import judge_output

__all__ = ["CATALOGUE", "SEED", "Judgement", "build", "judge", "judge_output"]


def __getattr__(name: str) -> Any:
    if name != "judge_output":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dedup_spark.demo.outputs import judge_output  # late: it needs pyspark, drawing does not

    return judge_output
