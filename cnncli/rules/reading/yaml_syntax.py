"""A text that is not YAML, or more YAML than a spec may use."""

from __future__ import annotations

from cnncli.errors import YAML_SYNTAX
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=YAML_SYNTAX,
    what="The text is not YAML, or it uses a part of YAML that has no place in a spec.",
    why="Nothing of the file can be read, and what else may be wrong with it shows once this is mended. YAML forbids "
    "tabs in indentation, for editors do not agree on their width (YAML 1.2.2, section 6.1). A spec is data: tags such "
    "as `!!python/name:os.system` would have a loader build objects; the merge key `<<` is an extension of YAML 1.1 "
    "that YAML 1.2 does not have, and `defaults:` and blocks hold what layers share; a second document would be a "
    "second spec. The file is text in UTF-8.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - type: conv
    filters: 6
   kernel: 5
""",
        """input: [1, 28, 28]
layers:
\t- {type: flatten}
""",
        """input: [1, 28, 28
layers:
  - {type: flatten}
""",
        """input: [3, 32, 32]
layers:
  - &unit {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {<<: *unit, filters: 32}
""",
        """input: [1, 28, 28]
layers:
  - {type: conv, filters: !!int "6", kernel: 5}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
---
input: [3, 32, 32]
layers:
  - {type: flatten}
""",
        """input: [1, 28, 28]
layers:
  - *stem
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - type: conv
    filters: 6
    kernel: 5
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 32, kernel: 3, padding: 1, activation: relu}
""",
        """input: [3, 32, 32]
layers:
  - &unit {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu}
  - *unit
""",
    ),
)
