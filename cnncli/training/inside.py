"""What a trained network looks like inside: its first layer's filters, and what its layers make of single images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.data.box_width import images_of_box_width
from cnncli.data.dataset import Split
from cnncli.graph import Graph, Node
from cnncli.network.network import Network
from cnncli.network.plan import check_memory
from cnncli.training.batches import Batches
from cnncli.training.run import Run

Array = np.ndarray[Any, np.dtype[Any]]

MOST_FILTERS = 64
MOST_LAYERS = 12
MOST_CHANNELS = 16


@dataclass(frozen=True, slots=True)
class Filters:
    """Those of `node` that see the image itself: the first of its `count`, as [K, C, H, W]."""

    node: Node
    count: int
    weights: Array


@dataclass(frozen=True, slots=True)
class Maps:
    """What `node` makes of N images: the first of its channels, [N, C, H, W]."""

    node: Node
    planes: Array


def first_filters(run: Run) -> Filters | None:
    """The weights that are multiplied with the image: windows of a convolution, or a dense layer's whole images.

    None where the first layer that learns is neither.
    """
    graph = run.graph
    node = next((node for node in graph.nodes if node.parameters), None)
    if node is None or "weight" not in run.parameters.views[node.name]:
        return None
    weights = run.parameters.views[node.name]["weight"]
    if weights.ndim == 2 and weights.shape[1] == math.prod(graph.input_shape):
        weights = weights.reshape(-1, *graph.input_shape)
    if weights.ndim != 4 or weights[0, 0].size == 1:
        return None
    return Filters(node, len(weights), weights[:MOST_FILTERS])


def layers_with_maps(graph: Graph) -> list[Node]:
    """The layers whose outputs are worth a look: those that slide a window over a plane, convolution or pooling."""
    found = []
    for index in sorted(graph.needed_for((graph.output,))):
        node, before = graph.nodes[index], graph.shape_of(graph.nodes[index].inputs[0])
        if len(node.output_shape) != 3 or math.prod(node.output_shape[1:]) == 1:
            continue
        if any(len(parameter.shape) == 4 for parameter in node.parameters) or (
            not node.layer.merges and len(before) == 3 and node.output_shape[1:] != before[1:]
        ):
            found.append(node)
    return found


def spread(nodes: list[Node], most: int = MOST_LAYERS) -> list[Node]:
    """`most` of them at equal distances, the first and the last among them."""
    if len(nodes) <= most:
        return nodes
    return [nodes[round(number * (len(nodes) - 1) / (most - 1))] for number in range(most)]


def feature_maps(run: Run, split: Split, numbers: list[int], nodes: list[Node]) -> list[Maps]:
    """What each of `nodes` makes of the split's images of these numbers.

    Raises `TrainingError` where all outputs of the network together do not fit into memory.
    """
    check_memory(run.graph, len(numbers), kernels.vector.LANES, training=False, keep=True)
    network = Network(run.graph, run.parameters, len(numbers), training=False, keep=True)
    chosen = np.array(numbers)
    seen = images_of_box_width(split.images[split.rows_of(chosen)], run.recipe.box_width)
    batches = Batches(Split(seen, split.labels[chosen]), run.normalization, network)
    count = batches.load(np.arange(len(numbers)))
    network.forward(count)
    return [Maps(node, network.output_of(node.index, count)[:, :MOST_CHANNELS]) for node in nodes]


def examples(labels: Array, most: int) -> list[int]:
    """Images to look at: the first of each class [N], in the classes' order."""
    _, first = np.unique(labels, return_index=True)
    return [int(number) for number in first[:most]]
