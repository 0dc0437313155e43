"""Local response normalisation at its ends: far from 1, beside large numbers, with windows beyond all channels."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.kernels.vector import LANES
from tests.layers import harness
from tests.layers.norms import graph_of, normal


@pytest.mark.parametrize("beta", [0.75, 0.5, 1, 2, 0.1, 7.3, 0])
def test_the_denominator_s_power_keeps_its_digits(beta: float) -> None:
    """With size 1 and k next to nothing y / x is a power of x alone; float32 must hold it, hence the ends."""
    size = 20 * LANES
    ends = min(1e3, 10 ** (15 / max(beta, 1)))
    x = np.geomspace(1 / ends, ends, size).astype(np.float32).astype(float).reshape(LANES, 2, 2, 5)
    graph = graph_of(f"{{type: lrn, size: 1, alpha: 1, beta: {beta}, k: 1e-6}}", (2, 2, 5))
    result = harness.run(graph, LANES, x=x)
    wanted = x * (float(np.float32(1e-6)) + x * x) ** -float(np.float32(beta))
    assert np.abs(result.y / wanted - 1).max() < 1e-6


def test_a_large_neighbour_leaves_nothing_behind() -> None:
    """A running sum would keep the rounding of 1e12 beside numbers of 1."""
    x = normal(6, 2, 9, 2, 2)
    x[:, 2] *= 1e6
    result = harness.run(graph_of("{type: lrn, size: 3, alpha: 1}", (9, 2, 2)), 2, x=x)
    wanted = harness.reference(result.graph, {}, x)
    assert np.abs(result.y / wanted - 1).max() < 1e-6


def test_squares_beyond_float32_leave_numbers() -> None:
    x = normal(8, 2, 9, 2, 2)
    x[:, 2] = 1e25
    result = harness.run(graph_of("{type: lrn, size: 3, alpha: 1}", (9, 2, 2)), 2, x=x)
    assert np.isfinite(result.y).all() and np.isfinite(result.dx).all()


@pytest.mark.parametrize("size", ["10000000000000", "1000000000000000000000000000000"])
def test_a_window_of_any_size_is_that_of_all_channels(size: str) -> None:
    graph = graph_of(f"{{type: lrn, size: {size}, alpha: 3, alpha_times: sum}}", (4, 2, 3))
    all_channels = graph_of("{type: lrn, size: 9, alpha: 3, alpha_times: sum}", (4, 2, 3))
    np.testing.assert_array_equal(harness.run(graph, 3).dx, harness.run(all_channels, 3).dx)
