"""A window larger than what it slides over."""

from __future__ import annotations

from cnncli.errors import WINDOW_TOO_LARGE
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=WINDOW_TOO_LARGE,
    what="A window is larger than its input with the padding.",
    why="(W - F + 2P)/S + 1 is less than 1: the window has no position at all, and the output would be empty. Mostly "
    "too many layers above it have halved the image: 32 cells are 1 after five of them. A smaller kernel fits; a "
    "padding of (F - 1)/2 keeps the size at stride 1; a network that was made for larger images needs their `input:`.",
    invalid=(
        """input: [16, 4, 4]
layers:
  - {type: conv, filters: 32, kernel: 5, activation: relu}
""",
        """input: [16, 8, 8]
layers:
  - {type: conv, filters: 32, kernel: 5, dilation: 2, activation: relu}
""",
        """input: [3, 8, 8]
layers:
  - {type: maxpool, kernel: 2, repeat: 4}
""",
    ),
    valid=(
        """input: [16, 4, 4]
layers:
  - {type: conv, filters: 32, kernel: 5, padding: 2, activation: relu}
""",
        """input: [3, 8, 8]
layers:
  - {type: maxpool, kernel: 2, repeat: 3}
""",
    ),
)
