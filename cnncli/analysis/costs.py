"""The totals of a graph.

MACs are the multiplications of conv and dense layers for one image, without bias, norms and pooling, which
is the convention of torchvision's published table. Memory is that of float32 numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnncli.graph import Graph

BYTES = 4
"""Of a float32."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all layers. `activation_bytes`: the input and the output of every layer, for one image.

    An `activation:` works in place and adds nothing; as a layer of its own it counts like any other.
    """

    parameters: int
    buffers: int
    macs: int
    activation_bytes: int
    weight_bytes: int


def totals(graph: Graph) -> Totals:
    """The sums over a graph; a graph that ends at a fault is summed as far as it goes."""
    parameters = sum(node.parameter_count for node in graph.nodes)
    buffers = sum(node.buffer_count for node in graph.nodes)
    images = math.prod(graph.input_shape) if graph.input_shape else 0  # a broken spec may have no input
    activations = images + sum(node.output_count for node in graph.nodes)
    return Totals(
        parameters=parameters,
        buffers=buffers,
        macs=sum(node.macs for node in graph.nodes),
        activation_bytes=BYTES * activations,
        weight_bytes=BYTES * (parameters + buffers),
    )
