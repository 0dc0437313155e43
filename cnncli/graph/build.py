"""A spec's records -> a graph. Faults are gathered, not raised: the rest of the file is read all the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from cnncli import layers
from cnncli.errors import NO_PATH, UNKNOWN_KEY, UNSUPPORTED_VERSION, WRONG_TYPE, UsageError
from cnncli.graph.architecture import Architecture
from cnncli.graph.blocks import Block, Scope, bind, layer_list, no_params, read_blocks, read_params
from cnncli.graph.graph import INPUT
from cnncli.graph.item_reader import ItemReader
from cnncli.graph.kinds import known_fields
from cnncli.graph.propagate import propagate
from cnncli.graph.unfold import Unfolder
from cnncli.layers import Layer, Shape
from cnncli.layers._base import field_readers
from cnncli.spec import nodes as records
from cnncli.spec import values
from cnncli.spec.arguments import Arguments, Work, substitute
from cnncli.spec.fields import misspelt, read_fields, stands_elsewhere
from cnncli.spec.nodes import Mapping, Scalar, Span
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.reader import read
from cnncli.spec.schema import accepts, schema_of
from cnncli.spec.source import Source

_READ_ELSEWHERE = ("training", "expect", "limits")


def read_architecture(source: Source, settings: dict[str, str] | None = None) -> Architecture:
    """Reads, checks and propagates shapes. Never raises for what the file says.

    `settings` replace the defaults of the spec's own `params:`; `UsageError` where it has no such parameter.
    """
    root, diagnostics = read(source)
    architecture = Architecture(source, settings=settings or {}, record=root)
    for diagnostic in diagnostics:
        architecture.add(diagnostic)
    if root is None and diagnostics:
        return architecture
    if not isinstance(root, Mapping):
        found = "is empty" if root is None else f"holds {records.describe(root)}"
        problem = Problem(WRONG_TYPE, f"the file {found}; a spec is a mapping with `input:` and `layers:`")
        architecture.report(problem, Span(1, 1, 1, 2))
        return architecture
    report = architecture.report
    readers: dict[str, values.Read] = {
        "version": version_of,
        "name": values.text,
        "description": values.text,
        "reference": values.text,
        "input": lambda record: input_shape(substitute(record, arguments, report)),
        "blocks": lambda record: read_blocks(record, report),
        "defaults": lambda record: values.mapping(
            substitute(record, arguments, report), "a mapping such as `rounding: floor`"
        ),
        "layers": layer_list,
    }
    known = (*readers, "params", *_READ_ELSEWHERE)
    arguments = _arguments(architecture, root, known)
    sections = read_fields(
        root, readers, "a spec", report, required=("input", "layers"), also=("params", *_READ_ELSEWHERE)
    )
    architecture.sections = _elsewhere(architecture, root, arguments)
    defaults = sections.get("defaults", Mapping({}, {}, root.span))
    reader = _item_reader(architecture, root, sections, known, arguments)
    unfolder = Unfolder(architecture, reader)
    output = unfolder.unfold(sections.get("layers"), Scope("", arguments, INPUT))
    _check_defaults(architecture, defaults, reader)
    architecture.layer_count = len(unfolder.entries)
    if "layers" in sections and output == INPUT and not architecture.diagnostics:
        hints = ("a `repeat: 0` leaves a layer out; a `head` is beside the way from input to output",)
        problem = Problem(NO_PATH, "no layer lies between the input and the output", hints=hints)
        architecture.report(problem, root.keys["layers"])
    architecture.reference = sections.get("reference", "")
    name = sections.get("name") or Path(source.name).stem
    shape = sections.get("input")
    architecture.graph = propagate(architecture, name, shape, unfolder.entries, output, unfolder.heads)
    return architecture


def _arguments(architecture: Architecture, root: Mapping, known: tuple[str, ...]) -> Arguments:
    """The spec's own parameters with their values, unknown where they do not hold."""
    report = architecture.report
    params = no_params(root, known)
    if "params" in root.values:
        try:
            params = read_params(root.values["params"], report)
        except Problem as problem:
            report(problem, root.values["params"])
    for name in architecture.settings:
        if name not in params.values and params.is_whole:
            listed = "its parameters: " + ", ".join(params.values) if params.values else "it has no `params:`"
            raise UsageError(f"{architecture.source.name} has no parameter `{name[:60]}`", listed)
    place = root.keys.get("params", root)
    given: dict[str, records.Node] = {
        name: Scalar(text, True, place.span) for name, text in architecture.settings.items()
    }
    way_out = "give it: `--set {name}=...`, or write a default into `params:`"
    return bind(params, given, Arguments(work=Work.in_file(root)), report, place, "the spec", way_out)


