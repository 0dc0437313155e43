"""The JSON Schema of specs, draft 7, for editors and other tools: made of what a spec's readers say they take.

What else is in a layer follows from its `type`, so that what is wrong with it is said of its kind alone. Fields that a
layer lacks are looked for apart, in `complete_layers`: not where the spec's `defaults:` may have them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from cnncli import layers
from cnncli.analysis.budget import EXPECT, LIMITS
from cnncli.graph.sections import BLOCK_KEYS, SPEC_KEYS
from cnncli.graph.structure import ACTIVATION_KEY, COMMON_KEYS, HEAD, PARALLEL, USE, Key
from cnncli.layers import Activation, Layer
from cnncli.layers._base import field_readers
from cnncli.report.kinds import entries, fields_of
from cnncli.spec.schema import EXPRESSION, Schema, or_expression, or_parameter, or_word, ref, schema_of
from cnncli.training.choices import Choice
from cnncli.training.recipe import settings

Schemas = dict[str, Schema]
FILE_NAME = "cnncli.schema.json"
"""Of the copy beside the bundled architectures."""


def schema_text() -> str:
    """The schema as the text of a file."""
    return json.dumps(schema(), indent=2) + "\n"


def modeline(path: str) -> str:
    """The comment at the start of a spec that leads an editor to its schema."""
    return f"# yaml-language-server: $schema={path}"


def schema() -> Schema:
    """The schema as data."""
    kinds = [layers.find(name) for name in layers.names()]
    needed = {name for kind in kinds for name in _needs(kind)}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cnncli spec",
        "description": "A convolutional network: what goes in, its layers, how it is trained, and what it may cost.",
        "type": "object",
        **_keys(SPEC_KEYS),
        "if": {"properties": {"defaults": {"type": "object", "propertyNames": {"not": {"enum": sorted(needed)}}}}},
        "then": {
            "properties": {
                "layers": ref("complete_layers"),
                "blocks": {"additionalProperties": {"properties": {"layers": ref("complete_layers")}}},
            }
        },
        "definitions": {
            **_items(),
            **_layers(kinds),
            **{key.name: _property(key) for key in COMMON_KEYS},
            "activation": _activation([kind for kind in kinds if issubclass(kind, Activation)]),
            "merge": or_expression({"type": "string", "enum": [kind.kind for kind in kinds if kind.merges]}),
            "block": {"type": "object", **_keys(BLOCK_KEYS)},
            "defaults": _section(_defaults(kinds)),
            "training": _section(_settings()),
            "expect": _section({name: or_expression(schema_of(read)) for name, read in EXPECT.items()}),
            "limits": _section({name: or_expression(schema_of(read)) for name, read in LIMITS.items()}),
            "complete_layers": {"items": ref("complete_item")},
            "complete_item": _complete_item(kinds),
        },
    }


def _items() -> Schemas:
    """What stands in a list of layers, and the items that are no layer kind."""
    use, *others = USE.keys
    return {
        "item": {
            **or_parameter({"type": "object"}),
            "properties": {use.name: _property(use)},
            "if": {"required": [use.name]},
            "then": ref(USE.name),
            "else": ref("layer"),
        },
        "layer": _by_type({name: ref(name) for name in (*layers.names(), PARALLEL.name, HEAD.name)}),
        # The parameters of the block are keys too.
        USE.name: {"title": USE.name, "description": USE.summary, "properties": _properties(others)},
        **{
            item.name: {**_kind(item.name, item.summary, _properties(item.keys)), "required": _required(item.keys)}
            for item in (PARALLEL, HEAD)
        },
    }


def _layers(kinds: list[type[Layer]]) -> Schemas:
    summaries = {entry.kind: entry.summary for entry in entries()}
    found: Schemas = {}
    for kind in kinds:
        common = (*COMMON_KEYS, ACTIVATION_KEY) if kind.takes_activation else COMMON_KEYS
        found[kind.kind] = _kind(kind.kind, summaries[kind.kind], _fields(kind) | _properties(common))
    return found


def _activation(kinds: list[type[Layer]]) -> Schema:
    """A word, or a mapping for one that has fields; nothing at all is none."""
    summaries = {entry.kind: entry.summary for entry in entries()}
    words = or_word({"type": ["object", "null"]}, *(kind.kind for kind in kinds))
    mappings = {kind.kind: _kind(kind.kind, summaries[kind.kind], _fields(kind)) for kind in kinds}
    return or_expression(words) | _by_type(mappings)


def _by_type(choices: Schemas) -> Schema:
    """A mapping whose `type` says what else is in it."""
    return {
        "required": ["type"],
        "properties": {"type": {"type": "string", "if": {"pattern": EXPRESSION}, "else": {"enum": list(choices)}}},
        "allOf": [{"if": _has_type(name), "then": then} for name, then in choices.items()],
    }


def _has_type(*names: str) -> Schema:
    choice: Schema = {"const": names[0]} if len(names) == 1 else {"enum": list(names)}
    return {"properties": {"type": choice}, "required": ["type"]}


def _kind(name: str, summary: str, properties: Schemas) -> Schema:
    own = {"type": {"const": name, "description": summary}}
    return {"title": name, "description": summary, "properties": own | properties, "additionalProperties": False}


def _complete_item(kinds: list[type[Layer]]) -> Schema:
    """An item that has all it needs, the layers inside it too. What a block is given may be called as they are."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for kind in kinds:
        groups.setdefault(_needs(kind), []).append(kind.kind)
    inside = ref("complete_layers")
    return {
        "if": {"required": ["use"]},
        "else": {
            "properties": {"layers": inside, "branches": {"items": inside, "additionalProperties": inside}},
            "allOf": [
                {"if": _has_type(*names), "then": {"required": list(needs)}} for needs, names in groups.items() if needs
            ],
        },
    }


