"""What JSON a reader accepts, in the words of JSON Schema, draft 7: said beside the reader, in one place.

One schema holds for all types that a value may have: a keyword such as `minimum` or `pattern` looks at its own type
alone. So what is wrong with a value is one error, where a choice of schemas would only say that none of them matches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Schema = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])

_PARAMETER = r"^\$[A-Za-z_][A-Za-z_0-9]*$"
EXPRESSION = r"\$"
_NUMERAL = rf"{EXPRESSION}|[0-9]_[0-9]"  # YAML 1.2 takes 1_000 for a text


def accepts(schema: Schema) -> Callable[[F], F]:
    """Marks a reader with the JSON that it takes. Records reach it with their parameters filled in."""

    def mark(read: F) -> F:
        read.schema = schema  # type: ignore[attr-defined]
        return read

    return mark


def schema_of(read: Callable[..., Any]) -> Schema:
    """What a reader accepts; `TypeError` where it does not say."""
    schema: Schema | None = getattr(read, "schema", None)
    if schema is None:
        name = getattr(read, "__qualname__", repr(read))
        raise TypeError(f"the reader {name} does not say what it takes: mark it with @accepts(...)")
    return schema


def ref(name: str) -> Schema:
    """What `cnncli.report.schema` defines under this name: it takes all kinds to say."""
    return {"$ref": f"#/definitions/{name}"}


def or_list(one: Schema, **lengths: int) -> Schema:
    """`one`, or a list of such; `lengths` are `minItems` and `maxItems`."""
    return {**one, "type": [*_types(one), "array"], "items": one, **lengths}


def or_word(other: Schema, *words: str) -> Schema:
    """`other`, which is no text, or one of a few words."""
    types = _types(other)
    return {**other, "type": [*types, "string"], "anyOf": [_one_of(words), {"type": types}]}


def or_expression(schema: Schema) -> Schema:
    """`schema`, for a place where a parameter or an expression may stand, in a list's items too."""
    found = dict(schema)
    types = _types(schema)
    pattern = _NUMERAL if {"integer", "number"} & set(types) else EXPRESSION
    if "items" in schema:
        found["items"] = or_expression(schema["items"])
    if "string" not in types:
        found |= {"type": [*types, "string"], "pattern": pattern}
    elif "enum" in schema:
        found["anyOf"] = [_one_of(found.pop("enum")), {"pattern": pattern}]
    elif "anyOf" in schema:
        found["anyOf"] = [schema["anyOf"][0], {"pattern": pattern}]
    elif "pattern" in schema:
        found["pattern"] = f"{EXPRESSION}|{schema['pattern']}"
    return found


def or_parameter(schema: Schema) -> Schema:
    """`schema`, which is of lists or mappings, for a place where a `$name` may stand for one; not inside it."""
    return {**schema, "type": [*_types(schema), "string"], "pattern": _PARAMETER}


def pattern_of(expression: re.Pattern[str]) -> str:
    """What the expression matches, to its `\\Z`, as a `pattern`."""
    return "^" + expression.pattern.replace(r"\Z", "$")


def _types(schema: Schema) -> list[str]:
    types = schema["type"]
    return types if isinstance(types, list) else [types]


def _one_of(words: Iterable[str]) -> Schema:
    # With its own type, a validator that looks for the error that matters finds this one.
    return {"type": "string", "enum": list(words)}
