"""The inspection as a rich table, for people."""

from __future__ import annotations

from rich import box
from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from cnncli.analysis.costs import totals
from cnncli.graph import Architecture, Graph, Node
from cnncli.report.inspection import ends_at_fault, up_to_the_fault
from cnncli.report.words import bytes_text, printable, shape_text

_HEADINGS = ("#", "name", "layer", "output", "parameters", "MACs")
_NARROWEST = {"name": 8, "layer": 16}
"""Cells: below these, folded words can no longer be read."""
_GAP = 2


def inspection_table(spec: Architecture, width: int) -> Group:
    """A row per layer and the totals beneath, `width` cells wide at most.

    Numbers are never cut or folded: where they leave no room for a table, each layer has lines of its own. Text
    from the spec is never read as rich's markup.
    """
    graph = spec.graph
    rows = [_cells(node) for node in graph.nodes]
    title = Text.assemble((printable(graph.name), "bold"), "   input ", shape_text(graph.input_shape))
    body = _table(graph, rows) if _fits(rows, width) else _list(graph, rows)
    parts = [title, Text(), body, Text(), totals_lines(graph, width)]
    if ends_at_fault(spec):
        parts.append(Text(up_to_the_fault(spec), style="bold red"))
    return Group(*parts)


def _cells(node: Node) -> tuple[str, ...]:
    layer = " ".join(filter(None, (node.layer.kind, node.settings)))
    shape = shape_text(node.output_shape)
    return str(node.index), node.name, layer, shape, f"{node.parameter_count:,}", f"{node.macs:,}"


def _fits(rows: list[tuple[str, ...]], width: int) -> bool:
    columns = zip(_HEADINGS, *rows, strict=True)
    needed = [_NARROWEST.get(heading, max(map(len, (heading, *cells)))) for heading, *cells in columns]
    return sum(needed) + _GAP * (len(needed) - 1) <= width


def _table(graph: Graph, rows: list[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    table.add_column("name", overflow="fold", style="cyan", min_width=_NARROWEST["name"])
    table.add_column("layer", overflow="fold", min_width=_NARROWEST["layer"])
    table.add_column("output", no_wrap=True)
    table.add_column("parameters", justify="right", no_wrap=True)
    table.add_column("MACs", justify="right", no_wrap=True)
    for node, (index, name, layer, shape, *counts) in zip(graph.nodes, rows, strict=True):
        table.add_row(index, Text(name), _layer(node, layer), shape, *(_count(count) for count in counts))
    return table


def _list(graph: Graph, rows: list[tuple[str, ...]]) -> Text:
    """For numbers too long to stand side by side."""
    text = Text()
    wide = max(len(figure) for row in rows for figure in row[3:])
    for node, (index, name, layer, *figures) in zip(graph.nodes, rows, strict=True):
        text.append(f"{index}  ", style="dim").append(name, style="cyan").append("  ")
        text.append_text(_layer(node, layer)).append("\n")
        for heading, figure in zip(_HEADINGS[3:], figures, strict=True):
            text.append(f"   {heading:<10}  {figure:>{wide}}\n")
    text.rstrip()
    return text


def _layer(node: Node, text: str) -> Text:
    layer = Text(text)
    layer.stylize("bold", 0, len(node.layer.kind))
    return layer


def _count(number: str) -> Text:
    return Text(number, style="dim" if number == "0" else "")


def totals_lines(graph: Graph, width: int) -> Text:
    """Parameters, buffers, MACs and memory; what each means, where there is room."""
    sums = totals(graph)
    lines = (
        ("parameters", f"{sums.parameters:,}", "learned numbers, biases included"),
        ("buffers", f"{sums.buffers:,}", "kept, not learned"),
        ("MACs", f"{sums.macs:,}", "conv and dense multiplications, one image"),
        ("weight memory", bytes_text(sums.weight_bytes), "float32, MB = 10^6 bytes"),
        ("activation memory", bytes_text(sums.activation_bytes), "input and all outputs, one image"),
    )
    wide = max(cell_len(figure) for _, figure, _ in lines)
    room = width - 17 - 2 - wide - 2
    said = max(len(meaning) for *_, meaning in lines) <= room
    text = Text()
    for name, figure, meaning in lines:
        text.append(f"{name:<17}", style="bold").append(f"  {figure:>{wide}}")
        text.append(f"  {meaning}\n" if said else "\n", style="dim")
    text.rstrip()
    return text
