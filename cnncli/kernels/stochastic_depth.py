"""Stochastic depth (Huang et al., 2016): whole images dropped with probability p, the others divided by 1 - p.

Whether an image is kept is a draw named by (seed, step, its place in the batch), as in `dropout`.
"""

from __future__ import annotations

import numpy as np
from numba import float32, int64, prange

from . import draws
from .chunks import CHUNK, chunks
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import load, splat, store, where_equal


def forward(x: Array, y: Array, probability: float, together: bool, seed: int, step: int) -> None:
    """y = 0 for images dropped with `probability` < 1, else x / (1 - probability). x, y: [B, ..., LANES] float32.

    `together`: one draw for all images. seed, step: whole numbers; others give an independent choice.
    """
    images = x.shape[0] * LANES
    drawn = draws.draws(draws.stream(seed, step), 1 if together else images)
    factors = np.where(drawn < draws.threshold(probability), 0, 1 / (1 - probability)).astype(np.float32)
    _scale(x.reshape(-1), y.reshape(-1), np.resize(factors, images))


def backward(dy: Array, dx: Array, probability: float, together: bool, seed: int, step: int) -> None:
    """dx = 0 for images that `forward` with the same arguments dropped, else dy / (1 - probability)."""
    forward(dy, dx, probability, together, seed, step)


@kernel
def _scale(x, y, factors):
    size = x.size // (factors.size // LANES)
    parts = chunks(size)
    for task in prange(factors.size // LANES * parts):
        block, part = int64(task) // parts, int64(task) % parts
        start = block * size + part * CHUNK
        _scale_chunk(x, y, start, min(start + CHUNK, (block + 1) * size), factors, block * LANES)


@helper
def _scale_chunk(x, y, start, end, factors, first):
    factor, zero = load(factors, first), splat(float32(0))
    for place in range(start, end, LANES):
        store(y, place, where_equal(factor, zero, zero, factor * load(x, place)))
