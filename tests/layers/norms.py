"""What the tests of the norms share: one layer on an input of any shape, and numbers for it."""

from __future__ import annotations

import numpy as np

from cnncli.graph import Graph
from tests.layers import harness

SEVERAL_CHUNKS = (4, 24, 25)
"""An image whose channels the kernels sum in several parts."""


def graph_of(text: str, shape: tuple[int, ...]) -> Graph:
    """One layer."""
    return harness.graph_of([text], shape)


def normal(seed: int, *shape: int, mean: float = 0.0) -> np.ndarray:
    """Normally distributed numbers that float32 holds exactly."""
    return (np.random.default_rng(seed).standard_normal(shape) + mean).astype(np.float32).astype(np.float64)


def close(found: np.ndarray, wanted: np.ndarray, tolerance: float = 1e-6) -> None:
    harness.assert_close(np.asarray(found, np.float64), np.asarray(wanted), "result", tolerance)
