"""Pooling kernels against the plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncli.kernels import extremes, pooling

from . import reference
from .lanes import close, from_lanes, normal, to_lanes, unset

QUICK = settings(max_examples=25, deadline=None, derandomize=True, database=None)


@st.composite
def windows(draw):
    """(images, channels, size, out, kernel, stride, padding of four); every window meets a real cell."""
    kernel, stride, size, padding, out = [], [], [], [], []
    for _ in range(2):
        f = draw(st.integers(1, 4))
        s = draw(st.integers(1, 4))
        before, after = draw(st.integers(0, f // 2)), draw(st.integers(0, f // 2))
        extent = draw(st.integers(max(1, f - before - after), 9))
        span = extent + before + after - f
        positions = span // s + 1
        if draw(st.booleans()) and span % s and positions * s < extent + before:  # ceil: a partial window
            positions += 1
        kernel.append(f), stride.append(s), size.append(extent), padding.append((before, after)), out.append(positions)
    four = (padding[0][0], padding[1][0], padding[0][1], padding[1][1])
    images, channels = draw(st.integers(1, 20)), draw(st.integers(1, 3))
    return images, channels, tuple(size), tuple(out), tuple(kernel), tuple(stride), four


def cells_of(images, *shape, dtype):
    """Room for the winners' cells, full of what no kernel should leave behind."""
    winner = unset(images, *shape, dtype=dtype if dtype == "int32" else np.int8)
    return winner.view(dtype)


@pytest.mark.parametrize("name", ["max", "min"])
@QUICK
@given(windows(), st.booleans(), st.sampled_from(["uint8", "int32"]))
def test_extremes(name, window, ties, dtype):
    images, channels, size, out, kernel, stride, padding = window
    x, dy = normal(1, images, channels, *size), normal(2, images, channels, *out)
    x = np.round(x) if ties else x
    y, winner, dx = unset(images, channels, *out), cells_of(images, channels, *out, dtype=dtype), None
    dx = unset(images, channels, *size)
    settings = (kernel, stride, padding[:2])
    getattr(extremes, f"{name}_forward")(to_lanes(x), y, winner, *settings)
    extremes.backward(winner, to_lanes(dy), dx, *settings)
    better = np.greater if name == "max" else np.less
    expected, cell = reference.extreme_pool(x, out, *settings, better)
    np.testing.assert_array_equal(from_lanes(y, images), expected)
    np.testing.assert_array_equal(from_lanes(winner, images), cell)
    close(from_lanes(dx, images), reference.extreme_pool_gradient(cell, dy, x.shape, *settings))


@QUICK
@given(windows(), st.sampled_from(["uint8", "int32"]))
def test_a_max_pool_takes_a_relu_over(window, dtype):
    images, channels, size, out, kernel, stride, padding = window
    x, dy = np.round(normal(1, images, channels, *size)), normal(2, images, channels, *out)
    y, winner, dx = unset(images, channels, *out), cells_of(images, channels, *out, dtype=dtype), None
    dx = unset(images, channels, *size)
    settings = (kernel, stride, padding[:2])
    extremes.max_forward(to_lanes(x), y, winner, *settings, True)
    extremes.backward(winner, to_lanes(dy), dx, *settings)
    rectified = np.maximum(x, 0)
    expected, cell = reference.extreme_pool(rectified, out, *settings, np.greater)
    np.testing.assert_array_equal(from_lanes(y, images), expected)
    masked = reference.extreme_pool_gradient(cell, dy, x.shape, *settings) * (x > 0)
    close(from_lanes(dx, images), masked)


@QUICK
@given(windows(), st.booleans())
def test_average(window, count_padding):
    images, channels, size, out, kernel, stride, padding = window
    x, dy = normal(1, images, channels, *size), normal(2, images, channels, *out)
    y, dx = unset(images, channels, *out), unset(images, channels, *size)
    settings = (kernel, stride, padding, count_padding)
    pooling.average_forward(to_lanes(x), y, *settings)
    pooling.average_backward(to_lanes(dy), dx, *settings)
    close(from_lanes(y, images), reference.average_pool(x, out, *settings))
    close(from_lanes(dx, images), reference.average_pool_gradient(dy, x.shape, *settings))


