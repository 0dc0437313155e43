"""Weight updates over flat float32 vectors, in place: each a rule for one vector, by PyTorch's formulas.

`<name>(weights, gradients, slots, handling, *numbers)`; see `optimizers_template`. The numbers are the settings as
they are in this step, corrections for its place in the training included.
"""

from __future__ import annotations

import math

import numpy as np
from numba import float32, int64, prange

from .chunks import CHUNK, chunks
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .optimizers_template import Handling as Handling
from .optimizers_template import keep, update
from .vector import absolute, fma, load, splat, square_root, store, where_less


@helper
def _towards(old, new, share):
    """Some of the way from the old to the new: a running mean."""
    return fma(splat(share), new - old, old)


@update
def sgd(weight, gradient, slots, place, rate, momentum, nesterov):
    """v = momentum v + g; w -= rate v, or rate (g + momentum v) with Nesterov's. Without a slot w -= rate g."""
    if slots.shape[0] > 0:
        velocity = fma(splat(momentum), load(slots[0], place), gradient)
        keep(slots, 0, place, velocity)
        gradient = fma(splat(momentum), velocity, gradient) if nesterov > float32(0) else velocity
    return fma(splat(-rate), gradient, weight)


@update
def rmsprop(weight, gradient, slots, place, rate, share, epsilon, momentum, centered):
    """v += share (g^2 - v); w -= rate g / (sqrt v + epsilon).

    Centered, the square of a running mean of g is taken from v; with momentum, the quotient goes into a velocity.
    Slots: v; the mean, if centered; the velocity, if there is momentum.
    """
    square = _towards(load(slots[0], place), gradient * gradient, share)
    keep(slots, 0, place, square)
    if centered > float32(0):
        mean = _towards(load(slots[1], place), gradient, share)
        keep(slots, 1, place, mean)
        zero = splat(float32(0))
        square = square - mean * mean
        square = where_less(square, zero, zero, square)  # rounding may have made it less
    change = gradient / (square_root(square) + splat(epsilon))
    if momentum > float32(0):
        change = fma(splat(momentum), load(slots[slots.shape[0] - 1], place), change)
        keep(slots, slots.shape[0] - 1, place, change)
    return fma(splat(-rate), change, weight)


@update
def adagrad(weight, gradient, slots, place, rate, epsilon):
    """s += g^2; w -= rate g / (sqrt s + epsilon)."""
    total = fma(gradient, gradient, load(slots[0], place))
    keep(slots, 0, place, total)
    return fma(splat(-rate), gradient / (square_root(total) + splat(epsilon)), weight)


@update
def adadelta(weight, gradient, slots, place, rate, share, epsilon):
    """v += share (g^2 - v); d = sqrt(u + epsilon) / sqrt(v + epsilon) g; u += share (d^2 - u); w -= rate d.

    Slots: v and u.
    """
    square = _towards(load(slots[0], place), gradient * gradient, share)
    keep(slots, 0, place, square)
    moved = load(slots[1], place)
    # One root, of a quotient: PyTorch takes two.
    change = square_root((moved + splat(epsilon)) / (square + splat(epsilon))) * gradient
    keep(slots, 1, place, _towards(moved, change * change, share))
    return fma(splat(-rate), change, weight)


@update
def adam(weight, gradient, slots, place, rate, share1, share2, epsilon, correction):
    """m += share1 (g - m); v += share2 (g^2 - v); w -= rate m / (correction sqrt v + epsilon).

    `rate` is over 1 - beta1^t, `correction` 1 / sqrt(1 - beta2^t), in step t. Slots: m and v.
    """
    mean = _towards(load(slots[0], place), gradient, share1)
    keep(slots, 0, place, mean)
    square = _towards(load(slots[1], place), gradient * gradient, share2)
    keep(slots, 1, place, square)
    root = fma(splat(correction), square_root(square), splat(epsilon))
    return fma(splat(-rate), mean / root, weight)


@update
def nadam(weight, gradient, slots, place, rate_of_gradient, rate_of_mean, share1, share2, epsilon, correction):
    """As `adam`, but w -= (rate_of_gradient g + rate_of_mean m) / (correction sqrt v + epsilon)."""
    mean = _towards(load(slots[0], place), gradient, share1)
    keep(slots, 0, place, mean)
    square = _towards(load(slots[1], place), gradient * gradient, share2)
    keep(slots, 1, place, square)
    root = fma(splat(correction), square_root(square), splat(epsilon))
    return weight - fma(splat(rate_of_gradient), gradient, splat(rate_of_mean) * mean) / root


@update
def adamax(weight, gradient, slots, place, rate, share1, beta2, epsilon):
    """m += share1 (g - m); u = max(beta2 u, |g| + epsilon); w -= rate m / u.

    `rate` is over 1 - beta1^t in step t. Slots: m and u.
    """
    mean = _towards(load(slots[0], place), gradient, share1)
    keep(slots, 0, place, mean)
    faded, now = splat(beta2) * load(slots[1], place), absolute(gradient) + splat(epsilon)
    largest = where_less(faded, now, now, faded)
    keep(slots, 1, place, largest)
    return fma(splat(-rate), mean / largest, weight)


@update
def average(mean, value, slots, place, share):
    """mean += share (value - mean): an exponential moving average. It needs no slot."""
    return _towards(mean, value, share)


def norm(gradients: Array) -> float:
    """The Euclidean norm of a vector; its sum is made in a fixed order."""
    parts = np.zeros(max(1, -(-gradients.size // CHUNK)))
    _squares(gradients, parts)
    return math.sqrt(sum(parts.tolist()))


@kernel
def _squares(gradients, parts):
    for chunk in prange(chunks(gradients.size)):
        parts[chunk] = _squares_of_chunk(gradients, int64(chunk))


@helper
def _squares_of_chunk(gradients, chunk):
    start, stop = chunk * CHUNK, min(gradients.size, (chunk + 1) * CHUNK)
    whole = stop - (stop - start) % LANES
    even, odd = splat(float32(0)), splat(float32(0))
    for place in range(start, whole - LANES, 2 * LANES):
        first, second = load(gradients, place), load(gradients, place + LANES)
        even, odd = fma(first, first, even), fma(second, second, odd)
    if (whole - start) // LANES % 2:
        last = load(gradients, whole - LANES)
        even = fma(last, last, even)
    lanes = np.empty(2 * LANES, np.float32)
    store(lanes, 0, even)
    store(lanes, LANES, odd)
    total = 0.0
    for lane in range(2 * LANES):
        total += lanes[lane]
    for place in range(whole, stop):
        total += gradients[place] * gradients[place]
    return total
