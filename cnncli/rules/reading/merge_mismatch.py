"""Branches that end in shapes which do not go together."""

from __future__ import annotations

from cnncli.errors import MERGE_MISMATCH
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=MERGE_MISMATCH,
    what="The inputs of a merge have shapes that it cannot join.",
    why="`add` takes the sum number by number, so all shapes are one and the same; `concat` puts channels side by "
    "side, so height and width are; `multiply` repeats an axis of size 1, and only that, so a gate [C, 1, 1] fits "
    "channels [C, H, W]. NumPy's rules would let more through, [8, 16, 16] plus [8, 16, 1], which in a network is "
    "mostly a stride that one branch has and the other has not. A residual network's shortcut then needs a 1x1 "
    "convolution with the body's stride (He et al., 2015, option B).",
    invalid=(
        """input: [16, 15, 15]
layers:
  - type: parallel
    merge: add
    activation: relu
    branches:
      - - {type: conv, filters: 32, kernel: 3, stride: 2, padding: 1, activation: relu}
        - {type: conv, filters: 32, kernel: 3, padding: 1}
      - []
""",
        """input: [16, 15, 15]
layers:
  - type: parallel
    merge: concat
    branches:
      - [{type: conv, filters: 8, kernel: 3, activation: relu}]
      - [{type: conv, filters: 8, kernel: 1, activation: relu}]
""",
        """input: [16, 15, 15]
layers:
  - type: parallel
    merge: multiply
    branches:
      - []
      - - {type: global_avgpool}
        - {type: conv, filters: 8, kernel: 1, activation: sigmoid}
""",
    ),
    valid=(
        """input: [16, 15, 15]
layers:
  - type: parallel
    merge: add
    activation: relu
    branches:
      - - {type: conv, filters: 32, kernel: 3, stride: 2, padding: 1, activation: relu}
        - {type: conv, filters: 32, kernel: 3, padding: 1}
      - - {type: conv, filters: 32, kernel: 1, stride: 2}
""",
        """input: [16, 15, 15]
layers:
  - type: parallel
    merge: multiply
    branches:
      - []
      - - {type: global_avgpool}
        - {type: conv, filters: 16, kernel: 1, activation: sigmoid}
""",
    ),
)
