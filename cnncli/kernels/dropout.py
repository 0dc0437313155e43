"""Inverted dropout (Srivastava et al., 2014): keeps with probability 1 - p and divides by it, so tests need no scaling.

Whether an element is kept is a hash of (seed, step, its place): the backward pass computes it again instead of
storing a mask, and no number of threads can change it. The hash is the output function of SplitMix64 (Steele, Lea &
Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
"""

from __future__ import annotations

from numba import float32, int64, prange, uint64

from .compile import helper, kernel
from .memory import Array

_CHUNK = 4096  # floats per task
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF


def forward(x: Array, y: Array, probability: float, seed: int, step: int) -> None:
    """y = 0 with `probability`, else x / (1 - probability). x and y: one shape, float32; may be one array.

    seed, step: whole numbers; another seed (a layer's) or step gives an independent choice.
    """
    threshold = round(probability * 2**24)
    scale = float32(1 / (1 - probability)) if probability < 1 else float32(0)
    _dropout(x.reshape(-1), y.reshape(-1), uint64(threshold), scale, uint64(_stream(seed, step)))


def backward(dy: Array, dx: Array, probability: float, seed: int, step: int) -> None:
    """dx = 0 where `forward` with the same arguments gave 0, else dy / (1 - probability)."""
    forward(dy, dx, probability, seed, step)


def _stream(seed, step):
    """Where the sequence of this seed and step starts."""
    return _mixed(_mixed(seed + _GOLDEN) + step * _GOLDEN + 1)


def _mixed(word):
    word &= _MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return word ^ (word >> 31)


@kernel
def _dropout(x, y, threshold, scale, stream):
    for chunk in prange((x.size + _CHUNK - 1) // _CHUNK):
        _dropout_chunk(x, y, threshold, scale, stream, int64(chunk))


@helper
def _dropout_chunk(x, y, threshold, scale, stream, chunk):
    for place in range(chunk * _CHUNK, min(x.size, (chunk + 1) * _CHUNK)):
        word = stream + uint64(place) * uint64(_GOLDEN)
        word = (word ^ (word >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> uint64(27))) * uint64(0x94D049BB133111EB)
        word = (word ^ (word >> uint64(31))) >> uint64(40)
        y[place] = x[place] * scale if word >= threshold else float32(0)
