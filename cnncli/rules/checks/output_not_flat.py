"""A network to be trained whose output is no list of classes."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph.graph import INPUT
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    if not subject.is_trained:
        return
    graph = subject.graph
    ends = {graph.output: "the network's output"}
    ends = {side.index: f"the output of `{side.name}`" for side in graph.side_outputs} | ends
    for index, what in sorted(ends.items()):
        shape = graph.shape_of(index)
        if index != INPUT and len(shape) > 1:
            is_list = shape[0] == graph.nodes[index].output_count
            hint = "end it with `- {type: flatten}`" + (
                "" if is_list else ", and a dense layer with a unit for each class"
            )
            yield Finding(
                subject.origin(graph.nodes[index]),
                f"{what} is {list(shape)}; `train` takes a flat list, with a number for each class",
                hints=(hint,),
            )


RULE = Rule(
    fault=Fault("CNN604", "output-not-flat", "warning"),
    what="The spec says how to train the network, but an output is no flat list of numbers.",
    why="Training compares an output with a label, class by class, and `train` refuses a network whose output, or that "
    "of a head, is an image. Feature maps become a list by `flatten`: after `global_avgpool` one number for each map, "
    "otherwise one for each place of each map, which a dense layer weighs.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 5, padding: 2, activation: relu}
  - {type: conv, filters: 10, kernel: 32}
training: {epochs: 2}
""",
        """input: [3, 32, 32]
layers:
  - type: head
    weight: 0.3
    layers:
      - {type: conv, filters: 10, kernel: 3}
  - {type: flatten}
  - {type: dense, units: 10}
training: {epochs: 2}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 5, padding: 2, activation: relu}
  - {type: conv, filters: 10, kernel: 32}
  - {type: flatten}
training: {epochs: 2}
""",
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 16, kernel: 5, padding: 2, activation: relu}
""",
    ),
    check=_check,
)
