"""A value of another type than its field has."""

from __future__ import annotations

from cnncli.errors import WRONG_TYPE
from cnncli.rules.rule import Rule

RULE = Rule(
    fault=WRONG_TYPE,
    what="A value is not of its field's type: a text where a number is wanted, a number where a list is.",
    why="What a value is, its field decides, not YAML: to YAML 1.1 `012` is 10 (octal), `1:30` is 90 (sexagesimal) and "
    "`yes` is true; to YAML 1.2 they are 12 and two texts. What two readers would read differently is refused, so that "
    "`filters: 012` is neither 10 nor 12 filters. Whole numbers are decimal and written out, `1_000` if that helps; "
    "real numbers may have an exponent, `1e-3`; switches are `true` and `false`.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: "16", kernel: 3.0, padding: 1, bias: no}
  - {type: batchnorm, activation: relu}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 012, kernel: 3, padding: 1}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
  - {type: flatten}
  - {type: dense, units: 10}
training: {epochs: 1:30}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 0x10, kernel: 3, padding: 1, bias: Off}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: [3, 3, 3], padding: 1}
""",
        """input: 784
layers:
  - {type: dense, units: 10}
""",
        """input: [3, 32, 32]
layers:
  - flatten
""",
        """input: [3, 32, 32]
layers: {type: flatten}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, bias: false}
  - {type: batchnorm, activation: relu}
""",
        """input: [1, 1_000, 1]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
training: {learning_rate: 1e-3}
""",
        """input: [784]
layers:
  - {type: linear, name: on}
""",
    ),
    fix="writes `true` or `false` for `yes`, `on`, `no` and `off`, `5` for `5.0` where a whole number is wanted, and "
    "`16` for `0x10`, and takes the quotes from numbers and switches. A leading zero is left: nobody but its author "
    "knows which number is meant.",
)
