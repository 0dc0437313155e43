"""A block that the network does not use."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.rules.written import blocks, section, uses_in, words_in


def _check(subject: Subject) -> Iterator[Finding]:
    written = {block.name: block for block in blocks(subject.spec)}
    layers = section(subject.spec, "layers")
    if not written or layers is None:
        return
    own = section(subject.spec, "params")
    start = [layers] if own is None else [layers, own]  # a parameter may stand for layers
    inside = {name: [*block.body, *filter(None, [block.params])] for name, block in written.items()}
    everything = [*start, *(record for records in inside.values() for record in records)]
    if any("$" in use for use in uses_in(everything)):
        used = words_in(everything)  # a parameter says which: whatever is mentioned may be meant
    else:
        used, waiting = set(), uses_in(start)
        while waiting:
            used |= waiting
            reached = (uses_in(inside[name]) for name in waiting if name in inside)
            waiting = set().union(*reached) - used
    for name, block in written.items():
        if name not in used:
            yield Finding(
                block.key, f"nothing uses block `{name}`", hints=("`- {use: " + name + "}` does; or take it out",)
            )


RULE = Rule(
    fault=Fault("CNN403", "unused-block", "warning"),
    what="A block of `blocks:` is used nowhere, or only by blocks that are used nowhere.",
    why="What is written there is no part of the network, whatever a reader of the file may think.",
    invalid=(
        """input: [3, 32, 32]
blocks:
  unit:
    layers:
      - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
layers:
  - {type: conv, filters: 8, kernel: 3, padding: 1, activation: relu}
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
)
