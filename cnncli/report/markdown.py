"""Prose and tables as GitHub's Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnncli.report.words import printable

_CODE = re.compile(r"(`[^`]*`)")


def prose(text: str) -> str:
    """Text with `code` in it, of which nothing else is read as Markdown."""
    parts = _CODE.split(printable(text))
    return "".join(part if number % 2 else _escaped(part) for number, part in enumerate(parts))


def table(headings: tuple[str, ...], right: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """The lines of a table whose cells are Markdown; the columns named in `right` are flush right."""
    rule = "|".join("--:" if heading in right else ":--" for heading in headings)
    body = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    first, *others = (f"| {' | '.join(cells)} |" for cells in (headings, *body))
    return [first, f"|{rule}|", *others]


def _escaped(text: str) -> str:
    """`_` inside a word and brackets that no `(` follows mean nothing to Markdown."""
    return re.sub(r"([\\*<]|\](?=\()|(?<!\w)_|_(?!\w))", r"\\\1", text)
