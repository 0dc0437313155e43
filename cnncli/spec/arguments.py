"""`$name` in a record: what a parameter stands for, put in its place.

A word or a number has the place of the `$name` that stands for it, and knows where it is written itself. A list stays
where it is written, for a fault may be in one of many layers in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from cnncli.errors import BAD_EXPRESSION, BAD_VALUE, TOO_MANY_LAYERS, UNKNOWN_PARAMETER
from cnncli.spec.expressions import LONGEST, evaluate
from cnncli.spec.nodes import Mapping, Node, Scalar, Sequence, Span, Unknown, describe
from cnncli.spec.problem import MOST_KNOWN, Problem, Report, listed, nearest
from cnncli.spec.values import integer

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z_0-9]*)", re.ASCII)
_HEAVIEST = 400
"""Records in one argument. A list may stand for a parameter; doubled by each of many blocks it would have no end."""
_DEEPEST = 64
"""Lists in one another, those that aliases stand for included."""
_MOST_WORK = 500_000
"""Records in all fields and arguments of a spec beyond those of the file: a block's count for each use that differs."""
_FREE_WORK = 8
"""As many more for each item: a network of 100,000 layers may have lists in all of them."""


@dataclass(slots=True)
class Work:
    """Counts the records that are looked through for parameters.

    `is_over` once they are too many, `is_deep` once lists nest too deep, which is said then.
    """

    left: int
    is_over: bool = False
    is_deep: bool = False

    @classmethod
    def in_file(cls, root: Node) -> Work:
        return cls(root.weight + _MOST_WORK)

    def grant(self) -> None:
        """For one more item that is read."""
        self.left += _FREE_WORK

    def may_go_on(self, more: int, place: Span, report: Report) -> bool:
        """Counts, and refuses what has no end; says so once."""
        if self.left >= more and not self.is_over:
            self.left -= more
            return True
        problem = Problem(TOO_MANY_LAYERS, f"blocks and parameters repeat more than {_MOST_WORK:,} values")
        report(problem, Unknown(place) if self.is_over else place)
        self.is_over = True
        return False


@dataclass(slots=True)
class Arguments:
    """What parameters stand for: `values` by name, and those `around` them, which they hide.

    `is_whole` is false where there may be others, whose names cannot be told.
    """

    values: dict[str, Node] = field(default_factory=dict)
    around: Arguments | None = None
    is_whole: bool = True
    work: Work = field(default_factory=lambda: Work(0))

    def get(self, name: str) -> Node | None:
        """What a parameter stands for, None where there is none."""
        found = self.values.get(name)
        return self.around.get(name) if found is None and self.around is not None else found

    def names(self) -> Iterator[str]:
        if self.around is not None:
            yield from self.around.names()
        yield from self.values


def substitute(node: Node, arguments: Arguments, report: Report) -> Node:
    """The record with every `$name` replaced. What cannot be is reported, and `Unknown` is in its place."""
    if isinstance(node, Scalar):
        return _Substitution(arguments, report).of(node) if "$" in node.text else node
    if arguments.work.may_go_on(node.weight, node.span, report):
        return _Substitution(arguments, report).of(node)
    return Unknown(node.span)


class _Substitution:
    """In one record. `is_over` once nobody wants to know what else is wrong."""

    def __init__(self, arguments: Arguments, report: Report) -> None:
        self.arguments = arguments
        self.report = report
        self.is_over = False

    def of(self, node: Node, depth: int = 0) -> Node:
        if isinstance(node, Scalar):
            return self._value(node) if "$" in node.text else node
        if isinstance(node, Unknown):
            return node
        if depth > _DEEPEST:
            return self._too_deep(node)
        if isinstance(node, Sequence):
            items = [self.of(item, depth + 1) for item in node.items]
            return Sequence(items, node.span, 1 + sum(item.weight for item in items))
        values = {key: self.of(value, depth + 1) for key, value in node.values.items()}
        return Mapping(values, node.keys, node.span, 1 + sum(value.weight for value in values.values()))

    def _too_deep(self, node: Node) -> Unknown:
        """Said once: in a chain of aliases each is deeper than the one before."""
        work = self.arguments.work
        where = Unknown(node.span) if work.is_deep else node
        work.is_deep = True
        return self._refused(Problem(BAD_VALUE, f"this nests more than {_DEEPEST} deep, aliases included"), where)

    def _value(self, scalar: Scalar) -> Node:
        if self.is_over:
            return Unknown(scalar.span)
        try:
            return self._meant(scalar)
        except Problem as problem:
            return self._refused(problem, scalar)

    def _refused(self, problem: Problem, node: Node) -> Unknown:
        self.is_over = self.is_over or not self.report(problem, node)
        return Unknown(node.span)

    def _meant(self, scalar: Scalar) -> Node:
        """What the text stands for. Raises `Problem`, without a place."""
        name = scalar.text[1:] if scalar.text.startswith("$") else ""
        node = self.arguments.get(name)
        if node is None and _NAME.fullmatch(scalar.text):
            node = self._argument(name, scalar.span)
        if isinstance(node, Scalar):
            return Scalar(node.text, node.plain, scalar.span, origin=node.origin or node.span)
        if node is not None:
            if node.weight > _HEAVIEST:
                raise Problem(BAD_VALUE, f"`${name[:60]}` stands for {node.weight:,} values, too many")
            return node
        found = {name: self._argument(name, scalar.span) for name in _NAME.findall(scalar.text[:LONGEST])}
        if any(isinstance(node, Unknown) for node in found.values()):
            return Unknown(scalar.span)
        return Scalar(str(evaluate(scalar.text, lambda name: _integer(name, found[name]))), True, scalar.span)

    def _argument(self, name: str, place: Span) -> Node:
        node = self.arguments.get(name)
        if node is None and self.arguments.is_whole:
            raise Problem(
                UNKNOWN_PARAMETER, f"there is no parameter `${name[:60]}` here", hints=partial(self._hint, name)
            )
        return node or Unknown(place)

    def _hint(self, name: str) -> tuple[str, ...]:
        known = tuple(islice(self.arguments.names(), MOST_KNOWN))
        close = nearest(name, known)
        if close:
            return (f"did you mean `${close}`?",)
        names = listed(tuple(f"`${name}`" for name in known))
        return ("known here: " + (names or "none; `params:` declares them"),)


def _integer(name: str, node: Node) -> int:
    try:
        return integer(node)
    except Problem:
        words = f"`${name}` is {describe(node)}: only whole numbers can be calculated with"
        raise Problem(BAD_EXPRESSION, words) from None
