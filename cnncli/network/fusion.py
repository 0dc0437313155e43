"""Which layer computes each ReLU: one that does it within its own passes saves a pass over memory."""

from __future__ import annotations

from collections import Counter

from cnncli.graph import Graph, Node


def relu_places(graph: Graph, outputs: tuple[int, ...]) -> tuple[set[int], set[int]]:
    """(nodes whose layer computes a ReLU itself, nodes whose own ReLU a later node computes), for a run to `outputs`.

    max(0, .) of a window's largest number is the largest of max(0, .): a max pool that alone reads a rectified
    layer takes its ReLU over, where there are fewer numbers. The gradients are the same too: where all of a window
    is rectified away, none gets through, whichever cell had won.
    """
    needed = graph.needed_for(outputs)
    readers = Counter(source for index in needed for source in graph.nodes[index].inputs)
    readers.update(outputs)
    own = {index for index in needed if _fuses_its_own(graph.nodes[index])}
    moved = set()
    for index in sorted(needed):
        node = graph.nodes[index]
        if node.layer.takes_relu_over and readers[node.inputs[0]] == 1 and node.inputs[0] in own:
            moved.add(node.inputs[0])
            own.add(index)
    return own - moved, moved


def _fuses_its_own(node: Node) -> bool:
    return node.activation is not None and node.activation.fused_as_relu and node.layer.fuses_relu
