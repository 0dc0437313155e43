"""ReLU and max pooling are linear on pieces: PyTorch is put on the pieces that the engine was on.

Where a number lies at a kink, rounding decides on which side, and the gradients of two right answers then differ far
more than their roundings do. It is checked that following the engine moves no number by more than rounding would.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cnncli.graph import Graph
from cnncli.network.network import Network
from tests.zoo import output_of

CEILINGS = {"relu": np.inf, "relu6": 6.0}

Piece = tuple[str, np.ndarray]
"""A kind, and what tells the side: a rectifier's output, a max pool's input."""


def pieces_of(graph: Graph, network: Network, count: int) -> list[Piece]:
    """All rectifiers and max pools, in order, and on which side each of their numbers was in the last forward pass."""
    found = []
    for node in graph.nodes:
        if node.layer.kind == "maxpool" and node.layer.kernel != (1, 1):  # with one cell there is nothing to win
            found.append(("maxpool", output_of(network, node.inputs[0], count)))
        last = (node.activation or node.layer).kind
        if last in CEILINGS:
            found.append((last, output_of(network, node.index, count)))
    return found


def rectified(kind: str, x: Any, y: Any) -> Any:
    """A rectifier's output for the tensor x, on the pieces that y, the engine's output, is on."""
    import torch

    ceiling = CEILINGS[kind]
    followed = torch.where((y > 0) & (y < ceiling), x, y)
    _assert_near(followed, x.clamp(0, ceiling), kind)
    return followed


def pooled(x: Any, engines: Any, *window: Any) -> Any:
    """A max pool's output for the tensor x; in each window that cell wins which is largest in the engine's x."""
    import torch

    pool = torch.nn.functional.max_pool2d
    _, winners = pool(engines, *window, return_indices=True)
    followed = x.flatten(2).gather(2, winners.flatten(2)).reshape(winners.shape)
    _assert_near(followed, pool(x, *window), "maxpool")
    return followed


def _assert_near(followed: Any, own: Any, kind: str) -> None:
    scale = float(own.detach().abs().max())
    moved = float((followed - own).detach().abs().max())
    assert moved <= 1e-3 * scale, f"{kind}: the engine is on another piece, {moved:.1e} of {scale:.1e} away"