def _needs(kind: type[Layer]) -> tuple[str, ...]:
    return tuple(name for name, (_, required) in field_readers(kind).items() if required)


def _defaults(kinds: list[type[Layer]]) -> Schemas:
    """Every field of every kind; one that differs from kind to kind may be what any of them takes."""
    helps: dict[str, dict[str, None]] = {}
    choices: dict[str, list[Schema]] = {}
    for kind in kinds:
        for name, schema in _fields(kind).items():
            helps.setdefault(name, {})[schema.pop("description")] = None
            schema.pop("default", None)
            if schema not in choices.setdefault(name, []):
                choices[name].append(schema)
    return {
        name: _described("\n".join(helps[name]), schemas[0] if len(schemas) == 1 else {"anyOf": schemas})
        for name, schemas in sorted(choices.items())
    }


def _settings() -> Schemas:
    """The recipe's values."""
    return {
        name: _described(
            item.metadata["help"],
            or_expression(schema_of(item.metadata["read"])),
            None if item.default is dataclasses.MISSING else item.default,
        )
        for name, item in settings().items()
    }


def _fields(kind: type[Layer]) -> Schemas:
    readers = field_readers(kind)
    return {
        field.name: _described(field.help, or_expression(schema_of(readers[field.name][0])), field.default)
        for field in fields_of(kind)
    }


def _keys(keys: Sequence[Key]) -> Schema:
    """A mapping that has these keys alone."""
    properties = {key.name: _property(key) for key in keys}
    return {"properties": properties, "required": _required(keys), "additionalProperties": False}


def _section(properties: Schemas) -> Schema:
    return or_parameter({"type": "object", "properties": properties, "additionalProperties": False})


def _properties(keys: Sequence[Key]) -> Schemas:
    """The keys of an item; what all items share is defined once."""
    return {key.name: ref(key.name) if key in COMMON_KEYS else _property(key) for key in keys}


def _required(keys: Sequence[Key]) -> list[str]:
    return [key.name for key in keys if key.required]


def _property(key: Key) -> Schema:
    return _described(key.help, key.schema, key.default)


def _described(help: str, schema: Schema, default: Any = None) -> Schema:
    # Draft 7 looks at nothing beside a `$ref`.
    schema = {"allOf": [schema]} if "$ref" in schema else schema
    return {"description": help, **schema} | ({} if default is None else {"default": _as_written(default)})


def _as_written(default: Any) -> Any:
    """A default as a spec would have it: one number for sides that are equal, an optimizer's name."""
    if isinstance(default, tuple):
        return default[0] if len(set(default)) == 1 else list(default)
    if isinstance(default, Choice):
        return default.type
    return default
