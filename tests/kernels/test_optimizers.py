"""What all updates share: a gradient's way to a rule and a weight's back, in vectors and past the last of them."""

from __future__ import annotations

import numpy as np
import pytest

from cnncli.kernels import compile, optimizers
from cnncli.kernels.optimizers import Handling

from .lanes import close, normal

SIZES = [1, 15, 16, 4096, 4097, 61706]


def of_float32(*arrays):
    return [array.astype(np.float32) for array in arrays]


@pytest.mark.parametrize("size", SIZES)
def test_sgd(size):
    weights, gradients, velocity = (normal(seed, size) for seed in (1, 2, 3))
    w32, g32, v32 = of_float32(weights, gradients, velocity[None])
    for _ in range(2):
        velocity = 0.9 * velocity + (gradients + 5e-4 * weights)
        weights = weights - 0.05 * velocity
        optimizers.sgd(w32, g32, v32, Handling(decay=5e-4), 0.05, 0.9, False)
    close(w32, weights, 1e-6)
    close(v32[0], velocity, 1e-6)


@pytest.mark.parametrize("handling", [
    Handling(scale=0.25), Handling(limit=0.5), Handling(shrink=0.9), Handling(decay=0.1), Handling(0.5, 0.3, 0.1, 0.8),
])  # fmt: skip
def test_a_gradient_is_scaled_then_cut_then_joined_by_the_decay_and_the_weight_shrinks(handling):
    weights, gradients = normal(1, 100), normal(2, 100)
    w32, g32 = of_float32(weights, gradients)
    optimizers.sgd(w32, g32, np.zeros((0, 100), np.float32), handling, 0.5, 0.0, False)
    handled = np.clip(handling.scale * gradients, -handling.limit, handling.limit) + handling.decay * weights
    close(w32, handling.shrink * weights - 0.5 * handled, 1e-6)
    np.testing.assert_array_equal(g32, gradients)


def test_handled_as_nothing_a_gradient_keeps_its_bits():
    w32, g32 = of_float32(normal(1, 1000), normal(2, 1000) * 1e-3)
    expected = w32 - g32
    optimizers.sgd(w32, g32, np.zeros((0, 1000), np.float32), Handling(), 1.0, 0.0, False)
    assert w32.tobytes() == expected.tobytes()


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [3, 18])
def test_what_is_no_number_stays_so_and_where_it_is(odd, place):
    w32, g32 = of_float32(normal(1, 19), normal(2, 19))
    g32[place] = odd
    slots = np.zeros((2, 19), np.float32)
    optimizers.adam(w32, g32, slots, Handling(), 1e-3, 0.1, 0.001, 1e-8, 1.0)
    assert not np.isfinite(slots[:, place]).any() and np.isnan(w32[place])
    assert np.isfinite(np.delete(w32, place)).all()


@pytest.mark.parametrize("size", [16, 5])
def test_what_fades_ends_at_nothing(size):
    """A velocity that is multiplied by 0.9 would stay at the smallest number there is for ever."""
    w32, g32 = np.ones(size, np.float32), np.zeros(size, np.float32)
    slots = np.full((1, size), 2.0**-126, np.float32)
    slots[0, 0] = 2.0**-125
    optimizers.sgd(w32, g32, slots, Handling(), 1.0, 0.9, False)
    assert slots[0, 0] == np.float32(0.9) * np.float32(2.0**-125) and not slots[0, 1:].any()


@pytest.mark.parametrize("size", SIZES)
def test_norm(size):
    gradients = normal(1, size)
    assert optimizers.norm(gradients.astype(np.float32)) == pytest.approx(np.sqrt((gradients**2).sum()), rel=1e-6)


def test_the_norm_of_nothing_and_of_what_is_no_number():
    assert optimizers.norm(np.zeros(0, np.float32)) == 0
    assert np.isnan(optimizers.norm(np.array([1, np.nan, 2], np.float32)))


@pytest.mark.parametrize("size", [0, 15, 4097])
def test_average(size):
    mean, value = normal(1, size), normal(2, size)
    m32, v32 = of_float32(mean, value)
    optimizers.average(m32, v32, np.zeros((0, 0), np.float32), Handling(), 0.1)
    close(m32, mean + 0.1 * (value - mean), 1e-6)
    np.testing.assert_array_equal(v32, value)


def test_the_same_bits_with_any_number_of_threads():
    found = set()
    before = compile.threads()
    try:
        for threads in (1, 2):
            compile.set_threads(threads)
            w32, g32, slots = of_float32(normal(1, 50_000), normal(2, 50_000), normal(3, 2, 50_000) ** 2)
            scale = 1 / optimizers.norm(g32)
            optimizers.adam(w32, g32, slots, Handling(scale), 1e-3, 0.1, 0.001, 1e-8, 1.0)
            found.add((scale, w32.tobytes(), slots.tobytes()))
    finally:
        compile.set_threads(before)
    assert len(found) == 1
