"""A graph with memory. Everything it needs is allocated once; a step allocates no activation.

Arrays are `[B, C, H, W, L]`, `[B, C, W, L]` or `[B, U, L]` float32: B blocks of L images, an image per lane. A batch
that does not fill its blocks has idle lanes; the loss gives them no gradient, so they touch nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Activation, Memory, Shape
from cnncli.network.fusion import relu_places
from cnncli.network.gradients import Route, outputs_of, plan_routes, spare_sizes
from cnncli.network.parameters import Parameters

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True)
class _Cell:
    """A node at work: its layer's memory, its output, the output's gradient, and an activation after it, in place."""

    node: Node
    memory: Memory
    activation: Activation | None
    activation_memory: Memory
    y: Array
    dy: Array | None


@dataclass(slots=True)
class Network:
    """Runs a graph on batches of up to `batch_size` images.

    `training` keeps room for gradients and computes the side outputs; `input_gradient` also computes the images' own
    gradient. `seed` names the random numbers of dropout. Nodes that no output needs are left out.
    """

    graph: Graph
    parameters: Parameters
    batch_size: int
    training: bool = True
    input_gradient: bool = False
    seed: int = 0
    images: Array = field(init=False)
    images_gradient: Array | None = field(init=False)
    _cells: dict[int, _Cell] = field(init=False)
    _routes: dict[int, tuple[Route, ...]] = field(init=False)
    _spare: list[Array] = field(init=False)

    def __post_init__(self) -> None:
        graph = self.graph
        self._routes = plan_routes(graph, self.input_gradient) if self.training else {}
        self.images = self._allocate(graph.input_shape)
        self.images_gradient = self._allocate(graph.input_shape) if self.input_gradient else None
        self._cells = {}
        outputs = outputs_of(graph, self.training)
        rectifying, rectified_later = relu_places(graph, outputs)
        for index in sorted(graph.needed_for(outputs)):
            node = graph.nodes[index]
            apart = index not in rectifying and index not in rectified_later
            self._cells[index] = self._cell(node, index in rectifying, node.activation if apart else None)
        self._spare = [self._allocate((size,)).reshape(-1) for size in spare_sizes(graph, self._routes)]

    def _allocate(self, shape: Shape) -> Array:
        return kernels.memory.zeros((self.blocks(self.batch_size), *shape, kernels.vector.LANES))

    @staticmethod
    def blocks(count: int) -> int:
        """B for a number of images."""
        return -(-count // kernels.vector.LANES)

    def _cell(self, node: Node, relu: bool, activation: Activation | None) -> _Cell:
        blocks, lanes = self.images.shape[0], self.images.shape[-1]
        dy: Array | None = None
        if node.layer.shares_memory:
            y = self._output(node.inputs[0]).reshape(blocks, *node.output_shape, lanes)
        else:
            y = self._allocate(node.output_shape)
        routes = self._routes.get(node.index)
        if routes is not None:
            below = self._gradient(node.inputs[0]) if routes[0].is_shared else None
            dy = self._allocate(node.output_shape) if below is None else below.reshape(y.shape)
        scratch = node.layer.scratch(node.x, node.output_shape, blocks, lanes)
        memory = Memory(
            weights=self.parameters.views[node.name],
            gradients=self.parameters.gradient_views[node.name],
            buffers=self.parameters.buffer_views[node.name],
            scratch={name: kernels.memory.zeros(shape, dtype) for name, (shape, dtype) in scratch.items()},
            training=self.training,
            relu=relu,
            seed=self.seed * 1_000_003 + node.index,
        )
        return _Cell(node, memory, activation, Memory(training=self.training), y, dy)

    def _output(self, index: int) -> Array:
        return self.images if index == INPUT else self._cells[index].y

    def _gradient(self, index: int) -> Array | None:
        return self.images_gradient if index == INPUT else self._cells[index].dy

    @property
    def output(self) -> Array:
        """The network's output, `[B, U, L]` for a classifier."""
        return self._output(self.graph.output)

    @property
    def output_gradient(self) -> Array:
        """Where a loss writes, before `backward`."""
        gradient = self._gradient(self.graph.output)
        assert gradient is not None, "a network without training, or with nothing to learn, has no gradients"
        return gradient

    def side_outputs(self, count: int) -> list[tuple[Array, Array, float]]:
        """(output, its gradient, its loss's weight) of each side output that learns, for `count` images."""
        blocks = self.blocks(count)
        found = []
        for side in self.graph.side_outputs:
            gradient = self._gradient(side.index)
            if gradient is not None:
                found.append((self._output(side.index)[:blocks], gradient[:blocks], side.weight))
        return found

    def forward(self, count: int, step: int = 0) -> Array:
        """Runs the first `count` of `images`; returns the output's blocks in use, `[B', ...]`."""
        blocks = self.blocks(count)
        for cell in self._cells.values():
            cell.memory.step, cell.memory.count = step, count
            y = cell.y[:blocks]
            cell.node.layer.forward(cell.memory, self._inputs(cell.node, blocks), y)
            if cell.activation is not None:
                cell.activation.forward(cell.activation_memory, y, y)
        return self.output[:blocks]

    def _inputs(self, node: Node, blocks: int) -> Any:
        """What the layer takes, as `Layer.forward` has it."""
        return _one_or_all(node, [self._output(source)[:blocks] for source in node.inputs])

    def backward(self, count: int) -> None:
        """From the gradients of the outputs to every parameter's, after `forward` on the same images."""
        blocks = self.blocks(count)
        for index in reversed(self._cells):
            cell = self._cells[index]
            if cell.dy is None:
                continue
            node, y, dy = cell.node, cell.y[:blocks], cell.dy[:blocks]
            if cell.activation is not None:
                cell.activation.backward(cell.activation_memory, y, y, dy, dy)
            pairs = list(zip(node.inputs, self._routes[index], strict=True))
            targets = [self._target(source, route, blocks) for source, route in pairs]
            x, dx = self._inputs(node, blocks), _one_or_all(node, targets)
            node.layer.backward(cell.memory, x, y, dy, dx)
            for (source, route), target in zip(pairs, targets, strict=True):
                whole = self._gradient(source)
                if route.spare is not None and target is not None and whole is not None:
                    kernels.merge.add(whole[:blocks], target, whole[:blocks])

    def _target(self, source: int, route: Route, blocks: int) -> Array | None:
        """Where a layer writes the gradient of one input; None where nobody needs it, or where it is there already."""
        if not route.is_needed or route.is_shared:
            return None
        if route.spare is None:
            whole = self._gradient(source)
            return None if whole is None else whole[:blocks]
        like = self._output(source)[:blocks]
        return self._spare[route.spare][: like.size].reshape(like.shape)


def _one_or_all(node: Node, arrays: list[Any]) -> Any:
    """An array, or a tuple of them where the layer merges several."""
    return tuple(arrays) if node.layer.merges else arrays[0]
