"""Where numbers first stopped being numbers, once a loss has shown that they did."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.errors import TrainingError
from cnncli.graph import Graph
from cnncli.network.network import Network
from cnncli.network.parameters import Parameters
from cnncli.network.plan import check_memory, running_bytes

Array = np.ndarray[Any, np.dtype[np.float32]]


def first_not_finite(graph: Graph, parameters: Parameters, images: Array, count: int, step: int, seed: int) -> str:
    """Words for the first weights, else the first layer's output, that hold NaN or infinity; empty where none do.

    images: [B, C, H, W, LANES], what the network saw in that step. Runs the forward pass once more, and keeps all of
    it, beside the network in training; changes nothing. Empty also where memory has no room for that.
    """
    weights = wrong_tensor(parameters.views)
    if weights:
        return f"since the step before, the weights {weights} are"
    lanes = kernels.vector.LANES
    try:
        check_memory(graph, count, lanes, copies=0, keep=True, taken=running_bytes(graph, len(images) * lanes, lanes))
        return _first_output(graph, parameters, images, count, step, seed)
    except (TrainingError, MemoryError):  # why it diverged is not worth losing that it did
        return ""


def _first_output(graph: Graph, parameters: Parameters, images: Array, count: int, step: int, seed: int) -> str:
    buffers = parameters.buffers.copy()
    network = Network(graph, parameters, count, seed=seed, keep=True)
    network.images[...] = images[: len(network.images)]
    if not np.isfinite(network.images).all():
        return "the images themselves are"
    network.forward(count, step)
    parameters.buffers[...] = buffers
    for index in sorted(graph.needed_for((graph.output,))):
        if not np.isfinite(network.output_of(index, count)).all():
            return f"the output of `{graph.nodes[index].name}` is the first that is"
    return ""


def wrong_tensor(views: dict[str, dict[str, Array]]) -> str:
    """`conv1.weight`, the first tensor that holds NaN or infinity; empty where none does."""
    for node_name, tensors in views.items():
        for name, tensor in tensors.items():
            if not np.isfinite(tensor).all():
                return f"{node_name}.{name}"
    return ""
