"""A key that nothing reads."""

from __future__ import annotations

from cnncli.errors import UNKNOWN_KEY
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=UNKNOWN_KEY,
    what="A mapping has a key that is none of its own.",
    why="A key that nobody reads changes nothing, and nobody is told: with `pad: 1` ignored, a 3x3 convolution makes "
    "(32 - 3 + 0)/1 + 1 = 30 of 32 cells, not (32 - 3 + 2*1)/1 + 1 = 32. Words of PyTorch, Keras and Caffe are known, "
    "and the hint names ours. `in_channels` and its like have none: the number of channels follows from the layer's "
    "input.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel_size: 3, pad: 1, activation: relu}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, pading: 1}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, in_channels: 3, filters: 16, kernel: 3}
""",
        """input: [3, 32, 32]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {lr: 0.1, nesterov: true}
""",
        """title: LeNet-5
input: [1, 28, 28]
layers:
  - {type: flatten}
""",
        """input: [3, 32, 32]
defaults: {colour: red}
layers:
  - {type: flatten}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    params: {width: }
    layers:
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, width: 16, depth: 2}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
""",
        """input: [3, 32, 32]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {learning_rate: 0.1}
""",
    ),
    fix="renames a key that is one of ours in another spelling, or another library's word for one of ours that takes "
    "its value. A key that only looks like a known one is left.",
)
