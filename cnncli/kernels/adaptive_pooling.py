"""Pooling into as many bins as are wanted: the largest number of each, and the average of a whole plane.

Shapes: x, dx [B, C, H, W, LANES]; y, dy [B, C, out_h, out_w, LANES]; contiguous float32. Along each axis bin i of
`out` holds the cells from floor(i size / out) up to, not including, ceil((i + 1) size / out), as PyTorch's
AdaptiveMaxPool2d: bins overlap where `out` does not divide the size. Averages of bins are in `resample`.
"""

from __future__ import annotations

import math

from numba import float32, int64, prange

from .compile import helper, kernel
from .fill import clear
from .host import LANES
from .memory import Array
from .vector import load, splat, splat_whole, store, store_whole, where_less, where_nan


def max_forward(x: Array, y: Array, winner: Array) -> None:
    """y = each bin's largest value; winner (int32, y's shape) = its cell row W + column, the first of equals.

    A NaN wins, as in PyTorch.
    """
    _max_forward(x, y, winner.reshape(-1))


def max_backward(winner: Array, dy: Array, dx: Array) -> None:
    """Adds each dy to the cell of dx that won its bin. Overwrites dx."""
    planes = dx.shape[0] * dx.shape[1]
    _max_backward(winner.reshape(-1), dy.reshape(-1), dx.reshape(-1), planes)


def global_average_forward(x: Array, y: Array) -> None:
    """y [B, C, LANES] (or [B, C, 1, 1, LANES]) = the mean over each plane of x."""
    _global_average_forward(x.reshape(-1), y.reshape(-1))


def global_average_backward(dy: Array, dx: Array) -> None:
    """dx = dy / (H W) everywhere in each plane."""
    _global_average_backward(dy.reshape(-1), dx.reshape(-1))


@helper
def _bin(number, size, out):
    return number * size // out, ((number + 1) * size + out - 1) // out


@kernel
def _max_forward(x, y, winner):
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)
    for plane in prange(x.shape[0] * x.shape[1]):
        _max_plane(flat_x, x.shape, flat_y, y.shape, winner, int64(plane))


@helper
def _max_plane(x, x_shape, y, y_shape, winner, plane):
    _, _, height, width, _ = x_shape
    _, _, out_height, out_width, _ = y_shape
    into = plane * out_height * out_width * LANES
    one = splat_whole(1)
    for oh in range(out_height):
        top, bottom = _bin(oh, height, out_height)
        for ow in range(out_width):
            left, right = _bin(ow, width, out_width)
            best, cell = splat(float32(-math.inf)), splat_whole(top * width + left)
            for row in range(top, bottom):
                place = ((plane * height + row) * width + left) * LANES
                here = splat_whole(row * width + left)
                for _ in range(left, right):
                    value = load(x, place)
                    cell = where_nan(value, here, where_less(best, value, here, cell))
                    best = where_nan(value, value, where_less(best, value, value, best))
                    here += one
                    place += LANES
            store(y, into, best)
            store_whole(winner, into, cell)
            into += LANES


@kernel
def _max_backward(winner, dy, dx, planes):
    for plane in prange(planes):
        _max_gradient(winner, dy, dx, int64(plane), dy.size // planes, dx.size // planes)


@helper
def _max_gradient(winner, dy, dx, plane, bins, size):
    clear(dx, plane * size, size)
    # Lane by lane: the winners of a vector lie in as many places, and a bin has far more cells than lanes.
    for source in range(plane * bins, (plane + 1) * bins, LANES):
        for lane in range(LANES):
            dx[plane * size + winner[source + lane] * LANES + lane] += dy[source + lane]


@kernel
def _global_average_forward(x, y):
    size = x.size // y.size * LANES
    for plane in prange(y.size // LANES):
        _plane_mean(x, y, int64(plane), size)


@helper
def _plane_mean(x, y, plane, size):
    total = splat(float32(0))
    for place in range(plane * size, (plane + 1) * size, LANES):
        total += load(x, place)
    store(y, plane * LANES, total / splat(float32(size // LANES)))


@kernel
def _global_average_backward(dy, dx):
    size = dx.size // dy.size * LANES
    for plane in prange(dy.size // LANES):
        _plane_share(dy, dx, int64(plane), size)


@helper
def _plane_share(dy, dx, plane, size):
    share = load(dy, plane * LANES) / splat(float32(size // LANES))
    for place in range(plane * size, (plane + 1) * size, LANES):
        store(dx, place, share)
