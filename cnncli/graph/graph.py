"""The graph: nodes in topological order, each knowing its inputs, its shapes, and what it declares."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from cnncli.layers import Activation, Layer, Parameter, Shape

INPUT = -1
"""The index that stands for the network's input among a node's `inputs`."""


_DERIVED = ("parameters", "buffers", "parameter_count", "buffer_count", "macs")


@dataclass(frozen=True, slots=True)
class Node:
    """One layer in its place. `inputs` are indices of earlier nodes (`INPUT` is the image), `input_shapes` theirs."""

    index: int
    name: str
    layer: Layer
    activation: Activation | None
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: tuple[Parameter, ...] = field(init=False, repr=False)
    buffers: tuple[Parameter, ...] = field(init=False, repr=False)
    parameter_count: int = field(init=False, repr=False)
    buffer_count: int = field(init=False, repr=False)
    macs: int = field(init=False, repr=False)

    @property
    def x(self) -> Any:
        """What the layer's arithmetic takes: the shape of its input, or of all inputs where it merges several."""
        return self.input_shapes if self.layer.merges else self.input_shapes[0]

    def __post_init__(self) -> None:
        # Once, and not on demand: every report asks for all of them, and a chain may have 10,000 nodes.
        declared = self.layer.parameters(self.x), self.layer.buffers(self.x)
        counts = [sum(parameter.count for parameter in parameters) for parameters in declared]
        for name, value in zip(_DERIVED, (*declared, *counts, self.layer.macs(self.x)), strict=True):
            object.__setattr__(self, name, value)

    @property
    def output_count(self) -> int:
        return math.prod(self.output_shape)

    @property
    def settings(self) -> str:
        """The layer's settings, its activation last."""
        parts = [self.layer.settings()]
        if self.activation is not None:
            parts.append(" ".join(filter(None, (self.activation.kind, self.activation.settings()))))
        return ", ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class SideOutput:
    """An output beside the network's own, whose loss counts `weight` times in training and nowhere else."""

    name: str
    index: int
    weight: float


@dataclass(frozen=True, slots=True)
class Graph:
    """A network. `nodes` are in topological order; `output` is the index of the node that ends it."""

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...]
    output: int
    side_outputs: tuple[SideOutput, ...] = ()

    @property
    def output_shape(self) -> Shape:
        return self.shape_of(self.output)

    def shape_of(self, index: int) -> Shape:
        """The shape of a node's output, or of the input."""
        return self.input_shape if index == INPUT else self.nodes[index].output_shape

    @property
    def ends_in_probabilities(self) -> bool:
        """Whether the last thing that happens is a softmax."""
        return self._gives_probabilities(self.output)

    def _gives_probabilities(self, index: int) -> bool:
        return index != INPUT and self.nodes[index].layer.gives_probabilities

    def up_to_logits(self) -> Graph:
        """The same network without a softmax at its ends: what a loss on logits looks at."""

        def logits(index: int) -> int:
            return self.nodes[index].inputs[0] if self._gives_probabilities(index) else index

        side = tuple(replace(end, index=logits(end.index)) for end in self.side_outputs)
        return replace(self, output=logits(self.output), side_outputs=side)

    def needed_for(self, outputs: tuple[int, ...]) -> frozenset[int]:
        """The nodes that the given outputs depend on, themselves included."""
        needed: set[int] = {index for index in outputs if index != INPUT}
        for node in reversed(self.nodes):
            if node.index in needed:
                needed.update(source for source in node.inputs if source != INPUT)
        return frozenset(needed)
