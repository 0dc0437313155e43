"""One factor, and perhaps one summand, for each channel.

Shapes: x, y, dy [B, C, ..., LANES]; weight, bias, dw [C]; contiguous float32. A channel's sum is made block by block:
in one order whatever the number of threads.
"""

from __future__ import annotations

from numba import float32, float64, int64, prange

from .compile import helper, kernel
from .host import LANES
from .memory import Array, no_bias
from .vector import fma, horizontal_sum, load, splat, store


def forward(x: Array, weight: Array, bias: Array | None, y: Array) -> None:
    """y = weight[c] x + bias[c]. x and y may be one array."""
    _forward(x.reshape(-1), weight, no_bias(len(weight)) if bias is None else bias, y.reshape(-1), x[0, 0].size)


def weight_gradient(x: Array, dy: Array, dw: Array) -> None:
    """dw[c] = sum of x dy over images and places. Overwrites dw."""
    _weight_gradient(x.reshape(-1), dy.reshape(-1), dw, x[0, 0].size)


@kernel
def _forward(x, weight, bias, y, size):
    for plane in prange(x.size // size):
        _plane(x, weight, bias, y, size, int64(plane))


@helper
def _plane(x, weight, bias, y, size, plane):
    channel = plane % weight.size
    factor, summand = splat(weight[channel]), splat(bias[channel])
    for place in range(plane * size, (plane + 1) * size, LANES):
        store(y, place, fma(factor, load(x, place), summand))


@kernel
def _weight_gradient(x, dy, dw, size):
    for channel in prange(dw.size):
        _channel(x, dy, dw, size, int64(channel))


@helper
def _channel(x, dy, dw, size, channel):
    total = float64(0)
    for plane in range(channel, x.size // size, dw.size):
        part = splat(float32(0))
        for place in range(plane * size, (plane + 1) * size, LANES):
            part = fma(load(x, place), load(dy, place), part)
        total += float64(horizontal_sum(part))
    dw[channel] = float32(total)
