"""What `inspect` shows, once as records; each format is a rendering of them."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from cnncli.analysis.costs import totals
from cnncli.errors import Diagnostic, Fix
from cnncli.graph import Architecture, Graph
from cnncli.graph.graph import INPUT
from cnncli.report.words import layer_text, printable, shape_text

COLUMNS = ("index", "name", "type", "settings", "inputs", "output_shape", "parameters", "buffers", "macs")


def ends_at_fault(spec: Architecture) -> bool:
    """Whether there are layers that have no shape, so that totals are not the network's."""
    return not spec.layer_count or len(spec.graph.nodes) < spec.layer_count


def up_to_the_fault(spec: Architecture) -> str:
    """What totals are of, where they are not of the whole network."""
    return f"Up to the fault only: {len(spec.graph.nodes)} of {spec.layer_count} layers."


def records(graph: Graph) -> list[dict[str, Any]]:
    """One record per layer, in order; shapes are lists of integers."""
    return [
        {
            "index": node.index,
            "name": node.name,
            "type": node.layer.kind,
            "settings": node.settings,
            "activation": node.activation.kind if node.activation else None,
            "inputs": ["input" if source == INPUT else graph.nodes[source].name for source in node.inputs],
            "input_shapes": [list(shape) for shape in node.input_shapes],
            "output_shape": list(node.output_shape),
            "parameters": node.parameter_count,
            "buffers": node.buffer_count,
            "macs": node.macs,
        }
        for node in graph.nodes
    ]


def as_json(spec: Architecture) -> str:
    """The whole inspection as one JSON object; `diagnostics` is empty for a spec that holds.

    `complete` is false where the layers, and so the totals, end at a fault; the shapes are null where there
    is no usable `input`.
    """
    graph = spec.graph
    sums = totals(graph)
    document = {
        "name": graph.name,
        "input_shape": list(graph.input_shape) or None,
        "output_shape": list(graph.output_shape) or None,
        "complete": not ends_at_fault(spec),
        "totals": {
            "parameters": sums.parameters,
            "buffers": sums.buffers,
            "macs": sums.macs,
            "activation_bytes": sums.activation_bytes,
            "weight_bytes": sums.weight_bytes,
        },
        "layers": records(graph),
        "diagnostics": [diagnostic_record(diagnostic) for diagnostic in spec.diagnostics],
    }
    return json_text(document)


def json_text(document: dict[str, Any]) -> str:
    """JSON with a line for each key and for each member of a list: long lists stay readable, and fast to write."""
    parts = []
    for key, value in document.items():
        text = json.dumps(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            # One call for the whole list is faster than one for each. In a string `"` would be `\\"`: this is no text.
            first = f"{{{json.dumps(next(iter(value[0])))}: "
            text = "[\n    " + text[1:-1].replace(f", {first}", f",\n    {first}") + "\n  ]"
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}"


def diagnostic_record(diagnostic: Diagnostic) -> dict[str, Any]:
    """A finding as plain data; `end_column` is the one after the span's last."""
    return {
        "code": diagnostic.fault.code,
        "name": diagnostic.fault.name,
        "severity": diagnostic.severity,
        "file": diagnostic.location.file,
        "line": diagnostic.location.line,
        "column": diagnostic.location.column,
        "end_column": diagnostic.location.column + diagnostic.location.width,
        "message": diagnostic.message,
        "arithmetic": list(diagnostic.arithmetic),
        "hints": list(diagnostic.hints),
        "related": [
            {
                "line": other.location.line,
                "column": other.location.column,
                "end_column": other.location.column + other.location.width,
                "label": other.label,
            }
            for other in diagnostic.related
        ],
        "fix": _fix_record(diagnostic.fix) if diagnostic.fix else None,
    }


def _fix_record(fix: Fix) -> dict[str, Any]:
    return {
        "what": fix.what,
        "edits": [
            {
                "line": edit.line,
                "column": edit.column,
                "end_line": edit.end_line,
                "end_column": edit.end_column,
                "text": edit.text,
            }
            for edit in fix.edits
        ],
    }


def as_csv(graph: Graph) -> str:
    """A header and one line per layer (RFC 4180, but lines end in a plain newline); inputs by name, spaces between."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records(graph):
        text = {"inputs": " ".join(record["inputs"]), "output_shape": shape_text(tuple(record["output_shape"]))}
        writer.writerow([text.get(column, record[column]) for column in COLUMNS])
    return out.getvalue().rstrip("\n")


def as_markdown(spec: Architecture) -> str:
    """A GitHub table, and the totals under it."""
    graph = spec.graph
    sums = totals(graph)
    lines = [
        f"**{_escape(graph.name)}**, input {shape_text(graph.input_shape)}",
        "",
        "| # | name | layer | output | parameters | MACs |",
        "|--:|:--|:--|:--|--:|--:|",
    ]
    lines += [
        f"| {node.index} | {_escape(node.name)} | {_escape(layer_text(node))} | {shape_text(node.output_shape)} "
        f"| {node.parameter_count:,} | {node.macs:,} |"
        for node in graph.nodes
    ]
    lines += ["", f"Parameters {sums.parameters:,}, buffers {sums.buffers:,}, MACs {sums.macs:,}."]
    if ends_at_fault(spec):
        lines += ["", f"**{up_to_the_fault(spec)}**"]
    return "\n".join(lines)


def _escape(text: str) -> str:
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", printable(text))
