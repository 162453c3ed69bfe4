"""A progress line says how much of a long stage is done, how fast it goes and how long it will take.

>>> describe(0.25, 4000, 10.0, "images")
'1,000 of 4,000 images, 100 a second, 30 s left'
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from dedup_spark import session

EVERY = 5.0
"""Seconds between two lines."""


@contextmanager
def line(spark: SparkSession, count: int, things: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Tells every few seconds how far the jobs inside are, of `count` things; on Spark Connect it keeps still."""
    done = threading.Event()

    def telling() -> None:
        began = time.monotonic()
        while not done.wait(EVERY):
            tasks = session.progress(spark)
            if tasks and tasks[0]:
                tell(describe(tasks[0] / tasks[1], count, time.monotonic() - began, things))

    teller = threading.Thread(target=telling, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def describe(share: float, count: int, seconds: float, things: str) -> str:
    """The line for this share of `count` things done after so many seconds."""
    rate = share * count / seconds
    left = _duration((1 - share) * count / rate)
    return f"{round(share * count):,} of {count:,} {things}, {rate:,.0f} a second, {left} left"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
