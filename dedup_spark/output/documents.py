"""A document is a small JSON file of an output, replaced as a whole and only by who knows its last version.

`run.json`, `status.json`, `CURRENT`, `LEASE` and the index of runs are documents. No secret enters one: the user part
of a URL and the value of a key that sounds like a secret are blotted out on the way in.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from dedup_spark.errors import StorageFailed
from dedup_spark.io import objects
from dedup_spark.settings import S3

USER_OF_URL = re.compile(r"(://)[^/@\s]+@")
TOKEN_OF_URL = re.compile(r"(;(?:token|password|secret)=)[^;\s]+", re.IGNORECASE)  # of Spark Connect
SECRET_KEY = re.compile(r"secret|password|token|(access|account)[._]?key", re.IGNORECASE)  # what Spark itself redacts
BLOT = "***"


@dataclass(frozen=True)
class Document:
    """What a document said when it was read, and the version to replace it by."""

    content: dict[str, Any]
    version: str


def read(path: str, s3: S3) -> Document | None:
    """The document at the path, None where there is none; `StorageFailed` where something else lies there."""
    found = objects.read(path, s3)
    if found is None:
        return None
    try:
        content = json.loads(found.data)
    except ValueError as error:
        raise StorageFailed(f"{path}: must be JSON, but is not: {error}") from error
    if not isinstance(content, dict):
        raise StorageFailed(f"{path}: must be a JSON object, but is a {type(content).__name__}")
    return Document(content, found.version)


def replace(path: str, content: dict[str, Any], s3: S3, expected: str | None) -> str:
    """Puts the content in place of the version expected (None: of nothing), and gives its version.

    Raises `objects.Conflict` when something else lies there. The content should be one that nobody else would write.
    """
    return objects.write(path, encoded(content), s3, expected=expected)


def encoded(content: dict[str, Any]) -> bytes:
    r"""The bytes of a document.

    >>> encoded({"endpoint": "https://me:pass@minio:9000", "spark.hadoop.fs.s3a.secret.key": "pass"})
    b'{\n "endpoint": "https://***@minio:9000",\n "spark.hadoop.fs.s3a.secret.key": "***"\n}\n'
    """
    return (json.dumps(redacted(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def redacted(value: Any) -> Any:
    """The value without the secrets it may hold, keys as texts, tuples as lists: as JSON gives it back.

    >>> redacted({"passwords": ("a",), "note": "see s3://key:secret@bucket/x", "remote": "sc://host/;token=abc;a=b"})
    {'passwords': '***', 'note': 'see s3://***@bucket/x', 'remote': 'sc://host/;token=***;a=b'}
    """
    if isinstance(value, dict):
        return {str(key): BLOT if SECRET_KEY.search(str(key)) else redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(inner) for inner in value]
    if not isinstance(value, str):
        return value
    return TOKEN_OF_URL.sub(rf"\1{BLOT}", USER_OF_URL.sub(rf"\1{BLOT}@", value))
