"""A default that reaches no layer."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.layers._base import field_readers
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.rules.written import section
from cnncli.spec.nodes import Mapping


def _check(subject: Subject) -> Iterator[Finding]:
    defaults = section(subject.spec, "defaults")
    if not isinstance(defaults, Mapping):
        return
    waiting = dict(defaults.keys)
    for node in subject.graph.nodes:
        if not waiting:
            return
        record = subject.origin(node).record
        written = record.values if isinstance(record, Mapping) else {}
        for layer in filter(None, (node.layer, node.activation)):
            for key in [key for key in waiting if key not in written and key in field_readers(type(layer))]:
                del waiting[key]
    for key, place in waiting.items():
        yield Finding(place, f"`{key}` reaches no layer: none has such a field, or each says it itself")


RULE = Rule(
    fault=Fault("CNN409", "unused-default", "warning"),
    what="A key of `defaults:` reaches no layer of the network.",
    why="No layer has a field of that name, or all that have it say it themselves. The line reads as if it "
    "did something.",
    invalid=(
        """input: [784]
defaults: {rounding: floor}
layers:
  - {type: dense, units: 10}
""",
    ),
    valid=(
        """input: [1, 28, 28]
defaults: {rounding: floor}
layers:
  - {type: maxpool, kernel: 28}
""",
    ),
    check=_check,
)
