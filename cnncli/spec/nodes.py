"""The records a YAML file becomes: scalars, sequences and mappings that know where they stand.

A scalar keeps its text. What the text means (a number, a name, a switch) is decided by the field that reads
it (`cnncli.spec.values`), so `yes`, `012` and `1:30` never turn into something else on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Span:
    """From (line, column) up to, not including, (end_line, end_column); all count from 1."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(slots=True)
class Scalar:
    """One value as written. `plain` is false where it was quoted, `quote` then is the mark, if it has one.

    Of one that a parameter stands for, `span` is where that is, and `origin` where the value itself is written.
    """

    text: str
    plain: bool
    span: Span
    weight: int = 1
    quote: str = ""
    origin: Span | None = None

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def written(self) -> str:
        """How it stands in the file if that is on one line, without an anchor or an escape."""
        return f"{self.quote}{self.text}{self.quote}"


@dataclass(slots=True)
class Sequence:
    """A list. `weight` is the number of records in it, aliases counted as often as they are used."""

    items: list[Node]
    span: Span
    weight: int = 1


@dataclass(slots=True)
class Mapping:
    """Keys in file order; `keys` holds the key's own record, for its place."""

    values: dict[str, Node]
    keys: dict[str, Scalar]
    span: Span
    weight: int = 1


@dataclass(slots=True)
class Unknown:
    """A value that cannot be told, for a fault that is reported where it is.

    No reader takes it, and what they find wrong with it is not said.
    """

    span: Span
    weight: int = 1


Node = Scalar | Sequence | Mapping | Unknown


def walk(record: Node) -> Iterator[Node]:
    """The record and all within it, keys too, each once: an alias stands for a record that has its place already."""
    waiting = [record]
    seen: set[int] = set()
    while waiting:
        record = waiting.pop()
        if id(record) in seen:
            continue
        seen.add(id(record))
        yield record
        if isinstance(record, Mapping):
            waiting += record.values.values()
            waiting += record.keys.values()
        elif isinstance(record, Sequence):
            waiting += record.items


def describe(node: Node) -> str:
    """What a record is, in the words of a message: `a list`, `the text 'yes'`, `nothing`."""
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Unknown):
        return "an unknown value"
    if node.is_null:
        return "nothing"
    text = node.text if len(node.text) <= 40 else node.text[:37] + "..."
    return repr(text) if node.plain else f"the text {text!r}"
