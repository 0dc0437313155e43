"""A key that has to be there."""

from __future__ import annotations

from cnncli.errors import MISSING_KEY
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=MISSING_KEY,
    what="A key is left out that has no default.",
    why="The number of a convolution's filters is the network's design, and without `input:` no shape follows: a guess "
    "would be another network. Keys with a usual value have it as their default, `stride: 1`, `bias: true`; `cnncli "
    "layers KIND` shows which. A parameter with an empty default, `params: {width: }`, has to be given where the block "
    "is used.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: conv, kernel: 5}
""",
        """layers:
  - {type: flatten}
""",
        """input: [1, 28, 28]
layers:
  - {filters: 6, kernel: 5}
""",
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, activation: {slope: 0.1}}
""",
        """input: [8, 6, 6]
layers:
  - type: parallel
    branches:
      - [{type: conv, filters: 8, kernel: 3, padding: 1}]
      - []
""",
        """input: [3, 32, 32]
blocks:
  unit:
    params: {width: , kernel: 3}
    layers:
      - {type: conv, filters: $width, kernel: $kernel, activation: relu}
layers:
  - {use: unit, kernel: 5}
""",
        """params: {classes: }
input: [784]
layers:
  - {type: dense, units: $classes}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    params: {width: , kernel: 3}
    layers:
      - {type: conv, filters: $width, kernel: $kernel, activation: relu}
layers:
  - {use: unit, width: 16, kernel: 5}
""",
    ),
)
