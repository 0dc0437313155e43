"""A graph with memory. Everything it needs is allocated once, where the plan says; a step allocates nothing.

Arrays are `[B, C, H, W, L]`, `[B, C, W, L]` or `[B, U, L]` float32: B blocks of L images, an image per lane. A batch
that does not fill its blocks has idle lanes; the loss gives them no gradient, so they touch nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Memory, Shape
from cnncli.network.folding import folded_weights
from cnncli.network.parameters import Parameters
from cnncli.network.workspace import Tenant, Workspace, is_view, plan_workspace

Array = np.ndarray[Any, np.dtype[Any]]
Call = Callable[[], object]


@dataclass(frozen=True, slots=True)
class End:
    """An output that a loss looks at: the loss's gradient, times `weight`, goes into `gradient`.

    From there it is added to `joins`: the gradient of an earlier end that looks at the same output. Else that is None.
    """

    output: Array
    gradient: Array
    weight: float = 1.0
    joins: Array | None = None


@dataclass(frozen=True, slots=True)
class _Walk:
    """All calls of a step for some number of blocks, each bound to its arrays. The network's own is the first end."""

    forward: tuple[Call, ...]
    backward: tuple[Call, ...]
    output: Array
    ends: tuple[End, ...]


@dataclass(slots=True)
class Network:
    """Runs a graph on batches of up to `batch_size` images.

    `training` makes gradients and computes the side outputs; `input_gradient` also computes the images' own
    gradient. `seed` names the random numbers of dropout. Nodes that no output needs are left out. Without `training`
    batch norms are folded into the weights as they are now: after a change of them, a new network is needed.

    What lies in memory is an output's for as long as something reads it; the ends' own stay till the next step. With
    `keep`, every node's does, and nothing is fused or folded but an `activation:` key.
    """

    graph: Graph
    parameters: Parameters
    batch_size: int
    training: bool = True
    input_gradient: bool = False
    seed: int = 0
    keep: bool = False
    images: Array = field(init=False)
    images_gradient: Array | None = field(init=False)
    _plan: Workspace = field(init=False)
    _buffer: Array = field(init=False)
    _memories: dict[int, Memory] = field(init=False)
    _walks: dict[int, _Walk] = field(init=False)

    def __post_init__(self) -> None:
        blocks, lanes = self.blocks(self.batch_size), kernels.vector.LANES
        self._plan = plan_workspace(self.graph, blocks, lanes, self.training, self.input_gradient, self.keep)
        self._buffer = kernels.memory.zeros((self._plan.size,), np.uint8)
        whole = (blocks, *self.graph.input_shape, lanes)
        self.images = kernels.memory.zeros(whole)
        self.images_gradient = kernels.memory.zeros(whole) if self.input_gradient else None
        self._memories = {index: self._memory(self.graph.nodes[index]) for index in self._plan.fusion.at_work}
        self._walks = {}

    @staticmethod
    def blocks(count: int) -> int:
        """B for a number of images."""
        return -(-count // kernels.vector.LANES)

    def _memory(self, node: Node) -> Memory:
        norm = self._plan.fusion.norms.get(node.index)
        weights = self.parameters.views[node.name]
        if norm is not None:
            weights = folded_weights(node, self.graph.nodes[norm], self.parameters)
        scratch = node.layer.scratch(node.x, node.output_shape, len(self.images), kernels.vector.LANES)
        places = {name: Tenant("scratch", node.index, name) for name in scratch}
        return Memory(
            weights=weights,
            gradients=self.parameters.gradient_views[node.name],
            buffers=self.parameters.buffer_views[node.name],
            scratch={
                name: self._at(places[name], shape, dtype)
                for name, (shape, dtype) in scratch.items()
                if places[name] in self._plan.begins
            },
            training=self.training,
            relu=node.index in self._plan.fusion.rectifying,
            adds=node.index in self._plan.adding,
            seed=self.seed * 1_000_003 + node.index,
        )

    def _at(self, tenant: Tenant, shape: Shape, dtype: Any = np.float32) -> Array:
        """The array of a shape in a tenant's place."""
        return np.ndarray(shape, dtype, self._buffer.data, self._plan.begins[tenant])

    def _like(self, tenant: Tenant, shape: Shape) -> Array:
        """The tenant as activations of a shape, for a whole batch."""
        return self._at(tenant, (len(self.images), *shape, kernels.vector.LANES))

    def _output(self, index: int) -> Array:
        """A node's output, for a whole batch; `keep` says how long it lies there."""
        home, shape = self._plan.outputs[index], self.graph.shape_of(index)
        if home == INPUT:
            return self.images.reshape(len(self.images), *shape, kernels.vector.LANES)
        return self._like(Tenant("output", home), shape)

    def _gradient(self, index: int) -> Array | None:
        """Its gradient; None where nothing learns from it."""
        home, shape = self._plan.gradients.get(index), self.graph.shape_of(index)
        if home == INPUT:
            return None if self.images_gradient is None else self.images_gradient.reshape(self._output(index).shape)
        return None if home is None else self._like(Tenant("gradient", home), shape)

    @property
    def output(self) -> Array:
        """The network's output, `[B, U, L]` for a classifier."""
        return self._output(self.graph.output)

    def output_of(self, index: int, count: int) -> Array:
        """What a node gave for each of `count` images in the last `forward`, [count, ...]; needs `keep`."""
        assert self.keep, "nothing else keeps what no one reads any more"
        return kernels.batches.from_lanes(self._output(index), count)

    @property
    def output_gradient(self) -> Array:
        """Where a loss writes, between `forward` and `backward`."""
        gradient = self._gradient(self.graph.output)
        assert gradient is not None, "a network without training, or with nothing to learn, has no gradients"
        return gradient

    def ends(self, count: int) -> tuple[End, ...]:
        """The outputs that learn, for `count` images: the network's own, if it does, then the side outputs."""
        return self._walk(self.blocks(count)).ends

    def forward(self, count: int, step: int = 0) -> Array:
        """Runs the first `count` of `images`; returns the output's blocks in use, `[B', ...]`."""
        walk = self._walk(self.blocks(count))
        for memory in self._memories.values():
            memory.step, memory.count = step, count
        for call in walk.forward:
            call()
        return walk.output

    def backward(self, count: int) -> None:
        """From the gradients of the outputs to every parameter's, after `forward` on the same images."""
        for call in self._walk(self.blocks(count)).backward:
            call()

    def _walk(self, blocks: int) -> _Walk:
        """Made when first asked for: a training has batches of two sizes at most."""
        if blocks not in self._walks:
            at_work = self._plan.fusion.at_work
            self._walks[blocks] = _Walk(
                forward=tuple(call for index in at_work for call in self._forward_calls(index, blocks)),
                backward=tuple(
                    call
                    for index in reversed(at_work)
                    if index in self._plan.routes
                    for call in self._backward_calls(index, blocks)
                ),
                output=self.output[:blocks],
                ends=tuple(self._find_ends(blocks)),
            )
        return self._walks[blocks]

    def _find_ends(self, blocks: int) -> list[End]:
        sides = self.graph.side_outputs if self.training else ()
        found: dict[int, Array] = {}
        ends = []
        for index, weight in ((self.graph.output, 1.0), *((side.index, side.weight) for side in sides)):
            gradient = self._gradient(index)
            if gradient is not None:
                joins = found.get(index)
                own = gradient[:blocks] if joins is None else kernels.memory.zeros(joins.shape)
                ends.append(End(self._output(index)[:blocks], own, weight, joins))
                found.setdefault(index, own)
        return ends

    def _forward_calls(self, index: int, blocks: int) -> list[Call]:
        node, y = self.graph.nodes[index], self._output(index)[:blocks]
        calls: list[Call] = []
        if not is_view(node, self.training):
            x = _one_or_all(node, [self._output(source)[:blocks] for source in node.inputs])
            calls.append(partial(node.layer.forward, self._memories[index], x, y))
        activation = self._plan.fusion.activations.get(index)
        if activation is not None:
            calls.append(partial(activation.forward, Memory(training=self.training), y, y))
        return calls

    def _backward_calls(self, index: int, blocks: int) -> list[Call]:
        node, routes = self.graph.nodes[index], self._plan.routes[index]
        y, dy = self._output(index)[:blocks], self._gradient(index)
        assert dy is not None
        dy = dy[:blocks]
        calls: list[Call] = []
        activation = self._plan.fusion.activations.get(index)
        if activation is not None:
            calls.append(partial(activation.backward, Memory(training=self.training), y, y, dy, dy))
        targets: list[Array | None] = [None] * len(node.inputs)
        sums: list[Call] = []
        for number, (source, route) in enumerate(zip(node.inputs, routes, strict=True)):
            whole = self._gradient(source) if route.is_written else None
            if whole is None:
                continue
            whole = whole[:blocks]
            if not route.is_added or index in self._plan.adding:
                targets[number] = whole
                continue
            spare = dy
            if not node.layer.shares_gradient:
                spare = self._like(Tenant("spare", index, number), self.graph.shape_of(source))[:blocks]
                targets[number] = spare
            sums.append(partial(kernels.merge.add, whole, spare, whole))
        memory = self._memories[index]
        if node.parameters or memory.relu or any(target is not None for target in targets):
            x = _one_or_all(node, [self._output(source)[:blocks] for source in node.inputs])
            calls.append(partial(node.layer.backward, memory, x, y, dy, _one_or_all(node, targets)))
        return calls + sums


def _one_or_all(node: Node, arrays: list[Any]) -> Any:
    """An array, or a tuple of them where the layer merges several."""
    return tuple(arrays) if node.layer.merges else arrays[0]
