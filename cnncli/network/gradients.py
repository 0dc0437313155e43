"""Which gradients are computed, and where each is written: one plan, made before the first step."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT


@dataclass(frozen=True, slots=True)
class Route:
    """Where a layer's gradient for one of its inputs goes.

    `is_needed`: something learns from it. `is_shared`: the input's gradient is this layer's own, seen in another
    shape, so there is nothing to do. `spare`: the first to write overwrites, all later ones write into this spare
    array, which is then added; None for the first.
    """

    is_needed: bool
    is_shared: bool = False
    spare: int | None = None


def outputs_of(graph: Graph, training: bool) -> tuple[int, ...]:
    """What a network is run for: its output, and in training its side outputs."""
    return graph.output, *(side.index for side in graph.side_outputs if training)


def plan_routes(graph: Graph, input_gradient: bool = False) -> dict[int, tuple[Route, ...]]:
    """For each node that has a gradient in training, a route per input.

    A node has one where an output needs it and it, or something below it, has parameters (or, with
    `input_gradient`, in any case). Backward goes through the nodes in reverse, which is the order of the writers.
    """
    outputs = outputs_of(graph, training=True)
    needed = graph.needed_for(outputs)
    learning = {INPUT} if input_gradient else set()
    for node in graph.nodes:
        if node.index in needed and (node.parameters or learning.intersection(node.inputs)):
            learning.add(node.index)
    readers = Counter(source for index in needed for source in graph.nodes[index].inputs)
    readers.update(outputs)
    written = set(outputs)
    routes: dict[int, tuple[Route, ...]] = {}
    for index in sorted(needed & learning, reverse=True):
        routes[index] = _routes_of(graph.nodes[index], learning, readers, written)
    return routes


def spare_sizes(graph: Graph, routes: dict[int, tuple[Route, ...]]) -> list[int]:
    """Numbers for one image in each spare array: as many as its largest guest has."""
    sizes: list[int] = []
    for index, own in routes.items():
        for source, route in zip(graph.nodes[index].inputs, own, strict=True):
            if route.spare is not None:
                sizes += [0] * (route.spare + 1 - len(sizes))
                sizes[route.spare] = max(sizes[route.spare], math.prod(graph.shape_of(source)))
    return sizes


def _routes_of(node: Node, learning: set[int], readers: Counter[int], written: set[int]) -> tuple[Route, ...]:
    routes: list[Route] = []
    spares = 0
    for source in node.inputs:
        if source not in learning:
            routes.append(Route(is_needed=False))
        elif node.layer.shares_memory and readers[source] == 1:
            routes.append(Route(is_needed=True, is_shared=True))
        elif source in written:
            routes.append(Route(is_needed=True, spare=spares))
            spares += 1
        else:
            routes.append(Route(is_needed=True))
        written.add(source)
    return tuple(routes)
