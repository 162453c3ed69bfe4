"""A client is what this process talks to one bucket with: made lazily, never pickled, never used after a fork.

This is the only module that makes clients of object stores. Ours is obstore, a tenth of the CPU of s3fs; its own
retries and deadlines are switched off, because those of the settings rule.
"""

import importlib
import ipaddress
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from obstore import exceptions
from obstore.store import S3Store

from dedup_spark.errors import BadInput, Fault, StorageFailed
from dedup_spark.io.failures import Failure
from dedup_spark.settings import S3

CONNECT_SECONDS = 5.0  # to open a connection; also how long a machine without an instance role waits for one
REQUEST_SECONDS = 3600.0  # a whole request: large objects take long, silence is what `silence` ends
CREDENTIAL_SECONDS = 900.0  # after which the credentials of a profile are asked for again
DEFAULT_REGION = "us-east-1"

_maker: int | None = None  # the process that made the first client


def store(bucket: str, s3: S3, silence: float, head: str = "") -> S3Store:
    """The client of a bucket: the same one for the same settings, environment and process.

    An attempt ends after `silence` seconds without a byte. `head` is what `split` gives for the key. Raises `BadInput`
    for an endpoint that is none, and `Fault` in a process forked from one that has clients: obstore's threads do not
    survive a fork, and it would wait for them for ever.
    """
    global _maker
    if _maker not in (None, os.getpid()):
        raise Fault("this process was forked from one that had talked to S3: start processes by spawn instead")
    _maker = os.getpid()
    environment = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))
    return _store(bucket, s3, silence, head, environment)


def split(key: str) -> tuple[str, str]:
    """A key as (head, path) of which head + "/" + path names it in a URL of the bucket.

    obstore drops a slash at either end of a path and refuses two in a row, but all are letters of a key like any other.
    So they go into the head, which becomes a part of the client's endpoint; the head of a usual key is empty.

    >>> split("tops/1.jpg"), split("/1.jpg"), split("tops//1.jpg"), split("tops/")
    (('', 'tops/1.jpg'), ('/', '1.jpg'), ('/tops/', '1.jpg'), ('/tops', ''))
    """
    if key.endswith("/"):
        return "/" + key[:-1], ""
    head, slashes, path = key.rpartition("//")
    if slashes:
        return f"/{head}/", path
    return ("/", key[1:]) if key.startswith("/") else ("", key)


def refused(what: str, fault: Failure, bucket: str, s3: S3) -> StorageFailed:
    """The error that ends a run: what was tried, why it failed, with which credentials and endpoint, and what to do."""
    parts = urlsplit(endpoint(s3))
    where = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "AWS"
    words = {"no_bucket": f"the bucket {bucket} does not exist ({fault.words})"}.get(fault.kind, fault.words)
    credentials = fault.kind in ("credentials", "access_denied")
    source = f" with {credential_source(s3)}" if credentials else ""
    return StorageFailed(f"{what}: {words}{source}, at {where}" + (_hint(s3) if credentials else ""))


def credential_source(s3: S3) -> str:
    """Where the credentials come from, never what they are.

    >>> credential_source(S3(credentials="profile", profile="shop"))
    'the profile shop of ~/.aws'
    """
    if s3.credentials == "anonymous":
        return "no credentials ([s3] credentials = anonymous)"
    if s3.credentials == "profile":
        return f"the profile {s3.profile or os.environ.get('AWS_PROFILE', 'default')} of ~/.aws"
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return "the credentials of AWS_ACCESS_KEY_ID"
    if "AWS_WEB_IDENTITY_TOKEN_FILE" in os.environ:
        return "the web identity of AWS_WEB_IDENTITY_TOKEN_FILE"
    if any(name.startswith("AWS_CONTAINER_CREDENTIALS_") for name in os.environ):
        return "the credentials of the container"
    return "the role of the instance"


