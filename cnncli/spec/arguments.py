"""`$name` in a record: what a parameter stands for, put in its place.

A record keeps the place of the text it stands for, so that a fault in a block points into the block.
"""

from __future__ import annotations

import re

from cnncli.errors import BAD_EXPRESSION, BAD_VALUE, UNKNOWN_PARAMETER
from cnncli.spec.expressions import evaluate
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span, describe
from cnncli.spec.problem import Problem, nearest
from cnncli.spec.values import integer

Arguments = dict[str, Node]
"""Parameter name -> the record it stands for."""

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z_0-9]*)\Z", re.ASCII)
_HEAVIEST = 400
"""Records in one argument. A list may stand for a parameter; doubled by each of many blocks it would have no end."""


def substitute(node: Node, arguments: Arguments) -> Node:
    """The record with every `$name` replaced. Raises `Problem` at the text that cannot be."""
    if isinstance(node, Scalar):
        return _value(node, arguments) if "$" in node.text else node
    if isinstance(node, Sequence):
        items = [substitute(item, arguments) for item in node.items]
        return Sequence(items, node.span, 1 + sum(item.weight for item in items))
    values = {key: substitute(value, arguments) for key, value in node.values.items()}
    return Mapping(values, node.keys, node.span, 1 + sum(value.weight for value in values.values()))


def _value(scalar: Scalar, arguments: Arguments) -> Node:
    def argument(name: str) -> Node:
        if name in arguments:
            return arguments[name]
        close = nearest(name, tuple(arguments))
        hint = f"did you mean `${close}`?" if close else "known here: " + _listed(arguments)
        raise Problem(UNKNOWN_PARAMETER, f"there is no parameter `${name[:60]}` here", scalar, hints=(hint,))

    def number(name: str) -> int:
        try:
            return integer(argument(name))
        except Problem as problem:
            if problem.fault is UNKNOWN_PARAMETER:
                raise
            words = f"`${name}` is {describe(arguments[name])}: only whole numbers can be calculated with"
            raise Problem(BAD_EXPRESSION, words, scalar) from None

    whole = _NAME.match(scalar.text)
    if whole:
        node = argument(whole[1])
        if node.weight > _HEAVIEST:
            raise Problem(BAD_VALUE, f"`{scalar.text}` stands for {node.weight:,} values, too many", scalar)
        return _moved(node, scalar.span)
    try:
        return Scalar(str(evaluate(scalar.text, number)), True, scalar.span)
    except Problem as problem:
        problem.where = problem.where or scalar
        raise


def _listed(arguments: Arguments) -> str:
    return ", ".join(f"`${name}`" for name in arguments) or "none; `params:` declares them"


def _moved(node: Node, span: Span) -> Node:
    """The record as if it had been written at `span`."""
    if isinstance(node, Scalar):
        return Scalar(node.text, node.plain, span)
    if isinstance(node, Sequence):
        return Sequence([_moved(item, span) for item in node.items], span, node.weight)
    keys = {key: Scalar(key, True, span) for key in node.keys}
    return Mapping({key: _moved(value, span) for key, value in node.values.items()}, keys, span, node.weight)
