"""A network without bounds."""

from __future__ import annotations

from cnncli.errors import TOO_MANY_LAYERS
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=TOO_MANY_LAYERS,
    what="The network unfolds to more than 100,000 layers, or nests blocks and branches more than 64 deep.",
    why="Repetitions multiply: a block of 1,000 layers used 1,000 times has a million, out of a file of six lines. The "
    "bound counts layers, their inputs and their branches, and is ten times the deepest network that has been trained "
    "(Xiao et al., 2018: 10,000 layers); a number beyond it is a slip of the pen, found at once and not when memory "
    "has run out.",
    invalid=(
        """input: [8, 32, 32]
layers:
  - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 1000000}
""",
        """input: [8, 32, 32]
blocks:
  thousand:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 1000}
layers:
  - {use: thousand, repeat: 1000}
""",
    ),
    valid=(
        """input: [8, 32, 32]
layers:
  - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 100}
""",
    ),
)