def endpoint(s3: S3) -> str:
    """The URL of the store: the setting, else what the `AWS_*` variables say, else empty for AWS; raises `BadInput`."""
    named = s3.endpoint or os.environ.get("AWS_ENDPOINT_URL_S3", "") or os.environ.get("AWS_ENDPOINT_URL", "")
    parts = urlsplit(named)
    if named and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query):
        raise BadInput("s3.endpoint: must be a URL like https://s3.example.com, without user, password or query")
    return named.rstrip("/")


def region(s3: S3) -> str:
    """The region that requests are signed for."""
    named = s3.region or os.environ.get("AWS_REGION", "") or os.environ.get("AWS_DEFAULT_REGION", "")
    return named or DEFAULT_REGION


def botocore_session(s3: S3) -> Any:
    """botocore's session of the profile in the settings; raises `BadInput` where botocore is missing."""
    try:
        session = importlib.import_module("botocore.session")
    except ImportError:
        raise BadInput('s3.credentials = "profile" needs botocore: pip install "dedup-spark[s3fs]"') from None
    return session.Session(profile=s3.profile or None)


@lru_cache(maxsize=64)
def _store(bucket: str, s3: S3, silence: float, head: str, environment: tuple[tuple[str, str], ...]) -> S3Store:
    url = _url(bucket, s3) + quote(head)
    options: dict[str, Any] = {"credential_provider": _profile(s3)} if s3.credentials == "profile" else {}
    try:
        return S3Store(
            bucket,
            config={
                "aws_endpoint_url_s3": url,  # the plain `endpoint` would give way to the variable of this name
                "virtual_hosted_style_request": True,  # that is: the endpoint already names the bucket
                "region": region(s3),
                "conditional_put": "etag",
                "disable_bulk_delete": bool(head),  # keys in the body of a bulk request would lack the head
                **({"skip_signature": True} if s3.credentials == "anonymous" else {}),
            },
            client_options={
                "allow_http": url.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
                "read_timeout": timedelta(seconds=silence),
                "timeout": timedelta(seconds=REQUEST_SECONDS),
            },
            retry_config={"max_retries": 0},
            **options,
        )
    except exceptions.BaseError as error:
        half = "Missing" in str(error)  # one of a pair of keys
        words = "a part of the credentials is missing" if half else "a setting or an AWS_* variable is not understood"
        raise refused(f"cannot use s3://{bucket}", Failure("credentials", words), bucket, s3) from None


def _url(bucket: str, s3: S3) -> str:
    """The URL of a bucket; a name with dots fits no certificate as part of a host, and an address has no subdomains."""
    base = endpoint(s3) or f"https://s3.{region(s3)}.amazonaws.com" + (".cn" if region(s3).startswith("cn-") else "")
    scheme, _, host = base.partition("://")
    if s3.path_style or "." in bucket or _is_address(urlsplit(base).hostname or ""):
        return f"{base}/{bucket}"
    return f"{scheme}://{bucket}.{host}"


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost"


def _profile(s3: S3) -> Callable[[], dict[str, Any]]:
    """What obstore asks for the credentials of a profile, which it does not read itself (SSO included)."""
    try:
        credentials = botocore_session(s3).get_credentials()
    except BadInput:
        raise
    except Exception as error:  # botocore's errors have no common base
        raise StorageFailed(f"{credential_source(s3)} cannot be used: {type(error).__name__}") from None
    if credentials is None:
        raise StorageFailed(f"{credential_source(s3)} has no credentials")

    def provide() -> dict[str, Any]:
        now = credentials.get_frozen_credentials()
        until = datetime.now(UTC) + timedelta(seconds=CREDENTIAL_SECONDS)
        return {
            "access_key_id": now.access_key,
            "secret_access_key": now.secret_key,
            "token": now.token,
            "expires_at": until,
        }

    return provide


def _hint(s3: S3) -> str:
    forgotten = s3.credentials == "default" and "AWS_PROFILE" in os.environ and "AWS_ACCESS_KEY_ID" not in os.environ
    return '; AWS_PROFILE is obeyed with [s3] credentials = "profile" only' if forgotten else ""
