"""A layer on an input of another rank."""

from __future__ import annotations

from cnncli.errors import SHAPE_NOT_ACCEPTED
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=SHAPE_NOT_ACCEPTED,
    what="A layer is given an input of a shape that it does not take: an image where numbers are wanted, or the other "
    "way round.",
    why="A dense layer multiplies a list of U numbers with a matrix; an image [C, H, W] becomes such a list, of C H W "
    "numbers, by `flatten`, or one of C numbers by `global_avgpool`, and which of the two is part of the design: 512 "
    "channels of 7x7 are 25,088 numbers or 512. After it there are no rows and columns left for a window to slide "
    "over. Caffe flattens without being told; Keras and PyTorch apply a dense layer to the last axis alone.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: maxpool, kernel: 2}
  - {type: dense, units: 10}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: maxpool, kernel: 2}
""",
        """input: [784]
layers:
  - {type: conv, filters: 6, kernel: 5, activation: relu}
""",
        """input: [4, 128]
layers:
  - {type: conv, filters: 8, kernel: 3, activation: relu}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: maxpool, kernel: 2}
  - {type: flatten}
  - {type: dense, units: 10}
""",
        """input: [4, 128]
layers:
  - {type: conv1d, filters: 8, kernel: 3, activation: relu}
""",
    ),
)
