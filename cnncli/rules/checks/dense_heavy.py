"""A dense layer that holds nearly all of a convolutional network's parameters."""

from __future__ import annotations

from collections.abc import Iterator

from cnncli.errors import Fault
from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Shape
from cnncli.rules.flow import convolved
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    graph = subject.graph
    weighing = [node for node in graph.nodes if node.parameter_count]
    total = sum(node.parameter_count for node in weighing)
    node = max(weighing, key=lambda node: node.parameter_count, default=None)
    if node is None or len(weighing) < 2 or 10 * node.parameter_count <= 9 * total:
        return
    maps = _maps_before(graph, node)
    if not maps:
        return
    (inputs,), (units,), count = node.input_shapes[0], node.output_shape, node.parameter_count
    biases = count - inputs * units
    pooled = maps[0] * units + biases
    yield Finding(
        subject.origin(node),
        f"`{node.name}` holds {count:,} of the network's {total:,} parameters, {100 * count // total}%",
        "units",
        arithmetic=(f"{inputs}*{units}" + (f" + {biases}" if biases else "") + f" = {count}",),
        hints=(
            f"`global_avgpool` before `flatten` makes {maps[0]} inputs of {' x '.join(map(str, maps))}: "
            f"{pooled:,} parameters",
        ),
    )


def _maps_before(graph: Graph, node: Node) -> Shape:
    """The shape of the feature maps that a dense layer takes as a list; () where it takes something else."""
    if not node.macs or len(node.input_shapes[0]) > 1:
        return ()
    while not node.layer.merges and node.inputs[0] != INPUT:
        node = graph.nodes[node.inputs[0]]
        shape = node.input_shapes[0]
        if len(shape) > 1:
            return shape if max(shape[1:]) > 1 and node.index in convolved(graph) else ()
        if node.macs:
            return ()
    return ()


RULE = Rule(
    fault=Fault("CNN505", "dense-heavy", "note"),
    what="One dense layer after the convolutions holds more than 90% of the parameters.",
    why="A dense layer has a weight for each place of each feature map. The mean of each map in its stead (Lin et al., "
    '"Network in network", 2013) leaves one number of each, so that the layer needs a weight for each map only, and '
    "images of other sizes can be taken; what is lost is where in the image a feature was.",
    invalid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 32, kernel: 3, padding: 1, activation: relu, repeat: 16}
  - {type: flatten}
  - {type: dense, units: 100, activation: relu}
  - {type: dense, units: 10}
""",
    ),
    valid=(
        """input: [3, 32, 32]
layers:
  - {type: conv, filters: 32, kernel: 3, padding: 1, activation: relu, repeat: 16}
  - {type: global_avgpool}
  - {type: flatten}
  - {type: dense, units: 100, activation: relu}
  - {type: dense, units: 10}
""",
        """input: [1, 28, 28]
layers:
  - {type: flatten}
  - {type: dense, units: 1000, activation: relu}
  - {type: dense, units: 10}
""",
    ),
    check=_check,
)
