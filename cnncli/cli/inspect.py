"""`cnncli inspect`: the network as a table, or as data."""

from __future__ import annotations

import gc
from enum import StrEnum
from typing import Annotated

import typer

from cnncli.cli import options
from cnncli.cli.console import show_diagnostics, stdout, write
from cnncli.errors import SpecError
from cnncli.graph import Architecture
from cnncli.report import inspection
from cnncli.rules.judge import judge
from cnncli.spec.source import Source, find


class Format(StrEnum):
    """How an inspection is written."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def inspect(
    architecture: options.Architecture,
    settings: options.Settings = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="How to print it.")] = Format.table,
) -> None:
    """Print the network layer by layer: shapes, parameters, MACs, and the totals."""
    gc.disable()  # a long chain makes a million records that all live to the end: looking for garbage finds none
    values = options.read_settings(settings)
    try:
        source = find(architecture)
        spec = judge(source, options.policy_for(architecture, source), values)
    except SpecError as error:
        # Bytes that are no text: who asked for JSON gets the findings as JSON all the same.
        if format is not Format.json:
            raise
        spec = Architecture(Source(architecture, ""), diagnostics=list(error.diagnostics))
    if format is Format.json:
        write(inspection.as_json(spec))
    elif spec.graph.nodes:
        _print(spec, format)
    show_diagnostics(spec.diagnostics)
    if spec.has_errors:
        raise typer.Exit(1)


def _print(spec: Architecture, format: Format) -> None:
    if format is Format.csv:
        write(inspection.as_csv(spec.graph))
    elif format is Format.markdown:
        write(inspection.as_markdown(spec))
    else:
        from cnncli.report.table import inspection_table

        stdout().print(inspection_table(spec, stdout().width))
