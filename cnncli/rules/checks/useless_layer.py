"""A layer that gives what it takes."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph.entries import Entry
from cnncli.rules.flow import once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject
from cnncli.spec.nodes import Mapping, Scalar


def _check(subject: Subject) -> Iterator[Finding]:
    nodes = subject.graph.nodes
    idle = [node for node in nodes if node.layer.does_nothing(node.x) and _is_plain(subject.origin(node))]
    if not idle:
        return
    # What does nothing in one use of a block may be of use in another.
    indices = {node.index for node in idle}
    busy = {id(subject.origin(node).record) for node in nodes if node.index not in indices}
    for node in once(subject, idle):
        if id(subject.origin(node).record) not in busy:
            settings = f" ({node.layer.settings()})" if node.layer.settings() else ""
            yield Finding(
                subject.origin(node),
                f"`{node.layer.kind}`{settings} does nothing: {list(node.output_shape)} comes out as it went in",
                hints=("leave it out",),
            )


def _is_plain(origin: Entry) -> bool:
    """Whether all is said in numbers: a parameter is there to be changed. `from` brings an output to another place."""
    record = origin.record
    if not isinstance(record, Mapping) or "from" in record.values:
        return False
    return not any(isinstance(value, Scalar) and "$" in value.text for value in record.values.values())


RULE = Rule(
    fault=Fault("CNN307", "useless-layer", "note"),
    what="A layer does nothing: what comes out is what went in.",
    why="Dropout with p 0, a pool that looks at one cell at every place, padding by 0, a flatten of what is flat: most "
    "often a number was meant to be another, or what the layer was there for has gone.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 100, activation: relu}
  - {type: dropout, p: 0}
  - {type: dense, units: 10}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1}
  - {type: maxpool, kernel: 1}
""",
        """input: [784]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 100, activation: relu}
  - {type: dropout, p: 0.5}
  - {type: dense, units: 10}
""",
        """params: {dropout: 0}
input: [784]
layers:
  - {type: dropout, p: $dropout}
  - {type: dense, units: 10}
""",
        """input: [3, 32, 32]
layers:
  - {type: l2pool, kernel: 1}
""",
    ),
    check=_check,
)
