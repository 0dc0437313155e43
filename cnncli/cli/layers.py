"""`cnncli layers`: the layer kinds there are, and all about one of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncli.cli import complete
from cnncli.cli.console import stdout, write


class Format(StrEnum):
    """How kinds are shown."""

    text = "text"
    json = "json"
    markdown = "markdown"


def layers(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND", autocompletion=complete.kinds, help="One kind, such as conv; all in a list if left out."
        ),
    ] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print it.")] = Format.text,
) -> None:
    """List the layer kinds; or show what one does: its fields, formulas, and a worked example."""
    from cnncli.report import kinds

    if kind is None:
        _list(format)
        return
    page = kinds.page(kind)
    if format is Format.json:
        write(kinds.page_as_json(page))
    elif format is Format.markdown:
        from cnncli.report.kinds_markdown import page_markdown

        write(page_markdown(page))
    else:
        from cnncli.report.kinds_text import page_text

        stdout().print(page_text(page))


def _list(format: Format) -> None:
    from cnncli.report import kinds

    if format is Format.json:
        write(kinds.entries_as_json())
    elif format is Format.markdown:
        from cnncli.report.kinds_markdown import list_markdown

        write(list_markdown(kinds.entries()))
    else:
        from cnncli.report.kinds_text import list_table

        stdout().print(list_table(kinds.entries()))
