"""Weight updates over flat float32 vectors, in place."""

from __future__ import annotations

from numba import float32, int64, prange

from .chunks import CHUNK, chunks
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import fma, load, splat, store


def sgd(
    weights: Array, gradients: Array, velocity: Array, learning_rate: float, momentum: float, weight_decay: float
) -> None:
    """v = momentum v + (g + weight_decay w); w -= learning_rate v (PyTorch's SGD without dampening).

    weights, gradients, velocity: [size]. Overwrites weights and velocity.
    """
    _sgd(weights, gradients, velocity, float32(learning_rate), float32(momentum), float32(weight_decay))


@kernel
def _sgd(weights, gradients, velocity, learning_rate, momentum, weight_decay):
    for chunk in prange(chunks(weights.size)):
        _sgd_chunk(weights, gradients, velocity, learning_rate, momentum, weight_decay, int64(chunk))


@helper
def _sgd_chunk(weights, gradients, velocity, learning_rate, momentum, weight_decay, chunk):
    rate, inertia, decay = splat(-learning_rate), splat(momentum), splat(weight_decay)
    stop = min(weights.size, (chunk + 1) * CHUNK)
    whole = stop - (stop - chunk * CHUNK) % LANES
    for place in range(chunk * CHUNK, whole, LANES):
        weight = load(weights, place)
        change = fma(inertia, load(velocity, place), fma(decay, weight, load(gradients, place)))
        store(velocity, place, change)
        store(weights, place, fma(rate, change, weight))
    for place in range(whole, stop):
        change = momentum * velocity[place] + (gradients[place] + weight_decay * weights[place])
        velocity[place] = change
        weights[place] -= learning_rate * change