def _item_reader(
    architecture: Architecture, root: Mapping, sections: dict[str, Any], known: tuple[str, ...], arguments: Arguments
) -> ItemReader:
    """The reader of items, which is told what does not hold; a section that is misspelt does not."""
    blocks: dict[str, Block] | None = sections.get("blocks")
    if "blocks" not in root.values and not stands_elsewhere("blocks", root, known):
        blocks = {}
    defaults: dict[str, records.Node] | None = None
    if "defaults" in sections:
        defaults = dict(sections["defaults"].values)
    elif "defaults" not in root.values and "defaults" not in misspelt(root, known):
        defaults = {}
    return ItemReader(architecture, defaults, blocks, arguments)


def _elsewhere(architecture: Architecture, root: Mapping, arguments: Arguments) -> dict[str, records.Node]:
    """The sections that others read, parameters filled in."""
    report = architecture.report
    return {key: substitute(root.values[key], arguments, report) for key in _READ_ELSEWHERE if key in root.values}


def _check_defaults(architecture: Architecture, section: Mapping, reader: ItemReader) -> None:
    """`defaults:` hold for every layer that has a field of that name and does not set it."""
    for key, scalar in section.keys.items():
        fault = _fault_of_default(key, (reader.defaults or {})[key], reader.kinds)
        if fault is not None and not architecture.report(fault, scalar):
            break


def _fault_of_default(key: str, record: records.Node, met: set[type[Layer]]) -> Problem | None:
    """What is wrong with one default. Its value holds if one kind that has the field takes it.

    Kinds that the spec has are asked first: to load all the others takes time.
    """
    if key in ("activation", "name", "type"):
        return Problem(UNKNOWN_KEY, f"`{key}` cannot be a default", hints=("write it in each layer",))
    readers = _readers(key, met) or _readers(key, (layers.find(kind) for kind in layers.names()))
    if not readers:
        return Problem(UNKNOWN_KEY, f"no layer has a field `{key[:60]}`", hints=partial(_other_field, key))
    fault = None
    for read_field in readers:
        try:
            read_field(record)
        except Problem as problem:
            fault = problem
        else:
            return None
    return fault


def _other_field(key: str) -> tuple[str, ...]:
    return did_you_mean(key, tuple(sorted(known_fields())))


def _readers(key: str, kinds: Iterable[type[Layer]]) -> list[values.Read]:
    return [fields[key][0] for kind in kinds if key in (fields := field_readers(kind))]


@accepts({"const": 1})
def version_of(record: records.Node) -> int:
    version = values.integer(record)
    if version != 1:
        hints = ("this cnncli reads version 1",)
        raise Problem(UNSUPPORTED_VERSION, f"version {version} is not known", record, hints=hints)
    return version


@accepts({"type": "array", "items": schema_of(values.positive), "minItems": 1, "maxItems": 3})
def input_shape(record: records.Node) -> Shape:
    wanted = "a list such as [1, 28, 28] (channels, height, width)"
    if isinstance(record, Scalar) and record.text.isdecimal() and len(record.text) < 20:
        hints = (f"write [{record.text}]",)
        raise Problem(WRONG_TYPE, f"{wanted} is wanted here, not {records.describe(record)}", record, hints=hints)
    sizes = values.items(record, wanted)
    if len(sizes) not in (1, 2, 3):
        hints = ("write [channels, height, width], [channels, width] for a signal, or [features] for a flat input",)
        raise Problem(WRONG_TYPE, f"`input` has {len(sizes)} numbers", record, hints=hints)
    return tuple(values.positive(size) for size in sizes)
