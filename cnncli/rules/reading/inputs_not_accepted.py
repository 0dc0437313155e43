"""More inputs than a layer takes, or fewer."""

from __future__ import annotations

from cnncli.errors import INPUTS_NOT_ACCEPTED
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=INPUTS_NOT_ACCEPTED,
    what="A layer that takes one input is given several, or a merge is given one.",
    why="What two inputs become is a choice: their sum, their product, their channels side by side. A convolution "
    "makes none of these by itself, so a merge that says which goes before it. A merge of one input would be that "
    "input.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 8, kernel: 1, from: [stem, previous], activation: relu}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: add, from: stem}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {use: unit}
  - {use: unit, from: [stem, previous]}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: concat, from: [stem, previous]}
  - {type: conv, filters: 8, kernel: 1, activation: relu}
""",
    ),
)
