"""The one plan of a network's memory: which activations, gradients and scratch there are, and where each lies.

An activation lives from its layer's forward to its last reader's, in training to the last backward that reads it; a
gradient from the backward that first writes it to its own layer's. Moments: forward of the n nodes at work is 0 to
n - 1, the loss is n, backward n + 1 to 2 n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.network.fusion import Fusion, fuse
from cnncli.network.gradients import Route, outputs_of, plan_routes
from cnncli.network.liveness import Span, place

ALIGNMENT = 64
"""Bytes; a cache line, and the widest vector."""
FLOAT32 = 4


class Tenant(NamedTuple):
    """What lies in the buffer: a node's `output`, its `gradient`, its `scratch` of some name, or the `spare` array
    for its gradient of the input of some number."""

    what: str
    node: int
    which: str | int = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """`outputs` and `gradients`: for each node, the node in whose memory its own lie (`INPUT`: the images').

    `adding`: the nodes whose layer adds its input's gradient to what is there. `begins`: where each tenant lies in a
    buffer of `size` bytes.
    """

    fusion: Fusion
    routes: dict[int, tuple[Route, ...]]
    outputs: dict[int, int]
    gradients: dict[int, int]
    adding: frozenset[int]
    begins: dict[Tenant, int]
    size: int


def plan_workspace(
    graph: Graph, blocks: int, lanes: int, training: bool = True, input_gradient: bool = False, keep: bool = False
) -> Workspace:
    """For batches of `blocks` blocks. With `keep`, every node's output is made, and nothing is overwritten."""
    ends = outputs_of(graph, training)
    fusion = fuse(graph, ends, training, keep)
    routes = plan_routes(graph, input_gradient, fusion.same) if training else {}
    outputs, gradients = _homes_of_outputs(graph, fusion, ends, training), _homes_of_gradients(graph, routes)
    adding = frozenset(index for index, own in routes.items() if _adds(graph.nodes[index], own))
    plan = Workspace(fusion, routes, outputs, gradients, adding, {}, 0)
    lives = _Lives(graph, plan)
    for moment, index in enumerate(fusion.at_work):
        lives.forward(graph.nodes[index], moment)
    loss = len(fusion.at_work)
    for index in ends:
        lives.end(index, loss)
    for moment, index in enumerate(reversed(fusion.at_work), loss + 1):
        if index in routes:
            lives.backward(graph.nodes[index], moment)
    spans = [
        Span(_size(graph, tenant, blocks, lanes), *((0, 2 * loss) if keep else use))
        for tenant, use in lives.uses.items()
    ]
    begins, size = place(spans)
    return replace(plan, begins=dict(zip(lives.uses, begins, strict=True)), size=size)


def is_view(node: Node, training: bool) -> bool:
    """Whether a layer's output is its input as it lies there. What training drops at random, use lets through."""
    return node.layer.shares_memory or (node.layer.is_random and not training)


def _adds(node: Node, routes: tuple[Route, ...]) -> bool:
    return not node.layer.merges and routes[0].is_added and node.layer.adds_gradient(node.x)


def _homes_of_outputs(graph: Graph, fusion: Fusion, ends: tuple[int, ...], training: bool) -> dict[int, int]:
    homes = {INPUT: INPUT}
    for index in sorted(graph.needed_for(ends)):
        node = graph.nodes[index]
        if index in fusion.same:
            homes[index] = homes[fusion.same[index]]
        else:
            homes[index] = homes[node.inputs[0]] if is_view(node, training) else index
    return homes


def _homes_of_gradients(graph: Graph, routes: dict[int, tuple[Route, ...]]) -> dict[int, int]:
    homes = {INPUT: INPUT}
    for index, own in sorted(routes.items()):
        shared = [source for source, route in zip(graph.nodes[index].inputs, own, strict=True) if route.is_shared]
        homes[index] = homes[min(shared)] if shared else index
        homes.update((source, homes[index]) for source in shared)
    return homes


class _Lives:
    """`uses`: the first and the last moment of each tenant, as far as the steps were told, which come in order."""

    def __init__(self, graph: Graph, plan: Workspace) -> None:
        self.graph, self.plan = graph, plan
        self.uses: dict[Tenant, tuple[int, int]] = {}

    def forward(self, node: Node, moment: int) -> None:
        for index in (node.index, *node.inputs):
            self._output(index, moment)
        if node.layer.forward_uses_scratch:
            self._scratch(node, moment)

    def end(self, index: int, loss: int) -> None:
        """An output is there to be read until the step is over."""
        self._output(index, 2 * loss)
        self._gradient(index, loss)

    def backward(self, node: Node, moment: int) -> None:
        layer, fusion = node.layer, self.plan.fusion
        self._gradient(node.index, moment)
        self._scratch(node, moment)
        for number, (source, route) in enumerate(zip(node.inputs, self.plan.routes[node.index], strict=True)):
            if route.is_written:
                self._gradient(source, moment)
            if route.is_added and not layer.shares_gradient and node.index not in self.plan.adding:
                self._use(Tenant("spare", node.index, number), moment)
            if layer.backward_reads_input:
                self._output(source, moment)
        rectifies = node.index in fusion.rectifying and layer.relu_reads_output
        if layer.backward_reads_output or rectifies or node.index in fusion.activations:
            self._output(node.index, moment)

    def _output(self, index: int, moment: int) -> None:
        self._use(Tenant("output", self.plan.outputs[index]), moment)

    def _gradient(self, index: int, moment: int) -> None:
        if index in self.plan.gradients:
            self._use(Tenant("gradient", self.plan.gradients[index]), moment)

    def _scratch(self, node: Node, moment: int) -> None:
        for name in node.layer.scratch(node.x, node.output_shape, 1, 1):
            self._use(Tenant("scratch", node.index, name), moment)

    def _use(self, tenant: Tenant, moment: int) -> None:
        if tenant.node != INPUT:  # the images have arrays of their own
            first, last = self.uses.get(tenant, (moment, moment))
            self.uses[tenant] = first, max(last, moment)


def _size(graph: Graph, tenant: Tenant, blocks: int, lanes: int) -> int:
    """Bytes, up to the next place where another tenant may begin."""
    node = graph.nodes[tenant.node]
    if tenant.what == "scratch":
        shape, dtype = node.layer.scratch(node.x, node.output_shape, blocks, lanes)[str(tenant.which)]
        size = math.prod(shape) * np.dtype(dtype).itemsize
    else:
        shape = graph.shape_of(node.inputs[int(tenant.which)]) if tenant.what == "spare" else node.output_shape
        size = FLOAT32 * blocks * lanes * math.prod(shape)
    return -(-size // ALIGNMENT) * ALIGNMENT
