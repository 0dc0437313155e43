"""A merge whose inputs are all the same."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph.graph import INPUT
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    for node in subject.graph.nodes:
        if node.layer.merges and not node.layer.gates and len(set(node.inputs)) == 1:  # x times x is a square
            source = node.inputs[0]
            name = "the input" if source == INPUT else f"`{subject.graph.nodes[source].name}`"
            yield Finding(
                subject.origin(node),
                f"`{node.layer.kind}` merges {name} with itself",
                "from",
                hints=("name two different layers, or give one of the branches a layer",),
            )


RULE = Rule(
    fault=Fault("CNN402", "same-input-twice", "warning"),
    what="All inputs of a merge are one and the same output.",
    why="x + x is 2 x, and a concatenation of x with itself has every channel twice: the layers after it learn nothing "
    "from that. A branch has been left empty, or `from:` names what comes before the merge anyway.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: add, from: [stem, previous]}
""",
        """input: [3, 32, 32]
layers:
  - {type: parallel, merge: concat, branches: [[], []]}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, name: stem, filters: 8, kernel: 3, padding: 1, activation: relu}
  - {type: conv, filters: 8, kernel: 3, padding: 1}
  - {type: add, from: [stem, previous]}
""",
    ),
    check=_check,
    on_parts=True,
)
