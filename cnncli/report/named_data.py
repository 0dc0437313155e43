"""The data sets that have a name as a rich table."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from cnncli.data.catalog import Entry
from cnncli.report.words import printable


def named_data_table(entries: list[Entry]) -> Table:
    """A row for each."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("name", style="cyan", no_wrap=True)
    table.add_column("what it is")
    table.add_column("on this machine", overflow="fold")
    for entry in entries:
        place = Text(printable(entry.place)) if entry.place else Text("no: it is fetched when needed", style="dim")
        table.add_row(entry.name, entry.about, place)
    return table
