"""Random numbers by name: number n of a stream is a hash of the stream and n, so no thread waits for another.

The hash is the output function of SplitMix64 (Steele, Lea & Flood, "Fast Splittable Pseudorandom Number
Generators", 2014).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import uint64

from .compile import helper
from .memory import Array

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF
RESOLUTION = 24
"""Bits of a draw."""


def stream(seed: int, step: int) -> int:
    """The stream of a seed (a layer's) and a step: whole numbers, each pair an independent stream."""
    return int(_mixed(_mixed(seed + _GOLDEN) + step * _GOLDEN + 1))


def threshold(probability: float) -> int:
    """What a draw falls below with `probability`."""
    return round(probability * 2**RESOLUTION)


def draws(of: int, count: int) -> Array:
    """The first `count` draws of a stream, as `draw` makes them."""
    words = np.arange(count, dtype=np.uint64) * np.uint64(_GOLDEN) + np.uint64(of)
    drawn: Array = _mixed(words) >> np.uint64(64 - RESOLUTION)
    return drawn


def _mixed(word: Any) -> Any:
    """The hash of a whole number, or of an array of uint64."""
    word = word & _MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return word ^ (word >> 31)


@helper
def draw(of, number):
    """Draw number n of a stream (a uint64): a whole number below 2^24."""
    return _word(of, number) >> uint64(64 - RESOLUTION)


@helper
def two_draws(of, number):
    """Two draws for the price of one hash: `draw`'s, and one from bits that it leaves."""
    word = _word(of, number)
    return word >> uint64(64 - RESOLUTION), (word >> uint64(8)) & uint64((1 << RESOLUTION) - 1)


@helper
def _word(of, number):
    word = of + uint64(number) * uint64(_GOLDEN)
    word = (word ^ (word >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> uint64(27))) * uint64(0x94D049BB133111EB)
    return word ^ (word >> uint64(31))
