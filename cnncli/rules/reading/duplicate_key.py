"""A key that a mapping has twice."""

from __future__ import annotations

from cnncli.errors import DUPLICATE_KEY
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=DUPLICATE_KEY,
    what="A mapping has the same key twice.",
    why="Only one of the two values can count. YAML demands that the keys of a mapping differ (YAML 1.2.2, section "
    "3.2.1.3), but most readers keep one of them without a word, PyYAML the last: whoever then edits the other one "
    "changes nothing.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, padding: 2, activation: relu, padding: 2}
""",
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, padding: 2, kernel: 3}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training:
  epochs: 10
  batch_size: 32
  epochs: 20
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: 6, kernel: 5, padding: 2, activation: relu}
""",
    ),
    fix="removes the second where both have the same value, without quotes, and it stands alone on its line or after a "
    "comma.",
)
