"""The reference gradients are right: each equals the finite differences of its own forward loop."""

from __future__ import annotations

import numpy as np
import pytest

from . import reference

STRIDE, PADDING, DILATION, GROUPS = (2, 1), (1, 2), (1, 2), 2
WINDOW = ((3, 2), (2, 1), (1, 0))


def difference(function, at, dy):
    """d(sum of function(at) * dy) / d at, by central differences."""
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = 1e-5
        gradient[place] = np.sum((function(at + step) - function(at - step)) * dy) / 2e-5
    return gradient


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_convolution(rng):
    x, weight, bias = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((2, 2, 3, 3)), rng.standard_normal(2)
    dy = rng.standard_normal((2, 2, 3, 6))
    settings = (STRIDE, PADDING, DILATION, GROUPS)
    dx, dw, db = reference.convolution_gradients(x, weight, dy, *settings)
    of_x = difference(lambda v: reference.convolution(v, weight, bias, (3, 6), *settings), x, dy)
    of_w = difference(lambda v: reference.convolution(x, v, bias, (3, 6), *settings), weight, dy)
    of_b = difference(lambda v: reference.convolution(x, weight, v, (3, 6), *settings), bias, dy)
    for found, expected in ((dx, of_x), (dw, of_w), (db, of_b)):
        np.testing.assert_allclose(found, expected, atol=1e-8)


def test_a_convolution_a_tap_at_a_time_is_the_same(rng):
    x, weight, bias = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((6, 2, 3, 3)), rng.standard_normal(6)
    dy = rng.standard_normal((2, 6, 5, 8))
    settings = ((1, 1), (1, 2), (1, 1), 2)
    y, dx, dw = reference.convolution_by_taps(x, weight, bias, dy, (1, 2), 2)
    np.testing.assert_allclose(y, reference.convolution(x, weight, bias, (5, 8), *settings), atol=1e-12)
    for found, expected in zip((dx, dw), reference.convolution_gradients(x, weight, dy, *settings), strict=False):
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("better", [np.greater, np.less])
def test_extreme_pool(rng, better):
    x, dy = rng.standard_normal((2, 1, 5, 4)), rng.standard_normal((2, 1, 3, 3))
    _, winner = reference.extreme_pool(x, (3, 3), *WINDOW, better)
    dx = reference.extreme_pool_gradient(winner, dy, x.shape, *WINDOW)
    expected = difference(lambda v: reference.extreme_pool(v, (3, 3), *WINDOW, better)[0], x, dy)
    np.testing.assert_allclose(dx, expected, atol=1e-8)


@pytest.mark.parametrize("count_padding", [True, False])
def test_average_pool(rng, count_padding):
    x, dy = rng.standard_normal((2, 1, 5, 4)), rng.standard_normal((2, 1, 3, 3))
    settings = ((3, 2), (2, 1), (1, 0, 1, 0), count_padding)
    dx = reference.average_pool_gradient(dy, x.shape, *settings)
    expected = difference(lambda v: reference.average_pool(v, (3, 3), *settings), x, dy)
    np.testing.assert_allclose(dx, expected, atol=1e-8)


def test_l2_pool(rng):
    x, dy = rng.standard_normal((2, 1, 5, 4)), rng.standard_normal((2, 1, 3, 3))
    dx = reference.l2_pool_gradient(x, reference.l2_pool(x, (3, 3), *WINDOW), dy, *WINDOW)
    expected = difference(lambda v: reference.l2_pool(v, (3, 3), *WINDOW), x, dy)
    np.testing.assert_allclose(dx, expected, atol=1e-8)


def test_softmax(rng):
    x, dy = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    expected = difference(reference.softmax, x, dy)
    np.testing.assert_allclose(reference.softmax_gradient(reference.softmax(x), dy), expected, atol=1e-8)


@pytest.mark.parametrize("loss", [reference.cross_entropy, reference.squared_error])
def test_losses(rng, loss):
    outputs, labels = rng.standard_normal((3, 4)), np.array([1, 0, 3])
    expected = difference(lambda v: np.array(loss(v, labels)[0] / 3), outputs, np.array(1.0))
    np.testing.assert_allclose(loss(outputs, labels)[1], expected, atol=1e-8)


@pytest.mark.parametrize("name", reference.ACTIVATIONS)
def test_activations(rng, name):
    value, slope = reference.ACTIVATIONS[name]
    x = rng.standard_normal(50) * 2
    np.testing.assert_allclose(slope(x), difference(value, x, np.ones(50)), atol=1e-8)
