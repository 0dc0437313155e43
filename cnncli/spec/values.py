"""What a field accepts: each function reads one record as one type, or raises `Problem` at its place.

The types are decided here, not by YAML 1.1: `1e-3` is a number, and `012` (octal to YAML), `1:30`
(sexagesimal) and `on` / `yes` (booleans) are refused where a number or a switch is meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

from cnncli.errors import BAD_VALUE, WRONG_TYPE, Fix
from cnncli.spec.edits import rewrite
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, describe
from cnncli.spec.problem import Problem, nearest
from cnncli.spec.schema import Schema, accepts, or_list, pattern_of, schema_of

T = TypeVar("T")
Read = Callable[[Node], Any]

_DIGITS = r"[0-9]+(?:_[0-9]+)*"  # `_` between two digits only, as Python's own numbers have it
_INTEGER = re.compile(rf"[-+]?(0|(?!0){_DIGITS})\Z", re.ASCII)
_WHOLE = re.compile(rf"([-+]?(?:0|(?!0){_DIGITS}))\.0*\Z", re.ASCII)
_NUMBER = re.compile(rf"[-+]?({_DIGITS}\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z", re.ASCII)
_QUANTITY = re.compile(rf"(?!0[0-9])({_DIGITS}(?:\.[0-9]+)?)([kMGT]?)\Z", re.ASCII)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+\Z", re.ASCII)
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,15}\Z", re.ASCII)
_SWITCHES = {
    "yes": "true", "on": "true", "y": "true", "true": "true",
    "no": "false", "off": "false", "n": "false", "false": "false",
}  # fmt: skip
_SCALE = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_LONGEST_NUMBER = 60


@accepts({"type": ["string", "number", "boolean"]})
def text(node: Node) -> str:
    """Any text, as written."""
    if not isinstance(node, Scalar) or node.is_null:
        raise Problem(WRONG_TYPE, f"a text is wanted here, not {describe(node)}", node)
    return node.text


@accepts({"type": "integer"})
def integer(node: Node) -> int:
    """A whole number, of any size that a person would write."""
    if isinstance(node, Scalar) and node.plain and _INTEGER.match(node.text):
        if len(node.text) > _LONGEST_NUMBER:
            raise Problem(BAD_VALUE, f"a number of {len(node.text)} characters is too long to be meant", node)
        return int(node.text)
    message = f"a whole number is wanted here, not {describe(node)}"
    raise Problem(WRONG_TYPE, message, node, hints=_number_hint(node), fix=_number_fix(node, _INTEGER))


def _number_hint(node: Node) -> tuple[str, ...]:
    if not isinstance(node, Scalar):
        return ()
    if not node.plain and _NUMBER.match(node.text):
        return ("remove the quotes",)
    digits = node.text.replace("_", "")
    if len(digits) > _LONGEST_NUMBER:
        return ()
    if _LEADING_ZERO.match(node.text):
        sign = "-" if node.text.startswith("-") else ""
        return (f"write {sign}{digits.lstrip('+-0') or '0'}: a leading zero means octal to some YAML readers",)
    if _HEXADECIMAL.match(node.text):
        return (f"write {int(node.text, 16)}: numbers here are decimal",)
    if not _NUMBER.match(node.text) and _NUMBER.match(digits):
        return (f"write {digits}: `_` stands between two digits",)
    if _NUMBER.match(node.text) and float(node.text).is_integer() and abs(float(node.text)) < 1e15:
        return (f"write {int(float(node.text))}",)
    return ()


def _number_fix(node: Node, wanted: re.Pattern[str]) -> Fix | None:
    """The number that a text means for certain. A leading zero is octal to some, and nothing to others."""
    if not isinstance(node, Scalar) or len(node.text) > _LONGEST_NUMBER or _LEADING_ZERO.match(node.text):
        return None
    number = str(int(node.text, 16)) if _HEXADECIMAL.match(node.text) else node.text
    whole = _WHOLE.match(number) if wanted is _INTEGER else None
    number = whole[1] if whole else number
    return rewrite(node, number) if wanted.match(number) else None


@accepts({"type": "integer", "minimum": 1})
def positive(node: Node) -> int:
    """A whole number from 1 up."""
    value = integer(node)
    if value < 1:
        raise Problem(BAD_VALUE, f"a number from 1 up is wanted here, not {value}", node)
    return value


@accepts({"type": "integer", "minimum": 0})
def non_negative(node: Node) -> int:
    """A whole number from 0 up."""
    value = integer(node)
    if value < 0:
        raise Problem(BAD_VALUE, f"a number from 0 up is wanted here, not {value}", node)
    return value


@accepts({"type": "number"})
def number(node: Node) -> float:
    """A finite real number; `1e-3` is one."""
    if not (isinstance(node, Scalar) and node.plain and _NUMBER.match(node.text)) or _LEADING_ZERO.match(node.text):
        message = f"a number is wanted here, not {describe(node)}"
        raise Problem(WRONG_TYPE, message, node, hints=_number_hint(node), fix=_number_fix(node, _NUMBER))
    value = float(node.text)
    if value in (math.inf, -math.inf):
        raise Problem(BAD_VALUE, f"{node.text[:40]} is larger than any number a machine holds", node)
    return value


def number_in(low: float, high: float, *, high_included: bool = True) -> Callable[[Node], float]:
    """A number from `low` to `high`."""
    bracket = "]" if high_included else ")"
    wanted = f"a number from {low:g} up" if high == math.inf else f"a number in [{low:g}, {high:g}{bracket}"
    schema: Schema = {"type": "number", "minimum": low}
    if high != math.inf:
        schema["maximum" if high_included else "exclusiveMaximum"] = high

    @accepts(schema)
    def read(node: Node) -> float:
        value = number(node)
        if value < low or value > high or (value == high and not high_included):
            raise Problem(BAD_VALUE, f"{wanted} is wanted here, not {value:g}", node)
        return value

    return read


@accepts({"type": "boolean"})
def boolean(node: Node) -> bool:
    """`true` or `false`; YAML 1.1's `yes`, `on` and their kin are refused, for half of all readers differ."""
    if isinstance(node, Scalar) and node.plain and node.text in ("true", "false", "True", "False"):
        return node.text in ("true", "True")
    meant = _SWITCHES.get(node.text.lower()) if isinstance(node, Scalar) else None
    hints = (f"write {meant}",) if meant else ()
    fix = rewrite(node, meant) if meant and isinstance(node, Scalar) else None
    raise Problem(WRONG_TYPE, f"`true` or `false` is wanted here, not {describe(node)}", node, hints=hints, fix=fix)


