"""Inverted dropout (Srivastava et al., 2014): keeps with probability 1 - p and divides by it, so tests need no scaling.

Whether an element is kept is a draw named by (seed, step, its place): the backward pass computes it again instead of
storing a mask, and no number of threads can change it.
"""

from __future__ import annotations

from numba import float32, int64, prange, uint64

from . import draws
from .chunks import CHUNK, chunks
from .compile import helper, kernel
from .draws import draw
from .memory import Array


def forward(x: Array, y: Array, probability: float, seed: int, step: int) -> None:
    """y = 0 with `probability`, else x / (1 - probability). x and y: one shape, float32; may be one array.

    seed, step: whole numbers; another seed (a layer's) or step gives an independent choice.
    """
    scale = float32(1 / (1 - probability)) if probability < 1 else float32(0)
    stream, threshold = uint64(draws.stream(seed, step)), uint64(draws.threshold(probability))
    _dropout(x.reshape(-1), y.reshape(-1), threshold, scale, stream)


def backward(dy: Array, dx: Array, probability: float, seed: int, step: int) -> None:
    """dx = 0 where `forward` with the same arguments gave 0, else dy / (1 - probability)."""
    forward(dy, dx, probability, seed, step)


@kernel
def _dropout(x, y, threshold, scale, stream):
    for chunk in prange(chunks(x.size)):
        _dropout_chunk(x, y, threshold, scale, stream, int64(chunk))


@helper
def _dropout_chunk(x, y, threshold, scale, stream, chunk):
    for place in range(chunk * CHUNK, min(x.size, (chunk + 1) * CHUNK)):
        y[place] = x[place] * scale if draw(stream, place) >= threshold else float32(0)
