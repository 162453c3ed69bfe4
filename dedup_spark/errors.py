"""An error is something a user can act on: it names the thing, the value and what would have been right.

Each class has the exit code that the command line ends with.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a fault in the program |
| 2 | bad arguments, settings or catalogue |
| 3 | the data failed a gate: too many rejects or wrong merges expected, a large cluster, over budget, a missed pair |
| 4 | storage or credentials |
| 5 | another run holds the output or won the pointer |
| 130 | interrupted (Ctrl-C), as the shell says it |
"""

from typing import Any

INTERRUPTED = 130
"""What a command ends with that was interrupted."""


class DedupError(Exception):
    """Any error this project raises on purpose."""

    exit_code = 1


class Fault(DedupError):
    """An invariant of the program does not hold: rows are missing, an edge joins two components."""

    exit_code = 1


class BadInput(DedupError):
    """An argument, a setting or the catalogue is not what it must be."""

    exit_code = 2


class GateFailed(DedupError):
    """The data may not go further: too many rejects, too many wrong merges to be expected, too large a cluster."""

    exit_code = 3


class StorageFailed(DedupError):
    """A bucket, folder or credential does not serve."""

    exit_code = 4


class RunRefused(DedupError):
    """Another run holds the output, took it over, or published first."""

    exit_code = 5


IMAGE_STATUSES = {
    "ok": "usable",
    "no_image": "the path is null, blank or an empty array",
    "malformed_path": "the path is no location: a control character, '..' out of the root, a scheme without a bucket",
    "not_allowed": "the path lies outside [fingerprints] allowed: never fetched",
    "not_mirrored": "an http(s) address: not fetched, mirror it first",
    "not_found": "no object or file at the path",
    "access_denied": "the store or the file system refuses to read it",
    "timeout": "not read within the deadline and the attempts",
    "unreadable": "the store answered something else than the object: wrong length, wrong checksum, an error",
    "too_many_bytes": "larger than [fingerprints] max_bytes",
    "empty": "no bytes",
    "not_image": "bytes of something else; the detail says what they look like",
    "unsupported_format": "an image of a format that is not decoded; the detail names it",
    "too_many_pixels": "the header announces more than [fingerprints] max_pixels",
    "truncated": "an image that ends too early; never rescued",
    "corrupt": "an image whose decoder fails",
}
"""Why an image is or is not usable: every image has exactly one of these statuses."""

OF_BYTES = (
    "ok",
    "too_many_bytes",
    "empty",
    "not_image",
    "unsupported_format",
    "too_many_pixels",
    "truncated",
    "corrupt",
)
"""The statuses that depend on the bytes alone: final while these are the same. All others may pass."""


class BadImage(DedupError):
    """An image that cannot be used: a row with a status, never a crash. facts: columns of the row known all the same.

    >>> BadImage("empty", "0 bytes").status, BadImage("too_many_bytes", "9 bytes, at most 1", bytes=9).facts
    ('empty', {'bytes': 9})
    """

    def __init__(self, status: str, detail: str, **facts: Any) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        return BadImage, (self.status, self.detail), {"facts": self.facts}
