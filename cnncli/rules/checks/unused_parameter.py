"""A parameter that nothing depends on."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.rules.written import blocks, parameters_in, params
from cnncli.spec.nodes import Mapping, Node


def _check(subject: Subject) -> Iterator[Finding]:
    record = subject.spec.record
    if not isinstance(record, Mapping):
        return
    others = [value for key, value in record.values.items() if key != "params"]
    yield from _unused(params(record), others, "nothing in the spec")
    for block in blocks(subject.spec):
        yield from _unused(block.params, block.body, f"nothing in block `{block.name}`")


def _unused(declared: Mapping | None, body: list[Node], nothing: str) -> Iterator[Finding]:
    if declared is None:
        return
    mentioned = parameters_in([*body, declared])
    for name, key in declared.keys.items():
        if name not in mentioned:
            yield Finding(
                key, f"{nothing} mentions `${name}`", hints=(f"write `${name}` where it is meant, or take it out",)
            )


RULE = Rule(
    fault=Fault("CNN404", "unused-parameter", "warning"),
    what="A parameter of the spec or of a block is mentioned nowhere.",
    why="Whoever sets it, with `--set` or where the block is used, expects it to change something. Mostly a number has "
    "been written out where `$name` was meant.",
    invalid=(
        """params: {classes: 10}
input: [784]
layers:
  - {type: dense, units: 10}
""",
        """input: [3, 32, 32]
blocks:
  unit:
    params: {width: , stride: 1}
    layers:
      - {type: conv, filters: $width, kernel: 3, padding: 1, activation: relu}
layers:
  - {use: unit, width: 8}
""",
    ),
    valid=(
        """params: {classes: 10}
input: [784]
layers:
  - {type: dense, units: $classes}
""",
        """params: {width: 4, wide: $width * 2}
input: [784]
layers:
  - {type: dense, units: $wide}
""",
    ),
    check=_check,
)
