"""Features that each see a small part of the image only."""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnncli.analysis.receptive_field import Fields, receptive_fields
from cnncli.errors import Fault
from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers._base import Sight
from cnncli.layers._window import WindowLayer, by
from cnncli.rules.flow import convolved, shortened
from cnncli.rules.rule import Finding, Rule
from cnncli.rules.subject import Subject


def _check(subject: Subject) -> Iterator[Finding]:
    graph, sizes = subject.graph, subject.graph.input_shape[1:]
    after_convolution = convolved(graph)
    readers = [node for node in _classifier_begins(graph) if node.inputs[0] in after_convolution]
    if not readers:
        return
    fields = receptive_fields(graph)

    def shares(reader: Node) -> list[float]:
        """Of each axis, how much a feature sees; nothing is known where places have lost their meaning."""
        seen = fields[reader.inputs[0]]
        return [min(field.size, size) / size for field, size in zip(seen, sizes, strict=True)] if seen else [1.0]

    # Where several features reach the classifier, those that see most can see the whole.
    reader = max(readers, key=lambda reader: min(shares(reader)))
    axis, share = min(enumerate(shares(reader)), key=lambda pair: pair[1])
    if share >= 1:
        return
    features = graph.nodes[reader.inputs[0]]
    seen = [min(field.size, size) for field, size in zip(fields[features.index], sizes, strict=True)]
    places = by(features.output_shape[1:])
    yield Finding(
        subject.origin(reader),
        f"each of the {places} features of `{features.name}` sees {by(seen)} of the {by(sizes)} input",
        arithmetic=(f"1 + {_sum(graph, fields, features, axis)} = {1 + fields[features.index][axis].reach}",),
        hints=("another convolution, a larger window, or an earlier stride or pool lets each of them see more",),
    )


def _classifier_begins(graph: Graph) -> list[Node]:
    """The nodes on the way to the output after which no places are left. A convolution over all of them weighs each."""
    found: list[Node] = []
    waiting, met = [graph.output], {INPUT}
    while waiting:
        index = waiting.pop()
        if index in met or _places(graph, index) > 1:
            continue
        met.add(index)
        node = graph.nodes[index]
        if node.layer.merges or _places(graph, node.inputs[0]) == 1:
            waiting += node.inputs
        elif not isinstance(node.layer, WindowLayer) or not node.macs:
            found.append(node)
    return sorted(found, key=lambda node: node.index)


def _places(graph: Graph, index: int) -> int:
    return math.prod(graph.shape_of(index)[1:])


def _sum(graph: Graph, fields: list[Fields], node: Node, axis: int) -> str:
    """(F_eff - 1) jump of each layer on the way that sees most."""
    terms: list[str] = []
    index = node.index
    while index != INPUT:
        node = graph.nodes[index]
        index = max(node.inputs, key=lambda source: fields[source][axis].reach if source != INPUT else 0)
        sight = Sight() if node.layer.merges else node.layer.sight(node.x)[axis]
        if sight.reach:
            jump = fields[index][axis].jump if index != INPUT else 1
            terms.append(f"{sight.reach}*{jump}" + (f"/{sight.parts}" if sight.parts > 1 else ""))
    return shortened(terms[::-1], " + ")


RULE = Rule(
    fault=Fault("CNN506", "small-receptive-field", "note"),
    what="The features that reach the classifier each see less than the whole image.",
    why="A feature depends on the cells in its receptive field and on no others: RF_out = RF_in + (F_eff - 1) jump, "
    "where the jump is the product of all strides before (Araujo et al., 2019). What no feature sees as a whole, no "
    "convolution can recognise; it is left to the dense layers to put parts together, and a global pool forgets where "
    "they were. It need not be a fault: LeNet-5's features see 16x16 of 28x28, VGG-16's 212x212 of 224x224.",
    invalid=(
        """input: [3, 64, 64]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu, repeat: 4}
  - {type: global_avgpool}
  - {type: flatten}
  - {type: dense, units: 10}
""",
    ),
    valid=(
        """input: [3, 64, 64]
layers:
  - {type: conv, filters: 16, kernel: 4, stride: 4, activation: relu}
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu, repeat: 8}
  - {type: global_avgpool}
  - {type: flatten}
  - {type: dense, units: 10}
""",
        """input: [3, 64, 64]
layers:
  - {type: conv, filters: 16, kernel: 3, padding: 1, activation: relu, repeat: 2}
""",
    ),
    check=_check,
)
