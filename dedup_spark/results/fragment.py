"""A fragment is a piece of HTML that a notebook shows: whole in itself, with the cards and the words of the report.

No script, no link and no request: pictures are data, styles hold inside of the fragment only, and colours are those of
the notebook, light or dark. All that a catalogue says is escaped.
"""

import base64
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import jinja2

from dedup_spark.report import pages
from dedup_spark.report.discretion import short
from dedup_spark.report.values import Picture


def rendered(template: str, thumbnails: Mapping[str, bytes], **of: Any) -> str:
    """The fragment of a template, told `of` what. thumbnails: content → WebP; other pictures are left blank."""
    told = {"source": partial(_source, thumbnails), "compared": False, "judged": False}
    return _environment().get_template(template).render(told | of)


def quoted(text: str) -> str:
    r"""A text of the catalogue in a line of a terminal, which nothing in it can break, turn round or colour.

    >>> print(quoted("b1"), quoted("\u202eb\n\x1b[31m"))
    'b1' '\u202eb\n\x1b[31m'
    """
    return repr(short(text))


@cache
def _environment() -> jinja2.Environment:
    return pages.environment("dedup_spark.results", "dedup_spark.report")


def _source(thumbnails: Mapping[str, bytes], picture: Picture | None) -> str:
    if picture is None or picture.content not in thumbnails:
        return ""
    return f"data:image/webp;base64,{base64.b64encode(thumbnails[picture.content]).decode()}"
