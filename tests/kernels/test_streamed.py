"""Outputs written past the caches hold what they hold otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.kernels import batch_norm, convolution, dense, memory, merge

from .lanes import LANES, normal, to_lanes


def aligned(values):
    array = memory.empty(np.shape(values))
    array[...] = values
    return array


def batch(seed, *shape):
    return aligned(to_lanes(normal(seed, 2 * LANES, *shape)))


def normalised(y):
    channels = y.shape[1]
    mean, variance = memory.zeros((channels,)), memory.zeros((channels,)) + np.float32(1)
    statistics = memory.zeros((channels, 2), np.float64)
    batch_norm.forward(batch(1, 3, 5, 7), y, None, None, mean, variance, statistics, 2 * LANES - 3, 1e-5, 0.1, True)


def added(y):
    merge.add(batch(1, 3, 5, 7), batch(2, 3, 5, 7), y, True)


def convolved(y):
    weight = aligned(normal(3, 16, 16, 3, 3))  # by Winograd's F(4x4, 3x3)
    convolution.forward(batch(1, 16, 8, 8), weight, None, y, (1, 1), (1, 1), (1, 1), 1)


def weights(dw):
    dense.weight_gradient(batch(1, dw.shape[1]), batch(2, dw.shape[0]), dw)


@pytest.mark.parametrize(
    ("fill", "shape"),
    [
        (normalised, (2, 3, 5, 7, LANES)),
        (added, (2, 3, 5, 7, LANES)),
        (convolved, (2, 16, 8, 8, LANES)),
        (weights, (10, 5 * LANES)),
        (weights, (10, 5 * LANES + 1)),
    ],
)
def test_same_bits(monkeypatch, fill, shape):
    plain, streamed = memory.zeros(shape), memory.zeros(shape)
    fill(plain)
    monkeypatch.setattr(memory, "_STREAMED", 0)
    assert memory.streamed(streamed)
    fill(streamed)
    assert np.any(plain)
    np.testing.assert_array_equal(streamed, plain)


def test_only_parts_of_much_memory_that_begin_on_a_line(monkeypatch):
    buffer = memory.empty((4 * LANES,))
    assert not memory.streamed(buffer)
    monkeypatch.setattr(memory, "_STREAMED", buffer.nbytes)
    line = memory.ALIGNMENT // 4
    assert memory.streamed(buffer[line:])
    assert not memory.streamed(buffer[1:])
    assert not memory.streamed(np.zeros(4 * LANES, np.float32))
