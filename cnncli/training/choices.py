"""A value of the recipe that is one of several kinds, each with settings of its own: an optimizer, a schedule.

One file per kind; the file's name is the kind's in YAML, and nothing lists the kinds but the folder. A kind is
imported when a spec first names it. It stands there as its name, `adam`, or with settings, `{type: adam, beta1: 0.8}`.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, dataclass_transform

from cnncli.errors import BAD_VALUE, MISSING_KEY, WRONG_TYPE
from cnncli.spec import values
from cnncli.spec.fields import read_fields
from cnncli.spec.nodes import Mapping, Node, Scalar, Span, describe
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.schema import EXPRESSION, Schema, or_expression, or_word, schema_of

REQUIRED = dataclasses.MISSING


def setting(read: values.Read, help: str, default: Any = REQUIRED) -> Any:
    """A setting: how it is read, what it means, and what it is when left out."""
    metadata = {"read": read, "help": help}
    if default is REQUIRED:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(setting,))
@dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Choice:
    """A kind: subclasses say `class Adam(Optimizer, type="adam")` and become frozen dataclasses of their settings."""

    type: str = dataclasses.field(init=False, default="")

    def __init_subclass__(cls, type: str = "", **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.type = type
        if any(isinstance(value, dataclasses.Field) for value in vars(cls).values()):
            # What is not made anew for every kind, though it would be the same, does not slow down the start.
            dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=True)(cls)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and dataclasses.astuple(self) == dataclasses.astuple(other)

    def __hash__(self) -> int:
        return hash(dataclasses.astuple(self))

    def __repr__(self) -> str:
        return repr(dataclasses.asdict(self))

    def check(self) -> None:
        """Raises `Problem` where the settings do not go together."""

    @classmethod
    def settings(cls) -> dict[str, dataclasses.Field[Any]]:
        """Its settings by name."""
        return {item.name: item for item in dataclasses.fields(cls) if item.name != "type"}


Kind = TypeVar("Kind", bound=Choice)


class Family(Generic[Kind]):
    """The kinds in a folder beside this file, and the reader of a value that is one of them."""

    def __init__(self, folder: str, what: str) -> None:
        self.folder = folder
        self.what = what

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every kind there is, by name."""
        files = (Path(__file__).parent / self.folder).iterdir()
        return tuple(sorted(file.stem for file in files if file.suffix == ".py" and file.name[0] != "_"))

    def find(self, name: str) -> type[Kind]:
        """The class of a kind; `KeyError` where there is none."""
        if name not in self.names:
            raise KeyError(name)
        module = import_module(f"{__package__}.{self.folder}.{name}")
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Choice) and item.type == name:
                return cast("type[Kind]", item)
        raise KeyError(name)

    def __call__(self, node: Node) -> Kind:
        """The kind that is named, with its settings. Raises `Problem`."""
        if isinstance(node, Mapping):
            return self._with_settings(node)
        if not isinstance(node, Scalar) or node.is_null:
            message = f"{self.what} is wanted here, `{self.names[0]}` or `{{type: {self.names[0]}, ...}}`"
            raise Problem(WRONG_TYPE, f"{message}, not {describe(node)}", node)
        kind = self._named(node)
        missing = _required(kind)
        if missing:
            hints = (f"write `{{type: {kind.type}, {missing[0]}: ...}}`",)
            raise Problem(MISSING_KEY, f"`{kind.type}` lacks `{missing[0]}:`", node, hints=hints)
        return kind()

    def _named(self, node: Node) -> type[Kind]:
        name = values.text(node)
        if name not in self.names:
            message = f"{describe(node)} is not one of {', '.join(self.names)}"
            raise Problem(BAD_VALUE, message, node, hints=did_you_mean(name, self.names))
        return self.find(name)

    def _with_settings(self, record: Mapping) -> Kind:
        if "type" not in record.values:
            raise Problem(MISSING_KEY, f"{self.what} lacks `type:`", record, hints=(f"type: {self.names[0]}",))
        kind = self._named(record.values["type"])
        settings = kind.settings()
        readers = {name: item.metadata["read"] for name, item in settings.items()}
        found = read_fields(record, readers, f"`{kind.type}`", _raise, required=_required(kind), also=("type",))
        chosen = kind(**found)
        try:
            chosen.check()
        except Problem as problem:
            problem.where = record.values.get(str(problem.where), record)
            raise
        return chosen

    @property
    def schema(self) -> Schema:
        """What the reader accepts, as JSON Schema. Imports every kind."""
        kinds = [self.find(name) for name in self.names]
        record = {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"type": "string", "if": {"pattern": EXPRESSION}, "else": {"enum": list(self.names)}}
            },
            "allOf": [{"if": _is(kind), "then": _has(kind)} for kind in kinds],
        }
        return or_word(record, *(kind.type for kind in kinds if not _required(kind)))


def _required(kind: type[Choice]) -> list[str]:
    return [name for name, item in kind.settings().items() if item.default is REQUIRED]


def _is(kind: type[Choice]) -> Schema:
    return {"type": "object", "properties": {"type": {"const": kind.type}}, "required": ["type"]}


def _has(kind: type[Choice]) -> Schema:
    keys: dict[str, Schema] = {"type": {}}
    for name, item in kind.settings().items():
        keys[name] = {"description": item.metadata["help"], **or_expression(schema_of(item.metadata["read"]))}
        if item.default is not REQUIRED:
            keys[name]["default"] = item.default
    return {"properties": keys, "required": _required(kind), "additionalProperties": False}


def _raise(problem: Problem, where: Node | Span) -> bool:
    """As a `Report`: the first fault ends the reading of this value."""
    problem.where = problem.where or where
    raise problem
