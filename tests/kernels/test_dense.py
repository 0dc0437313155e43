"""The dense layer against matrix products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli.kernels import compile as compiling
from cnncli.kernels import dense

from .lanes import close, from_lanes, normal, to_lanes, unset


def run(images, inputs, outputs, relu=False, seed=0):
    x, weight, bias = normal(seed, images, inputs), normal(seed + 1, outputs, inputs), normal(seed + 2, outputs)
    dy = normal(seed + 3, images, outputs)
    w32 = weight.astype(np.float32)
    y, dx, dw = unset(images, outputs), unset(images, inputs), w32 * np.nan
    dense.forward(to_lanes(x), w32, bias.astype(np.float32), y, relu)
    dense.data_gradient(to_lanes(dy), w32, dx)
    dense.weight_gradient(to_lanes(x), to_lanes(dy), dw)
    expected = x @ weight.T + bias
    expected = np.maximum(expected, 0) if relu else expected
    return (from_lanes(y, images), expected), (from_lanes(dx, images), dy @ weight), (dw, dy.T @ x)


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 150), st.integers(1, 300), st.integers(1, 40), st.booleans(), st.integers(0, 1000))
def test_any_shape(images, inputs, outputs, relu, seed):
    for found, expected in run(images, inputs, outputs, relu, seed):
        close(found, expected)


@pytest.mark.parametrize("shape", [(64, 400, 120), (128, 1600, 130), (7, 100, 500)])
def test_layers_of_real_networks(shape):
    for found, expected in run(*shape):
        close(found, expected)


def test_same_bits_for_any_number_of_threads():
    before = compiling.threads()
    results = []
    try:
        for threads in (1, 2):
            compiling.set_threads(threads)
            results.append([found.tobytes() for found, _ in run(100, 333, 77)])
    finally:
        compiling.set_threads(before)
    assert results[0] == results[1]


def test_nan_stays_with_its_image():
    x = normal(0, 5, 20)
    x[3, 7] = np.nan
    y = unset(5, 4)
    dense.forward(to_lanes(x), np.ones((4, 20), np.float32), np.zeros(4, np.float32), y, True)
    assert np.isnan(from_lanes(y, 5)).all(axis=1).tolist() == [False, False, False, True, False]
    assert not np.isnan(from_lanes(y, 5)[[0, 1, 2, 4]]).any()
