"""Where a network's numbers come from, as rules want to know it: each question answered for all nodes in one walk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Activation
from cnncli.layers._convolution import ConvolutionLayer
from cnncli.rules.subject import Subject


def makers(graph: Graph, past_activations: bool = False) -> dict[int, int]:
    """By a node's index, or `INPUT`: the node that made its numbers, past layers that only pass them on."""
    found = {INPUT: INPUT}
    for node in graph.nodes:
        passes = node.layer.keeps_values or (past_activations and isinstance(node.layer, Activation))
        found[node.index] = found[node.inputs[0]] if passes else node.index
    return found


def activation_of(node: Node) -> Activation | None:
    """The activation that makes the node's output, be it a layer or an `activation:`."""
    return node.layer if isinstance(node.layer, Activation) else node.activation


def bends(activation: Activation | None) -> bool:
    """Whether there is an activation that changes each number by itself: not the identity, and no softmax."""
    return activation is not None and not (activation.keeps_values or activation.gives_probabilities)


def gives_probabilities(node: Node) -> bool:
    return (node.activation or node.layer).gives_probabilities


def flat_ends(graph: Graph) -> list[Node]:
    """The nodes that give the network's output and those of heads, where that is a flat list, as a loss wants it."""
    indices = dict.fromkeys((graph.output, *(side.index for side in graph.side_outputs)))
    return [graph.nodes[index] for index in indices if index != INPUT and len(graph.shape_of(index)) == 1]


def convolved(graph: Graph) -> set[int]:
    """The nodes whose outputs a convolution has had a part in."""
    found: set[int] = set()
    for node in graph.nodes:
        if isinstance(node.layer, ConvolutionLayer) or any(source in found for source in node.inputs):
            found.add(node.index)
    return found


def once(subject: Subject, nodes: Iterable[Node]) -> Iterator[Node]:
    """The first node of each record: a place in a block, which may be used 10,000 times, is told of once."""
    seen: set[int] = set()
    for node in nodes:
        record = id(subject.origin(node).record)
        if record not in seen:
            seen.add(record)
            yield node


def shortened(steps: list[str], joint: str) -> str:
    """`32 -> 28 -> 24`; of a long row its beginning and its end."""
    shown = steps if len(steps) <= 10 else [*steps[:6], "...", *steps[-3:]]
    return joint.join(shown)
