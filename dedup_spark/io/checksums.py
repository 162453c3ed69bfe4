"""A checksum is what a store says of an object's bytes: an ETag that is their MD5, until the bucket shows otherwise.

Objects encrypted with KMS or with a customer's key have ETags that look like an MD5 and are none; obstore shows neither
the headers that tell of encryption nor `x-amz-checksum-*`. So the bucket itself is asked: what its objects have shown.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from functools import lru_cache

from dedup_spark.settings import S3

DOUBTS = 3
"""So many objects of a bucket may differ from their ETag, however often read, before its ETags count as no MD5."""

TRUST = 10
"""An ETag that differs speaks against the bytes while more than so many times as many others have agreed."""

_MD5 = re.compile("[0-9a-f]{32}")

log = logging.getLogger(__name__)


@dataclass
class Shown:
    """How many objects of a bucket agree with their ETag and how many differ, in this process so far."""

    agree: int = 0
    differ: int = 0

    @property
    def is_off(self) -> bool:
        """Whether its ETags are no MD5: nothing is compared any more."""
        return self.differ >= DOUBTS

    @property
    def is_trusted(self) -> bool:
        """Whether an ETag that differs speaks against the bytes."""
        return not self.is_off and self.agree > TRUST * self.differ


@lru_cache(maxsize=1024)
def shown(bucket: str, s3: S3) -> Shown:
    """What the objects of this bucket have shown."""
    return Shown()


def plain(etag: str | None) -> str:
    """An ETag as it is compared, whichever way it was asked for; empty for none.

    >>> plain('"ec9a"'), plain('W/"ec9a"'), plain(None)
    ('ec9a', 'ec9a', '')
    """
    return (etag or "").removeprefix("W/").strip('"')


def agrees(data: bytes, etag: str, bucket: Shown) -> bool:
    """Whether the bytes are what the plain ETag says, or it says nothing.

    >>> agrees(b"picture", "ec9a5d2b9f0cbe8a3b7bd9a9f6a3a0a1", Shown()), agrees(b"picture", "of-parts-2", Shown())
    (False, True)
    """
    if bucket.is_off or _MD5.fullmatch(etag) is None:
        return True
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != etag:
        return False
    bucket.agree += 1
    return True


def look_again(bucket: Shown, attempt: int) -> bool:
    """Whether an object that differs is worth another attempt: a bucket that has shown nothing yet gets one."""
    return bucket.is_trusted or (attempt == 0 and not bucket.is_off)


def condemns(bucket: Shown, name: str) -> bool:
    """Whether the object that differs in the last attempt is refused; it counts, and the last doubt ends the check."""
    trusted = bucket.is_trusted
    bucket.differ += 1
    if bucket.differ == DOUBTS:
        log.warning("s3://%s: ETags that look like an MD5 are none (encryption?): no longer compared", name)
    return trusted
