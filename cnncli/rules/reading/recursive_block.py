"""A block within itself."""

from __future__ import annotations

from cnncli.errors import RECURSIVE_BLOCK
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=RECURSIVE_BLOCK,
    what="A block uses itself, by itself or by way of another.",
    why="Blocks are unfolded where they are used, and this one would unfold without end: a spec has no condition that "
    "would stop it. `repeat:` is for layers that follow one another.",
    invalid=(
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
      - {use: unit}
layers:
  - {use: unit}
""",
        """input: [3, 32, 32]
blocks:
  outer:
    layers:
      - {use: inner}
  inner:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
      - {use: outer}
layers:
  - {use: outer}
""",
    ),
    valid=(
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, repeat: 3}
""",
    ),
)
