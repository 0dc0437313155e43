"""A layer that needs its own output."""

from __future__ import annotations

from cnncli.errors import CYCLE
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=CYCLE,
    what="A layer takes its input from one that takes its own from this layer, by itself or by way of others.",
    why="Neither of the two can be computed first. A convolutional network is a graph without cycles: what goes back "
    "in time is a recurrent network, which this format does not have. The arithmetic names the way round.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: first, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: add, name: sum, from: [first, second]}
  - {type: conv, name: second, filters: 3, kernel: 3, padding: 1, activation: relu}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: first, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: second, filters: 3, kernel: 3, padding: 1, activation: relu}
  - {type: add, name: sum, from: [first, second]}
""",
    ),
)
