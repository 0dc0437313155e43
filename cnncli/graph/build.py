"""A spec's records -> a graph. Faults are gathered, not raised: the rest of the file is read all the same."""

from __future__ import annotations

from pathlib import Path

from cnncli import layers
from cnncli.errors import BAD_VALUE, DUPLICATE_NAME, SHAPE_NOT_ACCEPTED, UNKNOWN_KEY, UNSUPPORTED_VERSION, WRONG_TYPE
from cnncli.graph.architecture import Architecture
from cnncli.graph.graph import INPUT, Graph, Node
from cnncli.graph.layer_records import Entry, LayerReader
from cnncli.layers import Shape
from cnncli.layers._base import field_readers
from cnncli.spec import nodes as records
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.reader import read
from cnncli.spec.source import Source


def read_architecture(source: Source) -> Architecture:
    """Reads, checks and propagates shapes. Never raises for what the file says."""
    root, diagnostics = read(source)
    architecture = Architecture(source)
    for diagnostic in diagnostics:
        architecture.add(diagnostic)
    if root is None and diagnostics:
        return architecture
    if not isinstance(root, Mapping):
        found = "is empty" if root is None else f"holds {records.describe(root)}"
        problem = Problem(WRONG_TYPE, f"the file {found}; a spec is a mapping with `input:` and `layers:`")
        architecture.report(problem, Span(1, 1, 1, 2))
        return architecture
    architecture.sections = root.values
    found_sections = read_fields(
        root,
        {
            "version": _version,
            "name": values.text,
            "description": values.text,
            "reference": values.text,
            "input": _input_shape,
            "defaults": lambda record: values.mapping(record, "a mapping such as `rounding: floor`"),
            "layers": _layer_list,
        },
        "a spec",
        architecture.report,
        required=("input", "layers"),
        also=("training", "expect", "limits"),
    )
    reader = LayerReader(architecture, _defaults(architecture, found_sections.get("defaults")))
    entries = [reader.read(record) for record in found_sections.get("layers", [])]
    architecture.layer_count = len(entries)
    name = found_sections.get("name") or Path(source.name).stem
    shape = found_sections.get("input")
    architecture.graph = Graph(name, shape or (), _propagate(architecture, shape, entries))
    return architecture


def _defaults(architecture: Architecture, section: Mapping | None) -> dict[str, records.Node]:
    """`defaults:` hold for every layer that has a field of that name and does not set it."""
    if section is None:
        return {}
    readers: dict[str, list[values.Read]] = {}
    for kind in layers.names():
        for name, (read_field, _) in field_readers(layers.find(kind)).items():
            readers.setdefault(name, []).append(read_field)
    for key, scalar in section.keys.items():
        fault = _fault_of_default(key, section.values[key], readers)
        if fault is not None and not architecture.report(fault, scalar):
            break
    return section.values


def _fault_of_default(key: str, record: records.Node, readers: dict[str, list[values.Read]]) -> Problem | None:
    """What is wrong with one default. Its value holds if one kind that has the field takes it."""
    if key in ("activation", "name", "type"):
        return Problem(UNKNOWN_KEY, f"`{key}` cannot be a default", hints=("write it in each layer",))
    if key not in readers:
        hints = did_you_mean(key, tuple(sorted(readers)))
        return Problem(UNKNOWN_KEY, f"no layer has a field `{key[:60]}`", hints=hints)
    fault = None
    for read_field in readers[key]:
        try:
            read_field(record)
        except Problem as problem:
            fault = problem
        else:
            return None
    return fault


def _propagate(architecture: Architecture, shape: Shape | None, entries: list[Entry]) -> tuple[Node, ...]:
    """Nodes up to the first that has no shape; every name is checked all the same."""
    names = _names(architecture, entries)
    nodes: list[Node] = []
    current = shape
    for index, (entry, name) in enumerate(zip(entries, names, strict=True)):
        if current is None or entry.layer is None:
            break
        try:
            output = entry.layer.output_shape(current)
            if entry.activation is not None:
                entry.activation.output_shape(output)
        except Problem as problem:
            if problem.fault is SHAPE_NOT_ACCEPTED and shape is not None and len(shape) == 1:
                problem.hints = (f"`input: {list(shape)}` is flat; an image's is [channels, height, width]",)
            architecture.report(problem, _place(problem, entry.record))
            break
        source = index - 1 if index else INPUT
        nodes.append(Node(index, name, entry.layer, entry.activation, (source,), current, output))
        current = output
    return tuple(nodes)


def _place(problem: Problem, record: records.Node) -> records.Node | Span:
    """Where a layer's fault stands: the field it names, key and value together, else its kind."""
    if isinstance(record, Mapping):
        for key in (problem.where, "kernel", "type") if isinstance(problem.where, str) else ("type",):
            if key in record.values:
                start, end = record.keys[key].span, record.values[key].span
                return Span(start.line, start.column, end.end_line, end.end_column)
    return record


def _names(architecture: Architecture, entries: list[Entry]) -> list[str]:
    """Given names, and kind plus a count for the rest: conv1, maxpool1, conv2, ..."""
    taken: dict[str, records.Node] = {}
    for entry in entries:
        if entry.name is None or not isinstance(entry.record, Mapping):
            continue
        record = entry.record.values["name"]
        if entry.name in taken:
            line = taken[entry.name].span.line
            problem = Problem(DUPLICATE_NAME, f"the name `{entry.name}` is taken by the layer on line {line}")
            architecture.report(problem, record)
        else:
            taken[entry.name] = record
    counts: dict[str, int] = {}
    return [entry.name or _next_name(entry.layer.kind if entry.layer else "layer", counts, taken) for entry in entries]


def _next_name(kind: str, counts: dict[str, int], taken: dict[str, records.Node]) -> str:
    while True:
        counts[kind] = counts.get(kind, 0) + 1
        name = f"{kind}{counts[kind]}"
        if name not in taken:
            return name


def _version(record: records.Node) -> int:
    version = values.integer(record)
    if version != 1:
        hints = ("this cnncli reads version 1",)
        raise Problem(UNSUPPORTED_VERSION, f"version {version} is not known", record, hints=hints)
    return version


def _input_shape(record: records.Node) -> Shape:
    wanted = "a list such as [1, 28, 28] (channels, height, width)"
    if isinstance(record, Scalar) and record.text.isdecimal() and len(record.text) < 20:
        hints = (f"write [{record.text}]",)
        raise Problem(WRONG_TYPE, f"{wanted} is wanted here, not {records.describe(record)}", record, hints=hints)
    sizes = values.items(record, wanted)
    if len(sizes) not in (1, 3):
        hints = ("write [channels, height, width], or [features] for a flat input",)
        raise Problem(WRONG_TYPE, f"`input` has {len(sizes)} numbers", record, hints=hints)
    return tuple(values.positive(size) for size in sizes)


def _layer_list(record: records.Node) -> list[records.Node]:
    items = values.items(record, "a list of layers")
    if not items:
        hints = ("for instance `- {type: flatten}`",)
        raise Problem(BAD_VALUE, "`layers` is empty", record, hints=hints)
    return items
