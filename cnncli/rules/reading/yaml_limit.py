"""A file that is too long, too deep, or multiplies itself by aliases."""

from __future__ import annotations

from cnncli.errors import YAML_LIMIT
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=YAML_LIMIT,
    what="The file is longer, deeper or, by its aliases, larger than any spec would be.",
    why="The work that a file asks for is bounded, whatever is in it: 1 MiB of text (1,048,576 bytes; a spec of 10,000 "
    "layers has half of that), 64 levels of brackets or indentation, and 2,000,000 values, aliases counted as often "
    "as they are used. Seven lists of ten aliases, each of the one before, stand for 10^7 values in half a kilobyte. "
    "What stands many times in a network is said once: `repeat:`, or a block.",
    invalid=(
        f"input: {'[' * 70}8{']' * 70}\nlayers:\n  - {{type: dense, units: 10}}\n",
        """input: [8]
layers:
  - &a [{type: relu}, {type: relu}, {type: relu}, {type: relu}, {type: relu}, {type: relu}, {type: relu}, {type: relu}]
  - &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
  - &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
  - &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
  - &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
  - &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
""",
    ),
    valid=(
        """input: [8]
layers:
  - {type: dense, units: 10}
""",
        """input: [8, 16, 16]
layers:
  - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu, repeat: 100}
""",
    ),
)
