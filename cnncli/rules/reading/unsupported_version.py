"""A version of the format that this cnncli does not read."""

from __future__ import annotations

from cnncli.errors import UNSUPPORTED_VERSION
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=UNSUPPORTED_VERSION,
    what="The spec is written in a version of the format that this cnncli does not read.",
    why="`version:` says which format the rest of the file is in. A key may mean something else in a later one, and to "
    "read it as if it were version 1 would make another network without a word. A file without the key is version 1.",
    invalid=(
        """version: 2
input: [1, 28, 28]
layers:
  - {type: flatten}
""",
    ),
    valid=(
        """version: 1
input: [1, 28, 28]
layers:
  - {type: flatten}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
""",
    ),
)
