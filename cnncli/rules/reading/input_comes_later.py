"""An input from further down."""

from __future__ import annotations

from cnncli.errors import INPUT_COMES_LATER
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=INPUT_COMES_LATER,
    what="`from:` names a layer that comes further down.",
    why="A network is computed from top to bottom, and the list is that order: what stands above has been computed, "
    "what stands below has not. The layer that is named has to be moved up; nothing else changes by that.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: body, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: add, from: [body, shortcut]}
  - {type: conv, name: shortcut, filters: 8, kernel: 1, from: input}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: body, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, name: shortcut, filters: 8, kernel: 1, from: input}
  - {type: add, from: [body, shortcut]}
""",
    ),
)
