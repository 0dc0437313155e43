"""Bias, softmax, dropout, losses, SGD and batches."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnncli.kernels import batches, bias, draws, dropout, losses, memory, softmax

from . import reference
from .lanes import LANES, close, from_lanes, normal, to_lanes, unset


def vectors(values):
    """A float32 array of whole vectors that starts with `values`."""
    array = memory.zeros((-(-len(values) // LANES) * LANES,))
    array[: len(values)] = values
    return array


# ---- bias --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 3, 3), (7, 4, 5), (4, 1, 1), (3,)])
def test_bias_gradient(shape):
    dy, y = normal(1, 37, *shape), np.maximum(normal(2, 37, *shape), 0)
    db, masked = np.full(shape[0], np.nan, np.float32), to_lanes(dy)
    other = (0, *range(2, dy.ndim))
    bias.bias_gradient(to_lanes(dy), db)
    close(db, dy.sum(axis=other))
    bias.relu_backward_bias(to_lanes(y), masked, db)
    np.testing.assert_array_equal(from_lanes(masked, 37), np.where(y > 0, dy, 0))
    close(db, np.where(y > 0, dy, 0).sum(axis=other))


# ---- softmax and losses ------------------------------------------------------------------------


@pytest.mark.parametrize(("images", "units"), [(1, 1), (17, 10), (40, 3)])
def test_softmax(images, units):
    x, dy = normal(1, images, units) * 5, normal(2, images, units)
    y, dx = unset(images, units), unset(images, units)
    softmax.forward(to_lanes(x), y)
    softmax.backward(y, to_lanes(dy), dx)
    close(from_lanes(y, images), reference.softmax(x), 1e-6)
    close(from_lanes(dx, images), reference.softmax_gradient(reference.softmax(x), dy), 1e-6)


LOSSES = [
    (losses.softmax_cross_entropy, reference.cross_entropy),
    (losses.mean_squared_error, reference.squared_error),
]


@pytest.mark.parametrize(("kernel", "expected"), LOSSES)
@pytest.mark.parametrize(("count", "units"), [(1, 2), (16, 10), (37, 10), (64, 3)])
def test_losses(kernel, expected, count, units):
    outputs = normal(1, count, units) * 3
    lanes, gradients = to_lanes(outputs), unset(count, units)
    lanes.reshape(-1)[...] = np.where(to_lanes(np.ones((count, units))).reshape(-1) == 0, np.nan, lanes.reshape(-1))
    labels = np.full(gradients.shape[0] * LANES, -1)
    labels[:count] = np.random.default_rng(2).integers(0, units, count)
    loss, correct = kernel(lanes, labels, count, gradients)
    expected_loss, expected_gradient = expected(outputs, labels[:count])
    assert loss == pytest.approx(expected_loss, rel=1e-5)
    assert correct == int((outputs.argmax(axis=1) == labels[:count]).sum())
    close(from_lanes(gradients, count), expected_gradient, 1e-6)
    padding = batches.from_lanes(gradients, len(labels))[count:]
    assert not padding.any()


@pytest.mark.parametrize(("kernel", "expected"), LOSSES)
def test_nan_outputs_give_a_nan_loss(kernel, expected):
    outputs = normal(1, 5, 3)
    outputs[2, 1] = np.nan
    loss, correct = kernel(to_lanes(outputs), np.zeros(LANES, np.int64), 5, unset(5, 3))
    assert math.isnan(loss)
    assert 0 <= correct <= 5


@pytest.mark.parametrize(("kernel", "expected"), LOSSES)
@pytest.mark.parametrize("label", [-1, 3, 10**12])
def test_labels_out_of_range_give_a_nan_loss(kernel, expected, label):
    loss, _ = kernel(to_lanes(normal(1, 2, 3)), np.full(LANES, label), 2, unset(2, 3))
    assert math.isnan(loss)


@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_smoothed_labels(smoothing):
    """The target is one_hot (1 - smoothing) + smoothing / classes."""
    outputs, labels = normal(1, 19, 7) * 3, np.arange(2 * LANES + 19) % 7
    gradients = unset(19, 7)
    loss, _ = losses.softmax_cross_entropy(to_lanes(outputs), labels, 19, gradients, smoothing)
    probabilities = reference.softmax(outputs)
    target = np.eye(7)[labels[:19]] * (1 - smoothing) + smoothing / 7
    assert loss == pytest.approx(-(target * np.log(probabilities)).sum(), rel=1e-6)
    close(from_lanes(gradients, 19), (probabilities - target) / 19, 1e-6)
    assert not batches.from_lanes(gradients, gradients.shape[0] * LANES)[19:].any()


def test_a_logit_of_minus_infinity_is_infinitely_wrong_only_with_smoothing():
    outputs = to_lanes(np.array([[0.0, -np.inf]]))
    for smoothing, expected in ((0.0, 0.0), (0.1, math.inf)):
        loss, _ = losses.softmax_cross_entropy(outputs, np.zeros(LANES, np.int64), 1, unset(1, 2), smoothing)
        assert loss == expected


def test_large_logits_do_not_overflow():
    loss, correct = losses.softmax_cross_entropy(
        to_lanes(np.array([[1e4, 0.0], [0.0, -1e4]])), np.zeros(LANES, np.int64), 2, unset(2, 2)
    )
    assert (loss, correct) == (0.0, 2)


# ---- dropout -----------------------------------------------------------------------------------


def kept(probability, seed, step, size=1 << 18):
    x = memory.zeros((size,)) + np.float32(1)
    y = np.empty_like(x)
    dropout.forward(x, y, probability, seed, step)
    return y


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(probability):
    y = kept(probability, 7, 1)
    deviation = math.sqrt(probability * (1 - probability) / y.size)
    assert abs((y == 0).mean() - probability) < 5 * deviation
    np.testing.assert_allclose(y[y != 0], 1 / (1 - probability), rtol=1e-6)


@pytest.mark.parametrize("other", [(7, 2), (8, 1), (7, 3), (1, 7), (-7, 1)])
def test_dropout_of_another_step_or_seed_is_independent(other):
    first, second = kept(0.5, 7, 1) > 0, kept(0.5, *other) > 0
    for shift in (0, 1, LANES):
        agreement = (first == np.roll(second, shift)).mean()
        assert abs(agreement - 0.5) < 5 * 0.5 / math.sqrt(first.size)


def test_dropout_neighbours_are_independent():
    mask = kept(0.5, 3, 0) > 0
    for shift in (1, 2, LANES, 784, 4096):
        assert abs((mask == np.roll(mask, shift)).mean() - 0.5) < 5 * 0.5 / math.sqrt(mask.size)


def test_dropout_backward_repeats_the_choice():
    dy = vectors(normal(1, 5000))
    dx = np.empty_like(dy)
    dropout.backward(dy, dx, 0.3, 11, 5)
    np.testing.assert_allclose(dx, dy * kept(0.3, 11, 5)[: dy.size], rtol=1e-6)


def test_dropout_draws_what_its_stream_holds():
    """The compiled draw and the one in numpy are one."""
    stream = draws.stream(7, 3)
    np.testing.assert_array_equal(kept(0.3, 7, 3, 5000) == 0, draws.draws(stream, 5000) < draws.threshold(0.3))


def test_dropout_of_nothing_and_of_everything():
    assert (kept(0.0, 1, 1, 1024) == 1).all()
    assert (kept(1.0, 1, 1, 1024) == 0).all()


# ---- batches ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("count", [1, 16, 19])
@pytest.mark.parametrize("size", [(4, 5), (2, 3), (4, 8), (1, 1), (5, 7)])
def test_gather(kind, count, size):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (50, 3, *size)).astype(kind)
    indices = rng.permutation(50)
    scale, shift = np.array([1 / 255, 0.5, 2], np.float32), np.array([0, -1, 3], np.float32)
    batch = unset(count, 3, *size)
    batches.gather(images, indices, count, scale, shift, batch)
    expected = images[indices[:count]] * scale[:, None, None].astype(float) + shift[:, None, None]
    close(from_lanes(batch, count), expected, 1e-6)
    assert not batches.from_lanes(batch, batch.shape[0] * LANES)[count:].any()
    flat = unset(count, images[0].size)
    batches.gather(images, indices, count, scale, shift, flat)
    np.testing.assert_array_equal(flat.reshape(-1), batch.reshape(-1))


@pytest.mark.parametrize("shape", [(1,), (17, 3), (33, 2, 4, 5)])
def test_lanes_and_back(shape):
    array = normal(1, *shape)
    lanes = batches.to_lanes(array)
    assert lanes.shape == (-(-shape[0] // LANES), *shape[1:], LANES)
    assert lanes[0, ..., 0].tolist() == array[0].tolist()
    np.testing.assert_array_equal(batches.from_lanes(lanes, shape[0]), array)
