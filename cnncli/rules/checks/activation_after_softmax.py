"""Probabilities that go through an activation."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Node
from cnncli.graph.graph import INPUT
from cnncli.rules.flow import activation_of, gives_probabilities, makers, once
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    nodes, made_by = subject.graph.nodes, makers(subject.graph)

    def takes_probabilities(node: Node) -> bool:
        activation, maker = activation_of(node), made_by[node.inputs[0]]
        if activation is not node.layer or activation.keeps_values or maker == INPUT:
            return False
        return gives_probabilities(nodes[maker])

    for node in once(subject, filter(takes_probabilities, nodes)):
        maker = nodes[made_by[node.inputs[0]]]
        is_second = node.layer.gives_probabilities
        yield Finding(
            subject.origin(node),
            f"`{node.layer.kind}` takes the probabilities that `{maker.name}` gives",
            hints=("leave one of the two out" if is_second else f"leave it out, or move it before `{maker.name}`",),
        )


RULE = Rule(
    fault=Fault("CNN302", "activation-after-softmax", "warning"),
    what="An activation follows a softmax.",
    why="A softmax gives numbers from 0 to 1 that sum to 1. ReLU leaves them as they are; sigmoid and tanh press them "
    "together, and they sum to 1 no more; a second softmax makes them nearly alike: of 10 classes, a certain one gets "
    "e / (e + 9) = 0.23 in place of 1.",
    invalid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
  - {type: softmax}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10}
  - {type: softmax}
  - {type: dropout, p: 0.1}
  - {type: relu}
""",
    ),
    valid=(
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 10, activation: softmax}
  - {type: linear}
  - {type: dense, units: 10, activation: relu}
""",
    ),
    check=_check,
    on_parts=True,
)
