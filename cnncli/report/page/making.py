"""What was trained and how: the architecture as a drawing and a table, and how to get the same run again."""

from __future__ import annotations

import json
from typing import Any

from cnncli.analysis.costs import totals
from cnncli.graph import Graph
from cnncli.report.page.drawing import drawing
from cnncli.report.page.markup import Markup, cut, joined, lines, tag
from cnncli.report.page.results import table
from cnncli.report.runs import settings_of
from cnncli.report.words import bytes_text, layer_text, shape_text
from cnncli.training.summary import Summary

_MOST_LAYERS = 500
_MOST_SETTINGS = 100
_MOST_COMMAND, _MOST_SPEC = 2_000, 100_000
"""Characters."""


def architecture(graph: Graph) -> Markup:
    """The drawing beside or above the table that `inspect` prints."""
    drawn = drawing(graph)
    said = tag("p", drawn.said + ".", class_="note") if drawn.said else None
    picture = tag("div", drawn.svg, class_="drawing", tabindex=0) if drawn.svg else None
    table_and_totals = tag("div", _layers(graph), _totals(graph))
    beside = "architecture beside" if drawn.is_chain else "architecture"
    return joined([said, tag("div", picture, table_and_totals, class_=beside)])


def _layers(graph: Graph) -> Markup:
    rows = []
    for node in graph.nodes[:_MOST_LAYERS]:
        counts = [
            tag("td", f"{count:,}", class_="n" if count else "n none") for count in (node.parameter_count, node.macs)
        ]
        cells = (str(node.index), cut(node.name, 80), cut(layer_text(node)), shape_text(node.output_shape))
        number, name, layer, shape = (
            tag("td", cell, class_=style)
            for cell, style in zip(cells, ("n none", "name", "settings", None), strict=True)
        )
        rows.append(tag("tr", number, name, layer, shape, *counts))
    headings = ("#", "name", "layer", "output", "parameters", "MACs")
    left_out = len(graph.nodes) - _MOST_LAYERS
    more = tag("p", f"{left_out:,} more layers are left out.", class_="note") if left_out > 0 else None
    return joined([table(headings, ("#", "parameters", "MACs"), rows), more])


def _totals(graph: Graph) -> Markup:
    sums = totals(graph)
    return _facts(
        {
            "parameters": f"{sums.parameters:,}",
            "buffers": f"{sums.buffers:,}",
            "MACs": f"{sums.macs:,} for one image",
            "weight memory": bytes_text(sums.weight_bytes),
            "activation memory": f"{bytes_text(sums.activation_bytes)}, the input and all outputs of one image",
        }
    )


def reproducing(run: Summary, spec: str, weights: dict[str, str]) -> Markup:
    """The command, what made the run, and the spec. weights: SHA-256 by the file's name."""
    command = run.record.get("command")
    groups: dict[str, dict[str, str]] = {"run": {}}
    for key, value in list(settings_of(run).items())[:_MOST_SETTINGS]:
        if value not in (None, "", [], {}) and key != "data.classes":
            group, _, name = key.rpartition(".")
            groups.setdefault(group or "run", {})[name.replace("_", " ")] = _said(value)
    groups["weights"] = {f"SHA-256 of {name}": digest for name, digest in weights.items()}
    note = "The command, as the run recorded it. The same seed gives the same bits on the same kind of machine."
    return joined(
        [
            tag("p", note, class_="note"),
            tag("pre", tag("code", lines(command, _MOST_COMMAND))) if isinstance(command, str) else None,
            tag(
                "div",
                *(tag("div", tag("h3", cut(group.capitalize(), 60)), _facts(facts)) for group, facts in groups.items()),
                class_="groups",
            ),
            tag("details", tag("summary", "spec.yaml"), tag("pre", tag("code", lines(spec, _MOST_SPEC)))),
        ]
    )


def _facts(facts: dict[str, str]) -> Markup:
    return tag("dl", *(tag("div", tag("dt", cut(name, 60)), tag("dd", value)) for name, value in facts.items()))


def _said(value: Any) -> str:
    if isinstance(value, str):
        return cut(value)
    return cut(json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value))
