"""A spec's records -> a graph. Faults are gathered, not raised: the rest of the file is read all the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cnncli import layers
from cnncli.errors import (
    BAD_VALUE,
    DUPLICATE_NAME,
    MISSING_KEY,
    UNKNOWN_KEY,
    UNKNOWN_KIND,
    UNSUPPORTED_VERSION,
    WRONG_TYPE,
    Diagnostic,
    SpecError,
)
from cnncli.graph.graph import INPUT, Graph, Node
from cnncli.layers import Activation, Layer, Shape
from cnncli.layers._base import field_readers
from cnncli.spec import nodes as records
from cnncli.spec import values
from cnncli.spec.nodes import Mapping, Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.reader import read
from cnncli.spec.source import Source

SECTIONS = (
    "version", "name", "description", "reference", "input", "defaults", "layers", "training", "expect", "limits",
)  # fmt: skip


@dataclass
class Architecture:
    """What a spec says. `graph` goes as far as the first fault in a shape; `diagnostics` say what is wrong.

    `sections` are the records of the whole file's keys, for those who read `training`, `expect` and `limits`.
    """

    source: Source
    graph: Graph
    sections: dict[str, records.Node] = field(default_factory=dict)
    key_spans: dict[str, Span] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def require_sound(self) -> Graph:
        """The graph, or a `SpecError` with all findings."""
        if self.diagnostics:
            raise SpecError(tuple(self.diagnostics))
        return self.graph

    def report(self, problem: Problem, where: records.Node | Span) -> None:
        """Adds a finding; a place that the problem itself names goes first."""
        if isinstance(problem.where, Span) or hasattr(problem.where, "span"):
            where = problem.where  # type: ignore[assignment]
        self.diagnostics.append(self.source.diagnose(problem, where))


def read_architecture(source: Source) -> Architecture:
    """Reads, checks and propagates shapes. Never raises for what the file says."""
    root, diagnostics = read(source)
    architecture = Architecture(source, Graph("", (), ()), diagnostics=diagnostics)
    if root is None and diagnostics:
        return architecture
    if not isinstance(root, Mapping):
        found = "is empty" if root is None else f"holds {records.describe(root)}"
        problem = Problem(WRONG_TYPE, f"the file {found}; a spec is a mapping with `input:` and `layers:`")
        architecture.report(problem, Span(1, 1, 1, 2))
        return architecture
    _Builder(architecture, root).build()
    return architecture


@dataclass
class _Entry:
    """A layer as read: None for `layer` where its record does not hold."""

    record: records.Node
    layer: Layer | None
    activation: Activation | None = None
    name: str | None = None


class _Builder:
    def __init__(self, architecture: Architecture, root: Mapping) -> None:
        self.architecture = architecture
        self.root = root
        self.defaults: dict[str, records.Node] = {}
        self.used_defaults: set[str] = set()

    def report(self, problem: Problem, where: records.Node | Span) -> None:
        self.architecture.report(problem, where)

    def build(self) -> None:
        root = self.root
        self.architecture.sections = root.values
        self.architecture.key_spans = {key: scalar.span for key, scalar in root.keys.items()}
        for key, scalar in root.keys.items():
            if key not in SECTIONS:
                self.report(
                    Problem(UNKNOWN_KEY, f"a spec has no key `{key}`", hints=did_you_mean(key, SECTIONS)),
                    scalar,
                )
        self.section("version", _version)
        name = self.section("name", values.text)
        self.section("description", values.text)
        self.section("reference", values.text)
        self.read_defaults()
        shape = self.section("input", _input_shape, required=True)
        entries = self.read_layers()
        if name is None:
            name = self.architecture.source.name.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml")
        self.architecture.graph = Graph(name, shape or (), self.propagate(shape, entries))

    def section(self, key: str, read_value: values.Read, required: bool = False) -> Any:
        record = self.root.values.get(key)
        if record is None:
            if required:
                problem = Problem(MISSING_KEY, f"the spec has no `{key}:`", hints=(_EXAMPLES[key],))
                self.report(
                    problem,
                    Span(
                        self.root.span.line,
                        self.root.span.column,
                        self.root.span.line,
                        self.root.span.column + 1,
                    ),
                )
            return None
        try:
            return read_value(record)
        except Problem as problem:
            self.report(problem, record)
            return None

    def read_defaults(self) -> None:
        """`defaults:` hold for every layer that has a field of that name and does not set it."""
        record = self.root.values.get("defaults")
        if record is None:
            return
        try:
            section = values.mapping(record, "a mapping such as `rounding: floor`")
        except Problem as problem:
            self.report(problem, record)
            return
        fields = sorted({name for kind in layers.names() for name in field_readers(layers.find(kind))})
        for key, scalar in section.keys.items():
            if key in fields:
                self.defaults[key] = section.values[key]
            else:
                self.report(
                    Problem(UNKNOWN_KEY, f"no layer has a field `{key}`", hints=did_you_mean(key, tuple(fields))),
                    scalar,
                )

    def read_layers(self) -> list[_Entry]:
        record = self.root.values.get("layers")
        if record is None:
            self.section("layers", lambda node: node, required=True)
            return []
        try:
            items = values.items(record, "a list of layers")
        except Problem as problem:
            self.report(problem, record)
            return []
        if not items:
            self.report(Problem(BAD_VALUE, "`layers:` is empty", hints=(_EXAMPLES["layers"],)), record)
        return [self.read_layer(item) for item in items]

    def read_layer(self, record: records.Node) -> _Entry:
        """One item of `layers:`; each faulty field is reported, and the layer then has no shape."""
        try:
            mapping = values.mapping(record, "a layer such as `{type: conv, filters: 8, kernel: 3}`")
            kind = self.kind_of(mapping, Layer)
        except Problem as problem:
            self.report(problem, record)
            return _Entry(record, None)
        own = {"type", "name"} | ({"activation"} if kind.takes_activation else set())
        found = len(self.architecture.diagnostics)
        name = self.optional(mapping, "name", _layer_name)
        activation = self.optional(mapping, "activation", self.read_activation) if kind.takes_activation else None
        layer = self.fields_of(kind, mapping, own)
        sound = len(self.architecture.diagnostics) == found
        return _Entry(record, layer if sound else None, activation, name)

    def optional(self, mapping: Mapping, key: str, read_value: values.Read) -> Any:
        record = mapping.values.get(key)
        if record is None:
            return None
        try:
            return read_value(record)
        except Problem as problem:
            self.report(problem, record)
            return None

    def kind_of(self, mapping: Mapping, wanted: type[Any]) -> type[Layer]:
        record = mapping.values.get("type")
        if record is None:
            raise Problem(
                MISSING_KEY, "a layer has no `type:`", mapping, hints=("kinds: " + ", ".join(layers.names()),)
            )
        return self.find_kind(values.text(record), record, wanted)

    def find_kind(self, word: str, record: records.Node, wanted: type[Any]) -> type[Layer]:
        try:
            kind = layers.find(word)
        except KeyError:
            known = layers.names()
            raise Problem(
                UNKNOWN_KIND, f"there is no layer kind `{word[:60]}`", record, hints=did_you_mean(word, known)
            ) from None
        if not issubclass(kind, wanted):
            known = tuple(name for name in layers.names() if issubclass(layers.find(name), wanted))
            raise Problem(
                UNKNOWN_KIND,
                f"`{word}` is no activation",
                record,
                hints=("activations: " + ", ".join(known),),
            )
        return kind

    def read_activation(self, record: records.Node) -> Activation | None:
        """`relu`, or a mapping where the activation has settings of its own."""
        if isinstance(record, Scalar):
            if record.is_null:
                return None
            kind, mapping = self.find_kind(record.text, record, Activation), Mapping({}, {}, record.span)
        else:
            mapping = values.mapping(record, "an activation's name")
            kind = self.kind_of(mapping, Activation)
        layer = self.fields_of(kind, mapping, {"type"})
        return layer if isinstance(layer, Activation) else None

    def fields_of(self, kind: type[Layer], mapping: Mapping, own: set[str]) -> Layer | None:
        """The layer that a record describes; reports every field that does not hold."""
        readers = field_readers(kind)
        faults = 0
        for key, scalar in mapping.keys.items():
            if key not in readers and key not in own:
                known = tuple(readers) + tuple(sorted(own - {"type"}))
                problem = Problem(UNKNOWN_KEY, f"`{kind.kind}` has no field `{key}`", hints=did_you_mean(key, known))
                self.report(problem, scalar)
                faults += 1
        fields = {}
        for key, (read_value, required) in readers.items():
            record = mapping.values.get(key, self.defaults.get(key))
            if record is None:
                if required:
                    self.report(Problem(MISSING_KEY, f"`{kind.kind}` has no `{key}:`"), mapping)
                    faults += 1
                continue
            try:
                fields[key] = read_value(record)
            except Problem as problem:
                self.report(problem, record)
                faults += 1
        return None if faults else kind(**fields)

    def propagate(self, shape: Shape | None, entries: list[_Entry]) -> tuple[Node, ...]:
        """Nodes up to the first that has no shape; every name is checked all the same."""
        names = self.name_all(entries)
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
                self.report(problem, self.place(problem, entry.record))
                break
            source = index - 1 if index else INPUT
            nodes.append(Node(index, name, entry.layer, entry.activation, (source,), current, output))
            current = output
        return tuple(nodes)

    def place(self, problem: Problem, record: records.Node) -> records.Node | Span:
        """Where a layer's fault stands: the field it names, key and value together, else the layer."""
        if isinstance(problem.where, str) and isinstance(record, Mapping):
            for key in (problem.where, "kernel", "type"):
                if key in record.values:
                    start, end = record.keys[key].span, record.values[key].span
                    return Span(start.line, start.column, end.end_line, end.end_column)
        return record

    def name_all(self, entries: list[_Entry]) -> list[str]:
        """Given names, and kind plus a count for the rest: conv1, maxpool1, conv2, ..."""
        taken: dict[str, records.Node] = {}
        for entry in entries:
            if entry.name is None:
                continue
            if entry.name in taken:
                line = taken[entry.name].span.line
                problem = Problem(DUPLICATE_NAME, f"the name `{entry.name}` is taken by the layer on line {line}")
                where = entry.record.values["name"] if isinstance(entry.record, Mapping) else entry.record
                self.report(problem, where)
            else:
                taken[entry.name] = entry.record
        counts: dict[str, int] = {}
        names = []
        for entry in entries:
            name = entry.name
            if name is None:
                kind = entry.layer.kind if entry.layer else "layer"
                while True:
                    counts[kind] = counts.get(kind, 0) + 1
                    name = f"{kind}{counts[kind]}"
                    if name not in taken:
                        break
            names.append(name)
        return names


_EXAMPLES = {
    "input": "for instance `input: [1, 28, 28]`: channels, height, width",
    "layers": "for instance `layers:` and under it `- {type: flatten}`",
}


def _version(record: records.Node) -> int:
    version = values.integer(record)
    if version != 1:
        raise Problem(
            UNSUPPORTED_VERSION,
            f"version {version} is not known",
            record,
            hints=("this cnncli reads version 1",),
        )
    return version


def _input_shape(record: records.Node) -> Shape:
    sizes = values.items(record, "a list [channels, height, width]")
    if len(sizes) not in (1, 3):
        raise Problem(
            WRONG_TYPE, f"`input` has {len(sizes)} numbers", record,
            hints=("write [channels, height, width], or [features] for a flat input",),
        )  # fmt: skip
    return tuple(values.positive(size) for size in sizes)


def _layer_name(record: records.Node) -> str:
    name = values.text(record)
    if not name or not all(character.isalnum() or character in "_-." for character in name) or len(name) > 80:
        raise Problem(
            BAD_VALUE, f"{records.describe(record)} is no name", record,
            hints=("use letters, digits, `_`, `-` and `.`, 80 at most",),
        )  # fmt: skip
    return name
