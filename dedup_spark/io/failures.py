"""A failure is what a store's answer means, in words that may be shown.

The text of obstore's errors holds URLs and XML, and in them access keys, tokens and signed addresses. So only a status,
a code and words of ours are taken from it; the rest is never shown, nor kept as the cause of another error.
"""

import random
import re
from dataclasses import dataclass

from obstore import exceptions

FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.2, 5.0  # between two attempts, at most; it doubles

_CREDENTIAL_CODES = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}
_REGION_CODES = {"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"}
_SLOW_CODES = {"RequestLimitExceeded", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException"}
_SLOW_STATUS = {429, 503}
_TRANSIENT_CODES = {"InternalError", "RequestTimeout"}
_TRANSIENT_STATUS = {408, 425, 500, 502, 504}
_NETWORK = (  # what the text of an error has, what kind it is, what we say
    ("dns error", "transient", "the host name is not known"),
    ("ConnectionRefused", "transient", "the connection is refused"),
    ("BareRedirect", "broken", "a redirect, as of a bucket in another region"),
    ("InvalidContentType", "broken", "the endpoint does not speak TLS"),
    ("certificate", "broken", "the certificate of the endpoint is not trusted"),
    ("kind: Timeout", "transient", "no answer in time"),
    ("response body error", "broke_off", "the answer broke off"),
    ("MissingContentLength", "broken", "an answer without a length"),
    ("error sending request", "transient", "the connection broke"),
)


@dataclass(frozen=True)
class Failure:
    """What went wrong, in words that may be shown.

    `kind` is one of `not_found`, `no_bucket`, `access_denied`, `credentials`, `conflict`, `broken`, and what may pass:
    `transient`, `slow_down` (the store is asked too often), `broke_off` (in the middle of an answer).
    """

    kind: str
    words: str

    @property
    def may_pass(self) -> bool:
        """Whether another attempt may end better."""
        return self.kind in ("transient", "slow_down", "broke_off")


def meaning(error: Exception) -> Failure:
    """What an error of obstore means.

    >>> meaning(FileNotFoundError("Object at location 1.jpg not found: ... <Code>NoSuchKey</Code> ..."))
    Failure(kind='not_found', words='404 NoSuchKey')
    """
    text = str(error)
    found = re.search(r"status code: ([0-9]{3})\b", text)
    status = int(found[1]) if found else 404 if isinstance(error, FileNotFoundError) else 0
    found = re.search(r"<Code>([A-Za-z]{1,64})</Code>", text)
    code = found[1] if found else ""
    words = f"{status} {code}".strip()
    if isinstance(error, exceptions.AlreadyExistsError | exceptions.PreconditionError):
        return Failure("conflict", words)
    if code in _CREDENTIAL_CODES or "/latest/api/token" in text or "AssumeRoleWithWebIdentity" in text:
        return Failure("credentials", words if code else "no credentials are found")
    if code in _REGION_CODES or (300 <= status < 400):
        region = re.search(r"<Region>([a-z0-9-]{1,32})</Region>", text)
        return Failure("broken", f"{words}: the bucket is in region {region[1] if region else 'unknown, not ours'}")
    if status == 404:
        return Failure("no_bucket" if code == "NoSuchBucket" else "not_found", words)
    if status in (401, 403):
        return Failure("access_denied", words)
    if status in _SLOW_STATUS or code in _SLOW_CODES:
        return Failure("slow_down", words)
    if status in _TRANSIENT_STATUS or code in _TRANSIENT_CODES:
        return Failure("transient", words)
    if status:
        return Failure("broken", words)
    heard = ((kind, words) for needle, kind, words in _NETWORK if needle in text)
    return Failure(*next(heard, ("broken", type(error).__name__)))


def pause(attempt: int, name: str) -> float:
    """Seconds to wait before this attempt (1 is the second) at what has this name: exponential, with full jitter.

    The jitter is a function of its arguments, and spreads the names:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    >>> 0 <= pause(1, "1.jpg") <= 0.2 and pause(9, "1.jpg") <= 5 and pause(1, "1.jpg") != pause(1, "2.jpg")
    True
    """
    return random.Random(f"{attempt} {name}").random() * longest_pause(attempt)


def longest_pause(attempt: int) -> float:
    """The longest `pause` before this attempt: for so long a store that asks for patience is left alone."""
    return min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1))
