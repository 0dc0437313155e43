"""What the norms' kernels share: sums that lose no digits, a chunk at a time.

A chunk is small enough to stay in the nearest cache, so that it can be read twice for one sweep over memory: once
for its mean, once for the deviations from it. Whoever adds chunks up keeps the digits float32 would lose.
"""

from __future__ import annotations

from numba import float32

from .compile import helper
from .host import LANES
from .vector import fma, load, splat

CHUNK = 256 * LANES
"""Floats."""


@helper
def chunk_sum(x, begin, end):
    """The sum of x[begin:end], per lane."""
    even, odd = splat(float32(0)), splat(float32(0))
    for place in range(begin, end - LANES, 2 * LANES):
        even += load(x, place)
        odd += load(x, place + LANES)
    if (end - begin) // LANES % 2:
        even += load(x, end - LANES)
    return even + odd


@helper
def chunk_deviations(x, begin, end, center):
    """The sums of x - center and of its square over x[begin:end], per lane."""
    # Two sums of each: a lone one would wait for its last addition.
    first, other_first = splat(float32(0)), splat(float32(0))
    second, other_second = splat(float32(0)), splat(float32(0))
    for place in range(begin, end - LANES, 2 * LANES):
        deviation, other = load(x, place) - center, load(x, place + LANES) - center
        first += deviation
        other_first += other
        second = fma(deviation, deviation, second)
        other_second = fma(other, other, other_second)
    if (end - begin) // LANES % 2:
        deviation = load(x, end - LANES) - center
        first += deviation
        second = fma(deviation, deviation, second)
    return first + other_first, second + other_second


@helper
def compensated(total, lost, part):
    """(total + part, what rounding took from it), given what was lost before (Kahan, 1965)."""
    wanted = part - lost
    grown = total + wanted
    return grown, (grown - total) - wanted


@helper
def given(values, index, otherwise):
    """values[index]; `otherwise` where there are no values: a norm without a weight or a bias."""
    return values[index] if values.size else float32(otherwise)
