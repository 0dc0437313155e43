"""A spec as an editor has it, whose reader is one of YAML 1.2, and what the schema of specs says of it."""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from cnncli.report.schema import schema
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence
from cnncli.spec.reader import read
from cnncli.spec.source import Source

_INTEGER = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z", re.ASCII)
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z", re.ASCII)
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


SCHEMA = schema()
VALIDATOR = Draft7Validator(SCHEMA)


def errors(spec: Any) -> list[tuple[str, str]]:
    """(path, message) of each error; of a word that is none of those known, that it is none of them."""
    found = [best_match([error]) for error in VALIDATOR.iter_errors(spec)]
    return sorted(("/".join(map(str, error.absolute_path)), error.message) for error in found)


def load(text: str) -> Any:
    """The value of a text that is YAML; of a key that is given twice, the first."""
    root, _ = read(Source("net.yaml", text))
    assert root is not None
    return value_of(root)


def value_of(node: Node) -> Any:
    """A record as JSON, scalars by YAML 1.2's core schema."""
    if isinstance(node, Mapping):
        return {key: value_of(value) for key, value in node.values.items()}
    if isinstance(node, Sequence):
        return [value_of(item) for item in node.items]
    return _scalar(node)


def _scalar(node: Scalar) -> Any:
    if not node.plain:
        return node.text
    if node.is_null:
        return None
    if node.text in _WORDS:
        return _WORDS[node.text]
    if _INTEGER.match(node.text):
        return int(node.text)
    if _OTHER_BASE.match(node.text):
        return int(node.text, 0)
    return float(node.text) if _FLOAT.match(node.text) else node.text
