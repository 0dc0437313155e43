"""A calculation that has no whole number as its value."""

from __future__ import annotations

from cnncli.errors import BAD_EXPRESSION
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=BAD_EXPRESSION,
    what="An expression with parameters is not written as one, or has no value that is a whole number.",
    why="There are no half channels, and `63 / 4 = 15.75` cut to 15 would be a bottleneck that its paper does not "
    "have: `/` has to come out even. Where rounding is meant, `//` rounds down and says so, and `%` is the remainder. "
    "Expressions hold whole numbers, `$names`, `+ - * / // %` and parentheses; a parameter that stands for a word "
    "cannot be calculated with.",
    invalid=(
        """input: [3, 32, 32]
blocks:
  squeeze:
    params: {width: }
    layers:
      - {type: conv, filters: $width / 4, kernel: 1, activation: relu}
layers:
  - {use: squeeze, width: 63}
""",
        """params: {width: 64}
input: [3, 32, 32]
layers:
  - {type: conv, filters: $width *, kernel: 1}
""",
        """params: {width: 64, parts: 0}
input: [3, 32, 32]
layers:
  - {type: conv, filters: $width // $parts, kernel: 1}
""",
        """params: {width: wide}
input: [3, 32, 32]
layers:
  - {type: conv, filters: $width * 2, kernel: 1}
""",
    ),
    valid=(
        """input: [3, 32, 32]
blocks:
  squeeze:
    params: {width: }
    layers:
      - {type: conv, filters: $width // 4, kernel: 1, activation: relu}
layers:
  - {use: squeeze, width: 63}
""",
        """params: {width: 64}
input: [3, 32, 32]
layers:
  - {type: conv, filters: ($width + 32) / 3, kernel: 1}
""",
    ),
)
