"""A block that the spec does not have."""

from __future__ import annotations

from cnncli.errors import UNKNOWN_BLOCK
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=UNKNOWN_BLOCK,
    what="`use:` names a block that `blocks:` does not have.",
    why="What stands in its place is not known, so that nothing below it has a shape. Blocks are those of the same "
    "file; their names are told apart by capitals too.",
    invalid=(
        """input: [3, 32, 32]
blocks:
  basic:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: basic}
  - {use: basci}
""",
        """input: [3, 32, 32]
layers:
  - {use: bottleneck}
""",
    ),
    valid=(
        """input: [3, 32, 32]
blocks:
  basic:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: basic}
  - {use: basic}
""",
    ),
)
