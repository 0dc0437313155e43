"""Which layer computes what beside its own: each activation or norm that another layer computes saves a pass.

In a run that keeps every output as the spec has it, only `activation:` keys are fused into their own layers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Activation


@dataclass(frozen=True, slots=True)
class Fusion:
    """The nodes `at_work`, in order, and what else they compute.

    `same`: nodes that are not at work, and the node whose output is theirs. `norms`: nodes at work whose weights have
    the batch norm of another folded in. `rectifying`: those whose layer computes a ReLU itself, its own or one it
    took over. `activations`: those with an activation in a pass of its own, in place.
    """

    at_work: tuple[int, ...]
    same: dict[int, int]
    norms: dict[int, int]
    rectifying: frozenset[int]
    activations: dict[int, Activation]


def fuse(graph: Graph, outputs: tuple[int, ...], training: bool, keep: bool = False) -> Fusion:
    """How the nodes that `outputs` need are run; `keep`: every node's output is made."""
    needed = sorted(graph.needed_for(outputs))
    readers = Counter(source for index in needed for source in graph.nodes[index].inputs)
    readers.update(outputs)
    activations = {index: graph.nodes[index].activation for index in needed}
    same: dict[int, int] = {}
    norms: dict[int, int] = {}
    for index in () if keep else needed:
        node, source = graph.nodes[index], graph.nodes[index].inputs[0]
        before = same.get(source, source)
        if node.layer.merges or before == INPUT or readers[source] > 1 or activations[before] is not None:
            continue
        if _may_follow(node, graph.nodes[before]):
            assert isinstance(node.layer, Activation)
            same[index], activations[before] = before, node.layer
        elif not training and node.layer.folds_away and graph.nodes[before].layer.takes_norm and before not in norms:
            same[index], norms[before], activations[before] = before, index, node.activation
    at_work = tuple(index for index in needed if index not in same)
    own = {index for index in at_work if _fuses(graph.nodes[index], activations[index])}
    moved = set() if keep else _taken_over(graph, at_work, same, readers, own)
    apart = {index: activations[index] for index in at_work if index not in own and index not in moved}
    passes = {index: activation for index, activation in apart.items() if activation is not None}
    return Fusion(at_work, same, norms, frozenset(own - moved), passes)


def _taken_over(
    graph: Graph, at_work: tuple[int, ...], same: dict[int, int], readers: Counter[int], own: set[int]
) -> set[int]:
    """The nodes whose ReLU a later one computes, which joins `own`.

    max(0, .) of a window's largest number is the largest of max(0, .): a max pool that alone reads a rectified
    layer takes its ReLU over, where there are fewer numbers. The gradients are the same too: where all of a window
    is rectified away, none gets through, whichever cell had won.
    """
    moved = set()
    for index in at_work:
        source = graph.nodes[index].inputs[0]
        before = same.get(source, source)
        if graph.nodes[index].layer.takes_relu_over and readers[source] == 1 and before in own:
            moved.add(before)
            own.add(index)
    return moved


def _may_follow(node: Node, before: Node) -> bool:
    """Whether a node is an activation that the layer before it may have as its own, as `activation:` writes it."""
    return isinstance(node.layer, Activation) and node.layer.in_place and before.layer.takes_activation


def _fuses(node: Node, activation: Activation | None) -> bool:
    return activation is not None and activation.fused_as_relu and node.layer.fuses_relu
