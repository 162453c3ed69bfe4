"""A room is the bytes that one task may hold at once: an image is let in while there is space, or when it is its turn.

Whose turn it is gets in however large it is: the caller waits for it, and what was read ahead is held until it has
come. So a task holds the limit and one image more, and never waits for itself.
"""

import asyncio
import threading


class Room:
    """Images have numbers in the order in which the caller takes them; `claim` and `take` may be called in any thread.

    >>> room = Room(limit=100)
    >>> room.claim(1, 80), room.claim(2, 80), room.claim(0, 500)
    (True, False, True)
    """

    def __init__(self, limit: int) -> None:
        self._free, self._turn = limit, 0
        self._held: dict[int, int] = {}
        self._waiting: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Event]] = {}
        self._lock = threading.Lock()

    def claim(self, number: int, size: int) -> bool:
        """Lets the image in if there is room for so many bytes; what it held before no longer counts."""
        with self._lock:
            self._let_go(number)
            if number != self._turn and size > self._free:
                return False
            self._free -= size
            self._held[number] = size
            return True

    async def enter(self, number: int, size: int) -> None:
        """Waits until the image is let in."""
        changed = asyncio.Event()
        with self._lock:
            self._waiting[number] = (asyncio.get_running_loop(), changed)
        try:
            while not self.claim(number, size):
                await changed.wait()
                changed.clear()
        finally:
            with self._lock:
                del self._waiting[number]

    def drop(self, number: int) -> None:
        """The image holds nothing any more: its attempt has failed."""
        with self._lock:
            self._let_go(number)
            self._wake()

    def take(self, number: int) -> None:
        """The caller has taken the image, and waits for the next one."""
        with self._lock:
            self._turn = number + 1
            self._let_go(number)
            self._wake()

    def _let_go(self, number: int) -> None:
        self._free += self._held.pop(number, 0)

    def _wake(self) -> None:
        for loop, changed in self._waiting.values():
            loop.call_soon_threadsafe(changed.set)