@accepts({"type": ["integer", "string"], "minimum": 0, "pattern": pattern_of(_QUANTITY)})
def quantity(node: Node) -> int:
    """A count that may carry a unit: `61706`, `100k`, `1.5M`, `2G` (powers of ten)."""
    if isinstance(node, Scalar) and len(node.text) <= _LONGEST_NUMBER:
        match = _QUANTITY.match(node.text)
        if match:
            whole, _, fraction = match[1].replace("_", "").partition(".")
            scale = _SCALE[match[2]]
            value, remainder = divmod(int(whole + fraction) * scale, 10 ** len(fraction))
            if remainder == 0:
                return int(value)
    raise Problem(WRONG_TYPE, f"a count such as 61706, 100k or 1.5M is wanted here, not {describe(node)}", node)


def one_of(*words: str) -> Callable[[Node], str]:
    """One of a few words."""

    @accepts({"type": "string", "enum": list(words)})
    def read(node: Node) -> str:
        word = text(node)
        if word not in words:
            close = nearest(word, words)
            hints = (f"did you mean `{close}`?",) if close else ()
            raise Problem(BAD_VALUE, f"{describe(node)} is not one of {', '.join(words)}", node, hints=hints)
        return word

    return read


def items(node: Node, what: str) -> list[Node]:
    """The members of a list."""
    if not isinstance(node, Sequence):
        raise Problem(WRONG_TYPE, f"{what} is wanted here, not {describe(node)}", node)
    return node.items


def pair_of(read_one: Callable[[Node], int]) -> Callable[[Node], tuple[int, int]]:
    """`3` for both, or `[vertical, horizontal]`."""

    @accepts(or_list(schema_of(read_one), minItems=2, maxItems=2))
    def read(node: Node) -> tuple[int, int]:
        if isinstance(node, Sequence):
            if len(node.items) != 2:
                count = f"{len(node.items)} number{'' if len(node.items) == 1 else 's'}"
                raise Problem(WRONG_TYPE, f"one number or [vertical, horizontal] is wanted here, not {count}", node)
            return read_one(node.items[0]), read_one(node.items[1])
        value = read_one(node)
        return value, value

    return read


def mapping(node: Node, what: str) -> Mapping:
    """A mapping of keys to values."""
    if not isinstance(node, Mapping):
        raise Problem(WRONG_TYPE, f"{what} is wanted here, not {describe(node)}", node)
    return node
