"""Merges: sums, products and concatenations of activations, and the copies their gradients are.

Arrays are contiguous float32 [B, C, ..., LANES]. In a product, an axis of size 1 is repeated to the output's size.
"""

from __future__ import annotations

import math

from numba import float32, int64, prange

from . import memory
from .chunks import chunks, places
from .compile import helper, kernel
from .host import LANES
from .memory import Array
from .vector import load, splat, store, where_less, write


def add(a: Array, b: Array, y: Array, relu: bool = False) -> None:
    """y = a + b, then max(0, .) if relu; all of one shape. y may be a or b."""
    streamed = memory.streamed(y) and y is not a and y is not b  # what was just read is in the caches
    _add(a.reshape(-1), b.reshape(-1), y.reshape(-1), relu, streamed)


def add_backward(y: Array, dy: Array, da: Array, db: Array, relu: bool = False) -> None:
    """da = db = dy; with relu, 0 where y is 0. All of one shape; da and db may be one array."""
    _add_backward(y.reshape(-1), dy.reshape(-1), da.reshape(-1), db.reshape(-1), relu)


def copy(x: Array, y: Array) -> None:
    """y = x, as many numbers in whatever shapes."""
    copy_rows(x, 0, y, 0, x.size, 1)


def copy_channels(x: Array, x_first: int, y: Array, y_first: int, count: int) -> None:
    """`count` channels of x, from `x_first`, become those of y from `y_first`."""
    plane = x[0, 0].size
    copy_rows(x, x_first * plane, y, y_first * plane, count * plane, len(x))


def copy_rows(x: Array, x_first: int, y: Array, y_first: int, size: int, rows: int) -> None:
    """Of each of `rows` equal parts of x, `size` floats from `x_first`; to the same part of y, from `y_first`."""
    _copy_rows(x.reshape(-1), x_first, x.size // rows, y.reshape(-1), y_first, y.size // rows, size, rows)


def multiply(a: Array, b: Array, y: Array) -> None:
    """y = a b. y may be a or b where that has its shape."""
    _multiply(*_flat(a), *_flat(b), *_flat(y))


def sum_repeated(x: Array, y: Array) -> None:
    """y = the sums of x over the axes that have size 1 in y; a copy where none has. Overwrites y."""
    if x.shape == y.shape:
        copy(x, y)
    else:
        _sum_repeated(*_flat(x), *_flat(y))


def _flat(array):
    """The array as one list, and its sizes as (C, H, W): of a signal H is 1, of a flat list W too."""
    channels, *places = array.shape[1:-1]
    return array.reshape(-1), (channels, *(1, 1, *places)[-2:])


@kernel
def _add(a, b, y, relu, streamed):
    for chunk in prange(chunks(y.size)):
        _add_chunk(a, b, y, int64(chunk), relu, streamed)


@helper
def _add_chunk(a, b, y, chunk, relu, streamed):
    floor = splat(float32(0) if relu else float32(-math.inf))
    for place in places(y.size, chunk):
        total = load(a, place) + load(b, place)
        write(y, place, where_less(total, floor, floor, total), streamed)


@kernel
def _add_backward(y, dy, da, db, relu):
    for chunk in prange(chunks(dy.size)):
        _add_gradients(y, dy, da, db, int64(chunk), relu)


@helper
def _add_gradients(y, dy, da, db, chunk, relu):
    zero = splat(float32(0))
    for place in places(dy.size, chunk):
        gradient = load(dy, place)
        if relu:
            gradient = where_less(zero, load(y, place), gradient, zero)
        store(da, place, gradient)
        store(db, place, gradient)


@kernel
def _copy_rows(x, x_first, x_step, y, y_first, y_step, size, rows):
    parts = chunks(size)
    for task in prange(rows * parts):
        row, part = int64(task) // parts, int64(task) % parts
        _copy_chunk(x, x_first + row * x_step, y, y_first + row * y_step, size, part)


@helper
def _copy_chunk(x, x_first, y, y_first, size, part):
    for place in places(size, part):
        store(y, y_first + place, load(x, x_first + place))


@kernel
def _multiply(a, a_sizes, b, b_sizes, y, sizes):
    for plane in prange(y.size // (sizes[1] * sizes[2] * LANES)):
        _multiply_plane(a, a_sizes, b, b_sizes, y, sizes, int64(plane))


@helper
def _row(sizes, whole, plane, h):
    """Where row h of a plane of the whole begins in an array of `sizes`; and the step from place to place."""
    channels, height, width = sizes
    block, c = plane // whole[0], plane % whole[0]
    own = block * channels + (c if channels > 1 else 0)
    return (own * height + (h if height > 1 else 0)) * width * LANES, (LANES if width > 1 else 0)


@helper
def _multiply_plane(a, a_sizes, b, b_sizes, y, sizes, plane):
    _, height, width = sizes
    for h in range(height):
        from_a, step_a = _row(a_sizes, sizes, plane, h)
        from_b, step_b = _row(b_sizes, sizes, plane, h)
        into = (plane * height + h) * width * LANES
        for w in range(width):
            store(y, into + w * LANES, load(a, from_a + w * step_a) * load(b, from_b + w * step_b))


@kernel
def _sum_repeated(x, sizes, y, y_sizes):
    for plane in prange(y.size // (y_sizes[1] * y_sizes[2] * LANES)):
        _sum_plane(x, sizes, y, y_sizes, int64(plane))


@helper
def _sum_plane(x, sizes, y, y_sizes, plane):
    """Everything that goes into one plane of y, in the order of x."""
    channels, height, width = sizes
    repeated = channels // y_sizes[0]
    size = y_sizes[1] * y_sizes[2] * LANES
    for place in range(plane * size, (plane + 1) * size, LANES):
        store(y, place, splat(float32(0)))
    for source in range(plane * repeated, (plane + 1) * repeated):
        for h in range(height):
            into, step = _row(y_sizes, sizes, source, h)
            place = (source * height + h) * width * LANES
            for w in range(width):
                store(y, into + w * step, load(y, into + w * step) + load(x, place + w * LANES))
