"""`cnncli list`: the bundled architectures."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cnncli.cli.console import stdout, write


class Format(StrEnum):
    """How the list is written."""

    table = "table"
    json = "json"
    markdown = "markdown"


def list_architectures(
    format: Annotated[
        Format, typer.Option("--format", "-f", help="How to print it. A narrow table leaves columns out, json none.")
    ] = Format.table,
) -> None:
    """List the bundled architectures, whose names stand for their files in every command."""
    from cnncli.report import bundled

    architectures = bundled.bundled()
    if format is Format.json:
        write(bundled.as_json(architectures))
    elif format is Format.markdown:
        write(bundled.as_markdown(architectures))
    else:
        from cnncli.report.bundled_table import bundled_table

        stdout().print(bundled_table(architectures, stdout().width))
