"""A filesystem is fsspec's client of a store: for what obstore is not used for, by setting or for want of a test.

Slower than obstore (two requests an object, ten times the CPU), but it knows every store that somebody has written an
fsspec package for. Each such package is an extra of this project.
"""

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from dedup_spark.errors import BadImage, BadInput
from dedup_spark.io import checksums, clients
from dedup_spark.io.disk import Entry
from dedup_spark.io.locations import Location
from dedup_spark.settings import S3

EXTRAS = {"s3": "s3fs", "gs": "gcs", "abfs": "azure", "abfss": "azure", "az": "azure", "adl": "azure"}
"""Which extra of dedup-spark brings the package for a scheme."""


SAYS = ("ETag", "etag", "md5Hash")
CHANGED = ("mtime", "last_modified", "LastModified", "updated", "created")
"""What the packages call the version of an object, and the time of its last change where they have none."""


def read(
    location: Location, s3: S3, silence: float, max_bytes: int, enter: Callable[[int], None] | None
) -> tuple[bytes, int, str]:
    """The bytes of an object, how many there should be, and its ETag, empty where the store has none.

    enter: is told how many bytes are to be read, and may wait; None: none are read. botocore compares what it reads
    with `x-amz-checksum-*` where the answer has one. Raises `BadImage`, what the package raises, and `BadInput` when
    the package for the scheme is missing.
    """
    system = _filesystem(location.scheme, location.bucket, s3, silence, os.getpid())
    name = _name(system, location)
    facts = system.info(name)
    if facts.get("type") == "directory":
        raise BadImage("not_found", "a folder, not an object")
    size, etag = facts.get("size") or 0, _etag(facts)
    if size > max_bytes:
        raise BadImage("too_many_bytes", f"{size} bytes, at most {max_bytes}", bytes=size, etag=etag)
    if enter is None:
        return b"", 0, etag
    enter(size)
    return system.cat_file(name), size, etag


def folder(location: Location, s3: S3, silence: float) -> Iterator[Entry]:
    """The objects that lie directly in a folder; none where there is nothing. Raises as `read` does."""
    system = _filesystem(location.scheme, location.bucket, s3, silence, os.getpid())
    above = str(location).removesuffix("/")
    with suppress(FileNotFoundError):
        for facts in system.ls(system._strip_protocol(above), detail=True):
            if facts.get("type") != "directory":
                path = f"{above}/{facts['name'].rpartition('/')[2]}"
                yield Entry(path, facts.get("size") or 0, _etag(facts))


def _etag(facts: Mapping[str, Any]) -> str:
    said = next((str(facts[name]) for name in SAYS if facts.get(name)), "")
    changed = next((facts[name] for name in CHANGED if facts.get(name)), None)
    return checksums.plain(said) or (f"{facts.get('size')}-{changed}" if changed is not None else "")


def _name(system: Any, location: Location) -> str:
    """What the package calls the object; some drop a part of a key, and then it is another object's name."""
    name: str = system._strip_protocol(str(location))
    said = system.split_path(name)[1] if location.scheme == "s3" else name
    if said != location.key and (location.scheme == "s3" or not name.endswith("/" + location.key)):
        raise BadImage("malformed_path", f"{type(system).__name__} cannot name this key")
    return name


@lru_cache(maxsize=64)
def _filesystem(scheme: str, bucket: str, s3: S3, silence: float, process: int) -> Any:
    """One per bucket and process: fsspec's event loop does not survive a fork."""
    options = _s3_options(s3, silence) if scheme == "s3" else {}
    try:
        core = importlib.import_module("fsspec.core")
        place = f"{scheme}://{bucket}/"
        system = core.url_to_fs(place, use_listings_cache=False, skip_instance_cache=True, **options)[0]
    except ImportError:
        extra = EXTRAS.get(scheme)
        how = f'pip install "dedup-spark[{extra}]"' if extra else f"install the fsspec package for {scheme}://"
        raise BadInput(f"{scheme}://{bucket} cannot be read without another package: {how}") from None
    except ValueError:
        raise BadInput(
            f"{scheme}://{bucket}: no store has this scheme; s3:// and local folders need nothing else"
        ) from None
    if scheme == "s3":
        system.retries = 1  # attempts are counted by the settings
    return system


def _s3_options(s3: S3, silence: float) -> dict[str, Any]:
    return {
        "anon": s3.credentials == "anonymous",
        "profile": (s3.profile or None) if s3.credentials == "profile" else None,
        "endpoint_url": clients.endpoint(s3) or None,
        "client_kwargs": {"region_name": clients.region(s3)},
        "max_concurrency": 1,  # one GET an object
        "config_kwargs": {
            "connect_timeout": clients.CONNECT_SECONDS,
            "read_timeout": silence,
            "retries": {"total_max_attempts": 1},
            "s3": {"addressing_style": "path" if s3.path_style else "auto"},
        },
    }
