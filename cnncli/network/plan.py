"""How much memory training takes, by arithmetic, before anything is allocated."""

from __future__ import annotations

import math
import os

from cnncli.errors import TrainingError
from cnncli.graph import Graph

_FLOAT32 = 4
_COPIES_OF_WEIGHTS = 3
"""The weights, their gradients, and the optimizer's velocity."""


def training_bytes(graph: Graph, batch_size: int) -> int:
    """Bytes for the parameters and for a batch's activations and their gradients; scratch is small beside them."""
    weights = _COPIES_OF_WEIGHTS * sum(node.parameter_count for node in graph.nodes)
    activations = math.prod(graph.input_shape) + 2 * sum(node.output_count for node in graph.nodes)
    return _FLOAT32 * (weights + batch_size * activations)


def check_memory(graph: Graph, batch_size: int) -> None:
    """Raises `TrainingError` where the network and its batch need more than this machine has."""
    needed, present = training_bytes(graph, batch_size), _physical_memory()
    if present is None or needed <= present:
        return
    fixed = training_bytes(graph, 0)
    per_image = training_bytes(graph, 1) - fixed
    fitting = (present - fixed) // per_image if fixed < present else 0
    hint = f"--batch-size {fitting} fits" if fitting else "no batch size fits: the network itself is too large"
    raise TrainingError(f"training needs {needed / 1e9:,.1f} GB, this machine has {present / 1e9:,.1f} GB", hint)


def _physical_memory() -> int | None:
    """Bytes of memory in the machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
