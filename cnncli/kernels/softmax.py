"""Softmax over the features of [B, U, LANES] float32, and its gradient."""

from __future__ import annotations

from numba import float32, int64, prange

from .compile import helper, kernel
from .exponential import exp
from .host import LANES
from .memory import Array
from .vector import fma, load, splat, store, where_less


def forward(x: Array, y: Array) -> None:
    """y[b, u] = e^x[b, u] / sum over v of e^x[b, v]. x and y may be one array."""
    _softmax_forward(x.reshape(-1), y.reshape(-1), x.shape[0])


def backward(y: Array, dy: Array, dx: Array) -> None:
    """dx[b, u] = y[b, u] (dy[b, u] - sum over v of y[b, v] dy[b, v]). dy and dx may be one array."""
    _softmax_backward(y.reshape(-1), dy.reshape(-1), dx.reshape(-1), y.shape[0])


@kernel
def _softmax_forward(x, y, blocks):
    for block in prange(blocks):
        _softmax_block(x, y, int64(block) * (x.size // blocks), x.size // blocks)


@helper
def _softmax_block(x, y, start, size):
    largest = load(x, start)
    for place in range(start + LANES, start + size, LANES):
        value = load(x, place)
        largest = where_less(largest, value, value, largest)
    total = splat(float32(0))
    for place in range(start, start + size, LANES):
        power = exp(load(x, place) - largest)
        store(y, place, power)
        total += power
    for place in range(start, start + size, LANES):
        store(y, place, load(y, place) / total)


@kernel
def _softmax_backward(y, dy, dx, blocks):
    for block in prange(blocks):
        _softmax_gradient(y, dy, dx, int64(block) * (y.size // blocks), y.size // blocks)


@helper
def _softmax_gradient(y, dy, dx, start, size):
    total = splat(float32(0))
    for place in range(start, start + size, LANES):
        total = fma(load(y, place), load(dy, place), total)
    for place in range(start, start + size, LANES):
        store(dx, place, load(y, place) * (load(dy, place) - total))
