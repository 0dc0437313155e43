"""The inspection as a table, for people.

The rows are laid out here and not by rich's `Table`, whose measuring and wrapping of every cell takes most of the
time that `inspect` has for a network of some hundred layers.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group
from rich.segment import Segment
from rich.text import Text

from cnncli.analysis.costs import totals
from cnncli.graph import Architecture, Graph, Node
from cnncli.report.inspection import ends_at_fault, up_to_the_fault
from cnncli.report.words import bytes_text, layer_text, printable, shape_text

_HEADINGS = ("#", "name", "layer", "output", "parameters", "MACs")
_RIGHT = ("#", "parameters", "MACs")
_NARROWEST = {"name": 8, "layer": 16}
"""Cells: below these, folded words can no longer be read."""
_GAP = 2

Cells = tuple[str, ...]


def inspection_table(spec: Architecture, width: int) -> Group:
    """A row per layer and the totals beneath, `width` cells wide at most.

    Numbers are never cut or folded: where they leave no room for a table, each layer has lines of its own. Text
    from the spec is never read as rich's markup.
    """
    graph = spec.graph
    rows = [_cells(node) for node in graph.nodes]
    title = Text.assemble((printable(graph.name), "bold"), "   input ", shape_text(graph.input_shape))
    widths = _widths(rows, width)
    body = _Table(graph, rows, widths) if widths is not None else _list(graph, rows)
    parts = [title, Text(), body, Text(), totals_lines(graph, width)]
    if ends_at_fault(spec):
        parts.append(Text(up_to_the_fault(spec), style="bold red"))
    return Group(*parts)


def _cells(node: Node) -> Cells:
    shape = shape_text(node.output_shape)
    return str(node.index), node.name, layer_text(node), shape, f"{node.parameter_count:,}", f"{node.macs:,}"


def _widths(rows: list[Cells], width: int) -> dict[str, int] | None:
    """Cells of each column; None where there is no room. Names and layers share what the numbers leave."""
    columns = zip(_HEADINGS, *rows, strict=True)
    widths = {heading: max(map(cell_len, (heading, *cells))) for heading, *cells in columns}
    too_much = sum(widths.values()) + _GAP * (len(widths) - 1) - width
    if too_much > 0:
        room = widths["name"] + widths["layer"] - too_much
        narrowest = {heading: min(widths[heading], least) for heading, least in _NARROWEST.items()}
        layer = min(widths["layer"], max(narrowest["layer"], room * 3 // 5))
        widths["name"] = max(min(widths["name"], room - layer), narrowest["name"])
        widths["layer"] = room - widths["name"]
        if widths["layer"] < narrowest["layer"]:
            return None
    return widths


@dataclass(slots=True)
class _Table:
    """Rows under a heading and a rule; a row whose name or layer is folded takes several lines."""

    graph: Graph
    rows: list[Cells]
    widths: dict[str, int]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        bold, cyan, dim = (console.get_style(style) for style in ("bold", "cyan", "dim"))
        yield Segment("  ".join(self._padded(column, column) for column in _HEADINGS).rstrip() + "\n", bold)
        yield Segment("─" * (sum(self.widths.values()) + _GAP * (len(self.widths) - 1)) + "\n")
        for node, (index, full_name, settings, shape, *counts) in zip(self.graph.nodes, self.rows, strict=True):
            names = _folded(full_name, self.widths["name"], ".")
            layers = _folded(settings, self.widths["layer"], ", ")
            kind, layer = len(node.layer.kind), self._padded("layer", layers[0])
            yield Segment(self._padded("#", index) + "  ", dim)
            yield Segment(self._padded("name", names[0]) + "  ", cyan)
            yield Segment(layer[:kind], bold)
            yield Segment(f"{layer[kind:]}  {self._padded('output', shape)}")
            for column, count in zip(("parameters", "MACs"), counts, strict=True):
                yield Segment("  " + self._padded(column, count), dim if count == "0" else None)
            yield Segment("\n")
            for name, layer in zip_longest(names[1:], layers[1:], fillvalue=""):
                yield Segment(self._padded("#", "") + "  ")
                yield Segment(self._padded("name", name) if layer else name, cyan)
                yield Segment(f"  {layer}\n" if layer else "\n")

    def _padded(self, column: str, text: str) -> str:
        space = " " * (self.widths[column] - cell_len(text))
        return space + text if column in _RIGHT else text + space


def _folded(text: str, width: int, at: str) -> list[str]:
    """Lines of `width` cells at most, broken after `at` where that can be."""
    if cell_len(text) <= width:
        return [text]
    lines: list[str] = []
    for part in re.split(f"(?<={re.escape(at)})", text):
        if lines and cell_len(lines[-1] + part.rstrip()) <= width:
            lines[-1] += part
        else:  # a part that is too long by itself is broken at its spaces, or anywhere
            lines += textwrap.wrap(part, width, break_on_hyphens=False, drop_whitespace=False)
    return [line.rstrip() for line in lines]


def _list(graph: Graph, rows: list[Cells]) -> Text:
    """For numbers too long to stand side by side."""
    text = Text()
    wide = max(len(figure) for row in rows for figure in row[3:])
    for node, (index, name, layer, *figures) in zip(graph.nodes, rows, strict=True):
        text.append(f"{index}  ", style="dim").append(name, style="cyan").append("  ")
        text.append(layer[: len(node.layer.kind)], style="bold").append(f"{layer[len(node.layer.kind) :]}\n")
        for heading, figure in zip(_HEADINGS[3:], figures, strict=True):
            text.append(f"   {heading:<10}  {figure:>{wide}}\n")
    text.rstrip()
    return text


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
