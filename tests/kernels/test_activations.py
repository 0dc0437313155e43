"""Activations: values and gradients to the last digits, everywhere, and what becomes of NaN and infinity."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cnncli.kernels import activations, activations_prelu, memory

from . import reference
from .lanes import LANES, close, from_lanes, normal, to_lanes, unset

SELU = 1.6732632423543772, 1.0507009873554805
PHI = np.vectorize(lambda x: math.erfc(-x / math.sqrt(2)) / 2)


def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def tanh_line(x):
    """2 u of gelu's tanh form, x (1 + tanh u) / 2 = x sigmoid(2 u)."""
    return 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def tanh_slope(x):
    s = sigmoid(tanh_line(x))
    return s + x * s * sigmoid(-tanh_line(x)) * 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)


ACTIVATIONS = {
    **{name: (name, (), *functions) for name, functions in reference.ACTIVATIONS.items() if name != "hard_sigmoid"},
    "relu6": ("relu6", (), lambda x: np.clip(x, 0, 6), lambda x: ((x > 0) & (x < 6)).astype(float)),
    "hard_sigmoid of 2.5": ("hard_sigmoid", (2.5,), *reference.ACTIVATIONS["hard_sigmoid"]),
    "hard_sigmoid of 3": (
        "hard_sigmoid", (3,), lambda x: np.clip(x + 3, 0, 6) / 6, lambda x: np.where(np.abs(x) < 3, 1 / 6, 0)
    ),
    "leaky_relu": ("leaky_relu", (0.25,), lambda x: np.where(x > 0, x, x / 4), lambda x: np.where(x > 0, 1, 0.25)),
    "leaky_relu of 0": ("leaky_relu", (0,), lambda x: np.maximum(x, 0), lambda x: (x > 0).astype(float)),
    "elu": (
        "elu", (0.5, 1), lambda x: np.where(x > 0, x, np.expm1(x) / 2), lambda x: np.where(x > 0, 1, np.exp(x) / 2)
    ),
    "selu": (
        "elu", SELU,
        lambda x: SELU[1] * np.where(x > 0, x, SELU[0] * np.expm1(x)),
        lambda x: SELU[1] * np.where(x > 0, 1, SELU[0] * np.exp(x)),
    ),
    "silu": (
        "silu", (), lambda x: x * sigmoid(x), lambda x: sigmoid(x) + x / (2 + np.exp(x) + np.exp(-x))
    ),
    "gelu": (
        "gelu", (), lambda x: x * PHI(x), lambda x: PHI(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    ),
    "gelu_tanh": ("gelu_tanh", (), lambda x: x * sigmoid(tanh_line(x)), tanh_slope),
    "hard_swish": (
        "hard_swish", (), lambda x: x * np.clip(x + 3, 0, 6) / 6,
        lambda x: np.where(np.abs(x) < 3, x / 3 + 0.5, (x > 0).astype(float)),
    ),
}  # fmt: skip
"""Case -> (the kernels' name, what they take besides arrays, value and slope of the input)."""

BY_INPUT = {"silu", "gelu", "gelu_tanh", "hard_swish"}

EVERYWHERE = np.concatenate(
    [np.linspace(-110, 110, 20001), np.linspace(-2, 2, 10001), *(np.geomspace(1e-30, 50, 999) * s for s in (1, -1))]
).astype(np.float32)


def vectors(values):
    """A float32 array of whole vectors that starts with `values`."""
    array = memory.zeros((-(-len(values) // LANES) * LANES,))
    array[: len(values)] = values
    return array


def run(case, x, dy):
    """(y, dx); each is also computed in place where that is allowed, and found to be the same."""
    name, settings, _, _ = ACTIVATIONS[case]
    y, dx, same = np.empty_like(x), np.empty_like(x), x.copy()
    forward, backward = getattr(activations, f"{name}_forward"), getattr(activations, f"{name}_backward")
    forward(x, y, *settings)
    forward(same, same, *settings)
    np.testing.assert_array_equal(same, y)
    kept, same = x if name in BY_INPUT else y, dy.copy()
    backward(kept, dy, dx, *settings)
    backward(kept, same, same, *settings)
    np.testing.assert_array_equal(same, dx)
    return y, dx


@pytest.mark.parametrize("case", ACTIVATIONS)
def test_values(case):
    x = vectors(EVERYWHERE)
    y, _ = run(case, x, np.ones_like(x))
    with np.errstate(over="ignore"):
        expected = ACTIVATIONS[case][2](x.astype(np.float64))
    normal_size = np.abs(expected) > 1.2e-38  # below, float32 has no full precision
    size = np.abs(expected)
    if case == "gelu_tanh":  # e^-2u takes the rounding of 2u, of which the tail has many digits
        size *= np.maximum(1, np.abs(tanh_line(x.astype(np.float64))))
    error = np.abs(y - expected)[normal_size] / size[normal_size]
    assert error.max() < 5e-7
    assert np.abs(y - expected)[~normal_size].max(initial=0) < 1e-37


@pytest.mark.parametrize("case", ACTIVATIONS)
def test_gradients(case):
    """By the known slope, which is the difference of the known values."""
    near, dy = vectors(normal(1, 5000) * 2), vectors(normal(2, 5000))
    value, slope = ACTIVATIONS[case][2:]
    for x in (near, vectors(np.linspace(-90, 90, 5000))):
        _, dx = run(case, x, dy)
        exact = x.astype(np.float64)
        close(dx, slope(exact) * dy, 1e-6)
        away = np.abs(np.abs(exact[:, None]) - [0, 2.5, 3, 6]).min(axis=1) > 1e-5  # from where a slope jumps
        difference = (value(exact + 1e-6) - value(exact - 1e-6)) / 2e-6
        close(slope(exact)[away], difference[away], 1e-7)


NAN, INF = math.nan, math.inf
LIMITS = {  # of -inf, inf, -1e30, 1e30, -100, 100
    "relu": (0, INF, 0, 1e30, 0, 100),
    "relu6": (0, 6, 0, 6, 0, 6),
    "leaky_relu": (-INF, INF, -2.5e29, 1e30, -25, 100),
    "leaky_relu of 0": (NAN, INF, 0, 1e30, 0, 100),
    "elu": (-0.5, INF, -0.5, 1e30, -0.5, 100),
    "selu": (-SELU[0] * SELU[1], INF, -SELU[0] * SELU[1], SELU[1] * 1e30, -SELU[0] * SELU[1], SELU[1] * 100),
    "sigmoid": (0, 1, 0, 1, math.exp(-100), 1),
    "hard_sigmoid of 2.5": (0, 1, 0, 1, 0, 1),
    "hard_sigmoid of 3": (0, 1, 0, 1, 0, 1),
    "tanh": (-1, 1, -1, 1, -1, 1),
    "softplus": (0, INF, 0, 1e30, math.exp(-100), 100),
    "softsign": (NAN, NAN, -1, 1, -100 / 101, 100 / 101),
    "silu": (NAN, INF, 0, 1e30, -100 * math.exp(-100), 100),
    "gelu": (NAN, INF, 0, 1e30, 0, 100),
    "gelu_tanh": (NAN, INF, 0, 1e30, 0, 100),
    "hard_swish": (NAN, INF, 0, 1e30, 0, 100),
}


@pytest.mark.parametrize("case", ACTIVATIONS)
def test_values_of_nan_and_infinity(case):
    """As PyTorch has them; 0 times inf is NaN there too."""
    x = vectors([NAN, -INF, INF, -1e30, 1e30, -100, 100])
    y, _ = run(case, x, np.ones_like(x))
    assert math.isnan(y[0])
    np.testing.assert_allclose(y[1:7], LIMITS[case], rtol=3e-7, atol=1e-44)


@pytest.mark.parametrize("case", ACTIVATIONS)
def test_gradients_of_large_inputs(case):
    x = vectors([-1e30, 1e30, -100, 100])
    _, dx = run(case, x, np.ones_like(x))
    low = {"leaky_relu": 0.25}.get(case, 0)
    high = {"selu": SELU[1], "relu6": 0, "sigmoid": 0, "tanh": 0, "softsign": 0}.get(
        case, 0 if "sigmoid" in case else 1
    )
    np.testing.assert_allclose(dx[:4], [low, high, low, high], rtol=1e-7, atol=1e-4 if case == "softsign" else 1e-40)


@pytest.mark.parametrize("case", ["elu", *sorted(BY_INPUT)])
def test_gradients_of_nan(case):
    x = vectors([NAN, 1.0])
    _, dx = run(case, x, np.ones_like(x))
    assert math.isnan(dx[0])
    assert math.isfinite(dx[1])


# ---- prelu -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 3, 3), (3, 5, 4), (4, 7), (6,)])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("images", [1, LANES, 2 * LANES + 5])
def test_prelu(images, shared, shape):
    x, dy = normal(1, images, *shape), normal(2, images, *shape)
    w = normal(3, 1 if shared else shape[0])
    slopes = np.broadcast_to(w.reshape(-1, *[1] * (len(shape) - 1)), shape)
    lanes, y, dx = to_lanes(x), unset(images, *shape), unset(images, *shape)
    lanes.reshape(-1)[to_lanes(np.ones_like(x)).reshape(-1) == 0] = -1e9  # idle lanes hold anything; their dy is 0
    w32, dw = w.astype(np.float32), np.full(w.shape, np.nan, np.float32)
    activations_prelu.forward(lanes, w32, y)
    activations_prelu.backward(lanes, w32, to_lanes(dy), dx, dw)
    close(from_lanes(y, images), np.where(x > 0, x, slopes * x), 1e-6)
    close(from_lanes(dx, images), np.where(x > 0, dy, slopes * dy), 1e-6)
    terms = np.where(x > 0, 0, x * dy).sum(axis=(0, *range(2, x.ndim)))
    close(dw, terms.sum(keepdims=True) if shared else terms, 1e-5)
    in_place = to_lanes(dy)
    activations_prelu.backward(lanes, w32, in_place, in_place, dw)
    np.testing.assert_array_equal(from_lanes(in_place, images), from_lanes(dx, images))


def test_prelu_of_nan_and_infinity():
    x = to_lanes(np.array([NAN, -INF, INF, -1e30]).reshape(4, 1))
    y = np.empty_like(x)
    activations_prelu.forward(x, np.array([0.25], np.float32), y)
    assert math.isnan(y[0, 0, 0])
    np.testing.assert_allclose(from_lanes(y, 4)[1:, 0], [-INF, INF, -2.5e29], rtol=1e-6)
