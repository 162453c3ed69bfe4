"""A progress line says how far a long stage is: of a fetch in images of its chunk, of any other in tasks of Spark.

On Spark Connect, which tells no tasks, it says the stage and its seconds.

>>> describe("fingerprints", 10.0, (5, 20), images=4000)
'fingerprints ... 10 s: 1,000 of 4,000 images of this chunk, 100 a second, 30 s left'
>>> describe("suspects", 75.0, (3, 8)), describe("suspects", 5.0, None)
('suspects ... 1 min 15 s: 3 of 8 tasks', 'suspects ... 5 s')
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from dedup_spark.spark import session

EVERY = 5.0
"""Seconds between two lines, and before the first: a short stage says nothing. No result depends on it."""


@contextmanager
def lines(spark: SparkSession, stage: str, tell: Callable[[str], None], images: int = 0) -> Iterator[None]:
    """Tells every few seconds how far the jobs inside are. `images`: how many the chunk has that is fetched, if one is.

    The tasks are those of the stages of Spark that run at that moment: what comes later is not known to it.
    """
    done = threading.Event()

    def telling() -> None:
        began = time.monotonic()
        while not done.wait(EVERY):
            tell(describe(stage, time.monotonic() - began, session.progress(spark), images))

    teller = threading.Thread(target=telling, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def describe(stage: str, seconds: float, tasks: tuple[int, int] | None, images: int = 0) -> str:
    """The line for a stage that has run for so many seconds; `tasks`: done, of how many."""
    line = f"{stage} ... {_duration(seconds)}"
    if tasks is None:
        return line
    if not images:
        return f"{line}: {tasks[0]:,} of {tasks[1]:,} tasks"
    fetched = images * tasks[0] / tasks[1]
    line = f"{line}: {round(fetched):,} of {images:,} images of this chunk"
    if not fetched:
        return line
    rate = fetched / seconds
    return f"{line}, {rate:,.0f} a second, {_duration((images - fetched) / rate)} left"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
