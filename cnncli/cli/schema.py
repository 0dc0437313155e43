"""`cnncli schema`: the format as a JSON Schema, for editors and other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnncli.cli.console import said, write


def schema(
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="PATH", help="Write it to this file; `-` is stdout.")
    ] = None,
) -> None:
    """Print the format of specs as a JSON Schema, draft 7: editors complete and check specs with it."""
    from cnncli.report.schema import modeline, schema_text
    from cnncli.training.files import write_whole

    text = schema_text()
    if output is None or output == "-":
        write(text.removesuffix("\n"))
        return
    path = Path(output)
    write_whole(path, text.encode())
    said(f"wrote {path}", f"begin the specs beside it with `{modeline(path.name)}`")