@QUICK
@given(windows())
def test_l2(window):
    images, channels, size, out, kernel, stride, padding = window
    x, dy = normal(1, images, channels, *size), normal(2, images, channels, *out)
    x[:, :, :2, :2] = 0  # some windows' norm is 0
    lanes, y, dx = to_lanes(x), unset(images, channels, *out), unset(images, channels, *size)
    settings = (kernel, stride, padding[:2])
    pooling.l2_forward(lanes, y, *settings)
    pooling.l2_backward(lanes, y, to_lanes(dy), dx, *settings)
    expected = reference.l2_pool(x, out, *settings)
    close(from_lanes(y, images), expected)
    close(from_lanes(dx, images), reference.l2_pool_gradient(x, expected, dy, *settings))


def test_the_first_of_equal_cells_wins_and_nan_beats_all():
    x = np.array([[[[5.0, 5.0], [5.0, 5.0]]], [[[1.0, np.nan], [9.0, 2.0]]], [[[-np.inf] * 2] * 2]])
    for name, winners in (("max", [0, 1, 0]), ("min", [0, 1, 0])):
        y, winner = unset(3, 1, 1, 1), unset(3, 1, 1, 1, dtype=np.int32)
        lanes = to_lanes(x if name == "max" else -x)
        getattr(extremes, f"{name}_forward")(lanes, y, winner, (2, 2), (2, 2), (0, 0))
        assert from_lanes(winner, 3).reshape(-1).tolist() == winners
        assert np.isnan(from_lanes(y, 3).reshape(-1)).tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_a_nan_passes_the_relu_of_a_max_pool_and_gets_the_gradient(dtype):
    x = np.array([[[[-1.0, np.nan], [-3.0, -4.0]]], [[[-1.0, -2.0], [0.0, -4.0]]], [[[-1.0, -2.0], [-3.0, 5.0]]]])
    y, winner, dx = unset(3, 1, 1, 1), cells_of(3, 1, 1, 1, dtype=dtype), unset(3, 1, 2, 2)
    extremes.max_forward(to_lanes(x), y, winner, (2, 2), (2, 2), (0, 0), True)
    extremes.backward(winner, to_lanes(np.ones((3, 1, 1, 1))), dx, (2, 2), (2, 2), (0, 0))
    np.testing.assert_array_equal(from_lanes(y, 3).reshape(-1), [np.nan, 0, 5])
    assert from_lanes(dx, 3).reshape(3, 4).tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]


def test_the_last_cell_of_the_largest_window_with_small_numbers():
    x, dy = np.zeros((2, 1, 15, 17)), np.ones((2, 1, 1, 1))
    x[0, 0, 14, 16], x[1] = 1, -1
    y, winner, dx = unset(2, 1, 1, 1), cells_of(2, 1, 1, 1, dtype="uint8"), unset(2, 1, 15, 17)
    extremes.max_forward(to_lanes(x), y, winner, (15, 17), (1, 1), (0, 0), True)
    extremes.backward(winner, to_lanes(dy), dx, (15, 17), (1, 1), (0, 0))
    assert winner.reshape(-1)[:2].tolist() == [254, 255]
    np.testing.assert_array_equal(from_lanes(dx, 2), np.maximum(x, 0))


@pytest.mark.parametrize("name", ["max", "min"])
def test_a_window_may_have_more_cells_than_a_float_can_count(name):
    """Most of it hangs over the left edge: the cells of a row of five are number 2^24 to 2^24 + 4."""
    far = 2**24
    x, dy = np.zeros((5, 1, 1, 5)), np.arange(1.0, 6).reshape(5, 1, 1, 1)
    for image in range(5):
        x[image, ..., image] = 1 if name == "max" else -1
    y, winner, dx = unset(5, 1, 1, 1), unset(5, 1, 1, 1, dtype=np.int32), unset(5, 1, 1, 5)
    settings = ((1, far + 5), (1, 1), (0, far))
    getattr(extremes, f"{name}_forward")(to_lanes(x), y, winner, *settings)
    extremes.backward(winner, to_lanes(dy), dx, *settings)
    assert from_lanes(winner, 5).reshape(-1).tolist() == [far + image for image in range(5)]
    close(from_lanes(dx, 5), dy * abs(x), 0)
