"""Two layers of one name."""

from __future__ import annotations

from cnncli.errors import DUPLICATE_NAME
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=DUPLICATE_NAME,
    what="Two layers have the same name.",
    why="A name stands for one output in `from:`, for one row in a table, and for a layer's tensors in the weights' "
    "file: with two of them, `from: stem` would be a guess, and one layer's weights would overwrite the other's. Names "
    "in different blocks and branches do not meet, for the name of the block or the branch goes before them: "
    "`stage1.conv1`.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: stem, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: add, from: [stem, previous]}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, name: first, filters: 3, kernel: 3, padding: 1, activation: relu}
      - {type: conv, filters: 3, kernel: 3, padding: 1, activation: relu}
layers:
  - {type: conv, name: stage.first, filters: 3, kernel: 1, activation: relu}
  - {use: unit, name: stage}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: add, from: [stem, previous]}
""",
    ),
)
