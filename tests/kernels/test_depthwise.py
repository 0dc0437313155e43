"""Depthwise convolution kernels against the plain loops, in the shapes they are made for and beside them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli.kernels import compile as compiling
from cnncli.kernels import depthwise, memory

from . import reference
from .lanes import close, from_lanes, normal, to_lanes, unset

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)
KERNELS = [(3, 3), (1, 3), (5, 4)]


def arrays(images, channels, multiplier, size, kernel, out):
    """(x, weight, bias, dy), float64."""
    filters = channels * multiplier
    return (
        normal(1, images, channels, *size), normal(2, filters, 1, *kernel), normal(3, filters),
        normal(4, images, filters, *out),
    )  # fmt: skip


def check(images, channels, multiplier, size, kernel, out, stride, padding, dilation=(1, 1), relu=False):
    x, weight, bias, dy = arrays(images, channels, multiplier, size, kernel, out)
    window = (stride, padding, dilation, channels)
    w32, b32 = weight.astype(np.float32), bias.astype(np.float32)
    y, dx, dw = unset(images, *dy.shape[1:]), unset(images, *x.shape[1:]), w32 * np.nan
    memory.scratch(1 << 16).fill(np.nan)  # what other kernels left there takes no part
    depthwise.forward(to_lanes(x), w32, b32, y, *window, relu)
    depthwise.data_gradient(to_lanes(dy), w32, dx, *window)
    depthwise.weight_gradient(to_lanes(x), to_lanes(dy), dw, *window)
    expected = reference.convolution(x, weight, bias, out, *window)
    expected_dx, expected_dw, _ = reference.convolution_gradients(x, weight, dy, *window)
    close(from_lanes(y, images), np.maximum(expected, 0) if relu else expected)
    close(from_lanes(dx, images), expected_dx)
    close(dw, expected_dw)


@st.composite
def cases(draw):
    kernel = draw(st.sampled_from(KERNELS))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 2)]))
    padding = tuple(draw(st.integers(0, f - 1)) for f in kernel)
    after = tuple(draw(st.integers(0, f)) for f in kernel)
    size = tuple(draw(st.integers(max(1, f - p - q), 19)) for f, p, q in zip(kernel, padding, after, strict=True))
    spans = zip(size, padding, after, kernel, stride, strict=True)
    return {
        "images": draw(st.integers(1, 35)), "channels": draw(st.integers(1, 3)), "multiplier": draw(st.integers(1, 3)),
        "size": size, "kernel": kernel, "out": tuple((n + p + q - f) // s + 1 for n, p, q, f, s in spans),
        "stride": stride, "padding": padding, "relu": draw(st.booleans()),
    }  # fmt: skip


@QUICK
@given(cases())
def test_any_shape(case):
    check(**case)


@pytest.mark.parametrize("width", [3, 4, 7, 8, 9, 12, 14, 15, 28])
def test_any_width_of_a_row(width):
    check(3, 2, 2, (4, width), (3, 3), (4, width), (1, 1), (1, 1))


@pytest.mark.parametrize(
    ("size", "kernel", "out", "stride", "padding", "dilation"),
    [
        ((9, 9), (3, 3), (9, 9), (1, 1), (2, 2), (2, 2)),
        ((13, 13), (3, 3), (4, 4), (3, 3), (0, 0), (1, 1)),
        ((12, 12), (9, 9), (12, 12), (1, 1), (4, 4), (1, 1)),
        ((10, 10), (7, 7), (10, 10), (1, 1), (3, 3), (1, 1)),
        ((8, 8), (3, 3), (14, 14), (1, 1), (4, 4), (1, 1)),
        ((2, 600), (1, 3), (2, 600), (1, 1), (0, 1), (1, 1)),
    ],
)
def test_what_is_rare(size, kernel, out, stride, padding, dilation):
    check(3, 2, 1, size, kernel, out, stride, padding, dilation)


def test_nan_and_infinity_stay_in_their_plane_and_windows():
    x = normal(0, 3, 2, 4, 8)
    x[0, 0, 0, 0], x[1, 1, 3, 7] = np.nan, np.inf
    y = unset(3, 2, 4, 8)
    depthwise.forward(to_lanes(x), np.ones((2, 1, 3, 3), np.float32), None, y, (1, 1), (1, 1), (1, 1), 2, True)
    found = from_lanes(y, 3)
    assert np.isnan(found[0, 0, :2, :2]).all() and np.isnan(found).sum() == 4
    assert np.isposinf(found[1, 1, 2:, 6:]).all() and np.isinf(found).sum() == 4


@pytest.mark.parametrize("stride", [1, 2])
def test_same_bits_for_any_number_of_threads(stride):
    out = (9 + 2 - 3) // stride + 1
    x, weight, bias, dy = arrays(70, 5, 2, (9, 9), (3, 3), (out, out))
    w32, b32 = weight.astype(np.float32), bias.astype(np.float32)
    window = ((stride, stride), (1, 1), (1, 1), 5)
    before, results = compiling.threads(), []
    try:
        for threads in (1, 2, 2):
            compiling.set_threads(threads)
            y, dx, dw = unset(70, 10, out, out), unset(70, 5, 9, 9), np.empty_like(w32)
            depthwise.forward(to_lanes(x), w32, b32, y, *window)
            depthwise.data_gradient(to_lanes(dy), w32, dx, *window)
            depthwise.weight_gradient(to_lanes(x), to_lanes(dy), dw, *window)
            results.append(y.tobytes() + dx.tobytes() + dw.tobytes())
    finally:
        compiling.set_threads(before)
    assert results[0] == results[1] == results[2]
