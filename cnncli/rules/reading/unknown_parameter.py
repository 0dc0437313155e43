"""A `$name` that stands for nothing."""

from __future__ import annotations

from cnncli.errors import UNKNOWN_PARAMETER
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=UNKNOWN_PARAMETER,
    what="`$name` is no parameter that is known where it stands.",
    why="Inside a block `$name` stands for a parameter of the block's `params:` or of the spec's own; outside, for one "
    "of the spec's own. The arguments of the block that uses it are not seen inside, so that a block means the same "
    "wherever it is used: what it needs it is given.",
    invalid=(
        """input: [3, 32, 32]
blocks:
  unit:
    params: {width: }
    layers:
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
      - {type: conv, filters: $widht, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, width: 8}
""",
        """input: [784]
layers:
  - {type: dense, units: $classes}
""",
        """input: [3, 32, 32]
blocks:
  inner:
    layers:
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
  outer:
    params: {width: }
    layers:
      - {type: conv, filters: $width, kernel: 1, activation: relu}
      - {use: inner}
layers:
  - {use: outer, width: 8}
""",
    ),
    valid=(
        """input: [3, 32, 32]
blocks:
  unit:
    params: {width: }
    layers:
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, width: 8}
""",
    ),
)
