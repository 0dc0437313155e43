"""Groups that do not divide the channels."""

from __future__ import annotations

from cnncli.errors import CHANNELS_NOT_DIVISIBLE
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=CHANNELS_NOT_DIVISIBLE,
    what="The channels, or the filters, cannot be split into this many groups of one size.",
    why="Each of G groups of a convolution takes C/G of the input's channels and makes K/G of the K maps; its weights "
    "are [K, C/G, F, F], and C/G has to be a whole number, K/G too. The same holds for the groups of a group norm and "
    "of a channel shuffle. AlexNet's second convolution has two groups of 96/2 = 48 channels (Krizhevsky et al., "
    "2012).",
    invalid=(
        """input: [96, 27, 27]
layers:
  - {type: conv, filters: 256, kernel: 5, padding: 2, groups: 3, activation: relu}
""",
        """input: [30, 8, 8]
layers:
  - {type: groupnorm, groups: 8}
""",
    ),
    valid=(
        """input: [96, 27, 27]
layers:
  - {type: conv, filters: 256, kernel: 5, padding: 2, groups: 2, activation: relu}
""",
        """input: [32, 8, 8]
layers:
  - {type: groupnorm, groups: 8}
""",
    ),
)
