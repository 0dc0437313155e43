"""Entries -> nodes: shapes go from input to output, and what takes a faulty input is left out, unreported."""

from __future__ import annotations

from typing import Any

from cnncli.errors import BAD_VALUE, INPUTS_NOT_ACCEPTED, MERGE_MISMATCH, SHAPE_NOT_ACCEPTED, Related
from cnncli.graph.architecture import Architecture
from cnncli.graph.entries import Entry, Head, Output
from cnncli.graph.graph import INPUT, Graph, Node, SideOutput
from cnncli.layers import Shape
from cnncli.spec import nodes as records
from cnncli.spec.nodes import Mapping, Span
from cnncli.spec.problem import Problem

_LARGEST = 10**60


def propagate(
    architecture: Architecture, name: str, shape: Shape | None, entries: list[Entry], output: Output, heads: list[Head]
) -> Graph:
    """The graph of all entries that have a shape. Without an input's shape it is empty."""
    nodes: list[Node] = []
    places: dict[int, int] = {INPUT: INPUT}  # entry -> node
    if shape is not None:
        for number, entry in enumerate(entries):
            node = _node(architecture, shape, entries, entry, places, nodes)
            if node is not None:
                places[number] = len(nodes)
                nodes.append(node)
                architecture.origins.append(entry)
    side = tuple(
        SideOutput(head.name, places[head.output], head.weight)
        for head in heads
        if head.output is not None and head.output in places
    )
    end = places.get(output, len(nodes) - 1) if output is not None else len(nodes) - 1
    return Graph(name, shape or (), tuple(nodes), end, side)


def _node(
    architecture: Architecture, image: Shape, entries: list[Entry], entry: Entry, places: dict[int, int],
    nodes: list[Node],
) -> Node | None:  # fmt: skip
    layer = entry.layer
    sources = [places[source] for source in entry.inputs if source is not None and source in places]
    if layer is None or len(sources) < len(entry.inputs):
        return None
    shapes = tuple(image if source == INPUT else nodes[source].output_shape for source in sources)
    try:
        _check_inputs(entry, len(sources))
        inputs: Any = shapes if layer.merges else shapes[0]
        output = layer.output_shape(inputs)
        if entry.activation is not None:
            entry.activation.output_shape(output)
        if max(output) > _LARGEST:
            raise Problem(BAD_VALUE, "an output of more than 10^60 numbers along an axis is too large to be meant")
    except Problem as problem:
        if problem.fault is SHAPE_NOT_ACCEPTED and len(image) == len(shapes[0]) == 1:
            problem.hints = (f"`input: {list(image)}` is flat; an image's is [channels, height, width]",)
        related = entry.scope.uses
        if problem.fault is MERGE_MISMATCH:
            names = ["the input" if source == INPUT else f"`{nodes[source].name}`" for source in sources]
            if entry.branches:
                pairs = zip(entry.branches, names, strict=True)
                names = [f"branch {branch}: {name}" for branch, name in pairs]
            width = max(len(str(list(shape))) for shape in shapes)
            problem.arithmetic = tuple(
                f"{list(shape)!s:<{width}}  from {name}" for shape, name in zip(shapes, names, strict=True)
            )
            related = (*_branches(architecture, entries, entry, shapes), *related)
        architecture.report(problem, place_of(problem, entry.record), related)
        return None
    return Node(len(nodes), entry.name, layer, entry.activation, tuple(sources), shapes, output)


def _check_inputs(entry: Entry, count: int) -> None:
    assert entry.layer is not None
    kind = entry.layer.kind
    if count > 1 and not entry.layer.merges:
        hints = ("merge them first: `{type: concat, from: [...]}`",)
        raise Problem(INPUTS_NOT_ACCEPTED, f"`{kind}` takes one input; `from` names {count}", "from", hints=hints)
    if count < 2 and entry.layer.merges:
        hints = (f"for instance `{{type: {kind}, from: [name, previous]}}`",)
        raise Problem(INPUTS_NOT_ACCEPTED, f"`{kind}` takes two inputs or more; it has {count}", "from", hints=hints)


def _branches(
    architecture: Architecture, entries: list[Entry], merge: Entry, shapes: tuple[Shape, ...]
) -> tuple[Related, ...]:
    """Where the inputs of a merge are made. An input that is no layer's has no place."""
    related: list[Related] = []
    for source, shape in zip(merge.inputs, shapes, strict=True):
        if source is not None and source != INPUT:
            entry = entries[source]
            label = f"`{entry.name}` gives {list(shape)}"
            related.append(architecture.source.relate(_key_span(entry.record, ("type", "use")), label))
    return tuple(related)


def place_of(problem: Problem, record: records.Node) -> records.Node | Span:
    """Where a layer's fault stands: the field it names, key and value together, else its kind."""
    if isinstance(problem.where, str):
        return _key_span(record, (problem.where, "kernel", "merge", "type"))
    return _key_span(record, ("merge", "type"))


def _key_span(record: records.Node, keys: tuple[str, ...]) -> records.Node | Span:
    """The first of these keys that the record has, with its value."""
    if isinstance(record, Mapping):
        for key in keys:
            if key in record.values:
                start, end = record.keys[key].span, record.values[key].span
                return Span(start.line, start.column, end.end_line, end.end_column)
    return record
