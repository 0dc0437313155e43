"""The graph: nodes in topological order, each knowing its inputs, its shapes, and what it declares."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from cnncli.layers import Activation, Layer, Parameter, Shape

INPUT = -1
"""The index that stands for the network's input among a node's `inputs`."""


@dataclass(frozen=True, slots=True)
class Node:
    """One layer in its place. `inputs` are indices of earlier nodes (`INPUT` is the image)."""

    index: int
    name: str
    layer: Layer
    activation: Activation | None
    inputs: tuple[int, ...]
    input_shape: Shape
    output_shape: Shape

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return self.layer.parameters(self.input_shape)

    @property
    def buffers(self) -> tuple[Parameter, ...]:
        return self.layer.buffers(self.input_shape)

    @property
    def parameter_count(self) -> int:
        return sum(parameter.count for parameter in self.parameters)

    @property
    def buffer_count(self) -> int:
        return sum(buffer.count for buffer in self.buffers)

    @property
    def macs(self) -> int:
        return self.layer.macs(self.input_shape)

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
class Graph:
    """A network. `nodes` are in topological order; the last one is the output."""

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...]

    @property
    def output_shape(self) -> Shape:
        return self.nodes[-1].output_shape if self.nodes else self.input_shape

    @property
    def ends_in_probabilities(self) -> bool:
        """Whether the last thing that happens is a softmax."""
        if not self.nodes:
            return False
        last = self.nodes[-1]
        return (last.activation or last.layer).gives_probabilities

    def up_to_logits(self) -> Graph:
        """The same network without a softmax at its end: what a loss on logits looks at."""
        if not self.ends_in_probabilities:
            return self
        *before, last = self.nodes
        if last.activation is not None:
            return replace(self, nodes=(*before, replace(last, activation=None)))
        return replace(self, nodes=tuple(before))
