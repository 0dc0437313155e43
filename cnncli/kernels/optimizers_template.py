"""The loop that all optimizers share: a rule for one vector of weights becomes an update of them all, in one pass.

On its way to the rule a gradient is scaled (clipping by norm), cut off (clipping by value) and joined by the weight
decay; on its way back a weight is shrunk (decoupled decay: Loshchilov & Hutter, "Decoupled weight decay
regularization", 2019). `kernel` and `helper` compile the rule into the loop, so that nothing is called per vector.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import float32, int64, prange

from .chunks import CHUNK, chunks, places
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import absolute, fma, load, splat, store, where_less

_SMALLEST_NORMAL = 2.0**-126


class Handling(NamedTuple):
    """g = cut(scale g, -limit to limit) + decay w is what a rule takes for the gradient, shrink w for the weight."""

    scale: float = 1.0
    limit: float = math.inf
    decay: float = 0.0
    shrink: float = 1.0


def update(rule: Callable[..., Any]) -> Callable[..., None]:
    """From `rule(weight, gradient, slots, place, *numbers)`, the new weight at a vector, makes `run`.

    `run(weights, gradients, slots, handling, *numbers)` overwrites weights, float32 [size], and slots, float32
    [slots, size], what the optimizer remembers: a rule loads and keeps its own at `place`.
    """
    new_weight = helper(rule)

    @helper
    def at(weights, gradients, slots, handling, numbers, place):
        scale, limit, decay, shrink = handling
        weight = load(weights, place)
        gradient = _cut(load(gradients, place) * splat(scale), limit)
        gradient = fma(splat(decay), weight, gradient)
        store(weights, place, new_weight(weight * splat(shrink), gradient, slots, place, *numbers))

    @helper
    def at_the_end(weights, gradients, slots, handling, numbers, start):
        """Of the last weights, which fill no vector: by way of one that they do not fill."""
        count = weights.size - start
        some, their_gradients = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
        kept = np.zeros((slots.shape[0], LANES), np.float32)
        for lane in range(count):
            some[lane], their_gradients[lane] = weights[start + lane], gradients[start + lane]
            for slot in range(slots.shape[0]):
                kept[slot, lane] = slots[slot, start + lane]
        at(some, their_gradients, kept, handling, numbers, 0)
        for lane in range(count):
            weights[start + lane] = some[lane]
            for slot in range(slots.shape[0]):
                slots[slot, start + lane] = kept[slot, lane]

    def loop(weights, gradients, slots, handling, numbers):
        whole = weights.size - weights.size % LANES
        for chunk in prange(chunks(weights.size)):
            for place in places(whole, int64(chunk)):
                at(weights, gradients, slots, handling, numbers, place)
            if whole < weights.size <= (int64(chunk) + 1) * CHUNK:
                at_the_end(weights, gradients, slots, handling, numbers, whole)

    compiled = kernel(_named_as(rule, loop))

    def run(weights: Array, gradients: Array, slots: Array, handling: Handling, *numbers: float) -> None:
        compiled(weights, gradients, slots, _of_float32(handling), _of_float32(numbers))

    return _named_as(rule, run)


@helper
def keep(slots, slot, place, value):
    """Writes a vector to a slot; what is smaller than any normal number as 0, for the CPU takes 100 times as long."""
    zero = splat(float32(0))
    store(slots[slot], place, where_less(absolute(value), splat(float32(_SMALLEST_NORMAL)), zero, value))


@helper
def _cut(value, limit):
    top, bottom = splat(limit), splat(-limit)
    value = where_less(top, value, top, value)
    return where_less(value, bottom, bottom, value)


def _of_float32(numbers):
    return tuple(map(np.float32, numbers))  # Numba's own `float32` takes a microsecond for each


def _named_as(rule, made):
    """`made` under the rule's name, which is what a kernel is kept on disk by."""
    made.__module__, made.__name__, made.__qualname__ = rule.__module__, rule.__name__, rule.__qualname__
    made.__doc__ = rule.__doc__
    return made
