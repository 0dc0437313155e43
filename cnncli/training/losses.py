"""The losses by name: each fills the output's gradient and says how large it is and how many were right."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncli import kernels
from cnncli.graph import Graph

Array = np.ndarray[Any, np.dtype[Any]]


def graph_for(loss: str, graph: Graph) -> Graph:
    """The graph whose output the loss looks at: cross-entropy takes logits, so a final softmax is left out."""
    return graph.up_to_logits() if loss == "cross_entropy" else graph


def evaluate(
    loss: str, outputs: Array, labels: Array, count: int, gradient: Array, smoothing: float = 0.0
) -> tuple[float, int]:
    """(sum of the loss over `count` images, number of images whose largest output is their label).

    outputs, gradient: [B, U, L] float32; labels: [B L] int64. The gradient is that of the mean over images.
    `smoothing` is the share of a label that cross-entropy spreads over all classes.
    """
    if loss == "cross_entropy":
        return kernels.losses.softmax_cross_entropy(outputs, labels, count, gradient, smoothing)
    return kernels.losses.mean_squared_error(outputs, labels, count, gradient)
