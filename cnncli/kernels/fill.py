"""A stretch of an array set to zero, for kernels that then add to it."""

from __future__ import annotations

from numba import float32

from .compile import helper
from .host import LANES
from .vector import splat, store


@helper
def clear(array, start, size):
    """array[start : start + size] = 0, a whole number of vectors."""
    zero = splat(float32(0))
    for place in range(start, start + size, LANES):
        store(array, place, zero)
