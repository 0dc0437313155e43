"""A spec's sections as they are written: what blocks, parameters and names a file gives, and which it mentions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cnncli.graph import Architecture
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, walk

_PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z_0-9]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class WrittenBlock:
    """A block of `blocks:` as it stands in the file. `key` is its name, `body` all but its parameters."""

    name: str
    key: Scalar
    params: Mapping | None
    body: list[Node]


def section(spec: Architecture, name: str) -> Node | None:
    """The record of a top-level key."""
    return spec.record.values.get(name) if isinstance(spec.record, Mapping) else None


def params(record: Node | None) -> Mapping | None:
    """`params:` of a spec or a block."""
    found = record.values.get("params") if isinstance(record, Mapping) else None
    return found if isinstance(found, Mapping) else None


def blocks(spec: Architecture) -> list[WrittenBlock]:
    """The blocks, in the order of the file."""
    record = section(spec, "blocks")
    found: list[WrittenBlock] = []
    if not isinstance(record, Mapping):
        return found
    for name, content in record.values.items():
        body = (
            [value for key, value in content.values.items() if key != "params"] if isinstance(content, Mapping) else []
        )
        found.append(WrittenBlock(name, record.keys[name], params(content), body))
    return found


def parameters_in(records: list[Node]) -> set[str]:
    """The parameters that are mentioned: `width` for `$width * 4`."""
    texts = (record.text for top in records for record in walk(top) if isinstance(record, Scalar))
    return {name for text in texts if "$" in text for name in _PARAMETER.findall(text)}


def uses_in(records: list[Node]) -> set[str]:
    """What stands behind `use:`: a block's name, or a parameter that says which."""
    mappings = (record for top in records for record in walk(top) if isinstance(record, Mapping))
    return {use.text for mapping in mappings if isinstance(use := mapping.values.get("use"), Scalar)}


def words_in(records: list[Node]) -> set[str]:
    """Every value that is written."""
    return {record.text for top in records for record in walk(top) if isinstance(record, Scalar)}


def items(record: Node | None) -> Iterator[Mapping]:
    """The items of a list of layers."""
    for item in record.items if isinstance(record, Sequence) else ():
        if isinstance(item, Mapping):
            yield item


def inner_lists(item: Mapping) -> list[Node]:
    """The lists of layers inside an item: branches, and the layers of a head."""
    branches = item.values.get("branches")
    if isinstance(branches, Mapping):
        return list(branches.values.values())
    if isinstance(branches, Sequence):
        return branches.items
    return [item.values["layers"]] if "layers" in item.values else []


def inputs(item: Mapping) -> list[Scalar]:
    """The names in its `from:`."""
    record = item.values.get("from")
    names = record.items if isinstance(record, Sequence) else [record] if record is not None else []
    return [name for name in names if isinstance(name, Scalar)]
