"""A graph with memory. Everything it needs is allocated once; a step allocates no activation.

Arrays are `[B, C, H, W, L]` or `[B, U, L]` float32: B blocks of L images, an image per lane. A batch that
does not fill its blocks has idle lanes; the loss gives them no gradient, so they touch nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.graph import Graph, Node
from cnncli.graph.graph import INPUT
from cnncli.layers import Memory, Shape
from cnncli.network.parameters import Parameters

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True)
class _Cell:
    """A node at work: its layer's memory, its output, and the output's gradient."""

    node: Node
    memory: Memory
    activation_memory: Memory
    y: Array
    dy: Array | None
    learns: bool
    """Whether anything up to and including this layer has parameters: only then is its gradient of use."""


@dataclass(slots=True)
class Network:
    """Runs a graph on batches of up to `batch_size` images.

    `training` keeps room for gradients; `input_gradient` also computes the images' own. `seed` names the random
    numbers of dropout.
    """

    graph: Graph
    parameters: Parameters
    batch_size: int
    training: bool = True
    input_gradient: bool = False
    seed: int = 0
    images: Array = field(init=False)
    images_gradient: Array | None = field(init=False)
    _cells: list[_Cell] = field(init=False)

    def __post_init__(self) -> None:
        self.images = self._allocate(self.graph.input_shape)
        self.images_gradient = self._allocate(self.graph.input_shape) if self.input_gradient else None
        self._cells = []
        for node in self.graph.nodes:
            self._cells.append(self._cell(node))

    def _allocate(self, shape: Shape) -> Array:
        return kernels.memory.zeros((self.blocks(self.batch_size), *shape, kernels.vector.LANES))

    @staticmethod
    def blocks(count: int) -> int:
        """B for a number of images."""
        return -(-count // kernels.vector.LANES)

    def _cell(self, node: Node) -> _Cell:
        x, dx = self._output(node.inputs[0]), self._gradient(node.inputs[0])
        learns = self.input_gradient or self._learns(node.inputs[0]) or bool(node.parameters)
        if node.layer.shares_memory:
            shape = (len(x), *node.output_shape, x.shape[-1])
            y, dy = x.reshape(shape), None if dx is None else dx.reshape(shape)
        else:
            y = self._allocate(node.output_shape)
            dy = self._allocate(node.output_shape) if self.training and learns else None
        scratch = node.layer.scratch(node.input_shape, node.output_shape, len(x), x.shape[-1])
        activation = node.activation
        memory = Memory(
            weights=self.parameters.views[node.name],
            gradients=self.parameters.gradient_views[node.name],
            buffers=self.parameters.buffer_views[node.name],
            scratch={name: kernels.memory.zeros(shape, dtype) for name, (shape, dtype) in scratch.items()},
            training=self.training,
            relu=activation is not None and activation.fused_as_relu and node.layer.fuses_relu,
            seed=self.seed * 1_000_003 + node.index,
        )
        return _Cell(node, memory, Memory(training=self.training), y, dy, learns)

    def _output(self, index: int) -> Array:
        return self.images if index == INPUT else self._cells[index].y

    def _gradient(self, index: int) -> Array | None:
        return self.images_gradient if index == INPUT else self._cells[index].dy

    def _learns(self, index: int) -> bool:
        return index != INPUT and self._cells[index].learns

    @property
    def output(self) -> Array:
        """The last layer's output, `[B, U, L]` for a classifier."""
        return self._output(len(self._cells) - 1)

    @property
    def output_gradient(self) -> Array:
        """Where a loss writes, before `backward`."""
        gradient = self._gradient(len(self._cells) - 1)
        assert gradient is not None, "a network without training, or with nothing to learn, has no gradients"
        return gradient

    def forward(self, count: int, step: int = 0) -> Array:
        """Runs the first `count` of `images`; returns the output's blocks in use, `[B', ...]`."""
        blocks = self.blocks(count)
        for cell in self._cells:
            cell.memory.step, cell.memory.count = step, count
            x, y = self._output(cell.node.inputs[0])[:blocks], cell.y[:blocks]
            cell.node.layer.forward(cell.memory, x, y)
            if cell.node.activation is not None and not cell.memory.relu:
                cell.node.activation.forward(cell.activation_memory, y, y)
        return self.output[:blocks]

    def backward(self, count: int) -> None:
        """From `output_gradient` to every parameter's gradient, after `forward` on the same images."""
        blocks = self.blocks(count)
        for cell in reversed(self._cells):
            if not cell.learns or cell.dy is None:
                continue
            source = cell.node.inputs[0]
            x, y, dy = self._output(source)[:blocks], cell.y[:blocks], cell.dy[:blocks]
            below = self._gradient(source) if self.input_gradient or self._learns(source) else None
            dx = None if below is None else below[:blocks]
            if cell.node.activation is not None and not cell.memory.relu:
                cell.node.activation.backward(cell.activation_memory, y, y, dy, dy)
            cell.node.layer.backward(cell.memory, x, y, dy, dx)
