"""A lease is the right of one run to write to an output, held as long as the file LEASE in it keeps changing.

The holder rewrites LEASE every few seconds. Who finds a lease watches whether it changes, and looks at no clock but
its own: a lease that changes has a holder that lives; one that stands still for long is taken over by compare-and-swap,
and its old holder learns so at its next renewal. A holder that ends says so in LEASE, which is never deleted: deleting
cannot be done by compare-and-swap.
"""

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from dedup_spark.errors import DedupError, RunRefused
from dedup_spark.io.objects import Conflict
from dedup_spark.output import documents
from dedup_spark.output.documents import Document
from dedup_spark.settings import S3

MISSED_RENEWALS = 3  # a lease is watched for at least so many of its holder's renewals, whatever the watcher's settings
LOOKS = 5  # the watcher looks so many times a renewal: a living holder is named early

log = logging.getLogger(__name__)


class Lease:
    """A context manager: inside it this process alone may write to the output, until `check` says otherwise.

    holder: says in words who holds it, for the person who is refused.
    renew, watch: seconds between two renewals; seconds that a silent holder is watched.
    on_lost: called once from the renewing thread when another has taken over, to end a long Spark job.

    Entering raises `RunRefused` when a living holder is seen, `StorageFailed` when the output cannot be written to.
    A renewal that fails for any reason but a new holder is tried again at the next one: only a new holder ends a lease.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as output, Lease(output, S3(), "me", renew=0.1, watch=0.4):
    ...     with Lease(output, S3(), "you", renew=0.1, watch=0.4):
    ...         pass
    Traceback (most recent call last):
    dedup_spark.errors.RunRefused: ... is held by me (host ..., process ...): wait until it ends, ...
    """

    def __init__(
        self,
        output: str,
        s3: S3,
        holder: str,
        renew: float = 5.0,
        watch: float = 15.0,
        on_lost: Callable[[RunRefused], None] | None = None,
    ) -> None:
        self.output, self.s3, self.path = output, s3, f"{output}/LEASE"
        self.id = uuid.uuid4().hex
        self.run_id: str | None = None  # shown from the next renewal on
        self.lost: RunRefused | None = None
        self._holder, self._renew, self._watch, self._on_lost = holder, renew, watch, on_lost
        self._count, self._version = 0, ""
        self._turn, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._renewing, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._version = self._take()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        if self.lost is not None:
            return
        try:
            self._replace(released=True)
        except DedupError as failure:  # it runs out by itself: no reason to fail a run that is through
            log.warning("%s could not be released: %s", self.path, failure)

    def check(self) -> None:
        """Raises `RunRefused` when the last renewal found another holder; asks no storage."""
        if self.lost is not None:
            raise self.lost

    def renew(self) -> None:
        """Renews now. Raises `RunRefused` when another holds the output, `StorageFailed` when the storage fails."""
        with self._turn:
            self.check()
            try:
                self._replace()
            except Conflict:
                self._recover()

    def _renewing(self) -> None:
        while not self._ended.wait(self._renew):
            try:
                self.renew()
            except RunRefused as lost:
                if self._on_lost is not None:
                    self._on_lost(lost)
                return
            except Exception as failure:  # a hiccup of any kind may pass, a dead thread never
                log.warning("%s could not be renewed, next attempt in %s s: %s", self.path, self._renew, failure)

    def _recover(self) -> None:
        """Goes on when LEASE was changed by our own renewal whose answer got lost; else the lease is lost."""
        now = documents.read(self.path, self.s3)
        if now is not None and now.content.get("id") == self.id:
            self._version = now.version
            return
        self.lost = RunRefused(
            f"{self.output} was taken over by {_who(now)}: this run did not renew its lease in time, and stops"
        )
        raise self.lost

    def _replace(self, released: bool = False) -> None:
        self._version = documents.replace(self.path, self._content(released), self.s3, expected=self._version)

    def _take(self) -> str:
        seen = documents.read(self.path, self.s3)
        while True:
            if _held(seen):
                seen = self._watched(seen)
            try:
                return documents.replace(self.path, self._content(), self.s3, expected=seen.version if seen else None)
            except Conflict:
                seen = documents.read(self.path, self.s3)
                if _held(seen):  # taken this very moment
                    raise self._refused(seen) from None

    def _watched(self, seen: Document | None) -> Document | None:
        """What LEASE says after its holder has gone, in words or in silence; `RunRefused` when it lives."""
        watched = 0.0 if seen is None else max(self._watch, MISSED_RENEWALS * float(seen.content.get("renew", 0)))
        until = time.monotonic() + watched
        log.warning("%s is held by %s: watching for up to %.0f s whether it lives", self.output, _who(seen), watched)
        while time.monotonic() < until:
            time.sleep(min(self._renew, self._watch) / LOOKS)
            now = documents.read(self.path, self.s3)
            if now is None or seen is None or now.version != seen.version:
                if _held(now):
                    raise self._refused(now)
                return now
        return seen

    def _refused(self, now: Document | None) -> RunRefused:
        return RunRefused(f"{self.output} is held by {_who(now)}: wait until it ends, or write to another output")

    def _content(self, released: bool = False) -> dict[str, Any]:
        self._count += 1
        return {
            "id": self.id,
            "count": self._count,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),  # for people: nothing compares it
            "holder": self._holder,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "run_id": self.run_id,
            "renew": self._renew,
            "released": released,
        }


def _held(seen: Document | None) -> bool:
    return seen is not None and not seen.content.get("released")


def _who(seen: Document | None) -> str:
    """The holder in words."""
    if seen is None:
        return "nobody (its file LEASE is gone)"
    content = seen.content
    run = f", run {content['run_id']}" if content.get("run_id") else ""
    return f"{content.get('holder')} (host {content.get('host')}, process {content.get('pid')}{run})"
