"""A block's parameter that is called like one of the spec's own."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.rules.written import blocks, params


def _check(subject: Subject) -> Iterator[Finding]:
    own = params(subject.spec.record)
    if own is None:
        return
    for block in blocks(subject.spec):
        for name, key in block.params.keys.items() if block.params else ():
            if name in own.keys:
                yield Finding(
                    key,
                    f"block `{block.name}` has a parameter `{name}`, and so has the spec",
                    hints=(
                        f"inside, `${name}` is the block's: call one of them something else, or take the block's out",
                    ),
                    related=(subject.spec.source.relate(own.keys[name], "the spec's own"),),
                )


RULE = Rule(
    fault=Fault("CNN405", "shadowed-parameter", "warning"),
    what="A block's parameter hides a parameter of the spec that has the same name.",
    why="Every block sees the spec's own parameters. One of its own with the same name takes their place, so that "
    "`--set` changes the network outside the block and nothing inside it.",
    invalid=(
        """params: {width: 8}
input: [3, 32, 32]
blocks:
  unit:
    params: {width: 16}
    layers:
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
layers:
  - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
  - {use: unit}
""",
    ),
    valid=(
        """params: {width: 8}
input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, filters: $width * 2, kernel: 3, padding: 1, activation: relu}
layers:
  - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
  - {use: unit}
""",
    ),
    check=_check,
    on_parts=True,
)
