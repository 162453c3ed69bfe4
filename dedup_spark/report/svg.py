"""A drawing is inline SVG made of plain numbers: how it looks says the style sheet, by classes; no script, no style."""

from collections.abc import Sequence

from markupsafe import Markup, escape

Drawing = Markup


def tag(name: str, *inside: str | Markup, **attributes: str | float) -> Markup:
    """One element. An underscore at the end of a name is dropped, others are hyphens; all is escaped.

    >>> tag("text", "<3", x=1.0, class_="label", text_anchor="end")
    Markup('<text x="1" class="label" text-anchor="end">&lt;3</text>')
    """
    named = ((key.rstrip("_").replace("_", "-"), _short(value)) for key, value in attributes.items())
    said = "".join(f' {key}="{escape(value)}"' for key, value in named)
    return Markup(f"<{name}{said}>{joined(inside)}</{name}>")


def drawing(width: float, height: float, label: str, parts: Sequence[Markup], class_: str = "figure") -> Drawing:
    """A whole drawing. label: what it shows, for who does not see it."""
    box = f"0 0 {_short(width)} {_short(height)}"
    title = tag("title", label)
    return tag("svg", title, *parts, viewBox=box, class_=class_, role="img", aria_label=label)


def joined(parts: Sequence[str | Markup]) -> Markup:
    """The parts one after the other, each escaped unless it is an element."""
    return Markup("").join(parts)


def _short(value: str | float) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else value
