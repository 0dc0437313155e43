"""Whole-number arithmetic on parameters, `$width * 4` or `($in + $out) / 2`, by a small evaluator of its own.

    sum      = product { ("+" | "-") product }
    product  = factor { ("*" | "/" | "//" | "%") factor }
    factor   = "-" factor | "(" sum ")" | number | "$" name

`/` has to come out even, for a network has no half channels; `//` rounds down and `%` is the remainder.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cnncli.errors import BAD_EXPRESSION
from cnncli.spec.problem import Problem

_TOKEN = re.compile(r"[0-9]+|\$[A-Za-z_][A-Za-z_0-9]*|//|[-+*/%()]", re.ASCII)
LONGEST = 200
_LARGEST = 10**60
_DEEPEST = 30


def evaluate(text: str, value_of: Callable[[str], int]) -> int:
    """The value of an expression; `value_of` gives that of a parameter, named without its `$`.

    Raises `Problem`, without a place: syntax, a division by zero or one that does not come out even.
    """
    if len(text) > LONGEST:
        raise Problem(BAD_EXPRESSION, f"an expression of {len(text)} characters is too long to be meant")
    return _Evaluator(text, value_of).value()


class _Evaluator:
    def __init__(self, text: str, value_of: Callable[[str], int]) -> None:
        self.text = text
        self.value_of = value_of
        self.tokens = _TOKEN.findall(text)
        self.place = 0
        self.depth = 0
        if "".join(self.tokens) != "".join(text.split()):
            raise self._no_expression()

    def value(self) -> int:
        value = self._sum()
        if self.place < len(self.tokens):
            raise self._no_expression()
        return value

    def _no_expression(self) -> Problem:
        hints = ("whole numbers, `$names`, + - * / // % and parentheses make one",)
        return Problem(BAD_EXPRESSION, f"`{self.text}` is no expression", hints=hints)

    def _next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._next()
        self.place += 1
        return token

    def _sum(self) -> int:
        value = self._product()
        while self._next() in ("+", "-"):
            value = value + self._product() if self._take() == "+" else value - self._product()
        return self._bounded(value)

    def _product(self) -> int:
        value = self._factor()
        while self._next() in ("*", "/", "//", "%"):
            operator = self._take()
            other = self._factor()
            value = value * other if operator == "*" else self._divided(value, operator, other)
        return self._bounded(value)

    def _divided(self, value: int, operator: str, by: int) -> int:
        if by == 0:
            raise Problem(BAD_EXPRESSION, f"`{self.text}` divides by 0", arithmetic=(f"{value} {operator} 0",))
        quotient, rest = divmod(value, by)
        if operator == "/" and rest:
            raise Problem(
                BAD_EXPRESSION,
                f"`{self.text}` does not come out even",
                arithmetic=(f"{value} / {by} = {quotient}, remainder {rest}",),
                hints=("`//` rounds down, if that is meant",),
            )
        return rest if operator == "%" else quotient

    def _factor(self) -> int:
        token, sign = self._take(), 1
        while token == "-":
            token, sign = self._take(), -sign
        return sign * self._unsigned(token)

    def _unsigned(self, token: str) -> int:
        if token == "(":
            return self._group()
        if token.startswith("$"):
            return self.value_of(token[1:])
        if token.isdecimal():
            if token[0] == "0" and len(token) > 1:
                hints = (f"write {int(token)}: a leading zero means octal to some YAML readers",)
                raise Problem(BAD_EXPRESSION, f"`{self.text}` holds `{token}`, which is no number here", hints=hints)
            return int(token)
        raise self._no_expression()

    def _group(self) -> int:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Problem(BAD_EXPRESSION, f"parentheses nest more than {_DEEPEST} deep")
        value = self._sum()
        if self._take() != ")":
            raise self._no_expression()
        self.depth -= 1
        return value

    def _bounded(self, value: int) -> int:
        if abs(value) > _LARGEST:
            raise Problem(BAD_EXPRESSION, f"`{self.text}` is larger than 10^60")
        return value
