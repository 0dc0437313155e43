"""A network whose output is its input."""

from __future__ import annotations

from cnncli.errors import NO_PATH
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=NO_PATH,
    what="No layer lies on the way from the network's input to its output.",
    why="The output is the image as it came: every layer is repeated 0 times, or stands in a `head`, which is beside "
    "the way. A way that is broken has other names: `unknown-input` where a layer takes what nothing gives, `dead-end` "
    "where nothing takes what it gives.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 8, kernel: 3, padding: 1, repeat: 0}
""",
        """input: [3, 32, 32]
layers:
  - type: head
    weight: 0.3
    layers:
      - {type: flatten}
      - {type: dense, units: 10}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 8, kernel: 3, padding: 1, repeat: 1}
""",
    ),
)
