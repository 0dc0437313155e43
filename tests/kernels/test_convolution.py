"""Convolution kernels against the plain loops: any shape, stride, padding, dilation, groups and batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cnncli.kernels import algorithm, convolution
from cnncli.kernels import compile as compiling
from cnncli.kernels.vector import LANES

from . import reference
from .lanes import close, from_lanes, normal, to_lanes, unset


def run(images, groups, channels, filters, size, kernel, stride, padding, dilation, out, relu=False, seed=0):
    """Kernel and reference results side by side: pairs for y, dx, dw."""
    x, weight = normal(seed, images, channels * groups, *size), normal(seed + 1, filters * groups, channels, *kernel)
    bias, dy = normal(seed + 2, filters * groups), normal(seed + 3, images, filters * groups, *out)
    arguments = (stride, padding, dilation, groups)
    w32, b32 = weight.astype(np.float32), bias.astype(np.float32)
    y, dx, dw = unset(images, filters * groups, *out), unset(images, channels * groups, *size), w32 * np.nan
    convolution.forward(to_lanes(x), w32, b32, y, *arguments, relu)
    convolution.data_gradient(to_lanes(dy), w32, dx, *arguments)
    convolution.weight_gradient(to_lanes(x), to_lanes(dy), dw, *arguments)
    expected_y = reference.convolution(x, weight, bias, out, *arguments)
    expected_dx, expected_dw, _ = reference.convolution_gradients(x, weight, dy, *arguments)
    if relu:
        expected_y = np.maximum(expected_y, 0)
    return (from_lanes(y, images), expected_y), (from_lanes(dx, images), expected_dx), (dw, expected_dw)


@st.composite
def cases(draw):
    def pair(low, high):
        return (draw(st.integers(low, high)), draw(st.integers(low, high)))

    kernel, stride, dilation, before, after = pair(1, 4), pair(1, 3), pair(1, 3), pair(0, 4), pair(0, 4)
    size, out = [], []
    for f, s, d, p, q in zip(kernel, stride, dilation, before, after, strict=True):
        extent = d * (f - 1) + 1
        # The input is drawn free of the output's exact fit: a remainder of rows goes unread, as under `floor`.
        size.append(draw(st.integers(max(1, extent - p - q), 9)) if extent - p - q <= 9 else extent - p - q)
        out.append((size[-1] + p + q - extent) // s + 1)
    return {
        "images": draw(st.integers(1, 35)), "groups": draw(st.integers(1, 3)), "channels": draw(st.integers(1, 4)),
        "filters": draw(st.integers(1, 9)), "size": tuple(size), "kernel": kernel, "stride": stride,
        "padding": before, "dilation": dilation, "out": tuple(out), "relu": draw(st.booleans()),
        "seed": draw(st.integers(0, 1000)),
    }  # fmt: skip


@hypothesis_settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(cases())
def test_any_shape(case):
    for found, expected in run(**case):
        close(found, expected)


@pytest.mark.parametrize(
    ("channels", "filters", "size", "kernel", "padding"),
    [(20, 13, 14, 3, 1), (70, 4, 5, 1, 0), (3, 40, 12, 5, 2), (33, 6, 2, 2, 0), (2, 2, 40, 1, 0)],
)
def test_more_channels_and_rows_than_one_block(channels, filters, size, kernel, padding):
    out = size + 2 * padding - kernel + 1
    case = run(5, 1, channels, filters, (size, size), (kernel, kernel), (1, 1), (padding, padding), (1, 1), (out, out))
    for found, expected in case:
        close(found, expected)


def test_many_blocks_of_images():
    for found, expected in run(200, 1, 2, 5, (4, 4), (3, 3), (1, 1), (1, 1), (1, 1), (4, 4)):
        close(found, expected)


def test_wide_rows():
    for found, expected in run(2, 1, 1, 2, (2, 300), (1, 3), (1, 2), (0, 1), (1, 1), (2, 150)):
        close(found, expected)


@pytest.mark.parametrize(
    ("channels", "filters", "size", "kernel", "stride"),
    [(3, 7, 9, 3, 1), (70, 5, 6, 2, 1), (4, 6, 9, 3, 2), (5, 3, 8, 1, 3), (24, 20, 9, 3, 1), (2, 2, 7, 5, 1)],
)
@pytest.mark.parametrize("how", ["direct", "winograd"])
def test_a_data_gradient_may_be_added_to_what_is_there(monkeypatch, channels, filters, size, kernel, stride, how):
    """To one per cell of every phase, in both algorithms: with a stride of 3 a 1x1 kernel leaves cells as they were."""
    monkeypatch.setattr(algorithm, "_wanted", [how])
    out = (size - kernel) // stride + 1
    dy, weight = normal(0, LANES + 3, filters, out, out), normal(1, filters, channels, kernel, kernel)
    before = normal(2, LANES + 3, channels, size, size)
    settings = ((stride, stride), (0, 0), (1, 1), 1)
    dx = to_lanes(before)
    convolution.data_gradient(to_lanes(dy), weight.astype(np.float32), dx, *settings, add=True)
    x = normal(3, LANES + 3, channels, size, size)
    close(from_lanes(dx, LANES + 3), before + reference.convolution_gradients(x, weight, dy, *settings)[0])


def test_nan_and_infinity_survive():
    x = normal(0, 3, 1, 4, 4)
    x[0, 0, 0, 0], x[1, 0, 3, 3] = np.nan, np.inf
    y = unset(3, 1, 4, 4)
    convolution.forward(
        to_lanes(x), np.ones((1, 1, 3, 3), np.float32), np.zeros(1, np.float32), y, (1, 1), (1, 1), (1, 1), 1, True
    )
    found = from_lanes(y, 3)
    assert np.isnan(found[0, 0, :2, :2]).all() and np.isfinite(found[0, 0, 2:, 2:]).all()
    assert np.isposinf(found[1, 0, 2:, 2:]).all()
    assert np.isfinite(found[2]).all()


@pytest.mark.parametrize(("filters", "channels"), [(6, 1), (16, 6), (20, 40)])
def test_same_bits_for_any_number_of_threads(filters, channels):
    x, dy = to_lanes(normal(1, 70, channels, 9, 9)), to_lanes(normal(2, 70, filters, 9, 9))
    weight, bias = normal(3, filters, channels, 3, 3).astype(np.float32), np.ones(filters, np.float32)
    settings = ((1, 1), (1, 1), (1, 1), 1)
    before = compiling.threads()
    results = []
    try:
        for threads in (1, 2, 2):
            compiling.set_threads(threads)
            y, dx, dw = np.empty_like(dy), np.empty_like(x), np.empty_like(weight)
            convolution.forward(x, weight, bias, y, *settings)
            convolution.data_gradient(dy, weight, dx, *settings)
            convolution.weight_gradient(x, dy, dw, *settings)
            results.append(y.tobytes() + dx.tobytes() + dw.tobytes())
    finally:
        compiling.set_threads(before)
    assert results[0] == results[1] == results[2]
