"""How much memory training takes, by arithmetic, before anything is allocated."""

from __future__ import annotations

import math
import os
from bisect import bisect_right

from cnncli.errors import TrainingError
from cnncli.graph import Graph
from cnncli.network.workspace import FLOAT32, plan_workspace

_COPIES = 3
"""Of the weights in training: themselves, their gradients, and what an optimizer with one slot remembers."""


def running_bytes(
    graph: Graph, batch_size: int, lanes: int, training: bool = True, copies: int = _COPIES, keep: bool = False
) -> int:
    """Bytes for the parameters and a batch's activations, in training also for their gradients.

    Batches fill whole blocks of `lanes` images. What kernels use while they work is small beside this and not in it.
    """
    blocks = -(-batch_size // lanes)
    plan = plan_workspace(graph, blocks, lanes, training, keep=keep)
    parameters = sum(node.parameter_count for node in graph.nodes)
    buffers = sum(node.buffer_count for node in graph.nodes)
    weights = (copies if training else 1) * parameters + buffers
    for index, norm in plan.fusion.norms.items():
        weights += graph.nodes[index].parameters[0].count + graph.nodes[norm].output_shape[0]
    images = blocks * lanes * math.prod(graph.input_shape)
    return FLOAT32 * (weights + images) + plan.size


def check_memory(
    graph: Graph,
    batch_size: int,
    lanes: int,
    training: bool = True,
    copies: int = _COPIES,
    keep: bool = False,
    taken: int = 0,
) -> None:
    """Raises `TrainingError` where the network and its batch, beside `taken` bytes, need more than this machine has."""

    def needs(count: int) -> int:
        return taken + running_bytes(graph, count, lanes, training, copies, keep)

    needed, present = needs(batch_size), _physical_memory()
    if present is None or needed <= present:
        return
    blocks = range(-(-batch_size // lanes))  # the last that fits, for fewer take less
    fitting = bisect_right(blocks, present, key=lambda count: needs(count * lanes)) - 1
    hint = "the network is too large for this machine"
    if fitting > 0:
        hint = f"--batch-size {fitting * lanes} fits"
    elif fitting == 0:
        hint = f"not even one block of {lanes} images fits"
    what = "training" if training else "the network"
    raise TrainingError(f"{what} needs {needed / 1e9:,.1f} GB, this machine has {present / 1e9:,.1f} GB", hint)


def _physical_memory() -> int | None:
    """Bytes of memory in the machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
