"""What `cnncli layers` and the reference pages say: of each kind its words, fields, formulas and a worked example.

All of it comes from the kind's own file, and from `cnncli.graph.structure` for what is no layer kind.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from dataclasses import dataclass
from typing import Any

from cnncli import layers
from cnncli.analysis.costs import totals
from cnncli.errors import UsageError
from cnncli.graph import read_architecture
from cnncli.graph.structure import ACTIVATION_KEY, COMMON_KEYS, STRUCTURE, Key, Structure, suggest
from cnncli.layers import Layer, Shape
from cnncli.spec.source import Source

_ORDER = ("weights", "pooling", "normalisation", "activations", "merges", "shape", "regularisation")
"""Families in the order of a list; others come after these."""
_STRUCTURE = "structure"
_PAPER = re.compile(r" \([^()]*\b(?:19|20)[0-9]{2}\b[^()]*\)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind in a line. `summary` is the first sentence about it, its paper left out."""

    kind: str
    family: str
    summary: str


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a layer. `default` is what it is when left out, None where `help` says that."""

    name: str
    required: bool
    default: Any
    help: str


@dataclass(frozen=True, slots=True)
class Example:
    """A spec that holds, and what comes of it, for one image."""

    spec: str
    input_shape: Shape
    output_shape: Shape
    parameters: int
    buffers: int
    macs: int


@dataclass(frozen=True, slots=True)
class Page:
    """All that is said about a kind. `about` are paragraphs; one that begins with a space keeps its lines."""

    kind: str
    family: str
    summary: str
    also_called: tuple[str, ...]
    about: tuple[str, ...]
    fields: tuple[Field, ...]
    common: tuple[Field, ...]
    formulas: dict[str, str]
    example: Example


def entries() -> list[Entry]:
    """Every kind, family by family; what gives a spec its structure comes last."""
    kinds = [layers.find(name) for name in layers.names()]
    kinds.sort(key=lambda kind: (_ORDER.index(kind.family) if kind.family in _ORDER else len(_ORDER), kind.family))
    found = [Entry(kind.kind, kind.family, _summary(kind)) for kind in kinds]
    return found + [Entry(item.name, _STRUCTURE, item.summary) for item in STRUCTURE]


def page(kind: str) -> Page:
    """The page of a kind, or of `parallel`, `head`, `use`; `UsageError` where there is no such kind."""
    for item in STRUCTURE:
        if item.name == kind:
            return _page_of_structure(item)
    try:
        return _page_of_kind(layers.find(kind))
    except KeyError:
        known = (*layers.names(), *(item.name for item in STRUCTURE))
        raise UsageError(f"there is no layer kind {kind[:60]!r}", "; ".join(suggest(kind, known))) from None


def entries_as_json() -> str:
    """The list as JSON."""
    return json.dumps([dataclasses.asdict(entry) for entry in entries()], indent=2)


def page_as_json(page: Page) -> str:
    """A page as one JSON object."""
    return json.dumps(dataclasses.asdict(page), indent=2)


def default_text(field: Field) -> str:
    """A default as a spec would have it; empty where there is none to be written."""
    return "required" if field.required else "" if field.default is None else _written(field.default)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return _written(value[0]) if len(set(value)) == 1 else f"[{', '.join(map(_written, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _summary(kind: type[Layer]) -> str:
    """The first paragraph of its file."""
    paragraphs = _paragraphs(sys.modules[kind.__module__].__doc__)
    return _PAPER.sub("", paragraphs[0]) if paragraphs else ""


def _page_of_kind(kind: type[Layer]) -> Page:
    text, shape = kind.example
    keys = COMMON_KEYS + ((ACTIVATION_KEY,) if kind.takes_activation else ())
    return Page(
        kind=kind.kind,
        family=kind.family,
        summary=_summary(kind),
        also_called=kind.also_called,
        about=(*_paragraphs(sys.modules[kind.__module__].__doc__), *_paragraphs(kind.__doc__)),
        fields=fields_of(kind),
        common=tuple(map(_field, keys)),
        formulas=kind.formulas,
        example=_worked(kind.kind, f"input: {list(shape)}\nlayers:\n  - {text}\n"),
    )


def _page_of_structure(item: Structure) -> Page:
    own = [key for key in item.keys if key not in COMMON_KEYS]
    common = [key for key in item.keys if key in COMMON_KEYS]
    return Page(
        kind=item.name,
        family=_STRUCTURE,
        summary=item.summary,
        also_called=(),
        about=(item.summary, *item.about),
        fields=tuple(map(_field, own)),
        common=tuple(map(_field, common)),
        formulas={},
        example=_worked(item.name, item.example),
    )


def _field(key: Key) -> Field:
    return Field(key.name, key.required, key.default, key.help)


def fields_of(kind: type[Layer]) -> tuple[Field, ...]:
    """The kind's fields: required ones first, then its own before those it shares with others."""
    classes = [inspect.get_annotations(base) for base in kind.__mro__]  # its own comes first

    def place(field: Field) -> tuple[bool, int]:
        return not field.required, next(up for up, own in enumerate(classes) if field.name in own)

    fields: list[Field] = []
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]
        required = item.default is dataclasses.MISSING
        fields.append(Field(item.name, required, None if required else item.default, item.metadata["help"]))
    return tuple(sorted(fields, key=place))


def _worked(name: str, spec: str) -> Example:
    graph = read_architecture(Source(name, spec)).require_sound()
    sums = totals(graph)
    return Example(spec, graph.input_shape, graph.output_shape, sums.parameters, sums.buffers, sums.macs)


def _paragraphs(docstring: str | None) -> tuple[str, ...]:
    """The paragraphs of a docstring, each in one line unless it is indented."""
    parts = re.split(r"\n{2,}", inspect.cleandoc(docstring or ""))
    return tuple(part if part.startswith(" ") else " ".join(part.split()) for part in parts if part.strip())
