"""Layer kinds for a terminal: the list of all, and the page of one."""

from __future__ import annotations

from itertools import groupby

from rich import box
from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from cnncli.report.kinds import Entry, Field, Page, default_text
from cnncli.report.words import shape_text

_WIDEST = 120
"""Cells: longer lines of prose are hard to read."""


def list_table(entries: list[Entry]) -> Group:
    """A line for each kind under the name of its family; what a narrow terminal cannot hold goes to a next line."""
    table = _table("kind", "what it is")
    for number, (family, members) in enumerate(groupby(entries, lambda entry: entry.family)):
        if number:
            table.add_row()
        table.add_row(Text(family, style="bold"))
        for entry in members:
            table.add_row(Text(f"  {entry.kind}", style="cyan"), Text(entry.summary))
    return Group(table, Text(), Text("`cnncli layers conv` says all about one of them.", style="dim"))


def page_text(page: Page) -> Constrain:
    """All about one kind."""
    parts: list[RenderableType] = [Text.assemble((page.kind, "bold"), "   ", (page.family, "dim"))]
    for paragraph in page.about:
        parts += [Text(), Text(paragraph)]
    if page.also_called:
        parts += [Text(), Text.assemble("Also called ", ", ".join(page.also_called), ".")]
    parts += [Text(), _fields(page)]
    if page.formulas:
        parts += [Text(), _pairs("formulas", page.formulas)]
    parts += [Text(), Text("example", style="bold"), *_example(page)]
    return Constrain(Group(*parts), _WIDEST)


def _table(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, no_wrap=heading is not headings[-1])
    return table


def _fields(page: Page) -> Table:
    """Its own fields, and under a line the common keys."""
    table = _table("key", "default", "what it is")
    for field in (*page.fields, *page.common):
        table.add_row(Text(field.name, style="cyan"), _default(field), Text(field.help))
        if page.fields and field is page.fields[-1]:
            table.add_section()
    return table


def _default(field: Field) -> Text:
    return Text(default_text(field), style="bold" if field.required else "")


def _pairs(heading: str, pairs: dict[str, str]) -> Group:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, words in pairs.items():
        table.add_row(Text(name, style="cyan"), Text(words))
    return Group(Text(heading, style="bold"), table)


def _example(page: Page) -> list[RenderableType]:
    example = page.example
    figures = Table.grid(padding=(0, 2, 0, 0))
    for name, figure in (
        ("input", shape_text(example.input_shape)),
        ("output", shape_text(example.output_shape)),
        ("parameters", f"{example.parameters:,}"),
        ("buffers", f"{example.buffers:,}"),
        ("MACs", f"{example.macs:,}"),
    ):
        figures.add_row(Text(name, style="cyan"), figure)
    spec = "".join(f"  {line}\n" for line in example.spec.splitlines())
    return [Text(spec), figures]
