"""A pace is when the next request may go out: a store that asks one of them to slow down is left alone by all."""

import asyncio
import time

from dedup_spark.io import failures


class Pace:
    """One for all requests of a task, in one event loop.

    >>> pace = Pace()
    >>> pace.slow_down(attempt=1)
    >>> began = time.monotonic()
    >>> asyncio.run(pace.wait("1.jpg"))
    >>> time.monotonic() - began >= failures.FIRST_PAUSE_SECONDS
    True
    """

    def __init__(self) -> None:
        self._until = 0.0

    def slow_down(self, attempt: int) -> None:
        """The store has refused an attempt of so many: nobody asks it before the longest pause after it is over."""
        self._until = max(self._until, time.monotonic() + failures.longest_pause(attempt))

    async def wait(self, name: str) -> None:
        """Waits for that, and a little more, so that not all ask at once. name: what is asked for."""
        while (left := self._until - time.monotonic()) > 0:
            await asyncio.sleep(left + failures.pause(1, name))
