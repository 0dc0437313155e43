"""Arrays for kernel tests: random ones in image order, and their copies in the lanes."""

from __future__ import annotations

import numpy as np

from cnncli.kernels import batches, host, memory

LANES = host.LANES


def normal(seed, *shape):
    """Standard normal float64 values that float32 holds exactly."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32).astype(np.float64)


def blocks_of(images):
    return -(-images // LANES)


def unset(images, *shape, dtype=np.float32):
    """Lanes for `images` images, full of what no kernel should leave behind."""
    array = memory.empty((blocks_of(images), *shape, LANES), dtype)
    array.fill(-77)
    return array


def to_lanes(array):
    return batches.to_lanes(array)


def from_lanes(array, images):
    return batches.from_lanes(array, images).astype(np.float64)


def close(found, expected, tolerance=2e-5):
    """Asserts float32 results against float64 ones, relative to the largest expected value."""
    size = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * size)
