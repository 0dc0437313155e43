"""How a tensor starts: a word, `he_normal`, or what takes a number, `{type: normal, std: 0.01}`.

The names are the field's: `he` scales by the inputs of a unit (He et al., 2015), `glorot` by inputs and outputs
(Glorot & Bengio, 2010), `lecun` as `he` without ReLU's factor of two (LeCun et al., 1998); `orthogonal` keeps lengths
(Saxe et al., 2014). `cnncli.network.parameters` draws them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnncli.errors import BAD_VALUE, MISSING_KEY, UNKNOWN_KEY
from cnncli.spec import values
from cnncli.spec.nodes import Mapping, Node, describe
from cnncli.spec.problem import Problem, did_you_mean
from cnncli.spec.schema import EXPRESSION, Schema, accepts, or_expression, or_word, schema_of

SCALED = ("he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform")
"""By the tensor's own shape; so they are for weights alone."""
_NUMBERS = {"orthogonal": ("gain", values.number), "normal": ("std", values.number_in(0, float("inf"))),
            "uniform": ("limit", values.number_in(0, float("inf"))), "constant": ("value", values.number)}  # fmt: skip
"""What takes a number, what that is called, and how it is read."""


class Start(NamedTuple):
    """How a tensor starts, and the number that belongs to it."""

    type: str
    number: float


def start_of(value: str | Start) -> Start:
    """Of a word, with the number that it stands for."""
    return value if isinstance(value, Start) else Start(value, 1.0 if value == "orthogonal" else 0.0)


def initializer_of(*types: str) -> Callable[[Node], str | Start]:
    """The reader of one of these; what needs no number may stand as a word alone."""
    words = tuple(word for word in types if word not in _NUMBERS or word == "orthogonal")
    numbers = {word: _NUMBERS[word] for word in types if word in _NUMBERS}

    def named(node: Node) -> str:
        word = values.text(node)
        if word not in types:
            message = f"{describe(node)} is not one of {', '.join(types)}"
            raise Problem(BAD_VALUE, message, node, hints=did_you_mean(word, types))
        return word

    @accepts(_schema(words, numbers))
    def read(node: Node) -> str | Start:
        if not isinstance(node, Mapping):
            word = named(node)
            if word not in words:
                hints = (f"write `{{type: {word}, {numbers[word][0]}: ...}}`",)
                raise Problem(MISSING_KEY, f"`{word}` lacks `{numbers[word][0]}:`", node, hints=hints)
            return word
        if "type" not in node.values:
            raise Problem(MISSING_KEY, "an initializer lacks `type:`", node, hints=(f"type: {types[0]}",))
        return with_number(node, named(node.values["type"]))

    def with_number(node: Mapping, word: str) -> str | Start:
        key, read_number = numbers.get(word, ("", values.number))
        for other in node.values:
            if other not in ("type", key):
                hints = (f"its number is `{key}`",) if key else ()
                raise Problem(UNKNOWN_KEY, f"`{word}` has no key `{other[:60]}`", node.keys[other], hints=hints)
        if key in node.values:
            return Start(word, float(read_number(node.values[key])))
        if word not in words:
            raise Problem(MISSING_KEY, f"`{word}` lacks `{key}:`", node, hints=(f"add `{key}:`",))
        return word

    return read


def _schema(words: tuple[str, ...], numbers: dict[str, tuple[str, values.Read]]) -> Schema:
    # What number goes with which type is not said: it would be most of what there is to a layer.
    record: Schema = {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": {"type": "string", "if": {"pattern": EXPRESSION}, "else": {"enum": [*words, *numbers]}},
            **{key: or_expression(schema_of(read)) for key, read in numbers.values()},
        },
        "additionalProperties": False,
    }
    return or_word(record, *words)
