"""The parametric ReLU (He et al., 2015): y = x where x > 0, else w[c] x, with a learned slope w per channel.

Shapes: x, y, dy, dx [B, C, ..., LANES], contiguous float32; w, dw [C], or [1] for one slope that all channels share.
The gradient of w is a sum over images and positions, made in one order for any number of threads.
"""

from __future__ import annotations

from numba import float32, int64, prange

from . import memory
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import horizontal_sum, load, splat, store, where_less


def forward(x: Array, w: Array, y: Array) -> None:
    """y = x where x > 0, else w x. x and y may be one array."""
    _prelu_forward(x.reshape(-1), x.shape[0], x.shape[1], w, y.reshape(-1))


def backward(x: Array, w: Array, dy: Array, dx: Array, dw: Array) -> None:
    """dx = dy where x > 0, else w dy; dw = the sum of x dy where x <= 0. Overwrites dw; dx and dy may be one array."""
    sums = dw if dw.size == x.shape[1] else memory.empty((x.shape[1],))
    _prelu_backward(x.reshape(-1), x.shape[0], w, dy.reshape(-1), dx.reshape(-1), sums)
    if sums is not dw:
        dw[0] = sums.sum()


@kernel
def _prelu_forward(x, blocks, channels, w, y):
    plane = x.size // (blocks * channels)
    for each in prange(blocks * channels):
        task = int64(each)
        _prelu_values(x, splat(w[task % channels % w.size]), y, task * plane, plane)


@helper
def _prelu_values(x, slope, y, start, plane):
    zero = splat(float32(0))
    for place in range(start, start + plane, LANES):
        value = load(x, place)
        store(y, place, where_less(zero, value, value, slope * value))


@kernel
def _prelu_backward(x, blocks, w, dy, dx, sums):
    for channel in prange(sums.size):
        sums[channel] = _prelu_gradients(x, blocks, w, dy, dx, int64(channel), sums.size)


@helper
def _prelu_gradients(x, blocks, w, dy, dx, channel, channels):
    plane = x.size // (blocks * channels)
    zero, slope = splat(float32(0)), splat(w[channel % w.size])
    # A sum per block first: one long chain of float32 additions would lose digits.
    total = float32(0)
    for block in range(blocks):
        start = (block * channels + channel) * plane
        part = zero
        for place in range(start, start + plane, LANES):
            value, gradient = load(x, place), load(dy, place)
            part += where_less(zero, value, zero, value * gradient)
            store(dx, place, where_less(zero, value, gradient, slope * gradient))
        total += horizontal_sum(part)
    return total
