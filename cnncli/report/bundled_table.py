"""The bundled architectures as a rich table, for people."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from cnncli.report.bundled import COUNTS, HEADINGS, Bundled

_DISPENSABLE = ("reference", "title", "buffers", "output", "input", "layers")
"""Columns that a narrow terminal goes without, the first of them first."""
_NARROWEST = {"title": 12, "reference": 40}
"""Cells: folded to less, words can no longer be read."""
_GAP = 2


def bundled_table(architectures: list[Bundled], width: int) -> Table:
    """A row for each, `width` cells wide at most. Numbers are never cut or folded: columns are left out instead."""
    columns = dict(zip(HEADINGS, zip(*(each.cells for each in architectures), strict=True), strict=True))
    columns["reference"] = tuple(each.reference for each in architectures)
    for dispensable in _DISPENSABLE:
        if _needed(columns) > width:
            del columns[dispensable]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in columns:
        table.add_column(
            heading,
            justify="right" if heading in COUNTS else "left",
            style="cyan" if heading == "name" else "dim" if heading == "reference" else "",
            no_wrap=heading not in _NARROWEST,
            overflow="fold",
            min_width=_NARROWEST.get(heading),
        )
    for row in zip(*columns.values(), strict=True):
        table.add_row(*(Text(cell, style="dim" if cell == "0" else "") for cell in row))
    return table


def _needed(columns: dict[str, tuple[str, ...]]) -> int:
    """The width of a table of these columns, words folded."""
    widths = [_NARROWEST.get(heading) or max(map(len, (heading, *cells))) for heading, cells in columns.items()]
    return sum(widths) + _GAP * (len(widths) - 1)
