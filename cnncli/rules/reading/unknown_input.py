"""A name in `from:` that no layer has."""

from __future__ import annotations

from cnncli.errors import UNKNOWN_INPUT
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=UNKNOWN_INPUT,
    what="`from:` names a layer that there is not, or not where this one stands.",
    why="Without it the layer has no input. A name is looked up in the list where the layer stands, then in those "
    "around it, so that a block sees the names of its own layers and not those inside a neighbour: `stage1.conv1` "
    "reaches into one. What has not been given a `name:` is called by its kind and a count, `conv1`.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: add, from: [stme, previous]}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, name: inside, filters: 3, kernel: 3, padding: 1, activation: relu}
      - {type: conv, filters: 3, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, name: stage}
  - {type: add, from: [inside, previous]}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: add, from: [stem, previous]}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, name: inside, filters: 3, kernel: 3, padding: 1, activation: relu}
      - {type: conv, filters: 3, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, name: stage}
  - {type: add, from: [stage.inside, previous]}
""",
    ),
)
