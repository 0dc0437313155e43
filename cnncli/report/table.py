"""The inspection as a rich table, for people."""

from __future__ import annotations

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cnncli.analysis.costs import totals
from cnncli.graph import Graph
from cnncli.report.words import bytes_text, shape_text


def inspection_table(graph: Graph) -> Group:
    """A row per layer, and the totals beneath. Text from the spec is never read as rich's markup."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("#", justify="right", style="dim")
    table.add_column("name", overflow="fold", style="cyan")
    table.add_column("layer", overflow="fold", min_width=16)
    table.add_column("output", overflow="fold")
    table.add_column("parameters", justify="right", overflow="fold")
    table.add_column("MACs", justify="right", overflow="fold")
    for node in graph.nodes:
        layer = Text(node.layer.kind, style="bold")
        if node.settings:
            layer.append(" " + node.settings, style="not bold")
        table.add_row(
            str(node.index),
            Text(node.name),
            layer,
            shape_text(node.output_shape),
            _count(node.parameter_count),
            _count(node.macs),
        )
    title = Text.assemble((graph.name, "bold"), "   input ", shape_text(graph.input_shape))
    return Group(title, table, totals_lines(graph))


def _count(number: int) -> Text:
    return Text(f"{number:,}") if number else Text("0", style="dim")


def totals_lines(graph: Graph) -> Table:
    """Parameters, buffers, MACs and memory, each with its unit."""
    sums = totals(graph)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold")
    grid.add_column(justify="right")
    grid.add_column(style="dim")
    grid.add_row("parameters", f"{sums.parameters:,}", "learned numbers, biases included")
    grid.add_row("buffers", f"{sums.buffers:,}", "kept, not learned")
    grid.add_row("MACs", f"{sums.macs:,}", "conv and dense multiplications, one image")
    grid.add_row("weight memory", bytes_text(sums.weight_bytes), "float32, MB = 10^6 bytes")
    grid.add_row("activation memory", bytes_text(sums.activation_bytes), "input and all outputs, one image")
    return grid
