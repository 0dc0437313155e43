"""How much memory training takes, by arithmetic, before anything is allocated."""

from __future__ import annotations

import math
import os

import numpy as np

from cnncli.errors import TrainingError
from cnncli.graph import Graph
from cnncli.network.gradients import outputs_of, plan_routes, spare_sizes

_FLOAT32 = 4
_COPIES_OF_WEIGHTS = 3
"""The weights, their gradients, and the optimizer's velocity."""


def running_bytes(graph: Graph, batch_size: int, lanes: int, training: bool = True) -> int:
    """Bytes for the parameters and a batch's activations, in training also for their gradients.

    Batches fill whole blocks of `lanes` images. What kernels use while they work is small beside this and not in it.
    """
    blocks = -(-batch_size // lanes)
    routes = plan_routes(graph) if training else {}
    per_image = math.prod(graph.input_shape) + sum(spare_sizes(graph, routes))
    kept = 0
    for index in graph.needed_for(outputs_of(graph, training)):
        node = graph.nodes[index]
        if not node.layer.shares_memory:
            per_image += node.output_count
        if index in routes and not routes[index][0].is_shared:
            per_image += node.output_count
        scratch = node.layer.scratch(node.x, node.output_shape, blocks, lanes)
        kept += sum(math.prod(shape) * np.dtype(dtype).itemsize for shape, dtype in scratch.values())
    parameters = sum(node.parameter_count for node in graph.nodes)
    buffers = sum(node.buffer_count for node in graph.nodes)
    weights = (_COPIES_OF_WEIGHTS if training else 1) * parameters + buffers
    return _FLOAT32 * (weights + blocks * lanes * per_image) + kept


def check_memory(graph: Graph, batch_size: int, lanes: int, training: bool = True) -> None:
    """Raises `TrainingError` where the network and its batch need more than this machine has."""
    needed, present = running_bytes(graph, batch_size, lanes, training), _physical_memory()
    if present is None or needed <= present:
        return
    fixed = running_bytes(graph, 0, lanes, training)
    per_block = running_bytes(graph, lanes, lanes, training) - fixed
    fitting = (present - fixed) // per_block * lanes if fixed < present else 0
    hint = "the network is too large for this machine"
    if fitting:
        hint = f"--batch-size {fitting} fits"
    elif fixed < present:
        hint = f"not even one block of {lanes} images fits"
    what = "training" if training else "the network"
    raise TrainingError(f"{what} needs {needed / 1e9:,.1f} GB, this machine has {present / 1e9:,.1f} GB", hint)


def _physical_memory() -> int | None:
    """Bytes of memory in the machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
