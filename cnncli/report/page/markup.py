"""HTML and SVG as text in which nothing from a file is ever read as markup: what is not `Markup` is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

from cnncli.report.words import printable

MOST = 200
"""Characters of a text from a file."""
_VOID = ("meta", "img", "br")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | float | None) -> Markup:
    """`tag("td", "a < b", class_="name")`; what is None is left out. `_` stands for `-`, a last one for nothing."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{said}>" if name in _VOID else f"<{name}{said}>{joined(children)}</{name}>")


def joined(children: Iterable[str | None]) -> Markup:
    """One after another, each escaped unless it is markup."""
    return Markup("".join(_escaped(child) for child in children if child is not None))


def cut(text: str, most: int = MOST) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def lines(text: str, most: int) -> Markup:
    """Text for a `<pre>`, whose lines stay lines; of more than `most` characters the first."""
    return Markup("\n".join(_escaped(line) for line in cut(text, most).splitlines()))


def number(value: float) -> str:
    """For an attribute: `12`, `0.25`."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    return text if isinstance(text, Markup) else html.escape(printable(text))
