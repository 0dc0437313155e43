"""Layer normalisation over the channels at each place of each image, as in ConvNeXt (Liu et al., 2022).

Shapes: x, y, dy, dx [B, C, ..., LANES]; weight, bias, dw, db [C]; contiguous float32. statistics [B, H W, 3, LANES]
is as in `group_norm`. A task is a few neighbouring places of one block: it reads a channel's part of them as one
piece, and what it reads stays in the cache until it is done.
"""

from __future__ import annotations

from numba import float32, int64, prange

from . import memory
from .compile import helper, kernel
from .group_norm import flat, keep_statistics, kept_statistics, parameter_gradients
from .host import LANES
from .memory import Array
from .moments import given
from .vector import fma, load, splat, square_root, store, where_less

_TILE = 16  # places


def forward(x: Array, y: Array, weight: Array | None, bias: Array | None, statistics: Array, epsilon: float) -> None:
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, per channel. Overwrites y and statistics."""
    arrays = x.reshape(-1), y.reshape(-1), flat(weight), flat(bias), statistics.reshape(-1)
    _forward(*arrays, *x.shape[:2], statistics.shape[1], epsilon)


def backward(
    x: Array, dy: Array, dx: Array | None, weight: Array | None, dw: Array | None, db: Array | None, statistics: Array
) -> None:
    """The gradients of `forward`. Overwrites those that are not None."""
    blocks, places = len(x), statistics.shape[1]
    if dw is not None and db is not None:
        parameter_gradients(x, dy, dw, db, statistics, places, by_place=True)
    if dx is not None:
        sums = memory.scratch(blocks * places * 2 * LANES)
        arrays = x.reshape(-1), dy.reshape(-1), dx.reshape(-1), flat(weight), statistics.reshape(-1), sums
        _backward(*arrays, *x.shape[:2], places)


@helper
def _tile(task, channels, places):
    """Of a task: its first number in x, its first place among all blocks', and how many places it has."""
    tiles = (places + _TILE - 1) // _TILE
    block, first = task // tiles, task % tiles * _TILE
    return (block * channels * places + first) * LANES, block * places + first, min(_TILE, places - first)


@kernel
def _forward(x, y, weight, bias, statistics, blocks, channels, places, epsilon):
    for task in prange(blocks * ((places + _TILE - 1) // _TILE)):
        start, place, width = _tile(int64(task), channels, places)
        _measure(x, start, channels, places * LANES, statistics, place * 3 * LANES, width, float32(epsilon))
        _normalise(x, y, start, channels, places * LANES, weight, bias, statistics, place * 3 * LANES, width)


@helper
def _measure(x, start, channels, plane, statistics, first, width, epsilon):
    """The statistics of `width` places. Their memory holds the sums meanwhile."""
    zero, count = splat(float32(0)), splat(float32(channels))
    for into in range(first, first + width * 3 * LANES, LANES):
        store(statistics, into, zero)
    for channel in range(channels):
        into = first
        for place in range(start + channel * plane, start + channel * plane + width * LANES, LANES):
            store(statistics, into, load(statistics, into) + load(x, place))
            into += 3 * LANES
    for into in range(first, first + width * 3 * LANES, 3 * LANES):
        store(statistics, into, load(statistics, into) / count)
    for channel in range(channels):
        into = first
        for place in range(start + channel * plane, start + channel * plane + width * LANES, LANES):
            deviation = load(x, place) - load(statistics, into)
            store(statistics, into + LANES, fma(deviation, deviation, load(statistics, into + LANES)))
            store(statistics, into + 2 * LANES, load(statistics, into + 2 * LANES) + deviation)
            into += 3 * LANES
    for into in range(first, first + width * 3 * LANES, 3 * LANES):
        center, squares, deviations = kept_statistics(statistics, into)
        mean = deviations / count
        variance = (squares - mean * deviations) / count
        variance = where_less(variance, zero, zero, variance)  # rounding may leave less than 0 of large numbers
        keep_statistics(statistics, into, center, splat(float32(1)) / square_root(variance + splat(epsilon)), mean)


@helper
def _normalise(x, y, start, channels, plane, weight, bias, statistics, first, width):
    for channel in range(channels):
        w, b = splat(given(weight, channel, 1)), splat(given(bias, channel, 0))
        kept = first
        for place in range(start + channel * plane, start + channel * plane + width * LANES, LANES):
            center, inverse, offset = kept_statistics(statistics, kept)
            store(y, place, fma(fma(load(x, place) - center, inverse, offset), w, b))
            kept += 3 * LANES


@kernel
def _backward(x, dy, dx, weight, statistics, sums, blocks, channels, places):
    for task in prange(blocks * ((places + _TILE - 1) // _TILE)):
        start, place, width = _tile(int64(task), channels, places)
        kept, into = place * 3 * LANES, place * 2 * LANES
        _gradient_sums(x, dy, start, channels, places * LANES, weight, statistics, kept, sums, into, width)
        _write_gradient(x, dy, dx, start, channels, places * LANES, weight, statistics, kept, sums, into, width)


@helper
def _gradient_sums(x, dy, start, channels, plane, weight, statistics, first, sums, into, width):
    """At each place the means over the channels of g = weight dy, and of g * normalised x."""
    zero = splat(float32(0))
    for place in range(into, into + width * 2 * LANES, LANES):
        store(sums, place, zero)
    for channel in range(channels):
        w = splat(given(weight, channel, 1) / float32(channels))
        kept, total = first, into
        for place in range(start + channel * plane, start + channel * plane + width * LANES, LANES):
            center, inverse, offset = kept_statistics(statistics, kept)
            gradient = load(dy, place) * w
            normalised = fma(load(x, place) - center, inverse, offset)
            store(sums, total, load(sums, total) + gradient)
            store(sums, total + LANES, fma(gradient, normalised, load(sums, total + LANES)))
            kept += 3 * LANES
            total += 2 * LANES


@helper
def _write_gradient(x, dy, dx, start, channels, plane, weight, statistics, first, sums, into, width):
    """dx = inverse (g - the mean of g - normalised x * the mean of (g * normalised x))."""
    for channel in range(channels):
        w = splat(given(weight, channel, 1))
        kept, total = first, into
        for place in range(start + channel * plane, start + channel * plane + width * LANES, LANES):
            center, inverse, offset = kept_statistics(statistics, kept)
            normalised = fma(load(x, place) - center, inverse, offset)
            gradient = load(dy, place) * w - load(sums, total)
            store(dx, place, inverse * (gradient - normalised * load(sums, total + LANES)))
            kept += 3 * LANES
            total += 2 * LANES
