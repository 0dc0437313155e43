"""A value of the right type that its field cannot have."""

from __future__ import annotations

from cnncli.errors import BAD_VALUE
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=BAD_VALUE,
    what="A value is of the right type, but none that its field can have.",
    why="A probability of 50, a convolution without filters, a rounding called `down` have no meaning, and whatever "
    "number stood in for them would be another network. The message says which values there are, with the bounds: `[0, "
    "1)` holds 0 and not 1.",
    invalid=(
        """input: [784]
layers:
  - {type: dense, units: 128, activation: relu}
  - {type: dropout, p: 50}
  - {type: dense, units: 10}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 0, kernel: 3, initializer: he-normal}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 8, kernel: 3, name: first layer}
""",
        """input: [3, 32, 32]
layers: []
""",
        """input: [3, 32, 32]
layers:
  - type: parallel
    merge: sum
    branches: [[], [{type: relu}]]
""",
        """input: [3, 32, 32]
layers:
  - type: parallel
    merge: add
    branches: [[{type: relu}]]
""",
        """input: [3, 32, 32]
layers:
  - {type: crop, by: 16}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    params: {width: 8}
    layers:
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, repeat: 2, first: {widht: 16}}
""",
        """input: [3, 32, 32]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {learning_rate: -0.1}
""",
    ),
    valid=(
        """input: [784]
layers:
  - {type: dense, units: 128, activation: relu}
  - {type: dropout, p: 0.5}
  - {type: dense, units: 10}
""",
    ),
)
