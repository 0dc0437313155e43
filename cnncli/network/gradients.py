"""Which gradients are computed, and where each is written: one plan, made before the first step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass

from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT


@dataclass(frozen=True, slots=True)
class Route:
    """Where a layer's gradient for one of its inputs goes.

    `is_needed`: something learns from it. `is_shared`: the input's gradient lies where this layer's own does, maybe in
    another shape, so there is nothing to do. `is_added`: the first to write overwrites, what all later ones have to
    give is added.
    """

    is_needed: bool
    is_shared: bool = False
    is_added: bool = False

    @property
    def is_written(self) -> bool:
        """Whether the layer has to write it."""
        return self.is_needed and not self.is_shared


def outputs_of(graph: Graph, training: bool) -> tuple[int, ...]:
    """What a network is run for: its output, and in training its side outputs."""
    return graph.output, *(side.index for side in graph.side_outputs if training)


def plan_routes(graph: Graph, input_gradient: bool = False, same: Container[int] = ()) -> dict[int, tuple[Route, ...]]:
    """For each node that has a gradient in training, a route per input.

    A node has one where an output needs it and it, or something below it, has parameters (or, with
    `input_gradient`, in any case). Backward goes through the nodes in reverse, which is the order of the writers.
    The nodes in `same` are computed by those before them, to which their gradient belongs.
    """
    outputs = outputs_of(graph, training=True)
    needed = graph.needed_for(outputs)
    learning = {INPUT} if input_gradient else set()
    for node in graph.nodes:
        if node.index in needed and (node.parameters or learning.intersection(node.inputs)):
            learning.add(node.index)
    readers: dict[int, list[int]] = defaultdict(list)
    for index in sorted(needed):
        for source in graph.nodes[index].inputs:
            readers[source].append(index)
    for index in outputs:
        readers[index].append(len(graph.nodes))
    written = set(outputs)
    routes: dict[int, tuple[Route, ...]] = {}
    for index in sorted(needed & learning, reverse=True):
        node = graph.nodes[index]
        is_view = index in same or (node.layer.shares_memory and len(readers[node.inputs[0]]) == 1)
        sharing = {node.inputs[0]} if is_view else _sharing(graph, node, readers, learning - written)
        routes[index] = _routes_of(node, learning, sharing, written)
    return routes


def _sharing(graph: Graph, node: Node, readers: dict[int, list[int]], unwritten: set[int]) -> set[int]:
    """The inputs of a sum that take over the sum's gradient: the first, whose layer may overwrite what it is given.

    Or two: one that nobody else reads, whose layer only reads its gradient; and one before it, to whose gradient others
    add only after that layer is done. So with a residual unit: the last layer of its body, and its shortcut.
    """
    if not node.layer.shares_gradient:
        return set()
    able = [source for source in node.inputs if source in unwritten and node.inputs.count(source) == 1]
    for last in able:
        if not (_only_reads(graph, last) and readers[last] == [node.index]):
            continue
        for shortcut in able:
            others = [reader for reader in readers[shortcut] if reader != node.index]
            if shortcut < last and all(reader < last for reader in others):
                return {shortcut, last}
    return set(able[:1])


def _only_reads(graph: Graph, index: int) -> bool:
    """Whether a node's layer leaves its gradient as it was."""
    return index != INPUT and graph.nodes[index].layer.keeps_gradient and graph.nodes[index].activation is None


def _routes_of(node: Node, learning: set[int], sharing: set[int], written: set[int]) -> tuple[Route, ...]:
    routes: list[Route] = []
    for source in node.inputs:
        if source not in learning:
            routes.append(Route(is_needed=False))
        elif source in sharing:
            routes.append(Route(is_needed=True, is_shared=True))
        else:
            routes.append(Route(is_needed=True, is_added=source in written))
        written.add(source)
    return tuple(routes)
