"""A window that does not end where its input ends."""

from __future__ import annotations

from cnncli.errors import WINDOW_DOES_NOT_FIT
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=WINDOW_DOES_NOT_FIT,
    what="A window does not fit its input a whole number of times.",
    why="Along each axis a window has (W - F + 2P)/S + 1 positions, with F = D (F - 1) + 1 where it is dilated. If S "
    "does not divide W - F + 2P, either the last cells are seen by no window, or the last window reaches beyond the "
    "padding, and libraries choose without a word: PyTorch and Keras round down, Caffe rounds its convolutions down "
    "and its pools up. GoogLeNet's first pool is such a case: (112 - 3 + 0)/2 + 1 = 55.5 is 56 in Caffe, as published, "
    "and 55 in PyTorch unless `ceil_mode` is set. `rounding: floor` or `rounding: ceil` says what is meant, for all "
    "layers at once in `defaults:`.",
    invalid=(
        """input: [64, 112, 112]
layers:
  - {type: maxpool, kernel: 3, stride: 2}
""",
        """input: [3, 224, 224]
layers:
  - {type: conv, filters: 64, kernel: 7, stride: 2, padding: 3, activation: relu}
""",
        """input: [6, 7, 7]
layers:
  - {type: maxpool, kernel: 2}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 8, kernel: 3, stride: 2, dilation: 2, activation: relu}
""",
    ),
    valid=(
        """input: [64, 112, 112]
layers:
  - {type: maxpool, kernel: 3, stride: 2, rounding: ceil}
""",
        """input: [3, 224, 224]
defaults: {rounding: floor}
layers:
  - {type: conv, filters: 64, kernel: 7, stride: 2, padding: 3, activation: relu}
""",
        """input: [3, 227, 227]
layers:
  - {type: conv, filters: 96, kernel: 11, stride: 4, activation: relu}
""",
    ),
)
