"""A block that is called like a layer kind."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli import layers
from cnncli.errors import Fault
from cnncli.graph.structure import STRUCTURE
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.rules.written import blocks


def _check(subject: Subject) -> Iterator[Finding]:
    written = blocks(subject.spec)
    taken = {*layers.names(), *(item.name for item in STRUCTURE)} if written else set()
    for block in written:
        if block.name in taken:
            yield Finding(
                block.key,
                f"block `{block.name}` is called like a kind of layer",
                hints=(f"`use: {block.name}` and `type: {block.name}` differ; call the block something else",),
            )


RULE = Rule(
    fault=Fault("CNN408", "block-named-as-kind", "warning"),
    what="A block has the name of a layer kind.",
    why="`{use: conv}` then is one thing and `{type: conv}` another, and a slip between the two is no fault that "
    "anyone is told of.",
    invalid=(
        """input: [3, 32, 32]
blocks:
  conv:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: conv}
""",
    ),
    valid=(
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit}
""",
    ),
    check=_check,
    on_parts=True,
)
